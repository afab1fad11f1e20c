from __future__ import annotations

from typing import Any

import pulumi
import pytest

from causeway.model.values import Dependency, Healthcheck, Service
from components.service import require_success
from tests.components.recorder import declare
from tests.components.values import network, on, service, stack

CHECK = Healthcheck(test=("CMD", "true"), interval="2s", timeout="5s", retries=15)


def test_one_service_registers_exactly_its_image_and_its_container() -> None:
    recording = declare(stack(service("web")))

    assert recording.labels() == [
        "Container shop-dev-web-1",
        "PulledImage shop-dev-tiny:1",
        "RemoteImage shop-dev-tiny:1",
        "Service shop-dev-web",
        "Stack shop-dev",
    ]
    assert recording["Container shop-dev-web-1"].inputs == {
        "image": "sha256:shop-dev-tiny:1",
        "destroyGraceSeconds": 10,
        "removeVolumes": False,
        "labels": [
            {"label": "causeway.project", "value": "shop"},
            {"label": "causeway.replica", "value": "1"},
            {"label": "causeway.service", "value": "web"},
            {"label": "causeway.stack", "value": "dev"},
        ],
    }
    assert recording["RemoteImage shop-dev-tiny:1"].inputs == {
        "name": "tiny:1",
        "keepLocally": True,
    }


def test_children_are_registered_below_their_component() -> None:
    recording = declare(
        stack(service("web", attachments=on("front")), networks=(network("front"),))
    )

    parents = {each.label: each.parent for each in recording.registrations}
    assert parents == {
        "Stack shop-dev": "Stack shop-dev",
        "Network shop-dev-front": "Network shop-dev-front",
        "PulledImage shop-dev-tiny:1": "Stack shop-dev",
        "RemoteImage shop-dev-tiny:1": "PulledImage shop-dev-tiny:1",
        "Service shop-dev-web": "Stack shop-dev",
        "Container shop-dev-web-1": "Service shop-dev-web",
    }


def test_no_registration_has_options_beyond_parent_and_dependencies() -> None:
    recording = declare(
        stack(service("web", attachments=on("front")), networks=(network("front"),))
    )

    assert {each.label: each.options for each in recording.registrations if each.options} == {}


def test_replicas_are_told_apart_by_number_and_share_everything_else() -> None:
    recording = declare(stack(service("web", replicas=2)))

    first = recording["Container shop-dev-web-1"].inputs
    second = recording["Container shop-dev-web-2"].inputs
    assert first["labels"][1] == {"label": "causeway.replica", "value": "1"}
    assert second["labels"][1] == {"label": "causeway.replica", "value": "2"}
    assert {**first, "labels": []} == {**second, "labels": []}


def test_no_replicas_means_no_container() -> None:
    recording = declare(stack(service("web", replicas=0)))

    assert [label for label in recording.labels() if label.startswith("Container")] == []


def test_names_do_not_follow_from_the_order_in_the_file() -> None:
    services = (service("a"), service("b", replicas=2), service("c"))

    assert declare(stack(*services)).labels() == declare(stack(*reversed(services))).labels()


def test_services_with_the_same_image_pull_it_once() -> None:
    recording = declare(stack(service("a"), service("b"), service("c", image="other:2")))

    assert [label for label in recording.labels() if label.startswith("RemoteImage")] == [
        "RemoteImage shop-dev-other:2",
        "RemoteImage shop-dev-tiny:1",
    ]


def test_a_declared_label_cannot_take_the_place_of_an_ownership_label() -> None:
    recording = declare(stack(service("web", labels=(("causeway.stack", "x"), ("team", "blue")))))

    assert recording["Container shop-dev-web-1"].inputs["labels"] == [
        {"label": "causeway.project", "value": "shop"},
        {"label": "causeway.replica", "value": "1"},
        {"label": "causeway.service", "value": "web"},
        {"label": "causeway.stack", "value": "dev"},
        {"label": "team", "value": "blue"},
    ]


def test_a_started_dependency_is_an_order_and_nothing_else() -> None:
    recording = declare(stack(_after("web", "db"), service("db", replicas=2)))

    assert recording["Container shop-dev-web-1"].dependencies == (
        "Container shop-dev-db-1",
        "Container shop-dev-db-2",
        "RemoteImage shop-dev-tiny:1",
    )
    assert "wait" not in recording["Container shop-dev-db-1"].inputs


