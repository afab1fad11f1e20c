"""Options, exit codes and messages of the command."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from causeway.cli.deployed import in_state
from causeway.model.load import load
from causeway.model.reach.record import record
from tests.cli.run import ROOT, causeway, select

TIERS = Path(__file__).parent / "three_tier" / "compose.yaml"
MISTAKE = Path(__file__).parent / "three_tier" / "mistake.yaml"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A Pulumi project with stacks dev, which is selected, and prod, in Git with one commit."""
    (tmp_path / "Pulumi.yaml").write_text(
        "name: shop\nruntime: python\nbackend: {url: 'file://./.state'}\n"
    )
    (tmp_path / "stack.yaml").write_text(
        "services:\n"
        "  web:\n"
        "    image: ${IMAGE}\n"
        '    ports: ["${PORT}:80"]\n'
        "  db:\n"
        "    image: db\n"
        '    expose: ["5432"]\n'
        "    networks: [apart]\n"
        "networks:\n"
        "  apart: {internal: true}\n"
    )
    for stack, port in (("dev", 8080), ("prod", 80)):
        (tmp_path / f"Pulumi.{stack}.yaml").write_text(
            "config:\n"
            "  causeway:files: [stack.yaml]\n"
            f'  causeway:variables: {{IMAGE: web, PORT: "{port}", TOKEN: {{secure: v1:abc}}}}\n'
            "  causeway:scale: {db: 2}\n"
        )
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-qm", "first"],
    ):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    select(tmp_path, "dev")
    return tmp_path


def flows(out: str) -> dict[str, list[str]]:
    found = json.loads(out)
    return {
        key: [f"{each['source']} -> {each['destination']}" for each in found[key]]
        for key in ("gained", "lost")
    }


def test_help_names_every_command() -> None:
    shown = causeway("--help")
    assert shown.code == 0
    for command in ("reach", "explain", "diff", "draw"):
        assert f"    {command} " in shown.out


def test_without_options_the_selected_stack_is_meant(project: Path) -> None:
    assert causeway("draw", folder=project).out.startswith("shop-dev\n")
    select(project, "prod")
    assert causeway("draw", folder=project).out.startswith("shop-prod\n")
    assert causeway("draw", "-s", "dev", folder=project).out.startswith("shop-dev\n")
    assert causeway("draw", folder=project, PULUMI_STACK="dev").out.startswith("shop-dev\n")


def test_without_a_selection_one_of_several_stacks_is_asked_for(project: Path) -> None:
    select(project, "dev").unlink()
    answer = causeway("scale", "web=2", folder=project)
    assert (answer.code, answer.err) == (
        2,
        "error: no stack is selected: name one with --stack (stacks: dev, prod)\n",
    )


def test_without_a_selection_the_only_stack_is_meant(project: Path) -> None:
    select(project, "dev").unlink()
    (project / "Pulumi.dev.yaml").unlink()
    assert causeway("draw", folder=project).out.startswith("shop-prod\n")


def test_a_selected_stack_without_a_configuration_is_told(project: Path) -> None:
    select(project, "test")
    answer = causeway("rollout", folder=project)
    assert (answer.code, answer.err) == (
        2,
        f"error: stack test is selected, but there is no Pulumi.test.yaml in {project} "
        "(stacks: dev, prod): name another stack with --stack\n",
    )


def test_the_selection_is_that_of_the_backend_in_use(project: Path) -> None:
    select(project, "prod", backend="file:///elsewhere")
    there = causeway("draw", folder=project, PULUMI_BACKEND_URL="file:///elsewhere")
    assert there.out.startswith("shop-prod\n")
    assert causeway("draw", folder=project).code == 2


def test_the_selection_is_in_the_home_that_pulumi_has(project: Path, tmp_path: Path) -> None:
    select(project, "prod", home=tmp_path / "own")
    shown = causeway("draw", folder=project, PULUMI_HOME=str(tmp_path / "own"))
    assert shown.out.startswith("shop-prod\n")


