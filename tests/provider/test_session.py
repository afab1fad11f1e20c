"""What leaves the plugin for a terminal: errors, log lines, bad inputs."""

from __future__ import annotations

import json

import pytest

from causeway.engine.faults import visible
from causeway.provider.protocol.servicer import _decode_config, _failures
from causeway.provider.resource.values import Failure
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


def test_encrypted_settings_of_the_provider_are_used_as_they_are_meant() -> None:
    def secret(value: str) -> dict[str, str]:
        return {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"} | {
            "value": value
        }

    given = {
        "keyMaterial": secret("-----BEGIN"),
        "registryAuth": json.dumps([{"address": "a", "password": secret("b")}]),
        "sshOpts": secret('["-v"]'),
        "host": "tcp://far",
    }
    assert _decode_config(given) == {
        "keyMaterial": "-----BEGIN",
        "registryAuth": [{"address": "a", "password": "b"}],
        "sshOpts": ["-v"],
        "host": "tcp://far",
    }


def test_line_ends_of_another_system_are_line_ends_and_letters_stay() -> None:
    assert visible("one\r\ntwo\rthree äöü 漢字 🐳") == "one\ntwo\\x0dthree äöü 漢字 🐳"
