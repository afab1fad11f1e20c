"""Assertions of x-causeway: what they say, what breaks them, and what cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from causeway.model.errors import StackError, render
from causeway.model.extension.assertions import check_assertions, require_assertions
from causeway.model.load import load
from causeway.model.reach import EngineFacts, reach
from causeway.model.values import Flow

COMPOSE = """\
services:
  nginx:
    image: nginx
    ports: ["8080:80"]
    networks: [front]
  app:
    image: app
    expose: ["5000", "53/udp"]
    networks: [front, back]
  db:
    image: db
    networks: [back]
    ports: [DB_PORTS]
  debug:
    image: debug
    profiles: [debug]
networks:
  front:
  back: {internal: INTERNAL}
x-causeway:
"""


def found(
    tmp_path: Path,
    *lines: str,
    version: tuple[int, int] | None = (29, 0),
    ports: str = "",
    internal: str = "true",
) -> list[str]:
    """The problems of assertions, as a person sees them, below a folder without a name."""
    file = tmp_path / "compose.yaml"
    text = COMPOSE.replace("DB_PORTS", ports).replace("INTERNAL", internal)
    file.write_text(text + "".join(f"  {line}\n" for line in lines))
    loaded = load([file], name="shop")
    matrix = reach([loaded.stack], EngineFacts(version=version))
    problems = check_assertions(loaded.assertions, loaded.stack, matrix)
    return render(problems, str(tmp_path)).replace(f"{tmp_path}/", "").splitlines()


def test_what_holds_says_nothing(tmp_path: Path) -> None:
    assert found(
        tmp_path,
        "never: [nginx -> db, 'world -> app', db -> internet, 'network back -> host:22']",
        "always: ['world -> nginx:80', nginx -> app, 'network front -> app:5000']",
    ) == [
        "compose.yaml:21: x-causeway.never[3]: never network back -> host:22/tcp: "
        "but app -> host:22/tcp is open",
        "    1. app is on network back  (compose.yaml:9)",
        "    2. the host has the gateway address of network back",
        "compose.yaml:21: x-causeway.never[3]: never network back -> host:22/tcp: "
        "but db -> host:22/tcp is open",
        "    1. db is on network back  (compose.yaml:12)",
        "    2. the host has the gateway address of network back",
    ]


def test_a_stack_without_assertions_has_no_problems(tmp_path: Path) -> None:
    assert found(tmp_path) == []


def test_a_published_port_breaks_never_from_the_world(tmp_path: Path) -> None:
    lines = found(tmp_path, "never:", "  - world -> db", ports='"5432:5432"', internal="false")
    assert lines == [
        "compose.yaml:22: x-causeway.never[0]: never world -> db: but lan -> db:5432/tcp is open",
        "    1. lan reaches the host at 0.0.0.0:5432/tcp  (compose.yaml:13)",
        "    2. the host forwards it to db:5432/tcp  (compose.yaml:13)",
        "compose.yaml:22: x-causeway.never[0]: never world -> db: but world -> db:5432/tcp is open",
        "    1. world reaches the host at 0.0.0.0:5432/tcp  (compose.yaml:13)",
        "    2. the host forwards it to db:5432/tcp  (compose.yaml:13)",
    ]


def test_a_published_port_joins_networks(tmp_path: Path) -> None:
    lines = found(tmp_path, "never: ['nginx -> db:5432']", ports='"5432:5432"', internal="false")
    assert lines == [
        "compose.yaml:21: x-causeway.never[0]: never nginx -> db:5432/tcp: "
        "but nginx -> db:5432/tcp is open",
        "    1. nginx reaches the host from network front  (compose.yaml:5)",
        "    2. the host listens on 0.0.0.0:5432/tcp  (compose.yaml:13)",
        "    3. the host forwards it to db:5432/tcp  (compose.yaml:13)",
    ]


def test_another_port_is_another_matter(tmp_path: Path) -> None:
    assert found(tmp_path, "never: ['nginx -> db:5432']") == []
    assert found(tmp_path, "never: ['world -> nginx:443']") == []


@pytest.mark.parametrize(
    ("version", "heads"),
    [
        ((20, 10), [("never world -> db", "but lan -> db:5432/tcp is open")]),
        ((29, 0), []),
        (None, [("warning", "it is unknown whether lan -> db:5432/tcp is open")]),
    ],
)
def test_a_loopback_port_is_judged_by_the_version(
    tmp_path: Path, version: tuple[int, int] | None, heads: list[tuple[str, str]]
) -> None:
    lines = found(
        tmp_path,
        "never: [world -> db]",
        version=version,
        ports='"127.0.0.1:5432:5432"',
        internal="false",
    )
    parts = [line.split(": ") for line in lines if not line.startswith(" ")]
    assert [(words[2], words[-1]) for words in parts] == heads


def test_always_tells_why_it_is_not_so(tmp_path: Path) -> None:
    assert found(tmp_path, "always: ['nginx -> db:5432/tcp', 'world -> app']") == [
        "compose.yaml:21: x-causeway.always[0]: always nginx -> db:5432/tcp: "
        "nginx -> db:5432/tcp: it is DROPPED",
        "    because network back is internal: the host drops traffic from outside"
        "  (compose.yaml:19)",
        "compose.yaml:21: x-causeway.always[1]: always world -> app: "
        "world -> app:53/udp: it is UNREACHABLE",
        "    because no published port leads to it, and machines outside have no route to "
        "containers",
    ]


def test_star_is_every_other_service_and_the_world(tmp_path: Path) -> None:
    heads = [
        line.rpartition(": ")[2]
        for line in found(tmp_path, "never: ['* -> nginx:80']")
        if not line.startswith(" ")
    ]
    assert heads == [
        "but app -> nginx:80/tcp is open",
        "but lan -> nginx:80/tcp is open",
        "but world -> nginx:80/tcp is open",
    ]


def test_star_as_destination_is_every_other_service_and_the_internet(tmp_path: Path) -> None:
    heads = [
        line.rpartition(": ")[2]
        for line in found(tmp_path, "never: ['nginx -> *']")
        if not line.startswith(" ")
    ]
    assert heads == ["but nginx -> app:53/udp is open", "but nginx -> internet is open"]


def test_flows_must_be_open_and_others_are_told(tmp_path: Path) -> None:
    assert found(tmp_path, "flows: ['nginx -> app:5000', 'app -> db']") == [
        "compose.yaml:21: x-causeway.flows[0]: warning: flows are checked, not enforced; the "
        "networks also allow: app -> nginx:80/tcp, db -> app:53/udp, "
        "db -> app:5000/tcp, nginx -> app:53/udp",
    ]


@pytest.mark.parametrize(
    ("assertion", "message"),
    [
        ("nginx => db", "'nginx => db' is not an assertion: write `SOURCE -> DESTINATION`"),
        ("nginx", "'nginx' is not an assertion"),
        ("-> db", "'-> db' is not an assertion"),
        ("nginx -> dbb", "unknown service 'dbb' (known: app, db, dns, host, internet, lan, nginx,"),
        ("nginx -> dbb", "did you mean 'db'?"),
        ("network bck -> db", "unknown network 'bck' (known: back, front); did you mean 'back'?"),
        ("back -> db", "'back' is a network: write `network back`"),
        ("any nginx -> db", "'any nginx' is neither a service nor `network NAME`"),
        ("nginx -> db:0", "'0' is not a port (1 to 65535)"),
        ("nginx -> db:65536", "'65536' is not a port (1 to 65535)"),
        ("nginx -> db:http", "'http' is not a port (1 to 65535)"),
        ("nginx -> db:", "'' is not a port (1 to 65535)"),
        ("nginx -> db:53/dccp", "unknown protocol 'dccp' (known: sctp, tcp, udp)"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(
    tmp_path: Path, assertion: str, message: str
) -> None:
    lines = found(tmp_path, "never:", "  - app -> app", f"  - '{assertion}'")
    assert len(lines) == 1
    assert lines[0].startswith("compose.yaml:23: x-causeway.never[1]: ")
    assert message in lines[0]


def test_a_list_is_needed(tmp_path: Path) -> None:
    assert found(tmp_path, "never: nginx -> db")[0].startswith(
        "compose.yaml:21: x-causeway.never: must be a list of assertions"
    )
    assert "[0]: is not an assertion" in found(tmp_path, "never: [{nginx: db}]")[0]


def test_a_service_that_is_switched_off_is_not_checked(tmp_path: Path) -> None:
    assert found(tmp_path, "never: [debug -> db]") == [
        "compose.yaml:21: x-causeway.never[0]: warning: "
        "service 'debug' is disabled by its profiles: not checked"
    ]


def test_a_broken_assertion_stops_the_program(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    text = COMPOSE.replace("DB_PORTS", "").replace("INTERNAL", "true")
    file.write_text(f"{text}  never: [app -> db]\n")
    loaded = load([file], name="shop")
    with pytest.raises(StackError, match="but app -> db is open"):
        require_assertions(loaded.assertions, loaded.stack, reach([loaded.stack]))


def test_what_cannot_be_told_is_a_warning_for_the_program(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    text = COMPOSE.replace("DB_PORTS", "").replace("INTERNAL", "true")
    file.write_text(f"{text}  never: [debug -> db]\n")
    loaded = load([file], name="shop")
    [warning] = require_assertions(loaded.assertions, loaded.stack, reach([loaded.stack]))
    assert warning.severity == "warning"


@pytest.mark.parametrize(
    ("line", "ports", "code", "flow"),
    [
        (
            "never: ['world -> nginx']",
            "",
            "never-broken",
            Flow(("", "world"), ("shop", "nginx")),
        ),
        ("never: ['app -> nobody']", "", "unknown-service", None),
        ("always: ['nginx -> db']", "", "always-broken", Flow(("shop", "nginx"), ("shop", "db"))),
        ("flows: ['nginx -> db']", "", "flows-broken", Flow(("shop", "nginx"), ("shop", "db"))),
        (
            "never: ['lan -> db']",
            '"127.0.0.1:5432:5432"',
            "never-unknown",
            Flow(("", "lan"), ("shop", "db")),
        ),
    ],
)
def test_a_problem_carries_its_rule_and_its_flow(
    tmp_path: Path, line: str, ports: str, code: str, flow: Flow | None
) -> None:
    file = tmp_path / "compose.yaml"
    text = COMPOSE.replace("DB_PORTS", ports).replace("INTERNAL", "false")
    file.write_text(text + f"  {line}\n")
    loaded = load([file], name="shop")
    problems = check_assertions(loaded.assertions, loaded.stack, reach([loaded.stack]))
    assert (code, flow) in [(each.code, each.flow) for each in problems]
