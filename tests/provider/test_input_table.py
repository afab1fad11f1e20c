"""Every input of Container and Network changed alone on a running resource of a real engine.

`make golden` writes what happened into docs/provider-inputs.md.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import docker
import pytest

from causeway.provider.container import fields as container_fields
from causeway.provider.network import inputs as network_inputs
from tests.engines import Engine
from tests.provider.input_cases import (
    CONTAINER_CASES,
    DEPENDS,
    IN_PLACE,
    NETWORK_CASES,
    RECORDED,
    REFUSED,
    REPLACED,
    Case,
)
from tests.provider.plugin import CONTAINER, NETWORK, ROOT, Deployed, Plugin, Refused
from tests.tiny_image import TINY, import_tiny, rootfs

PAGE = ROOT / "docs" / "provider-inputs.md"
REWRITE = os.environ.get("CAUSEWAY_GOLDEN") == "rewrite"
AT_ONCE = 6
SHORT = 60  # values that fit beside their path on the page


@dataclass(frozen=True, slots=True)
class Seen:
    """What the engine did: outcome, whether the container's id stayed, the value in force."""

    outcome: str
    same_container: bool
    value: Any
    said: str = ""


class Bench:
    """Runs cases side by side; `words` are what braces in a case stand for."""

    def __init__(self, plugin: Plugin, api: docker.APIClient, engine: Engine) -> None:
        self.plugin, self.api = plugin, api
        self.prefix = f"t{uuid.uuid4().hex[:8]}"
        other = f"{self.prefix}-other:1"
        api.import_image_from_data(
            rootfs().read_bytes(), repository=other.split(":")[0], tag="1",
            changes=["ENV PATH=/bin", 'CMD ["pause"]', "LABEL causeway.test=other"],
        )  # fmt: skip
        self.words = {
            "prefix": self.prefix,
            "other_image": other,
            "group": f"/{engine.name}/inner",
            "neighbour": f"{self.prefix}-neighbour",
        }
        self.front = self._create(NETWORK, "front", {"name": f"{self.prefix}-front"})
        pools = [{"subnet": "10.73.0.0/24"}, {"subnet": "fd00:73::/64"}]
        self.back = self._create(
            NETWORK, "back", {"name": f"{self.prefix}-back", "ipv6": True, "ipamConfigs": pools}
        )
        self.words |= {"front": self.front.id, "back": self.back.id}
        # What a case does not change itself is changed from this one, which is never touched.
        self.shared = self._create(CONTAINER, "shared", {"image": TINY})
        neighbour = {"image": TINY, "name": self.words["neighbour"]}
        self._create(CONTAINER, "neighbour", {**neighbour, "volumes": [{"containerPath": "/n"}]})

    def _create(self, token: str, name: str, inputs: dict[str, Any]) -> Deployed:
        return self.plugin.create(token, f"{self.prefix}-{name}", inputs)

    def filled(self, value: Any, words: dict[str, str]) -> Any:
        if isinstance(value, str) and "{" in value:
            return value.format_map(words)
        if isinstance(value, dict):
            return {self.filled(k, words): self.filled(v, words) for k, v in value.items()}
        if isinstance(value, list):
            return [self.filled(item, words) for item in value]
        return value

    def container(self, numbered: tuple[int, Case]) -> Seen:
        number, case = numbered
        base = self.filled({"image": TINY, **case.base}, self.words)
        shared = not case.base and case.outcome in (REPLACED, RECORDED, DEPENDS)
        old = self.shared if shared else self._create(CONTAINER, f"c{number}", base)
        wanted = {**base, **self.filled(case.new, self.words)}
        wanted = {key: value for key, value in wanted.items() if value is not None}
        try:
            if shared and self.plugin.diff(old, wanted).replaces:
                new = self._create(CONTAINER, f"c{number}", wanted)
            else:
                new = self.plugin.apply(old, wanted)
        except Refused as refused:
            return Seen(REFUSED, True, None, str(refused))
        found = self.api.inspect_container(new.id)
        value = self._value(case, new, found)
        again = self.plugin.read(new)
        assert again is not None
        assert again.inputs == new.inputs, case
        return Seen(_outcome(case, new), new.id == old.id, value)

    def _value(self, case: Case, new: Deployed, found: dict[str, Any]) -> Any:
        if case.outcome == RECORDED:
            return new.state.get(case.where)
        if case.where.startswith("file:"):
            started = self.api.exec_create(new.id, ["cat", case.where.removeprefix("file:")])
            return bytes(self.api.exec_start(started["Id"])).decode()
        return _shown(found, self.filled(case.where, self.words))

    def network(self, numbered: tuple[int, Case]) -> Seen:
        """The network is replaced as Pulumi does it, with a container on it."""
        number, case = numbered
        words = {**self.words, "subnet": f"10.74.{number}", "number": f"74{number:02d}"}
        base = self.filled(case.base, words)
        old = self._create(NETWORK, f"n{number}", base)
        wanted = {**base, **self.filled(case.new, words)}
        member = self._create(
            CONTAINER,
            f"m{number}",
            {"image": TINY, "networksAdvanced": [{"name": old.id, "aliases": ["m"]}]},
        )
        diff = self.plugin.diff(old, wanted)
        try:
            if not diff.replaces:
                new = self.plugin.apply(old, wanted)
            elif diff.deleteBeforeReplace:
                self.plugin.delete(old)
                new = self._create(NETWORK, f"n{number}", wanted)
            else:
                new = self._create(NETWORK, f"n{number}", wanted)
        except Refused as refused:
            return Seen(REFUSED, True, None, str(refused))
        places = [{"name": new.id, "aliases": ["m"]}]
        moved = self.plugin.apply(member, {**member.inputs, "networksAdvanced": places})
        if diff.replaces and not diff.deleteBeforeReplace:
            self.plugin.delete(old)
        found = self.api.inspect_network(new.id)
        assert list(found["Containers"]) == [moved.id], case
        again = self.plugin.read(new)
        assert again is not None
        assert again.inputs == new.inputs, case
        order = " (old first)" if diff.deleteBeforeReplace else ""
        outcome = f"{REPLACED}{order}" if diff.replaces else "nothing"
        value = _shown(found, self.filled(case.where, words))
        return Seen(outcome, moved.id == member.id, value)

    def close(self) -> None:
        api = self.api
        for container in api.containers(all=True):
            if container["Names"][0].startswith(f"/{self.prefix}"):
                api.remove_container(container["Id"], force=True, v=True)
        for network in api.networks():
            if network["Name"].startswith(self.prefix):
                api.remove_network(network["Id"])
        for volume in api.volumes()["Volumes"] or []:
            if volume["Name"].startswith(self.prefix):
                api.remove_volume(volume["Name"], force=True)
        api.remove_image(self.words["other_image"], force=True)


