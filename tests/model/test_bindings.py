"""Default addresses of published ports, as networks set them."""

from __future__ import annotations

from causeway.model.compose.bindings import OPTION, bind_ports
from causeway.model.values import Attachment, Network, Place, Port, Service, Stack

NOWHERE = Place("", 0, "")
LOOPBACK = ((OPTION, "127.0.0.1"),)
OPEN = Port(80, 8080)


def ports(*networks: Network, port: Port = OPEN) -> tuple[Port, ...]:
    service = Service(
        name="web",
        place=NOWHERE,
        attachments=tuple(Attachment(network.key) for network in networks),
        ports=(port,),
    )
    [found] = bind_ports(Stack("s", (), (service,), networks)).services
    return found.ports


def network(key: str, internal: bool = False, bound: bool = True) -> Network:
    return Network(key, f"s_{key}", NOWHERE, options=LOOPBACK if bound else (), internal=internal)


def test_a_port_without_an_address_gets_that_of_its_network() -> None:
    assert ports(network("a")) == (Port(80, 8080, "127.0.0.1"),)


def test_an_address_that_is_written_stays() -> None:
    assert ports(network("a"), port=Port(80, 8080, "0.0.0.0")) == (Port(80, 8080, "0.0.0.0"),)


def test_the_first_network_with_a_way_out_counts() -> None:
    assert ports(network("b"), network("a", bound=False)) == (Port(80, 8080),)
    assert ports(network("b"), network("a", internal=True, bound=False)) == (
        Port(80, 8080, "127.0.0.1"),
    )


def test_nothing_is_said_without_the_option() -> None:
    assert ports(network("a", bound=False)) == (Port(80, 8080),)
