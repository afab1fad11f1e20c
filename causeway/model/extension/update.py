"""How replicas are updated: `deploy.update_config` and `x-causeway: update` of a service.

If both set a value, `x-causeway` wins. The support table lists keys that are not supported.
"""

from __future__ import annotations

from typing import Any

from causeway.model.document import integer, mapping, text
from causeway.model.source import SourceIndex, Step
from causeway.model.values import Problem, Update

from .keys import Reader, duration, flag, integer_between, one_of, section

# For a service behind a balancer: time for the balancer to load its new configuration, to close
# keep-alive connections (at most 4 s), and to answer requests that it has already forwarded.
DRAIN_SECONDS = 6
MOST_REPLICAS = 1000
KEYS: dict[str, Reader] = {
    "order": one_of("start-first", "stop-first"),
    "parallelism": integer_between(0, MOST_REPLICAS, "a number of replicas"),
    "drain": duration(0),
    "renew_anon_volumes": flag,
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
    return Update(**found)