def _outcome(case: Case, new: Deployed) -> str:
    if not new.steps:
        return "nothing"
    if new.steps == ["update"]:
        return RECORDED if case.outcome == RECORDED else IN_PLACE
    return REPLACED


def _shown(found: dict[str, Any], path: str) -> Any:
    value: Any = found
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    if path == "NetworkSettings.Networks":
        return sorted(value)
    if path.endswith(".Aliases"):
        # The engine adds the container's short id.
        return [alias for alias in value if alias != found["Id"][:12]]
    if path == "Config.Env":
        return sorted(value)
    return value


@pytest.fixture(scope="module")
def bench(plugin: Plugin, engine: Engine) -> Iterator[Bench]:
    client = engine.api()
    import_tiny(client)
    made = Bench(plugin, client, engine)
    try:
        yield made
    finally:
        made.close()
        client.close()


@pytest.fixture(scope="module")
def seen(bench: Bench) -> dict[str, Seen]:
    """Case -> what happened, all run side by side."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        containers = pool.map(bench.container, enumerate(CONTAINER_CASES))
        found = {
            _title("Container", case): each
            for case, each in zip(CONTAINER_CASES, containers, strict=True)
        }
        networks = pool.map(bench.network, enumerate(NETWORK_CASES))
        found |= {
            _title("Network", case): each
            for case, each in zip(NETWORK_CASES, networks, strict=True)
        }
    return found


def _title(kind: str, case: Case) -> str:
    return f"{kind}.{case.input}: {case.change}"


def _marks(case: Case) -> list[pytest.MarkDecorator]:
    return [pytest.mark.debian_engine] if case.debian else []


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=_title("Container", case), marks=_marks(case))
        for case in CONTAINER_CASES
    ],
)
def test_a_changed_container_input_takes_effect(
    seen: dict[str, Seen], bench: Bench, case: Case
) -> None:
    happened = seen[_title("Container", case)]
    if case.outcome == REFUSED or (case.outcome == DEPENDS and happened.said):
        assert case.reason in happened.said
        return
    outcome = REPLACED if case.outcome == DEPENDS else case.outcome
    assert happened == Seen(outcome, outcome != REPLACED, bench.filled(case.expected, bench.words))


@pytest.mark.parametrize(
    ("number", "case"),
    [
        pytest.param(number, case, id=_title("Network", case), marks=_marks(case))
        for number, case in enumerate(NETWORK_CASES)
    ],
)
def test_a_changed_network_input_takes_effect_and_keeps_the_container(
    seen: dict[str, Seen], bench: Bench, number: int, case: Case
) -> None:
    happened = seen[_title("Network", case)]
    if case.outcome == REFUSED:
        assert case.reason in happened.said
        return
    words = {**bench.words, "subnet": f"10.74.{number}", "number": f"74{number:02d}"}
    assert happened.outcome.removesuffix(" (old first)") == case.outcome
    assert happened.same_container is True
    assert happened.value == bench.filled(case.expected, words)


@pytest.mark.parametrize(
    ("cases", "table"),
    [(CONTAINER_CASES, container_fields.INPUTS), (NETWORK_CASES, network_inputs.INPUTS)],
)
def test_no_input_is_missing_from_the_table(cases: tuple[Case, ...], table: dict[str, str]) -> None:
    assert {case.input.split(".")[0] for case in cases} == {path.split(".")[0] for path in table}


@pytest.mark.debian_engine
def test_golden_page_says_what_happened(seen: dict[str, Seen]) -> None:
    text = page(seen)
    if REWRITE:
        PAGE.write_text(text)
    assert PAGE.read_text() == text


HEAD = """# What a changed input does

