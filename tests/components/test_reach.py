"""The record of reach in the state, and what a preview tells against it."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import Any

import pulumi
import pytest

from causeway.model.reach.record import record as record_of
from causeway.model.reach.values import EngineFacts
from causeway.model.values import Attachment, Network, Place, Port, Service, Stack
from components.reach import deployed, log_difference, reach_output, record_in
from tests.components.recorder import Secret, declare, record

NOWHERE = Place("", 0, "")
STACK = Stack(
    name="shop-dev",
    files=(),
    services=(
        Service("db", NOWHERE, image="db", attachments=(Attachment("net"),)),
        Service("web", NOWHERE, image="web", attachments=(Attachment("net"),)),
    ),
    networks=(Network("net", "shop-dev_net", NOWHERE, internal=True),),
)


def opened() -> Stack:
    """The same, with the network no longer internal and the database published."""
    networks = (replace(STACK.networks[0], internal=False),)
    database = replace(STACK.services[0], ports=(Port(5432, 5432),))
    return replace(STACK, networks=networks, services=(database, STACK.services[1]))


def state(stack: Stack) -> dict[str, Any]:
    component = {"type": "causeway:components:Stack", "outputs": {"reach": record_of(stack)}}
    return {"urn:a": {"type": "docker:index/network:Network", "outputs": {}}, "urn:b": component}


def test_the_last_update_is_read_from_the_state_of_this_stack() -> None:
    found = record(deployed, state=state(STACK)).result
    assert record_of(found) == record_of(STACK)


def test_before_the_first_update_there_is_nothing_to_compare_with() -> None:
    assert record(deployed).result is None


@pytest.mark.parametrize("written", [None, "", "{", {"secret": True}])
def test_a_record_that_cannot_be_read_is_none(written: object) -> None:
    component = {"type": "causeway:components:Stack", "outputs": {"reach": written}}
    assert record_in({"urn:b": component}) is None


def test_what_opens_is_a_warning_and_the_count_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    record(lambda: log_difference(opened(), STACK, EngineFacts()))
    assert [(each.levelname, each.getMessage()) for each in caplog.records] == [
        (
            "WARNING",
            "reach: this opens 3 flows\n"
            "  + world -> db:5432/tcp  published port 0.0.0.0:5432/tcp\n"
            "  + db -> internet        egress\n"
            "  + web -> internet       egress",
        ),
        ("INFO", "reach: 3 opened, 0 closed, 2 unchanged"),
    ]


def test_what_closes_is_only_information(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    record(lambda: log_difference(STACK, opened(), EngineFacts()))
    assert [each.levelname for each in caplog.records] == ["INFO", "INFO"]


def loopback() -> Stack:
    """The same, with the database published on the host's loopback alone, off internal networks."""
    networks = (replace(STACK.networks[0], internal=False),)
    database = replace(STACK.services[0], ports=(Port(5432, 5432, "127.0.0.1"),))
    return replace(STACK, networks=networks, services=(database, STACK.services[1]))


@pytest.mark.parametrize(("version", "opens"), [((20, 10), True), ((29, 0), False)])
def test_what_opens_is_told_for_the_engine_that_is_there(
    version: tuple[int, int], opens: bool, caplog: pytest.LogCaptureFixture
) -> None:
    before = replace(loopback(), services=(STACK.services[0], STACK.services[1]))
    record(lambda: log_difference(loopback(), before, EngineFacts(version=version)))
    assert ("+ lan -> db:5432/tcp" in caplog.text) is opens


@pytest.mark.parametrize("before", [None, STACK])
def test_nothing_is_told_without_a_difference(
    before: Stack | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    record(lambda: log_difference(STACK, before, EngineFacts()))
    assert caplog.records == []


def test_the_record_waits_for_what_must_stand() -> None:
    seen: list[str] = []

    def run() -> pulumi.Output[None]:
        return reach_output(STACK, ["id"]).apply(seen.append)

    record(run)
    assert json.loads(seen[0])["name"] == "shop-dev"


@pytest.mark.parametrize(("secret", "hidden"), [("shop-dev_net", True), ("hunter2", False)])
def test_a_record_that_holds_a_secret_is_secret(secret: str, hidden: bool) -> None:
    outputs = declare(STACK, secrets=(secret,)).outputs["Stack shop-dev"]
    assert isinstance(outputs["reach"], Secret) is hidden


def test_a_secret_that_json_writes_otherwise_is_found_in_the_record() -> None:
    networks = (replace(STACK.networks[0], options=(("key", 'pa"ss\nw\u00f6rd'),)),)
    recording = declare(replace(STACK, networks=networks), secrets=('pa"ss\nw\u00f6rd',))
    assert isinstance(recording.outputs["Stack shop-dev"]["reach"], Secret)
