"""Changes to a living stack: what the update says it opens and closes is what packets find.

Ten of them on Debian's engine; all, on both engines, with CAUSEWAY_LIVE=all.
"""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as of_each
from pathlib import Path
from typing import Any

import pytest

from causeway.live.measure import Seen
from causeway.live.verify import Finding, Outcome, verify
from causeway.model.load import load
from causeway.model.reach import HOST, INTERNET, LAN, WORLD, Cell, Endpoint, Node, Verdict, reach
from causeway.model.reach.values import ANY
from causeway.model.values import Stack
from tests.end_to_end.project import ROOT
from tests.live.changes import BASE, EDITS, SHORT, Edit, edited
from tests.live.conftest import ALL, HOST_THERE, Field
from tests.tally import TALLY

CHOSEN = [each for each in EDITS if ALL or each.title in SHORT]
STACK = "living"
# Nothing here is on a wire, where a host waits for ARP: silence is known earlier.
TIMEOUT_SECONDS = 1.3
Key = tuple[str, str, str]


@dataclass(slots=True)
class Moment:
    """The stack as it is after a change: cells by source, destination and endpoint."""

    stack: Stack
    predicted: dict[Key, Verdict]
    seen: dict[Key, Seen]

    def tried(self) -> set[Key]:
        return {key for key, seen in self.seen.items() if seen.verdict is not None}


@dataclass(slots=True)
class Living:
    field: Field
    written: dict[str, Any]
    now: Moment | None = None
    tally: Counter[Outcome] = of_each(default_factory=Counter)

    def become(self, written: dict[str, Any]) -> str:
        """Deploy it and measure; what the update said."""
        self.written = written
        file = self.field.project.folder / "tests" / "live" / STACK / "compose.yaml"
        file.write_text(json.dumps(written, indent=1))
        output = self.field.up(STACK)
        stack = load([file], name=f"causeway-{STACK}").stack
        matrix = reach([stack], self.field.facts())
        cells = [
            matrix.decide(source, destination, endpoint)
            for source in (*matrix.services(), HOST, WORLD, LAN)
            for destination in (*matrix.services(), INTERNET)
            for endpoint in endpoints_of(destination)
            if source not in (WORLD, LAN) or destination != INTERNET
        ]
        with self.field.probes(STACK) as probes:
            probes.timeout = TIMEOUT_SECONDS
            report = verify(probes, cells)
        self.tally.update(dict(report.counts))
        assert [line(each) for each in report.wrong] == []
        self.now = Moment(
            stack,
            {key(each.cell): each.cell.verdict for each in report.findings},
            {key(each.cell): each.seen for each in report.findings},
        )
        return output


def endpoints_of(node: Node) -> list[Endpoint]:
    """All that any stage of the stack declares, so that every moment has the same cells."""
    if node == INTERNET:
        return [ANY]
    if node.name == "tool":
        return [Endpoint(8081, "tcp"), ANY]
    return [Endpoint(80, "tcp"), Endpoint(81, "tcp"), Endpoint(53, "udp"), ANY]


def key(cell: Cell) -> Key:
    return cell.source.name, cell.destination.name, str(cell.endpoint)


def line(each: Finding) -> str:
    return f"{each.cell.source} -> {each.cell.destination}:{each.cell.endpoint} {each.text}"


def declared(stack: Stack, name: str, *, exposed: bool = True) -> set[str]:
    for service in stack.services:
        if service.name == name:
            ports = {f"{port.target}/{port.protocol}" for port in service.ports}
            inside = {port if "/" in port else f"{port}/tcp" for port in service.expose}
            return ports | inside if exposed else ports
    return set()