`tests/provider/test_input_table.py` writes this page (`make golden`). It changes each input of
Container and Network alone, on a running resource of a real engine (Docker 20.10, API 1.41,
cgroup v1).

- *in place*: updates the running container, which keeps its id and its processes.
- *replaced*: creates a new object, because the Engine API cannot change the input. The preview says
  whether the old or the new one goes first, and why (see docs/provider.md).
- *recorded*: affects only later operations, and leaves the container alone.
- *refused*: the plugin's check or this engine rejects the change with the message shown.
- *nothing*: the new value has the same meaning as the old one.

Each value was read from `docker inspect` after the change, except for recorded inputs, which the
engine never sees, and uploads, which were read inside the container.
"""


def page(seen: dict[str, Seen]) -> str:
    lines = [HEAD.rstrip()]
    for kind, cases in (("Container", CONTAINER_CASES), ("Network", NETWORK_CASES)):
        last = "Container id" if kind == "Container" else "Containers on it"
        lines += [f"\n## {kind}\n"]
        lines += [f"| Input | Change | What happens | {last} | In `docker inspect` |"]
        lines += ["| --- | --- | --- | --- | --- |"]
        for case in cases:
            happened = seen[_title(kind, case)]
            refused = case.outcome == REFUSED
            changes = case.outcome in (REPLACED, DEPENDS)
            stays = "untouched" if refused else "changes" if changes else "stays"
            if kind == "Network" and not refused:
                stays = "keep their id"
            where = f"`{_plain(case.where)}`" if case.where and case.outcome != RECORDED else ""
            value = _plain(json.dumps(case.expected))
            if where and len(value) <= SHORT:
                where += f" is `{value}`"
            outcome = case.outcome if case.outcome == DEPENDS else happened.outcome
            words = [outcome, f'"{_plain(case.reason)}"' if refused else _plain(case.reason)]
            if case.outcome == DEPENDS:
                words = [outcome, f'here: "{_plain(case.reason)}"']
            what = ": ".join(word for word in words if word)
            lines.append(f"| `{case.input}` | {_plain(case.change)} | {what} | {stays} | {where} |")
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    return text.replace("{prefix}-", "").replace("{subnet}", "10.74.0").replace("|", "\\|")
