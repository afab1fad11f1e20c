"""Equal meaning gives equal values; configuration is applied and checked."""

import os
from pathlib import Path
from typing import Any

import pytest

from causeway.model.errors import StackError
from causeway.model.extension.assertions import check_assertions
from causeway.model.load import load
from causeway.model.reach import reach
from causeway.model.values import Problem, Stack


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def stack(text: str, **options: Any) -> Stack:
        file = tmp_path / "compose.yaml"
        file.write_text(text)
        return load([file], name="shop", **options).stack

    return stack


@pytest.fixture
def warned(tmp_path: Path) -> Any:
    def warnings(text: str) -> tuple[Problem, ...]:
        file = tmp_path / "compose.yaml"
        file.write_text(text)
        return load([file], name="shop").warnings

    return warnings


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("environment: [B=2, A=1]", "environment: {A: '1', B: 2}"),
        ("labels: [b=2, a=1]", "labels: {a: '1', b: '2'}"),
        ("networks: [back, front]", "networks: {front: , back: {}}"),
        ("ports: ['8080:80']", "ports: [{target: 80, published: '8080'}]"),
        ("command: echo 'a b'", "command: [echo, a b]"),
        ("depends_on: [db]", "depends_on: {db: {condition: service_started}}"),
        ("extra_hosts: ['b:1.1.1.1', 'a=2.2.2.2']", "extra_hosts: {a: 2.2.2.2, b: 1.1.1.1}"),
        ("dns: 1.1.1.1", "dns: [1.1.1.1]"),
        ("tmpfs: /run", "tmpfs: [/run]"),
        ("ulimits: {nofile: 10}", "ulimits: {nofile: {soft: 10, hard: 10}}"),
        ("mem_limit: 1g", "deploy: {resources: {limits: {memory: 1024m}}}"),
        ("cpus: 0.5", "deploy: {resources: {limits: {cpus: '0.5'}}}"),
        ("scale: 2", "deploy: {replicas: 2}"),
        ("restart: always", "deploy: {restart_policy: {condition: any}}"),
        ("healthcheck: {test: a, interval: 90s}", "healthcheck: {test: a, interval: 1m30s}"),
        ("stop_grace_period: 90s", "stop_grace_period: 1m30s"),
        (
            "volumes: ['data:/x:ro']",
            "volumes: [{type: volume, source: data, target: /x, read_only: true}]",
        ),
        (
            "gpus: all",
            "deploy: {resources: {reservations: {devices: [{count: all, capabilities: [gpu]}]}}}",
        ),
        ("healthcheck: {disable: true}", "healthcheck: {test: [NONE]}"),
    ],
)
def test_two_ways_of_writing_give_one_value(write: Any, one: str, other: str) -> None:
    frame = (
        "services:\n  web: {{image: web:1, {0}}}\n  db: {{image: db:1}}\n"
        "networks: {{front: , back: }}\nvolumes: {{data: }}\n"
    )
    first, second = write(frame.format(one)), write(frame.format(other))
    assert first == second


def test_order_of_services_and_networks_has_no_effect(write: Any) -> None:
    first = write("services:\n  a: {image: x, networks: [n, m]}\nnetworks: {n: , m: }\n")
    second = write("services:\n  a: {networks: [m, n], image: x}\nnetworks: {m: , n: }\n")
    assert [service.attachments for service in first.services] == [
        service.attachments for service in second.services
    ]
    assert [network.key for network in first.networks] == ["m", "n"]


def test_loading_twice_gives_equal_stacks(write: Any) -> None:
    text = "services: {web: {image: web:1, ports: ['80']}}\n"
    first, second = write(text), write(text)
    assert first is not second
    assert first == second


def test_scale_of_an_unknown_service(write: Any) -> None:
    with pytest.raises(
        StackError,
        match=r"^causeway:scale\.wbe: unknown service 'wbe' \(known: web\)\n"
        r"    `pulumi config rm --path 'causeway:scale\.wbe'` removes the entry$",
    ):
        write("services: {web: {image: web:1}}\n", scale={"wbe": 2})


def test_negative_scale(write: Any) -> None:
    with pytest.raises(StackError, match=r"^causeway:scale\.web: -1 replicas are not possible$"):
        write("services: {web: {image: web:1}}\n", scale={"web": -1})


def test_scale_of_a_service_that_is_switched_off(write: Any) -> None:
    with pytest.raises(StackError, match=r"scale\.web: service 'web' is disabled by its prof"):
        write(
            "services: {web: {image: web:1, profiles: [p]}, db: {image: db:1}}\n",
            scale={"web": 1},
        )


def test_scale_meets_the_checks(write: Any) -> None:
    with pytest.raises(StackError, match="2 replicas cannot share host port 80/tcp"):
        write("services: {web: {image: web:1, ports: ['80:80']}}\n", scale={"web": 2})


