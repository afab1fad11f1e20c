"""Which names the model says each service can ask for."""

from __future__ import annotations

from dataclasses import replace

from causeway.model.reach.names import Name, names
from causeway.model.values import Attachment, Place, Service, Stack

NOWHERE = Place("", 0, "")


def service(name: str, *networks: str, **keys: object) -> Service:
    made = Service(name, NOWHERE, attachments=tuple(Attachment(each) for each in networks))
    return replace(made, **keys)  # type: ignore[arg-type] # whatever a test sets


def stack(*services: Service) -> Stack:
    return Stack("shop-dev", (), services=services)


def test_a_name_leads_to_its_service_on_a_shared_network_and_nowhere_else() -> None:
    found = names(stack(service("web", "front"), service("db", "back"), service("api", "front")))
    assert found == (
        Name("api", "api", ("api",)),
        Name("api", "db", ()),
        Name("api", "web", ("web",)),
        Name("db", "api", ()),
        Name("db", "db", ("db",)),
        Name("db", "web", ()),
        Name("web", "api", ("api",)),
        Name("web", "db", ()),
        Name("web", "web", ("web",)),
    )


def test_an_alias_counts_on_its_network_only() -> None:
    both = service("db", "front", "back")
    both = replace(both, attachments=(Attachment("front"), Attachment("back", aliases=("store",))))
    found = names(stack(service("web", "front"), service("job", "back"), both))
    assert Name("web", "store", ()) in found
    assert Name("job", "store", ("db",)) in found
    assert Name("web", "db", ("db",)) in found


def test_a_name_of_two_services_leads_to_both() -> None:
    twins = [
        replace(service(name), attachments=(Attachment("net", aliases=("any",)),))
        for name in ("a", "b")
    ]
    assert Name("c", "any", ("a", "b")) in names(stack(service("c", "net"), *twins))


def test_a_joined_namespace_asks_as_its_owner_and_has_no_name() -> None:
    guest = service("guest", network_mode="service:web")
    found = names(stack(service("web", "front"), guest))
    assert found == (Name("guest", "web", ("web",)), Name("web", "web", ("web",)))


def test_host_none_and_the_default_bridge_ask_nobody() -> None:
    modes = [service(mode, network_mode=mode) for mode in ("host", "none", "bridge")]
    assert [each.source for each in names(stack(service("web", "front"), *modes))] == ["web"]


def test_a_service_without_replicas_neither_asks_nor_answers() -> None:
    found = names(stack(service("web", "front"), service("off", "front", replicas=0)))
    assert found == (Name("web", "web", ("web",)),)


def test_a_container_name_is_a_name_on_every_network() -> None:
    found = names(stack(service("web", "front"), service("replica", "front", container_name="db")))
    assert Name("web", "db", ("replica",)) in found
