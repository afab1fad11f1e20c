"""The measurements as values, as docs/benchmark.json and as the page docs/benchmark.md."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.subjects import OFTEN

RATIO_SERVICES = 50
LIMITS = {
    "up_vs_api": 1.35,
    "up_vs_compose": 0.75,
    "preview_vs_empty": 2.2,
    "refresh_vs_inspects": 1.5,
}
ACTIONS = {
    "up": "deploy",
    "noop_up": "deploy again, nothing changed",
    "preview": "preview, nothing changed",
    "refresh": "refresh, nothing changed",
    "change": "deploy again, one service changed",
    "destroy": "remove",
}
SUBJECTS = {
    "causeway": "Causeway",
    "api": "raw Engine API, 8 threads",
    "compose": "docker-compose 5.6.1",
    "inspects": "raw inspects, one after another",
    "empty": "empty Pulumi program",
}


@dataclass(slots=True)
class Measurements:
    """`samples` maps (action, subject, services) to the seconds of each round."""

    machine: dict[str, str]
    samples: dict[tuple[str, str, int], list[float]] = field(default_factory=dict)
    growth: dict[int, list[float]] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)

    def add(self, action: str, subject: str, services: int, seconds: float) -> None:
        self.samples.setdefault((action, subject, services), []).append(seconds)

    def median(self, action: str, subject: str, services: int) -> float:
        return statistics.median(self.samples[action, subject, services])

    def ratios(self) -> dict[str, float]:
        def ratio(action: str, *subjects: str) -> float:
            theirs = sum(self.median(action, each, RATIO_SERVICES) for each in subjects)
            return round(self.median(action, "causeway", RATIO_SERVICES) / theirs, 2)

        return {
            "up_vs_api": ratio("up", "api"),
            "up_vs_compose": ratio("up", "compose"),
            "preview_vs_empty": ratio("preview", "empty"),
            "refresh_vs_inspects": ratio("refresh", "inspects", "empty"),
        }


def line(measurements: Measurements) -> str:
    return " ".join(f"{name}={value}" for name, value in measurements.ratios().items())


def as_json(measurements: Measurements) -> str:
    seconds: dict[str, Any] = {}
    for action, subject, services in sorted(measurements.samples):
        of_subject = seconds.setdefault(action, {}).setdefault(subject, {})
        of_subject[str(services)] = round(measurements.median(action, subject, services), 2)
    return json.dumps(
        {
            "machine": measurements.machine,
            "rounds": len(measurements.samples["up", "causeway", RATIO_SERVICES]),
            "seconds": seconds,
            "preview_growth_seconds": {
                str(services): round(statistics.median(found), 2)
                for services, found in sorted(measurements.growth.items())
            },
            "peak_memory_mebibytes": {
                name: round(value) for name, value in measurements.memory.items()
            },
            "ratios": measurements.ratios(),
        },
        indent=2,
    )


def as_markdown(measured: dict[str, Any]) -> str:
    """The page docs/benchmark.md, from the content of benchmark.json."""
    seconds = measured["seconds"]
    counts = sorted({int(n) for by in seconds.values() for each in by.values() for n in each})
    lines = [
        "# Benchmark",
        "",
        "`make bench` writes this page. Each subject in turn deploys N services, all on the same",
        f"two networks, on one engine; seconds, median of {measured['rounds']} rounds with {OFTEN}",
        "previews and refreshes in each.",
        "`refresh` reads every object once (`--skip-preview`); the raw inspects request the same",
        "containers, networks and image on one connection. In `one service changed`, one service",
        "gets another command, so its container is replaced. Removals in which the engine lost",
        "count of a network's endpoints (docs/provider.md) are left out.",
        "",
        "![Seconds for each action, and the growth of a preview](benchmark.svg)",
        "",
        "| | " + " | ".join(f"{count} services" for count in counts) + " |",
        "| --- |" + " ---: |" * len(counts),
    ]
    for action, title in ACTIONS.items():
        for subject, name in SUBJECTS.items():
            if found := seconds.get(action, {}).get(subject):
                shown = (found.get(str(count)) for count in counts)
                cells = " | ".join("-" if each is None else f"{each:.2f}" for each in shown)
                lines.append(f"| {title}: {name} | {cells} |")
    growth = measured["preview_growth_seconds"]
    lines += [
        "",
        "How the preview of unchanged, running services grows:",
        "",
        "| services | " + " | ".join(growth) + " |",
        "| --- |" + " ---: |" * len(growth),
        "| seconds | " + " | ".join(f"{value:.2f}" for value in growth.values()) + " |",
        "",
        f"Ratios at {RATIO_SERVICES} services:",
        "",
        "| ratio | measured | target |",
        "| --- | ---: | ---: |",
    ]
    ratios = measured["ratios"]
    lines += [f"| `{name}` | {ratios[name]:.2f} | {limit:.2f} |" for name, limit in LIMITS.items()]
    lines += [
        "",
        "`refresh_vs_inspects` is Causeway's refresh divided by the sum of the raw inspects and",
        "the empty program's refresh; each other ratio divides the two rows that it names.",
    ]
    memory = measured["peak_memory_mebibytes"]
    told = ", ".join(f"{name} {value} MiB" for name, value in memory.items())
    lines += [
        "",
        f"Peak memory of all processes together while {RATIO_SERVICES} services are deployed, with",
        f"shared pages counted once per process: {told}.",
        "",
        "Measured on: " + ", ".join(f"{k} {v}" for k, v in measured["machine"].items()) + ".",
        "",
    ]
    return "\n".join(lines)


def write(measurements: Measurements, folder: Path) -> dict[str, Any]:
    text = as_json(measurements)
    (folder / "benchmark.json").write_text(text + "\n")
    measured: dict[str, Any] = json.loads(text)
    (folder / "benchmark.md").write_text(as_markdown(measured))
    return measured