def test_a_service_with_a_check_is_created_only_when_healthy() -> None:
    recording = declare(stack(service("db", healthcheck=CHECK)))

    inputs = recording["Container shop-dev-db-1"].inputs
    assert inputs["wait"] is True
    assert inputs["waitTimeout"] == 112
    assert inputs["healthcheck"] == {
        "tests": ["CMD", "true"],
        "interval": "2s",
        "timeout": "5s",
        "retries": 15,
    }


def test_a_check_that_is_switched_off_is_not_waited_for() -> None:
    recording = declare(stack(service("db", healthcheck=Healthcheck(test=("NONE",)))))

    inputs = recording["Container shop-dev-db-1"].inputs
    assert inputs["healthcheck"] == {"tests": ["NONE"]}
    assert "wait" not in inputs


def test_an_awaited_health_rests_on_the_image_when_the_service_has_no_check() -> None:
    recording = declare(stack(_after("web", "db", condition="service_healthy"), service("db")))

    inputs = recording["Container shop-dev-db-1"].inputs
    assert (inputs["wait"], inputs["waitTimeout"]) == (True, 240)


def test_a_job_that_others_wait_for_runs_to_its_end() -> None:
    recording = declare(
        stack(_after("web", "job", condition="service_completed_successfully"), service("job"))
    )

    inputs = recording["Container shop-dev-job-1"].inputs
    assert (inputs["attach"], inputs["mustRun"]) == (True, False)
    assert "Container shop-dev-job-1" in recording["Container shop-dev-web-1"].dependencies


def test_a_failed_job_stops_what_waits_for_it() -> None:
    with pytest.raises(
        pulumi.RunError,
        match=r"exited with code 3, .*`docker logs job-1-ab`.*-replace '\*\*shop-dev-job-1'",
    ):
        require_success("job", "shop-dev-job-1", 3, "job-1-ab")


def test_a_preview_of_a_job_does_not_need_its_exit_code() -> None:
    recording = declare(
        stack(_after("web", "job", condition="service_completed_successfully"), service("job")),
        preview=True,
    )

    assert "Container shop-dev-job-1" in recording["Container shop-dev-web-1"].dependencies


def test_restart_puts_the_ids_of_the_other_containers_into_a_label() -> None:
    recording = declare(stack(_after("web", "db", restart=True), service("db", replicas=2)))

    assert {
        "label": "causeway.restart-with.db",
        "value": "shop-dev-db-1-id,shop-dev-db-2-id",
    } in recording["Container shop-dev-web-1"].inputs["labels"]


def test_a_dependency_that_its_profile_switched_off_is_left_out() -> None:
    recording = declare(stack(_after("web", "debug", required=False)))

    assert recording["Container shop-dev-web-1"].dependencies == ("RemoteImage shop-dev-tiny:1",)


def test_a_shared_network_namespace_is_that_of_the_other_services_first_container() -> None:
    recording = declare(stack(service("app", network_mode="service:pod"), service("pod")))

    assert (
        recording["Container shop-dev-app-1"].inputs["networkMode"] == "container:shop-dev-pod-1-id"
    )


def test_a_namespace_of_a_service_without_containers_is_refused() -> None:
    sharing = stack(service("app", network_mode="service:pod"), service("pod", replicas=0))

    with pytest.raises(pulumi.RunError, match="service:pod: service pod has no container to share"):
        declare(sharing)


def test_a_job_with_a_check_is_not_waited_for_in_two_ways() -> None:
    job = service("job", healthcheck=CHECK)
    recording = declare(
        stack(_after("web", "job", condition="service_completed_successfully"), job)
    )

    inputs = recording["Container shop-dev-job-1"].inputs
    assert "wait" not in inputs
    assert inputs["attach"] is True


@pytest.mark.parametrize("mode", ["host", "none", "bridge", "container:other"])
def test_other_network_modes_are_passed_as_they_are(mode: str) -> None:
    recording = declare(stack(service("app", network_mode=mode)))

    assert recording["Container shop-dev-app-1"].inputs["networkMode"] == mode


def _after(name: str, other: str, **values: Any) -> Service:
    return service(name, depends_on=(Dependency(other, **values),))
