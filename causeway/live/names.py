"""Names in a running stack: what Docker's DNS server answers inside each namespace.

The query goes to the DNS server itself: search domains and files of the app's image play no part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from causeway.model.reach.names import Name, names
from causeway.model.values import Stack

from .measure import Probes
from .status import Status
from .verify import Outcome

ANSWER_SECONDS = 4.0
ASKED_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class NameFinding:
    """One name that one service looks up; `answered` is empty when the name did not resolve."""

    name: Name
    answered: tuple[str, ...]
    outcome: Outcome
    why: str = ""

    @property
    def is_wrong(self) -> bool:
        return self.outcome is Outcome.WRONG

    @property
    def text(self) -> str:
        wanted = ", ".join(self.name.leads_to) or "no container"
        return self.why or f"expected {wanted}; answered: {', '.join(self.answered) or 'nothing'}"


def ask_names(probes: Probes, stack: Stack) -> tuple[NameFinding, ...]:
    """Look up every name from every replica of every service; one that differs decides."""
    status = next((each for each in probes.statuses if each.name == stack.name), None)
    wanted = names(stack)
    if status is None or not wanted:
        return ()
    asked: dict[str, list[str]] = {}
    for name in wanted:
        for container in status.containers.get(name.source, ()):
            asked.setdefault(container.namespace, []).append(name.name)
    places = sorted(place for place in asked if place in probes.probes)
    with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
        answers = dict(
            zip(
                places,
                pool.map(
                    lambda place: probes.probes[place].resolve(asked[place], ANSWER_SECONDS),
                    places,
                ),
                strict=True,
            )
        )
    return tuple(_judged(name, status, answers) for name in wanted)


def counted(findings: Iterable[NameFinding]) -> str:
    """The line of a report: how many names resolve as the model says."""
    counts = Counter(each.outcome for each in findings)
    return "names: " + " ".join(f"{each.value}={counts[each]}" for each in Outcome)


def _judged(
    name: Name, status: Status, answers: Mapping[str, Mapping[str, tuple[str, ...]]]
) -> NameFinding:
    sources = [each for each in status.containers.get(name.source, ()) if each.namespace in answers]
    if not sources:
        why = f"no container of {name.source} runs"
        return NameFinding(name, (), Outcome.UNPROBED, why)
    stopped = [service for service in name.leads_to if not status.containers.get(service)]
    if name.leads_to and len(stopped) == len(name.leads_to):
        why = f"no container of {', '.join(stopped)} runs"
        return NameFinding(name, (), Outcome.UNPROBED, why)
    everywhere = {
        address
        for group in status.containers.values()
        for each in group
        for _, address in each.addresses
    }
    there = {
        address
        for service in name.leads_to
        for each in status.containers.get(service, ())
        for _, address in each.addresses
    }
    answered: tuple[str, ...] = ()
    for source in sources:
        answered = answers[source.namespace].get(name.name, ())
        right = bool(answered) and set(answered) <= there
        if not name.leads_to:
            right = not set(answered) & everywhere  # a host outside may have the name
        if not right:
            return NameFinding(name, answered, Outcome.WRONG)
    return NameFinding(name, answered, Outcome.AGREED)
