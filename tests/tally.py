"""How many cells the live tests compared with packets, printed below the tests.

With several workers each counts its own, and hands its numbers over when it ends.
"""

from __future__ import annotations

from collections import Counter

import pytest

from causeway.live.verify import Outcome

TALLY: dict[str, Counter[Outcome]] = {}
KEY = "tally"


def total() -> str:
    counts: Counter[Outcome] = Counter()
    for each in TALLY.values():
        counts.update(each)
    return spoken(counts)


def spoken(counts: Counter[Outcome]) -> str:
    return " ".join(f"{each.value}={counts[each]}" for each in Outcome)


@pytest.hookimpl
def pytest_sessionfinish(session: pytest.Session) -> None:
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[KEY] = {
            name: {each.value: number for each, number in counts.items()}
            for name, counts in TALLY.items()
        }


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object, error: object) -> None:
    for name, counts in getattr(node, "workeroutput", {}).get(KEY, {}).items():
        TALLY[name] = Counter({Outcome(value): number for value, number in counts.items()})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name, counts in sorted(TALLY.items()):
        terminalreporter.write_line(f"{name}: {spoken(counts)}")
    if TALLY:
        terminalreporter.write_line(f"cells tried on running engines: {total()}")