def test_service_scaled_to_none_claims_no_port(write: Any) -> None:
    stack = write(
        "services:\n  a: {image: x, ports: ['80:80']}\n  b: {image: x, ports: ['80:80']}\n",
        scale={"a": 0},
    )
    assert [service.replicas for service in stack.services] == [0, 1]


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ({"redis:7": ""}, r"^causeway:images\.redis:7: '' is not an image reference$"),
        ({"a b": "c"}, r"^causeway:images\.a b: 'a b' is not an image reference$"),
    ],
)
def test_image_that_is_none(write: Any, images: dict[str, str], message: str) -> None:
    with pytest.raises(StackError, match=message):
        write("services: {web: {image: web:1}}\n", images=images)


def test_variable_name_that_is_none(write: Any) -> None:
    with pytest.raises(StackError, match=r"^causeway:variables\.MY-TAG: is not a variable name"):
        write("services: {web: {image: web:1}}\n", variables={"MY-TAG": "1"})


def test_secret_content_stays_out_of_reprs(write: Any) -> None:
    stack = write(
        "services: {web: {image: web:1, secrets: [s]}}\nsecrets: {s: {environment: PASSWORD}}\n",
        variables={"PASSWORD": "hunter2"},
    )
    assert stack.file_sources[0].content == "hunter2"
    assert "hunter2" not in repr(stack)


@pytest.mark.parametrize("content", ["", "a: b", "$x ${y} $$z", "line\n  two\n", "'\"\\", "ä€"])
def test_secret_from_a_variable_arrives_as_it_is(write: Any, content: str) -> None:
    stack = write(
        "services: {web: {image: web:1, secrets: [s]}}\nsecrets: {s: {environment: PASSWORD}}\n",
        variables={"PASSWORD": content},
    )
    assert stack.file_sources[0].content == content


@pytest.mark.parametrize(
    "ports",
    [
        "['127.0.0.1:80:80', '127.0.0.2:80:80']",
        "['0.0.0.0:80:80', '[::]:80:80']",
        "['80:80/tcp', '80:80/udp']",
        "['80', '80']",
    ],
)
def test_ports_that_do_not_meet(warned: Any, ports: str) -> None:
    assert warned(f"services: {{web: {{image: web:1, ports: {ports}}}}}\n") == ()


def test_replicas_may_publish_ports_that_docker_chooses(write: Any) -> None:
    stack = write("services: {web: {image: web:1, scale: 3, ports: ['80', '443']}}\n")
    assert stack.services[0].replicas == 3


def test_subnets_side_by_side_and_static_addresses_inside(warned: Any) -> None:
    warnings = warned(
        "services:\n  web:\n    image: web:1\n    networks:\n"
        "      a: {ipv4_address: 10.0.0.5, ipv6_address: 'fd00::5'}\n"
        "      b: {ipv4_address: 10.0.1.5}\n"
        "networks:\n"
        "  a: {enable_ipv6: true, ipam: {config: [{subnet: 10.0.0.0/24}, {subnet: 'fd00::/64'}]}}\n"
        "  b: {ipam: {config: [{subnet: 10.0.1.0/24}]}}\n"
    )
    assert warnings == ()


def test_static_address_on_an_external_network_is_not_judged(warned: Any) -> None:
    warnings = warned(
        "services: {web: {image: web:1, networks: {a: {ipv4_address: 10.0.0.1}}}}\n"
        "networks: {a: {external: true}}\n"
    )
    assert warnings == ()


def test_unknown_keys_come_before_nothing_else_is_hidden(write: Any) -> None:
    with pytest.raises(StackError) as raised:
        write("services: {web: {image: 'web:${TAG:?no tag}', port: []}}\n")
    assert [problem.message for problem in raised.value.problems] == [
        "required variable TAG is missing a value: no tag",
        "unknown key 'port' (did you mean 'ports'?)",
    ]


def test_long_chain_of_dependencies_is_no_cycle(write: Any) -> None:
    services = "".join(
        f"  s{number:04}: {{image: x, depends_on: [s{number + 1:04}]}}\n" for number in range(1100)
    )
    stack = write(f"services:\n{services}  s1100: {{image: x}}\n")
    assert len(stack.services) == 1101


def test_two_cycles_are_both_told(write: Any) -> None:
    with pytest.raises(StackError) as raised:
        write(
            "services:\n  a: {image: x, depends_on: [b]}\n  b: {image: x, depends_on: [a]}\n"
            "  c: {image: x, depends_on: [c, a]}\n"
        )
    assert [problem.message for problem in raised.value.problems] == [
        "dependency cycle: a -> b -> a",
        "dependency cycle: c -> c",
    ]


