"""What a picture says, before it has positions."""

from __future__ import annotations

from dataclasses import replace

from causeway.drawing.picture import as_svg
from causeway.drawing.picture.scene import Scene, Socket, scene
from causeway.model.extension.assertions import check_assertions
from causeway.model.load import load
from causeway.model.reach import EngineFacts, reach
from causeway.model.values import Flow, Port, Problem, Stack
from tests.picture import PLACE, ROOT, five, network, service, twelve


def seen(stack: Stack, *problems: Problem) -> Scene:
    return scene([stack], reach([stack], EngineFacts(version=(29, 0))), problems)


def test_summary_counts_what_is_there() -> None:
    assert seen(five()).summary == "5 services · 3 networks · 2 published ports · 2 pivots"


def test_host_tells_its_engine_when_that_is_known() -> None:
    assert seen(five()).host == "host · engine 29.0"
    assert scene([five()], reach([five()])).host == "host"


def test_each_way_of_being_on_no_network_is_an_area() -> None:
    areas = {card.name: card.areas for card in seen(twelve()).cards}
    assert areas["node-exporter"] == ("mode-host",)
    assert areas["batch-sealed"] == ("mode-none",)
    assert areas["debug"] == ("network-default-bridge",)


def test_sidecar_is_where_its_owner_is() -> None:
    cards = {card.name: card for card in seen(twelve()).cards}
    assert cards["web-metrics"].areas == cards["web ×4"].areas  # noqa: RUF001
    assert cards["web-metrics"].detail == "in web"
    assert "in the network namespace of web" in cards["web-metrics"].about


def test_internal_networks_have_no_way_out() -> None:
    egress = {area.label: (area.look, area.egress) for area in seen(five()).areas}
    assert egress == {
        "front": ("network", "open"),
        "middle": ("internal", "closed"),
        "data": ("network", "open"),
    }


def test_port_on_loopback_is_no_way_in() -> None:
    ports = [Port(80, 8080), Port(81, 8081, "127.0.0.1"), Port(82)]
    stack = Stack("s", (), services=(service("web", ["n"], ports=ports),), networks=(network("n"),))
    assert seen(stack).cards[0].sockets == (
        Socket("8080 → 80", True),
        Socket("127.0.0.1:8081 → 81", False),
        Socket("any → 82", True),
    )


def test_internal_network_keeps_a_published_port_closed() -> None:
    web = service("web", ["n"], ports=[Port(80, 8080)])
    stack = Stack("s", (), services=(web,), networks=(network("n", internal=True),))
    assert seen(stack).cards[0].sockets == (Socket("8080 → 80", False),)


def test_broken_assertion_names_its_ends() -> None:
    loaded = load([ROOT / "tests" / "cli" / "three_tier" / "mistake.yaml"], name="t")
    matrix = reach([loaded.stack])
    problems = check_assertions(loaded.assertions, loaded.stack, matrix)
    found = scene([loaded.stack], matrix, problems, str(ROOT))
    finding = found.of_kind("violation")[0]
    assert finding.number == 1
    assert finding.flow == ("service-nginx", "service-database")
    assert finding.cards == ("service-nginx", "service-database")
    assert finding.place == "tests/cli/three_tier/mistake.yaml:22"


def test_flow_of_a_finding_is_that_of_the_problem_whatever_its_words_are() -> None:
    problem = Problem(
        PLACE,
        "never a -> b: but a -> b:80/tcp is open",
        code="never-broken",
        flow=Flow(("", "world"), ("shop", "database")),
    )
    found = seen(five(), problem).of_kind("violation")[0]
    assert found.flow == ("world", "service-database")
    assert found.cards == ("service-database",)


def test_broken_never_is_drawn_by_its_code_and_not_by_its_first_word() -> None:
    stack = five()
    flow = Flow(("", "world"), ("shop", "database"))
    drawn = []
    for code in ("never-broken", "always-broken"):
        problem = Problem(PLACE, "the way is open", code=code, flow=flow)
        drawn.append(
            "<title>1: the way is open</title></path>" in as_svg([stack], reach([stack]), [problem])
        )
    assert drawn == [True, False]


def test_message_about_no_flow_is_a_finding_all_the_same() -> None:
    problem = Problem(PLACE, "web -> database: it is open", code="unknown-service")
    found = seen(five(), problem).of_kind("violation")[0]
    assert found.flow is None
    assert found.cards == ()


def test_ends_of_a_flow_are_told_apart_by_stack() -> None:
    one = Stack("one", (), services=(service("web", ["n"]),), networks=(network("n"),))
    two = replace(one, name="two")
    problem = Problem(
        PLACE, "broken", code="never-broken", flow=Flow(("", "world"), ("one", "web"))
    )
    found = scene([one, two], reach([one, two]), [problem]).of_kind("violation")[0]
    assert found.flow == ("world", "service-one--web")


def test_several_stacks_are_told_apart_by_name() -> None:
    one = Stack("one", (), services=(service("web", ["n"]),), networks=(network("n"),))
    two = Stack("two", (), services=(service("web", ["n"]),), networks=(network("n"),))
    found = scene([one, two], reach([one, two]))
    assert [card.name for card in found.cards] == ["one/web", "two/web"]
    assert [card.id for card in found.cards] == ["service-one--web", "service-two--web"]
    assert len(found.areas) == 1  # both name the same network of the engine


def test_replicas_and_their_absence_are_counted() -> None:
    stack = Stack(
        "s",
        (),
        services=(service("many", ["n"], replicas=3), service("gone", ["n"], replicas=0)),
        networks=(network("n"),),
    )
    assert [card.name for card in seen(stack).cards] == ["many ×3", "gone ×0"]  # noqa: RUF001
