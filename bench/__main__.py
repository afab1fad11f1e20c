"""`python -m bench`: measures all subjects on one test engine and writes docs/benchmark.*.

The subjects take turns within each round, so that a slow minute of the machine affects all of them.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import docker
import docker.errors

from bench import clock, plot, report
from bench.subjects import Causeway, Compose, EmptyProgram, RawApi, Subject
from tests.end_to_end.project import ROOT, Project
from tests.engine_host import EngineError
from tests.engines import Engine
from tests.tiny_image import import_tiny

# Docker 20.10 may report this forever for a network without containers (docs/provider.md).
LOST_COUNT = ("has active endpoints", "can lose count")
COUNTS = "10,50"
GROWTH = "10,50,100,200,400"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--counts", default=COUNTS, help=f"numbers of services to compare (default: {COUNTS})"
    )
    parser.add_argument(
        "--growth", default=GROWTH, help=f"numbers of services to preview (default: {GROWTH})"
    )
    parser.add_argument("--output", type=Path, default=ROOT / "docs")
    chosen = parser.parse_args(arguments)
    # A shell starts `make bench &` with SIGINT ignored, which child processes inherit: Pulumi would
    # then wait 5 s in each run for a language host that ignores its signal.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    counts = [int(count) for count in chosen.counts.split(",")]
    if report.RATIO_SERVICES not in counts:
        parser.error(f"--counts must contain {report.RATIO_SERVICES}, which the ratios use")
    with Engine.start() as engine, tempfile.TemporaryDirectory(prefix="causeway-bench-") as work:
        client = engine.api(timeout=600)
        import_tiny(client)
        project = Project.copy(Path(work), engine.host)
        measurements = report.Measurements(_machine(client))
        ours = Causeway(project, client)
        compose = Compose(project)
        subjects: list[Subject] = [RawApi(client), compose, ours, EmptyProgram(project)]
        for number in range(chosen.rounds):
            for count in counts:
                measure_round(measurements, engine, client, subjects, count)
            _say(f"round {number + 1} of {chosen.rounds} done")
        measure_memory(measurements, engine, ours, compose)
        growth = [int(count) for count in chosen.growth.split(",")]
        measure_growth(measurements, engine, ours, growth, chosen.rounds)
        client.close()
    measured = report.write(measurements, chosen.output)
    (chosen.output / "benchmark.svg").write_text(plot.draw(measured))
    print(report.line(measurements))
    return 0


def measure_round(
    measurements: report.Measurements,
    engine: Engine,
    client: docker.APIClient,
    subjects: list[Subject],
    services: int,
) -> None:
    for subject in subjects:
        subject.prepare(services)
        for step in subject.steps():
            spent = [timed(engine, step.work) for _ in range(step.times)]
            expected = 0 if step.action == "destroy" or step.subject == "empty" else services
            if (running := len(client.containers())) != expected:
                raise clock.Failed(
                    f"{step.subject}: {running} containers run after {step.action}, not {expected}"
                )
            for each in filter(None, spent):
                measurements.add(step.action, step.subject, services, each)
                _say(f"{services:4} services  {step.subject:9} {step.action:8} {each:7.2f} s")


def timed(engine: Engine, work: Callable[[], object]) -> float | None:
    """Seconds of the work; None if the engine could not remove a network, which a restart fixes."""
    try:
        return clock.seconds(work)
    except (clock.Failed, docker.errors.APIError) as error:
        if not any(words in str(error) for words in LOST_COUNT):
            raise
        _say("the engine lost count of a network's endpoints: restarted it, not measured")
        engine.restart()
        work()
        return None


def measure_memory(
    measurements: report.Measurements, engine: Engine, ours: Causeway, compose: Compose
) -> None:
    for subject, up, folder in (
        (ours, ours.command("up"), ours.project.folder),
        (compose, compose.command("up", "--detach"), compose.file.parent),
    ):
        subject.prepare(report.RATIO_SERVICES)
        variables = ours.project.variables
        measurements.memory[subject.name] = clock.peak_mebibytes(up, folder, variables)
        _say(f"peak memory of {subject.name}: {measurements.memory[subject.name]:.0f} MiB")
        timed(engine, subject.destroy)


def measure_growth(
    measurements: report.Measurements,
    engine: Engine,
    ours: Causeway,
    growth: list[int],
    rounds: int,
) -> None:
    """Grow one stack step by step, so that each container is created only once."""
    for services in growth:
        ours.prepare(services)
        ours.run("up")
        for _ in range(rounds):
            spent = clock.seconds(ours.preview)
            measurements.growth.setdefault(services, []).append(spent)
            _say(f"{services:4} services  preview, nothing changed {spent:7.2f} s")
    timed(engine, ours.destroy)


def _machine(client: docker.APIClient) -> dict[str, str]:
    return {
        "processors": str(os.cpu_count()),
        "kernel": platform.release(),
        "Docker": client.version()["Version"],
        "Python": platform.python_version(),
    }


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (EngineError, clock.Failed) as error:
        sys.exit(str(error))