def test_two_links_that_give_two_services_one_name_are_an_error(write: Any) -> None:
    with pytest.raises(StackError) as caught:
        write(
            "services:\n"
            "  web: {image: a:1, links: ['db:store']}\n"
            "  api: {image: a:1, links: ['cache:store']}\n"
            "  db: {image: a:1}\n"
            "  cache: {image: a:1}\n"
        )
    assert [str(each.message) for each in caught.value.problems] == [
        "link name 'store' is also a name of services.cache on the same network and would resolve "
        "to both: choose another name",
        "link name 'store' is also a name of services.db on the same network and would resolve to "
        "both: choose another name",
    ]


def test_links_of_two_services_may_give_a_third_one_the_same_name(write: Any) -> None:
    stack = write(
        "services:\n"
        "  web: {image: a:1, links: ['db:store']}\n"
        "  api: {image: a:1, links: ['db:store']}\n"
        "  db: {image: a:1}\n"
    )
    assert stack.services[1].attachments[0].aliases == ("store",)


def test_no_file_is_read_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Dockerfile").write_text("FROM base:1\n")
    (tmp_path / "app" / "site.conf").write_text("proxy_pass http://one/;\n")
    (tmp_path / "base.yaml").write_text("services: {base: {build: app}}\n")
    (tmp_path / "more.yaml").write_text("services: {more: {image: more:1}}\n")
    (tmp_path / "link.yaml").symlink_to("more.yaml")
    (tmp_path / "compose.yaml").write_text(
        "include: [more.yaml, link.yaml]\n"
        "services:\n"
        "  one: {extends: {file: base.yaml, service: base}}\n"
        "  two: {extends: {file: base.yaml, service: base}}\n"
        "x-causeway: {never: ['one -> more']}\n"
    )
    opened: list[str] = []
    open_file = os.open

    def counted(path: str, *arguments: int) -> int:
        opened.append(Path(path).name)
        return open_file(path, *arguments)

    monkeypatch.setattr("causeway.model.files.os.open", counted)
    loaded = load([tmp_path / "compose.yaml"], name="shop", images={"base:1": "mirror/base:1"})
    positions = {"shop": loaded.positions}
    matrix = reach([loaded.stack], positions=positions)
    assert len(check_assertions(loaded.assertions, loaded.stack, matrix)) == 1
    names = ["Dockerfile", "base.yaml", "compose.yaml", "more.yaml", "site.conf"]
    assert sorted(each for each in opened if each in names or each == "link.yaml") == names


def test_home_folder_is_that_of_the_user_wherever_a_path_may_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    (home / "app").mkdir(parents=True)
    (home / "app" / "Dockerfile").write_text("FROM scratch\n")
    (home / "key").write_text("1")
    monkeypatch.setenv("HOME", str(home))
    file = tmp_path / "compose.yaml"
    file.write_text(
        "services:\n"
        "  web:\n"
        "    build: ~/app\n"
        "    volumes: ['~/data:/data', '~:/home:ro']\n"
        "    secrets: [key]\n"
        "    environment: {HERE: '${HOME-unread}'}\n"
        "secrets: {key: {file: ~/key}}\n"
    )
    loaded = load([file], name="shop")
    web = loaded.stack.services[0]

    assert web.build is not None
    assert web.build.context == str(home / "app")
    assert [mount.source for mount in web.mounts] == [str(home / "data"), str(home)]
    assert loaded.stack.file_sources[0].file == str(home / "key")
    assert web.environment == (("HERE", "unread"),)
    assert [
        (warning.place.line, warning.place.path)
        for warning in loaded.warnings
        if warning.code == "home-folder"
    ] == [
        (3, "services.web.build"),
        (4, "services.web.volumes[0]"),
        (4, "services.web.volumes[1]"),
        (7, "secrets.key.file"),
    ]


def test_selinux_label_beside_a_propagation_is_an_error(write: Any) -> None:
    text = "services: {web: {image: web:1, volumes: ['./a:/a:z,rshared']}}"
    with pytest.raises(StackError, match="`selinux` and `propagation` cannot be combined"):
        write(text)


def test_all_gpus_asked_for_twice_are_the_short_form(write: Any) -> None:
    text = (
        "services: {web: {image: web:1, gpus: all, deploy: {resources: {reservations: "
        "{devices: [{capabilities: [gpu], driver: nvidia}]}}}}}"
    )
    web = write(text).services[0]
    assert (web.gpus, web.device_requests) == ("all", ())


def test_global_service_is_one_container_whatever_its_configuration(write: Any) -> None:
    text = "services: {web: {image: web:1, deploy: {mode: global}}}"
    assert write(text).services[0].replicas == 1
