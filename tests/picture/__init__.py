"""Stacks to draw, made as values: what a picture looks like depends on nothing but them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from causeway.model.values import Attachment, Network, Place, Port, Service, Stack

ROOT = Path(__file__).parent.parent.parent
PLACE = Place("compose.yaml", 1, "")


def service(
    name: str,
    networks: Sequence[str] = (),
    *,
    listens: Sequence[str] = (),
    ports: Sequence[Port] = (),
    mode: str | None = None,
    replicas: int = 1,
) -> Service:
    return Service(
        name,
        PLACE,
        image="example:1",
        attachments=tuple(Attachment(each) for each in networks),
        expose=tuple(listens),
        ports=tuple(ports),
        network_mode=mode,
        replicas=replicas,
    )


def network(key: str, *, internal: bool = False, driver: str | None = None) -> Network:
    return Network(key, f"test_{key}", PLACE, internal=internal, driver=driver)


def five() -> Stack:
    """A shop in three tiers, with a cache."""
    return Stack(
        "shop",
        (),
        services=(
            service("proxy", ["front"], ports=[Port(80, 8080), Port(443, 8443)]),
            service("shop", ["front", "middle"], listens=["5000"], replicas=3),
            service("worker", ["middle"]),
            service("cache", ["middle"], listens=["6379"]),
            service("database", ["data", "middle"], listens=["5432"]),
        ),
        networks=(network("front"), network("middle", internal=True), network("data")),
    )


def twelve() -> Stack:
    """Everything that a picture can show: modes, sidecars, distant networks, host-only ports."""
    return Stack(
        "observatory",
        (),
        services=(
            service(
                "gateway",
                ["edge"],
                ports=[Port(80, 80), Port(443, 443), Port(443, 443, None, "udp")],
            ),
            service("web", ["edge", "services"], listens=["8000"], replicas=4),
            service("web-metrics", mode="service:web", listens=["9100"]),
            service("accounts", ["services", "accounts-data"], listens=["7000"]),
            service("accounts-db", ["accounts-data"], listens=["5432"]),
            service("orders", ["services", "orders-data"], listens=["7001"]),
            service("orders-db", ["orders-data"], listens=["5432"]),
            service("mailer", ["services", "metrics"], listens=["2525"]),
            service("prometheus", ["metrics", "edge"], ports=[Port(9090, 9090, "127.0.0.1")]),
            service("node-exporter", mode="host", listens=["9100"]),
            service("batch-sealed", mode="none"),
            service("debug", listens=["22"]),
        ),
        networks=(
            network("edge"),
            network("services", internal=True),
            network("accounts-data", internal=True),
            network("orders-data", internal=True),
            network("metrics"),
        ),
    )


def sixty() -> Stack:
    """Ten teams of an enterprise, each with its own networks, and some that all share."""
    teams = ("billing", "catalog", "customers", "delivery", "identity", "media", "search", "stock")
    services = [
        service("edge-proxy", ["public"], ports=[Port(80, 80), Port(443, 443)]),
        service(
            "edge-proxy-admin", ["public", "operations"], ports=[Port(8001, 8001, "127.0.0.1")]
        ),
        service("bastion", ["operations"], ports=[Port(22, 2222)]),
        service("prometheus", ["operations"], listens=["9090"]),
        service("grafana", ["operations", "public"], listens=["3000"]),
        service("log-collector", ["operations"], listens=["24224", "24224/udp"]),
        service("message-broker", ["messages"], listens=["5672"]),
        service("message-broker-exporter", ["messages", "operations"], listens=["9419"]),
        service("scheduler", ["messages"]),
        service("node-exporter", mode="host", listens=["9100"]),
        service("backup", ["operations", "stock", "billing"]),
        service("legacy-reports"),
    ]
    for team in teams:
        services += [
            service(f"{team}-api", ["public", team], listens=["8000"], replicas=2),
            service(f"{team}-worker", [team, "messages"]),
            service(f"{team}-worker-retries", [team, "messages"]),
            service(f"{team}-cache", [team], listens=["6379"]),
            service(f"{team}-database", [team], listens=["5432"]),
            service(f"{team}-database-exporter", [team, "operations"], listens=["9187"]),
        ]
    networks = [network("public"), network("operations"), network("messages", internal=True)]
    networks += [network(team, internal=True) for team in teams]
    return Stack("enterprise", (), services=tuple(services), networks=tuple(networks))
