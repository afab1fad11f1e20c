"""Ctrl-C while more calls wait than work at the same time."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from causeway.provider.protocol.session import WORKERS
from tests.provider.plugin import NETWORK, Plugin, Refused
from tests.provider.talker import Talks

CALLS = WORKERS + 16
LIMIT = 60.0  # of a call that is given up after 8 seconds


def wait_until_busy(plugin: Plugin) -> None:
    """Until all workers have work, and a thread of gRPC waits for each of them."""
    deadline = time.monotonic() + LIMIT
    while len(os.listdir(f"/proc/{plugin.pid}/task")) < 2 * WORKERS:
        assert time.monotonic() < deadline, "the calls have not come"
        time.sleep(0.05)


def test_more_calls_than_work_at_the_same_time_are_all_answered(plugin: Plugin) -> None:
    def planned(number: int) -> list[str]:
        return plugin.create(NETWORK, f"net-{number}", {}, preview=True).steps

    with ThreadPoolExecutor(CALLS) as pool:
        assert list(pool.map(planned, range(CALLS))) == [["create"]] * CALLS


def test_ctrl_c_is_heard_behind_more_calls_than_work_at_the_same_time(talks: Talks) -> None:
    talker = talks(*[b""] * 4)
    with (
        Plugin(talker.host, CAUSEWAY_CALL_SECONDS="600") as plugin,
        ThreadPoolExecutor(CALLS) as pool,
    ):
        waiting = [pool.submit(plugin.create, NETWORK, f"net-{n}", {}) for n in range(CALLS)]
        wait_until_busy(plugin)
        try:
            plugin.cancel(timeout=LIMIT)
        except Refused:
            plugin.kill()  # or the calls would be waited for
            pytest.fail("Cancel was not answered")
        ends = [str(each.exception(timeout=LIMIT)) for each in waiting]
        with pytest.raises(Refused, match=r"^cancelled$"):
            plugin.create(NETWORK, "later", {})
    worked_on = "cancelled without waiting for the engine's answer"
    assert set(ends) == {"cancelled", worked_on}
    assert ends.count(worked_on) == WORKERS
