"""What leaves the plugin for a terminal: errors, log lines, bad inputs."""

from __future__ import annotations

import pytest

from provider.faults import visible
from provider.resource import Failure
from provider.servicer import _failures
from tests.provider.plugin import NETWORK, Plugin, Refused
from tests.provider.talker import Talks, answer

URN = f"urn:pulumi:dev::test::{NETWORK}::net"
HOSTILE = '{"message": "no \\u001b[2J\\r\\u202e network\\n\\tof that name"}'
SHOWN = "no \\x1b[2J\\x0d\\u202e network\n\tof that name"


def test_what_an_engine_says_steers_no_terminal(talks: Talks) -> None:
    refusal = answer(HOSTILE.encode(), "500 Internal Server Error")
    talker = talks(*[refusal] * 4)
    with Plugin(talker.host, CAUSEWAY_DEBUG="1") as plugin:
        with pytest.raises(Refused) as refused:
            plugin.create(NETWORK, "net", {})
        assert str(refused.value) == SHOWN
        (traceback,) = plugin.messages
        assert traceback.endswith(f"EngineError: {SHOWN}\n")


def test_a_bad_input_steers_no_terminal() -> None:
    (told,) = _failures(URN, [Failure("labels.a\x1b[2J", "is \u202e no label")])
    assert (told.property, told.reason) == ("labels.a\\x1b[2J", "is \\u202e no label")


def test_line_ends_of_another_system_are_line_ends_and_letters_stay() -> None:
    assert visible("one\r\ntwo\rthree äöü 漢字 🐳") == "one\ntwo\\x0dthree äöü 漢字 🐳"