def open_flows(moment: Moment, stacks: list[Stack]) -> set[str]:
    """Flows that packets found open, in the words of the preview: the host is no source, and a
    port that no stage of the comparison declares is no flow."""
    found = set()
    for (source, destination, endpoint), seen in moment.seen.items():
        if source in (HOST.name, destination):
            continue
        if source == LAN.name:
            # Told of a published port that is open to the host's segment and not to the world.
            world = moment.seen.get((WORLD.name, destination, endpoint))
            shut = world is None or world.verdict is not Verdict.ALLOWED
            published = endpoint in declared(moment.stack, destination, exposed=False)
            if seen.verdict is Verdict.ALLOWED and published and shut:
                found.add(f"{source} -> {destination}:{endpoint}")
            continue
        known = {port for stack in stacks for port in declared(stack, destination)}
        if destination == INTERNET.name:
            if seen.verdict is Verdict.ALLOWED:
                found.add(f"{source} -> {destination}")
        elif source == WORLD.name:
            if endpoint == "any" and seen.verdict is Verdict.ALLOWED:
                found.add(f"{source} -> {destination}")
            for attempt, outcome in seen.tried:
                is_open = outcome in ("open", "sent") and seen.verdict is Verdict.ALLOWED
                published = attempt.address == HOST_THERE and str(attempt.port) not in endpoint
                if is_open and published and endpoint in known:
                    found.add(f"{source} -> {destination}:{endpoint} at {attempt.port}")
        elif seen.verdict is Verdict.ALLOWED:
            if endpoint in known:
                found.add(f"{source} -> {destination}:{endpoint}")
            elif endpoint == "any" and not known:
                found.add(f"{source} -> {destination}")
    return found


def told(output: str, sign: str) -> set[str]:
    """The flows of the lines `  + web -> app:80/tcp  published port 0.0.0.0:18201/tcp  (...)`."""
    found = set()
    for text in re.findall(rf"^ *\{sign} (\S+ -> \S+ .*)$", output, re.MULTILINE):
        if "may be open" in text:
            continue
        flow = " ".join(text.split()[:3])
        at = re.search(r"published port \S+:(\d+)/", text)
        found.add(f"{flow} at {at[1]}" if at and flow.startswith("world ") else flow)
    return found


@pytest.fixture(scope="module")
def living(field: Field) -> Iterator[Living]:
    folder = field.project.folder / "tests" / "live"
    (folder / STACK).mkdir(parents=True, exist_ok=True)
    shutil.copy2(ROOT / "tests/live/serve.py", folder / "serve.py")
    file = Path("tests/live") / STACK / "compose.yaml"
    settings = f"config:\n  causeway:files: [{file}]\n"
    (field.project.folder / f"Pulumi.{STACK}.yaml").write_text(settings)
    field.project.pulumi("stack", "init", STACK, "--no-select").succeeded()
    stack = Living(field, BASE)
    stack.become(BASE)
    yield stack
    TALLY[f"{len(CHOSEN)} changes on {field.flavour}"] = stack.tally
    field.project.pulumi("destroy", "--stack", STACK)


@pytest.mark.parametrize(
    "any_engine", ["engine", "current_engine"] if ALL else ["engine"], indirect=True
)
@pytest.mark.parametrize("change", CHOSEN, ids=lambda change: change.title)
def test_what_a_change_is_said_to_do_is_what_packets_find(living: Living, change: Edit) -> None:
    before = living.now
    assert before is not None
    output = living.become(edited(living.written, change))
    after = living.now
    assert after is not None
    # What has no container cannot be tried.
    both = before.tried() & after.tried()
    predicted = {
        each: (before.predicted[each], after.predicted[each])
        for each in both
        if before.predicted[each] is not after.predicted[each]
    }
    measured = {
        each: (before.seen[each].verdict, after.seen[each].verdict)
        for each in both
        if before.seen[each].verdict is not after.seen[each].verdict
    }
    assert measured == predicted
    stacks = [before.stack, after.stack]
    was, now = open_flows(before, stacks), open_flows(after, stacks)
    assert told(output, "+") == now - was
    assert told(output, "-") == was - now


def test_there_are_forty_changes() -> None:
    assert len(EDITS) >= 40
    assert len(SHORT) == 10
    assert {each.title for each in EDITS} >= set(SHORT)
