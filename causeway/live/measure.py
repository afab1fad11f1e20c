"""Measures cells with packets: a probe in every namespace, all attempts at once, within a limit.

Every started probe is stopped, whatever happens. The verdicts are those of the model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from types import TracebackType

from causeway.engine.client import Engine
from causeway.engine.faults import FAILURES
from causeway.model.reach.draft import ORDER
from causeway.model.reach.topology import WIRES
from causeway.model.reach.values import ANY, Cell, Node, NodeKind, Verdict

from .attempts import Outside, ProbePlan, Target, Topology
from .probe import Attempt, Greeting, ProbeError, ProbeProcess, remove_stale_probes, start_container
from .status import Status

TIMEOUT_SECONDS = 4.0  # longer than the 3 s that a host waits for an ARP reply
LIMIT_SECONDS = 120.0
STARTS_AT_ONCE = 6
ASKED_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Seen:
    """What packets found. Without a `verdict`, nothing was tried; `why` gives the reason."""

    verdict: Verdict | None
    ways: tuple[Verdict | None, ...] = ()
    tried: tuple[tuple[Attempt, str], ...] = ()
    why: str = ""


@dataclass(slots=True)
class Probes:
    """Probes for running stacks on one engine; a context manager that closes them all."""

    api: Engine
    image: str
    statuses: Sequence[Status]
    outside: Mapping[Node, tuple[Outside, Callable[[], ProbeProcess]]] = field(default_factory=dict)
    internet: tuple[str, int] | None = None
    timeout: float = TIMEOUT_SECONDS
    limit: float = LIMIT_SECONDS
    probes: dict[str, ProbeProcess] = field(default_factory=dict)
    _deadline: float = 0.0
    _round: int = 0

    def __enter__(self) -> Probes:
        self._deadline = monotonic() + self.limit
        remove_stale_probes(self.api)
        wanted: dict[str, Callable[[], ProbeProcess]] = {
            "host": lambda: start_container(self.api, self.image, "host", "host")
        }
        for status in self.statuses:
            for group in status.containers.values():
                for each in group:
                    wanted.setdefault(each.namespace, self._joining(each.namespace, each.name))
        for node, (_, start) in self.outside.items():
            wanted[node.name] = start
        try:
            self._start(wanted)
        except BaseException:
            self.close()
            raise
        return self

    def _joining(self, container: str, name: str) -> Callable[[], ProbeProcess]:
        return lambda: start_container(self.api, self.image, f"container:{container}", name)

    def _start(self, wanted: Mapping[str, Callable[[], ProbeProcess]]) -> None:
        def started(name: str) -> None:
            if monotonic() > self._deadline:
                raise ProbeError(f"some probes did not start within {self.limit:.0f} s")
            self.probes[name] = wanted[name]()

        with ThreadPoolExecutor(STARTS_AT_ONCE) as pool:
            try:
                list(pool.map(started, wanted))
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        with ThreadPoolExecutor(STARTS_AT_ONCE) as pool:
            list(pool.map(_close, self.probes.values()))
        self.probes.clear()

    def terrain(self) -> Topology:
        subnets: dict[str, tuple[str, ...]] = {}
        for status in self.statuses:
            for network in status.networks:
                subnets[network.name] = tuple(
                    each.subnet for each in network.subnets if each.subnet is not None
                )
        return Topology(
            statuses=self.statuses,
            subnets=subnets,
            host_addresses=self.probes["host"].greeting.addresses,
            listening={
                name: each.greeting.tcp | each.greeting.udp for name, each in self.probes.items()
            },
            outside={node: one for node, (one, _) in self.outside.items()},
            internet=self.internet,
            wires=frozenset(
                network.name
                for status in self.statuses
                for network in status.networks
                if network.driver in WIRES
            ),
        )

    def measure(self, cells: Iterable[Cell], patience: float = 1.0) -> list[Seen]:
        """One result per cell, in their order; `patience` multiplies the timeout of an attempt."""
        terrain = self.terrain()
        found = [(cell, terrain.trials(cell)) for cell in cells]
        wanted: dict[str, dict[Attempt, str]] = {}
        self._round += 1
        for _, trials in found:
            for trial in () if isinstance(trials, str) else trials:
                orders = wanted.setdefault(trial.probe, {})
                for target in trial.targets:
                    for attempt in target.attempts:
                        token = f"{self._round}.{trial.probe[:12]}.{len(orders)}"
                        orders.setdefault(attempt, token)
        outcomes = self._attempt(wanted, self.timeout * patience)
        judge = Evaluator(terrain, wanted, outcomes, self._looked())
        return [
            Seen(None, why=trials) if isinstance(trials, str) else judge.seen(cell, trials)
            for cell, trials in found
        ]

    def _attempt(
        self, wanted: Mapping[str, Mapping[Attempt, str]], timeout: float
    ) -> dict[str, tuple[str, int]]:
        def ask(name: str) -> dict[str, tuple[str, int]]:
            orders = {token: attempt for attempt, token in wanted[name].items()}
            left = self._deadline - monotonic()
            if left <= 0:
                raise ProbeError(f"some cells were not probed within {self.limit:.0f} s")
            return self.probes[name].attempt(orders, timeout, left)

        with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
            answers = pool.map(ask, wanted)
            return {token: outcome for answer in answers for token, outcome in answer.items()}

    def _looked(self) -> dict[str, ProbeProcess]:
        with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
            list(pool.map(ProbeProcess.look, self.probes.values()))
        return dict(self.probes)


def _close(probe: ProbeProcess) -> None:
    with suppress(OSError, *FAILURES):
        probe.close()


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Derives verdicts from outcomes and arrivals: an answer alone may be another process's."""

    terrain: Topology
    tokens: Mapping[str, Mapping[Attempt, str]]
    outcomes: Mapping[str, tuple[str, int]]
    looked: Mapping[str, ProbeProcess]

    def seen(self, cell: Cell, trials: Sequence[ProbePlan]) -> Seen:
        """The result of the first trial that differs from the model, else of the first trial."""
        found = [self._trial(cell, trial) for trial in trials]
        for each in found:
            if each.verdict is not cell.verdict:
                return each
        return found[0]

    def _trial(self, cell: Cell, trial: ProbePlan) -> Seen:
        ways = tuple(self._way(cell, trial, target) for target in trial.targets)
        known = [each for each in ways if each is not None]
        tried = tuple(
            (attempt, self.outcomes[self.tokens[trial.probe][attempt]][0])
            for target in trial.targets
            for attempt in target.attempts
        )
        if not known:
            return Seen(None, ways, tried, "arriving datagrams cannot be observed")
        return Seen(min(known, key=ORDER.index), ways, tried)

    def _way(self, cell: Cell, trial: ProbePlan, target: Target) -> Verdict | None:
        verdicts = [
            self._verdict(cell, trial, target, attempt, self.tokens[trial.probe][attempt])
            for attempt in target.attempts
        ]
        known = [each for each in verdicts if each is not None]
        if target.attempts and not known:
            return None
        return min(known, key=ORDER.index, default=Verdict.UNREACHABLE)

    def _verdict(
        self, cell: Cell, trial: ProbePlan, target: Target, attempt: Attempt, token: str
    ) -> Verdict | None:
        outcome, own_port = self.outcomes[token]
        if outcome == "unreachable":
            return Verdict.UNREACHABLE
        looked = [self.looked[name].greeting for name in target.namespaces if name in self.looked]
        sees = any(each.raw for each in looked)
        if attempt.protocol == "udp":
            verdict = _datagram(looked, token, outcome)
        else:
            opening = f"{own_port}:{attempt.port}"
            arrived = not sees or any(opening in each.opened for each in looked)
            verdict = _connection(cell, target, outcome, arrived)
        if verdict not in (Verdict.DROPPED, Verdict.REJECTED):
            return verdict
        if cell.destination.kind is NodeKind.INTERNET:
            return verdict
        if self.terrain.has_route(trial.probe, attempt.address):
            return verdict
        # Nothing on this host stopped it: it left by the default route, and the model ends there.
        return Verdict.UNREACHABLE


def _connection(cell: Cell, target: Target, outcome: str, arrived: bool) -> Verdict | None:
    if outcome == "timeout":
        return Verdict.DROPPED
    if outcome == "rejected":
        return Verdict.REJECTED
    if target.through_host:
        found = {"open": Verdict.ALLOWED, "closed": Verdict.NO_LISTENER}
        return found.get(outcome, Verdict.NO_LISTENER if outcome == "refused" else None)
    if outcome in ("open", "closed"):
        return Verdict.ALLOWED if arrived else Verdict.DROPPED
    if outcome != "refused":
        return None
    if not arrived:
        return Verdict.REJECTED
    # The destination itself refused: the path is open.
    return Verdict.ALLOWED if cell.endpoint == ANY else Verdict.NO_LISTENER


def _datagram(looked: Sequence[Greeting], token: str, outcome: str) -> Verdict | None:
    for each in looked:
        if token in each.seen:
            listens = each.seen[token] in each.udp
            return Verdict.ALLOWED if listens else Verdict.NO_LISTENER
    if outcome == "rejected":
        return Verdict.REJECTED
    if outcome == "refused":
        return Verdict.NO_LISTENER
    return Verdict.DROPPED if any(each.raw for each in looked) else None
