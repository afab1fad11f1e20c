"""The changes to the stack while requests are sent, and the results of the requests."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field

from bench.rollout.load import Load, Request, failed, interrupted, per_replica, quantile
from bench.rollout.stack import RolloutStack

SETTLE_SECONDS = 3.0


@dataclass(slots=True)
class Phase:
    """The requests that were sent during one step."""

    name: str
    seconds: float
    sent: int
    failed: int
    again: int
    interrupted: float
    p50: float
    p99: float
    replicas: dict[str, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Result:
    """All phases of one subject; the totals include requests between the phases."""

    subject: str
    sent: int
    failed: int
    again: int
    interrupted: float
    phases: list[Phase]

    def line(self) -> str:
        told = f", sent again {self.again}" if self.again else ""
        return (
            f"{self.subject}: sent={self.sent} failed={self.failed} "
            f"interrupted={self.interrupted:.1f}s{told}"
        )

    def as_json(self) -> dict[str, object]:
        return asdict(self)


Step = tuple[str, Callable[[], object]]


def run(subject: str, address: str, port: int, steps: Iterator[Step]) -> Result:
    """Run the steps one after another under constant load."""
    phases = []
    with Load(address, port) as load:
        time.sleep(SETTLE_SECONDS)
        phases.append(_phase("before", load.requests[:], SETTLE_SECONDS))
        _tell(phases[-1])
        for name, action in steps:
            first, begun = len(load.requests), time.monotonic()
            action()
            taken = time.monotonic() - begun
            time.sleep(1)  # requests still running at its end count for this step
            phases.append(_phase(name, load.requests[first:-20], taken))
            _tell(phases[-1])
        time.sleep(1)
    everything = load.requests
    return Result(
        subject,
        len(everything),
        len(failed(everything)),
        sum(request.again for request in everything),
        interrupted(everything),
        phases,
    )


def _phase(name: str, requests: list[Request], seconds: float) -> Phase:
    bad = failed(requests)
    return Phase(
        name,
        round(seconds, 1),
        len(requests),
        len(bad),
        sum(request.again for request in requests),
        round(interrupted(requests), 1),
        round(quantile(requests, 0.5), 4),
        round(quantile(requests, 0.99), 4),
        per_replica(requests),
        sorted({f"{request.kind}: {request.error}" for request in bad})[:10],
    )


def _tell(phase: Phase) -> None:
    counts = " ".join(str(count) for name, count in phase.replicas.items() if name)
    print(
        f"  {phase.name:<24} {phase.seconds:6.1f} s  sent={phase.sent:<6} failed={phase.failed:<5}"
        f" p50={phase.p50 * 1000:.0f} ms p99={phase.p99 * 1000:.0f} ms  per replica: {counts}",
        flush=True,
    )
    for error in phase.errors:
        print(f"      {error}", flush=True)


def changes(
    stack: RolloutStack, images: int, configurations: int, *, balancers: bool = True
) -> Iterator[Step]:
    """Image updates, configuration changes, scaling, another network, a version that fails."""

    def up(**fields: object) -> Callable[[], object]:
        def action() -> None:
            for name, value in fields.items():
                setattr(stack, name, value)
            stack.up("--skip-preview").succeeded()

        return action

    for number in range(images):
        yield f"image update {number + 1}", up(version=str(number + 2))
    for number in range(configurations):
        yield (
            f"configuration change {number + 1}",
            up(balance={**stack.balance, "timeouts": {"read": f"{60 + number}s"}}),
        )
    yield "scale to 5", up(replicas=5)
    yield "scale to 2", up(replicas=2)
    yield "one more network", up(networks=("front", "audit"))
    if balancers:
        yield "new balancer container", up(balancer={"stop_grace_period": "20s"})
    good = stack.version

    def fails() -> None:
        stack.version = "never"
        stack.up("--skip-preview").refused("this version does not start")

    yield "a version that fails", fails
    yield "the next good version", up(version=f"{good}-again")