def test_a_selection_made_by_way_of_a_link_counts(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    select(project, "dev").unlink()
    link = tmp_path_factory.mktemp("links") / "shop"
    link.symlink_to(project)
    home = select(link, "prod").parent.parent
    shown = causeway("draw", folder=link, PWD=str(link), PULUMI_HOME=str(home))
    assert shown.out.startswith("shop-prod\n")


def test_a_selection_that_cannot_be_read_is_told(project: Path) -> None:
    file = select(project, "dev")
    file.write_text("{")
    assert causeway("draw", folder=project).err == (
        f"error: {file}: cannot be read: run `pulumi stack select` again\n"
    )


@pytest.mark.parametrize("name", ["Pulumi.dev.yaml", "causeway.local.yaml", "Pulumi.yaml"])
def test_a_configuration_that_is_no_regular_file_is_not_waited_for(
    project: Path, name: str
) -> None:
    (project / name).unlink(missing_ok=True)
    os.mkfifo(project / name)
    answer = causeway("draw", "-s", "dev", folder=project)
    assert (answer.code, answer.err) == (
        2,
        f"error: {name}: is a FIFO, not a regular file\n",
    )


def test_what_the_selected_stack_is_drawn_of(project: Path) -> None:
    shown = causeway("draw", folder=project)
    assert shown.out.startswith("shop-dev\n")
    assert "db x2" in shown.out
    assert "world 8080 -> 80/tcp" in shown.out


def test_the_stack_is_chosen_by_option_or_environment(project: Path) -> None:
    for shown in (
        causeway("draw", "--stack", "prod", folder=project),
        causeway("draw", folder=project, PULUMI_STACK="organization/shop/prod"),
    ):
        assert shown.out.startswith("shop-prod\n")
        assert "world 80 -> 80/tcp" in shown.out


def test_a_folder_below_the_project_will_do(project: Path) -> None:
    (project / "deep").mkdir()
    home = str(project / ".pulumi-home")
    assert causeway("draw", folder=project / "deep", PULUMI_HOME=home).out.startswith("shop-dev\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("reach", "-s", "test"), "no Pulumi.test.yaml in "),
        (("reach", "nobody"), "unknown name 'nobody' (known: db, web, host, world, lan,"),
        (("explain", "wbe", "db"), "did you mean 'web'?"),
        (("explain", "web", "db:0"), "'0' is not a port such as 5432 or 53/udp"),
        (("explain", "web", "db:http"), "'http' is not a port"),
        (("reach", "-f", "absent.yaml"), "absent.yaml: cannot be read: No such file or directory"),
        (("diff", "--against", "nothing"), "neither a stack nor a Git revision: "),
        (("diff", "-f", str(TIERS)), "--against deployed needs a Pulumi stack"),
        (("draw", "-o", "absent/picture.txt"), "absent/picture.txt: No such file or directory"),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2(
    project: Path, arguments: tuple[str, ...], message: str
) -> None:
    answer = causeway(*arguments, folder=project)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("error: ")
    assert message in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "the following arguments are required: COMMAND"),
        (("fly",), "invalid choice: 'fly'"),
        (("reach", "--json", "--csv"), "not allowed with argument"),
        (("reach", "--engine-version", "new"), "'new' is not a version such as 20.10 or 29"),
        (("draw", "--format", "gif"), "invalid choice: 'gif'"),
    ],
)
def test_bad_usage_is_exit_code_2(arguments: tuple[str, ...], message: str) -> None:
    answer = causeway(*arguments)
    assert answer.code == 2
    assert message in answer.err


def test_outside_a_project_a_file_is_needed(tmp_path: Path) -> None:
    answer = causeway("reach", folder=tmp_path)
    assert answer.code == 2
    assert answer.err == (
        "error: no Pulumi.yaml in this folder or above it: name a Compose file with --file\n"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("config: [", "Pulumi.dev.yaml: "),
        ("config: {}", "causeway:files: not set"),
        ("config: {causeway:files: stack.yaml}", 'expected a list, found "stack.yaml"'),
        ("config: {causeway:files: [stack.yaml], causeway:scale: {db: many}}", 'found "many"'),
    ],
)
def test_a_broken_configuration_is_told(project: Path, text: str, message: str) -> None:
    (project / "Pulumi.dev.yaml").write_text(text)
    answer = causeway("reach", folder=project)
    assert answer.code == 2
    assert message in answer.err
    assert "Traceback" not in answer.err


