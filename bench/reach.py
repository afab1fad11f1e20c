"""`python -m bench.reach`: CPU seconds to load, check, compute reach and draw, by size.

Needs no engine. The loader's process is included; each row is the best of several rounds.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from causeway.drawing.draw import FORMATS, graph
from causeway.model.extension.assertions import check_assertions
from causeway.model.load import load
from causeway.model.reach import EngineFacts, reach
from causeway.model.reach.difference import difference
from causeway.model.reach.record import record, restore

SIZES = (10, 30, 100, 300, 1000)
NETWORKS_PER_THOUSAND = 60
SEED = 7
STEPS = ("load", "reach and assertions", "text drawing", "difference of one network")


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU seconds per step, in the order of STEPS."""

    services: int
    networks: int
    seconds: tuple[float, ...]

    @property
    def total(self) -> float:
        """The time of load, check, reach and text drawing, which a preview needs."""
        return sum(self.seconds[:3])


def compose(services: int) -> tuple[str, int]:
    """A Compose file whose number of networks grows with its services, and that number."""
    chance = random.Random(SEED)
    networks = max(3, services * NETWORKS_PER_THOUSAND // 1000)
    lines = ["services:"]
    for number in range(services):
        on = {number % networks}
        if number % 5 == 0:
            on.add(chance.randrange(networks))
        lines += [
            f"  service{number}:",
            "    image: example/app:1",
            f'    expose: ["{5000 + number % 20}"]',
            f"    networks: [{', '.join(f'net{each}' for each in sorted(on))}]",
        ]
        if number % 50 == 0:
            lines.append(f'    ports: ["{10000 + number}:80"]')
    lines.append("networks:")
    for number in range(networks):
        lines.append(f"  net{number}: {{internal: {'true' if number % 3 == 0 else 'false'}}}")
    lines += ["x-causeway:", '  always: ["world -> service0:80", "service0 -> service3"]']
    lines += ['  never: ["world -> service1", "service1 -> service2"]']
    return "\n".join(lines) + "\n", networks


def measure(services: int, rounds: int = 3) -> Measured:
    text, networks = compose(services)
    with tempfile.TemporaryDirectory(prefix="causeway-reach-") as folder:
        file = Path(folder) / "compose.yaml"
        file.write_text(text)
        found = [_round(file) for _ in range(rounds)]
    best = min(found, key=sum)
    return Measured(services, networks, best)


def _round(file: Path) -> tuple[float, ...]:
    load_seconds, loaded = _timed(lambda: load([file], name="bench"))

    stack, positions = loaded.stack, {loaded.stack.name: loaded.positions}

    def decided() -> Any:
        matrix = reach([stack], EngineFacts(version=(29, 0)), positions)
        check_assertions(loaded.assertions, stack, matrix)
        return matrix

    reach_seconds, matrix = _timed(decided)
    draw_seconds, _ = _timed(lambda: FORMATS["text"](graph([stack], matrix)))
    name = '"name":"bench_net3"'
    changed = restore(record(stack).replace(f'"internal":true,{name}', name))
    diff_seconds, _ = _timed(lambda: difference([changed], [stack]) if changed else None)
    return (load_seconds, reach_seconds, draw_seconds, diff_seconds)


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of this process and of the child processes that it waited for."""

    def children() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    before = time.process_time() + children()
    result = work()
    return time.process_time() + children() - before, result


def table(rows: list[Measured]) -> str:
    lines = [f"| services | networks | {' | '.join(STEPS)} | total without difference |"]
    lines.append("| ---: " * (len(STEPS) + 3) + "|")
    for row in rows:
        cells = [f"{each:.3f}" for each in (*row.seconds, row.total)]
        lines.append(f"| {row.services} | {row.networks} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.reach", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    print("CPU seconds, best of", chosen.rounds)
    print(table([measure(size, chosen.rounds) for size in SIZES]))


if __name__ == "__main__":
    main()
