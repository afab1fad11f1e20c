"""How the replicas of a service are exchanged: `deploy.update_config` and `x-causeway: update`.

Where both say something, `x-causeway` wins. What Pulumi cannot do is told in the support table.
"""

from __future__ import annotations

from typing import Any

from causeway.model.document import integer, mapping, text
from causeway.model.source import SourceIndex, Step
from causeway.model.values import Problem, Update

from .keys import Reader, flag, section, span, whole, word

# For a service behind a balancer: time for the balancer to take in its new configuration and to
# part with clients on kept connections (at most 4 s), and to answer what it had already sent.
DRAIN_SECONDS = 6
MOST_REPLICAS = 1000
KEYS: dict[str, Reader] = {
    "order": word("start-first", "stop-first"),
    "parallelism": whole(0, MOST_REPLICAS, "a number of replicas"),
    "drain": span(0),
    "renew_anon_volumes": flag,
}


def update(
    keys: object,
    own: object,
    steps: tuple[Step, ...],
    index: SourceIndex,
    problems: list[Problem],
) -> Update:
    """The value of a service; `own` is what stands under `x-causeway: update`."""
    compose = mapping(mapping(mapping(keys).get("deploy")).get("update_config"))
    # The table, and for Compose's keys the loader, have checked the types.
    found: dict[str, Any] = {}
    if order := text(compose.get("order")):
        found["order"] = order
    if compose.get("parallelism") is not None:
        found["parallelism"] = integer(compose["parallelism"])
    if own is not None:
        place = (*steps, "x-causeway", "update")
        found |= section(own, KEYS, place, index, problems)
    return Update(**found)