def test_problems_of_the_files_are_told_with_their_places(project: Path) -> None:
    (project / "stack.yaml").write_text("services:\n  web:\n    image: web\n    netwoks: []\n")
    answer = causeway("reach", folder=project)
    assert answer.code == 2
    assert "stack.yaml:4: services.web.netwoks: unknown key" in answer.err


def test_a_broken_assertion_is_exit_code_1() -> None:
    assert causeway("reach", "-f", str(TIERS)).code == 0
    answer = causeway("reach", "-f", str(MISTAKE))
    assert answer.code == 1
    assert "never nginx -> database: but nginx -> database:5432/tcp is open" in answer.err


def test_a_revision_is_compared(project: Path) -> None:
    same = causeway("diff", "--against", "HEAD", folder=project)
    assert (same.code, same.out) == (0, "reach: 0 opened, 0 closed, 2 unchanged\n")
    text = (project / "stack.yaml").read_text()
    (project / "stack.yaml").write_text(text.replace("{internal: true}", "{}"))
    changed = causeway("diff", "--against", "HEAD", folder=project)
    assert changed.code == 1
    assert changed.out == (
        "reach: this opens 2 flows\n"
        "  + db -> internet    egress  (stack.yaml:8)\n"
        "  + db -> web:80/tcp  published port  (stack.yaml:4)\n"
        "reach: 2 opened, 0 closed, 2 unchanged\n"
    )


def test_a_revision_with_other_variables_is_compared_by_its_own(project: Path) -> None:
    file = project / "Pulumi.dev.yaml"
    file.write_text(file.read_text().replace("8080", "9090"))
    answer = causeway("diff", "--against", "HEAD", "--json", folder=project)
    assert flows(answer.out) == {"gained": ["world -> web"], "lost": ["world -> web"]}


def test_a_revision_that_does_not_load_is_told(project: Path) -> None:
    good = (project / "stack.yaml").read_text()
    (project / "stack.yaml").write_text("services: {web: {}}\n")
    who = ["-c", "user.name=t", "-c", "user.email=t@localhost"]
    subprocess.run(["git", "-C", str(project), *who, "commit", "-qam", "bad"], check=True)
    (project / "stack.yaml").write_text(good)
    answer = causeway("diff", "--against", "HEAD", folder=project)
    assert answer.code == 2
    assert answer.err == (
        "error: the files of HEAD cannot be loaded:\n"
        "causeway:scale.db: unknown service 'db' (known: web)\n"
        "    `pulumi config rm --path 'causeway:scale.db'` removes the entry\n"
        "stack.yaml:1: services.web: has neither `image` nor `build`\n"
    )


def test_another_stack_is_compared_under_one_name(project: Path) -> None:
    answer = causeway("diff", "--against", "prod", "--json", folder=project)
    assert answer.code == 1
    assert flows(answer.out) == {"gained": ["world -> web"], "lost": ["world -> web"]}


def test_the_record_is_found_in_an_exported_state() -> None:
    stack = load([TIERS], name="shop").stack
    outputs = {"reach": record(stack)}
    resources = [
        {"type": "pulumi:pulumi:Stack"},
        {"type": "causeway:components:Stack", "outputs": outputs},
    ]
    found = in_state(json.dumps({"version": 3, "deployment": {"resources": resources}}))
    assert found is not None
    assert record(found) == record(stack)
    assert in_state('{"deployment": {}}') is None


def test_csv_and_json_tell_the_same_cells(project: Path) -> None:
    lines = causeway("reach", "--csv", folder=project).out.splitlines()
    cells = json.loads(causeway("reach", "--json", folder=project).out)["cells"]
    assert lines[0] == "source,destination,port,protocol,verdict,kind,reason"
    assert len(lines) - 1 == len(cells) == 36
    for line, cell in zip(lines[1:], cells, strict=True):
        assert line.split(",")[0] == cell["source"]
        assert line.split(",")[4] == cell["verdict"]


def test_a_drawing_goes_into_a_file(project: Path) -> None:
    answer = causeway("draw", "--format", "dot", "-o", "stack.dot", folder=project)
    assert (answer.code, answer.out) == (0, "")
    assert (project / "stack.dot").read_text().startswith('digraph "shop-dev" {')


