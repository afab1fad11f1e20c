"""How replicas are updated: `deploy.update_config` and `x-causeway: update` of a service.

If both set a value, `x-causeway` wins. The support table lists keys that are not supported.
"""

from __future__ import annotations

from typing import Any

from model.document import integer, mapping, text
from model.keys import Reader, flag, section, span, whole, word
from model.source import SourceIndex, Step
from model.values import Problem, Update

# For a service behind a balancer: time for the balancer to load its new configuration, to close
# keep-alive connections (at most 4 s), and to answer requests that it has already forwarded.
DRAIN_SECONDS = 6
MOST_REPLICAS = 1000
KEYS: dict[str, Reader] = {
    "order": word("start-first", "stop-first"),
    "parallelism": whole(0, MOST_REPLICAS, "a number of replicas"),
    "drain": span(0),
    "renew_anon_volumes": flag,
    "max_failure": whole(0, 0, "supported: a replica that fails always ends the roll-out"),
}


def update(
    keys: object,
    own: object,
    steps: tuple[Step, ...],
    index: SourceIndex,
    problems: list[Problem],
) -> Update:
    """The update settings of a service; `own` is the value of `x-causeway: update`."""
    compose = mapping(mapping(mapping(keys).get("deploy")).get("update_config"))
    # The table has checked the types, and for Compose keys the loader.
    found: dict[str, Any] = {}
    if order := text(compose.get("order")):
        found["order"] = order
    if compose.get("parallelism") is not None:
        found["parallelism"] = integer(compose["parallelism"])
    if own is not None:
        place = (*steps, "x-causeway", "update")
        found |= section(own, KEYS, place, index, problems)
    found.pop("max_failure", None)
    return Update(**found)