def on_a_terminal(*arguments: str, **variables: str) -> str:
    """The output of the command when it writes to a terminal of 80 columns."""
    outer, inner = pty.openpty()
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "TERM": "xterm"}
    with subprocess.Popen(
        [sys.executable, "-m", "causeway.cli", *arguments],
        cwd=ROOT,
        env=environment | {"COLUMNS": "80"} | variables,
        stdin=subprocess.DEVNULL,
        stdout=inner,
        stderr=inner,
    ) as process:
        os.close(inner)
        text = b""
        while True:
            try:
                part = os.read(outer, 4096)
            except OSError:
                break
            if not part:
                break
            text += part
        os.close(outer)
    assert process.returncode == 0
    return text.decode()


def test_colours_are_for_terminals_and_no_color_is_respected() -> None:
    arguments = ("explain", "-f", str(TIERS), "nginx", "flask_app:5000")
    assert "\033[32mALLOWED\033[0m" in on_a_terminal(*arguments)
    assert "\033[" not in on_a_terminal(*arguments, NO_COLOR="1")
    assert "\033[" not in causeway(*arguments).out


def test_a_matrix_too_wide_for_the_terminal_becomes_a_list() -> None:
    shown = on_a_terminal("reach", "-f", str(TIERS), "--no-leaks", NO_COLOR="1")
    assert shown.splitlines()[0].split() == ["source", "destination", "port", "verdict", "by"]
    assert "\nnot open: " in shown


def test_a_reader_that_goes_away_is_no_error() -> None:
    line = f'"{sys.executable}" -m causeway.cli reach -f "{TIERS}" --json | head -1'
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_engine_version_of_the_stack_decides_unless_the_option_does(project: Path) -> None:
    (project / "stack.yaml").write_text(
        'services:\n  db:\n    image: db\n    ports: ["127.0.0.1:5432:5432"]\n'
    )
    file = project / "Pulumi.dev.yaml"
    asked = ("explain", "lan", "db:5432")
    file.write_text("config:\n  causeway:files: [stack.yaml]\n")
    assert "UNKNOWN" in causeway(*asked, folder=project).out
    file.write_text(file.read_text() + '  causeway:engineVersion: "20.10"\n')
    assert "ALLOWED" in causeway(*asked, folder=project).out
    assert "NO LISTENER" in causeway(*asked, "--engine-version", "29", folder=project).out
    file.write_text(file.read_text().replace('"20.10"', "newest"))
    refused = causeway(*asked, folder=project)
    assert refused.code == 2
    assert 'expected a version such as 20.10 or 29, found "newest"' in refused.err


def test_the_firewall_backend_is_assumed_unless_the_stack_or_the_option_tells(
    project: Path,
) -> None:
    (project / "stack.yaml").write_text(
        "services:\n"
        "  inside: {image: a, networks: [inner]}\n"
        '  web: {image: a, networks: [front], ports: ["8080:80"]}\n'
        "networks:\n"
        "  inner: {internal: true}\n"
        "  front: {}\n"
    )
    file = project / "Pulumi.dev.yaml"
    asked = ("explain", "inside", "web:80")
    file.write_text("config:\n  causeway:files: [stack.yaml]\n")
    assert causeway(*asked, folder=project).out == (
        "inside -> web, 80/tcp: DROPPED\n"
        "  because the host drops what leaves internal networks (inner); assumed: the engine's "
        "firewall backend is iptables, with nftables the port is open  (stack.yaml:5)\n"
        "  also tried, its own address: no route: inside has no route out: it is only on internal "
        "networks (inner)  (stack.yaml:5)\n"
    )
    file.write_text(file.read_text() + "  causeway:firewallBackend: nftables\n")
    assert causeway(*asked, folder=project).out.splitlines()[:5] == [
        "inside -> web, 80/tcp: ALLOWED by published port",
        "  1. inside reaches the host from network inner  (stack.yaml:2)",
        "  2. the host listens on 0.0.0.0:8080/tcp  (stack.yaml:3)",
        "  3. the host forwards it to web:80/tcp  (stack.yaml:3)",
        "  because a port published on the host is open to every network, with the firewall "
        "backend nftables also to internal ones: 0.0.0.0:8080/tcp  (stack.yaml:3)",
    ]
    told = causeway(*asked, "--firewall-backend", "iptables", folder=project).out
    assert "because the host drops what leaves internal networks (inner)  (stack.yaml:5)" in told
    refused = causeway(*asked, "--firewall-backend", "assumed", folder=project)
    assert refused.code == 2
    assert "argument --firewall-backend: 'assumed' is not iptables or nftables" in refused.err


def test_another_stack_on_the_engine_stands_beside(project: Path) -> None:
    answer = causeway("reach", "-s", "dev", "--beside", "prod", "--csv", folder=project)
    assert answer.code == 0, answer.err
    rows = {tuple(line.split(",")[:5]) for line in answer.out.splitlines()}
    assert ("web", "shop-prod/web", "80", "tcp", "ALLOWED") in rows
    assert ("shop-prod/web", "web", "80", "tcp", "ALLOWED") in rows
    assert ("shop-prod/web", "db", "5432", "tcp", "DROPPED") in rows
    assert ("shop-prod/db", "db", "5432", "tcp", "UNREACHABLE") in rows

    explained = ("explain", "-s", "dev", "-b", "prod", "shop-prod/web", "web:80")
    answer = causeway(*explained, folder=project)
    assert answer.out.startswith("shop-prod/web -> web, 80/tcp: ALLOWED by published port\n")
    assert "3. the host forwards it to web:80/tcp  (stack.yaml:4)\n" in answer.out
    assert "from network shop-prod_default to shop-dev_default" in answer.out


def test_an_external_network_joins_two_files(tmp_path: Path) -> None:
    for name, service, rest in (
        ("edge", "proxy", "{name: meeting}"),
        ("app", "api", "{external: true, name: meeting}"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "compose.yaml").write_text(
            f"services:\n  {service}:\n    image: x\n    expose: ['80']\n    networks: [meeting]\n"
            f"networks:\n  meeting: {rest}\n"
        )
    files = ("-f", "app/compose.yaml", "--beside", "edge/compose.yaml")
    answer = causeway("explain", *files, "edge/proxy", "api:80", folder=tmp_path)
    assert answer.out.splitlines() == [
        "edge/proxy -> api, 80/tcp: ALLOWED by same network",
        "  1. edge/proxy is on network meeting  (edge/compose.yaml:5)",
        "  2. api is on network meeting  (app/compose.yaml:5)",
        "  because both are on network meeting, which does not filter traffic",
    ]


def test_what_a_file_asserts_is_not_said_of_another_stacks_service(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "compose.yaml").write_text(
            "services: {web: {image: x}, db: {image: x, expose: ['1']}}\n"
            "x-causeway: {never: [web -> host]}\n"
        )
    files = ("-f", "one/compose.yaml", "-b", "two/compose.yaml")
    own = causeway("explain", *files, "web", "host", folder=tmp_path)
    assert own.out.endswith("The stack file says:\n  never: web -> host\n")
    other = causeway("explain", *files, "two/web", "host", folder=tmp_path)
    assert other.out.startswith("two/web -> host")
    assert "The stack file says" not in other.out


def test_stacks_of_one_name_cannot_stand_beside_each_other(project: Path) -> None:
    answer = causeway("reach", "-s", "dev", "-b", "dev", folder=project)
    assert answer.code == 2
    assert "two stacks are named 'shop-dev', so their services are ambiguous" in answer.err


def test_reach_prints_warnings_beside_its_answer(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(
        "version: '3'\nservices: {web: {image: web:1, ports: ['${PORT-8080}:80']}}\n"
    )
    answer = causeway("reach", "--file", "compose.yaml", "--json", folder=tmp_path)
    assert answer.code == 0
    assert answer.err == (
        "warning: compose.yaml:1: version: `version` is ignored: obsolete since Compose V2; remove "
        "it\n"
    )
    assert json.loads(answer.out)["nodes"] != []


def test_warnings_beside_errors_are_warnings(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(
        "version: '3'\nservices: {web: {image: web:1, networks: [front]}}\n"
    )
    answer = causeway("reach", "--file", "compose.yaml", folder=tmp_path)
    assert answer.code == 2
    assert answer.err == (
        "warning: compose.yaml:1: version: `version` is ignored: obsolete since Compose V2; remove "
        "it\n"
        "error: compose.yaml:2: services.web.networks[0]: unknown network 'front' (there are "
        "none)\n"
    )
