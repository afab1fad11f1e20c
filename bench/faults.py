"""`python -m bench.faults`: kills `pulumi up` and `pulumi destroy`, and restarts the engine under
them, at random moments; runs one `pulumi up` after each, and compares the state with the engine.

The last line counts: mismatches are resources that the engine does not have as the state records
them; orphans are objects of the stack that are missing from the state; duplicates are further
objects of one resource; foreign are any changes to objects that do not belong to the stack: the
containers of another checkout with the same project and stack, so with equal URNs, and containers,
a network and a volume without labels.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker

from causeway.contract import URN_LABEL
from tests.end_to_end.project import Project
from tests.engine_host import EngineError
from tests.engines import Engine
from tests.tiny_image import TINY, import_tiny

STACK = "faults"
NETWORKS = ("front", "middle", "back")
SECONDS = 300.0


def compose_file(services: int, variant: int) -> str:
    """The stack; each variant replaces one third of it and moves another third between networks."""
    lines = ["services:"]
    for number in range(services):
        first = NETWORKS[(number + (variant if number % 3 == 1 else 0)) % 3]
        lines += [
            f"  s{number:02}:",
            f"    image: {TINY}",
            "    stop_grace_period: 1s",
            f"    networks: [{', '.join(sorted({first, 'front'}))}]",
            f"    environment: {{VARIANT: '{variant if number % 3 == 0 else 0}'}}",
            f"    volumes: ['data{number % 2}:/data']",
        ]
    lines += ["networks:", *(f"  {name}: {{}}" for name in NETWORKS)]
    return "\n".join([*lines, "volumes: {data0: {}, data1: {}}", ""])


@dataclass(slots=True)
class Counts:
    """The counts that are printed at the end."""

    kills: int = 0
    restarts: int = 0
    mismatches: int = 0
    orphans: int = 0
    duplicates: int = 0
    foreign: int = 0

    def line(self) -> str:
        return (
            f"kills={self.kills} restarts={self.restarts} mismatches={self.mismatches} "
            f"orphans={self.orphans} duplicates={self.duplicates} foreign={self.foreign}"
        )

    @property
    def good(self) -> bool:
        return not (self.mismatches or self.orphans or self.duplicates or self.foreign)


@dataclass(slots=True)
class Bystanders:
    """Objects that must not change: another checkout's stack of that name, unlabelled objects."""

    api: docker.APIClient
    ids: frozenset[str] = frozenset()
    before: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def stand(cls, project: Project, api: docker.APIClient) -> Bystanders:
        """Deploy and create them; `project` is a separate checkout."""
        services = "".join(
            f"  s{number:02}: {{image: '{TINY}', network_mode: none, stop_grace_period: 1s}}\n"
            for number in range(3)
        )
        project.write_stack(STACK, f"services:\n{services}")
        project.pulumi("up", "--stack", STACK, "--skip-preview").succeeded()
        network = api.create_network("bystander-network")["Id"]
        api.create_volume("bystander-volume")
        host = api.create_host_config(
            binds=["bystander-volume:/data"], network_mode="bystander-network"
        )
        for name in ("bystander-1", "bystander-2"):
            api.start(api.create_container(TINY, name=name, host_config=host)["Id"])
        found = cls(api)
        found.ids = frozenset(each["Id"] for each in api.containers(all=True))
        found.before = found.seen() | {network: api.inspect_network(network)["Created"]}
        return found

    def seen(self) -> dict[str, Any]:
        """Everything that shows a change, except times, which a restart of the engine changes."""
        found: dict[str, Any] = {}
        for identity in self.ids:
            try:
                one = self.api.inspect_container(identity)
            except docker.errors.NotFound:
                continue
            # After a restart, the engine returns its own `null` as an empty list.
            settings = {key: value for key, value in one["HostConfig"].items() if value}
            found[identity] = (
                *(one["Name"], one["State"]["Running"], settings, one["Mounts"]),
                {name: each["NetworkID"] for name, each in _networks(one).items()},
            )
        return found

    def changed(self) -> int:
        """The number of objects that have changed."""
        now = self.seen()
        for each in self.api.networks(names=["bystander-network"]):
            now[each["Id"]] = each["Created"]
        wrong = [each for each, known in self.before.items() if now.get(each) != known]
        names = {each["Name"] for each in self.api.volumes()["Volumes"] or []}
        return len(wrong) + ("bystander-volume" not in names)

    def revive(self) -> None:
        """Start them again after a restart of the engine, since they have no restart policy."""
        for identity in self.ids:
            self.api.start(identity)


def _networks(container: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = container["NetworkSettings"]["Networks"]
    return found


@dataclass(slots=True)
class Rig:
    """A copy of the project with the stack, on its own engine."""

    project: Project
    engine: Engine
    api: docker.APIClient
    services: int
    random: random.Random
    bystanders: Bystanders
    # Whether every other restart kills dockerd with SIGKILL.
    hard: bool = False
    variant: int = 0
    counts: Counts = field(default_factory=Counts)
    seconds: dict[str, float] = field(default_factory=dict)

    @classmethod
    def make(
        cls, work: Path, engine: Engine, client: docker.APIClient, services: int, seed: int
    ) -> Rig:
        """Create two checkouts in `work`: the one to disturb, and that of the bystanders."""
        places = [work / name for name in ("own", "other")]
        for place in places:
            place.mkdir()
        project, other = (Project.copy(place, engine.host) for place in places)
        bystanders = Bystanders.stand(other, client)
        return cls(project, engine, client, services, random.Random(seed), bystanders)

    def prepare(self) -> None:
        """Create the stack, and measure the runs that will be interrupted."""
        self.project.write_stack(STACK, compose_file(self.services, 0))
        for action in ("up", "destroy"):
            began = time.monotonic()
            output, code = self.finish(self.start(action))
            if code != 0:
                raise SystemExit(f"pulumi {action} fails without any disturbance:\n{output}")
            self.seconds[action] = time.monotonic() - began

    def change(self) -> None:
        self.variant += 1
        file = self.project.folder / "stacks" / STACK / "compose.yaml"
        file.write_text(compose_file(self.services, self.variant))

    def start(self, action: str) -> subprocess.Popen[str]:
        return self.project.start(action, "--yes", "--stack", STACK, "--skip-preview")

    def finish(self, running: subprocess.Popen[str]) -> tuple[str, int]:
        output, _ = running.communicate(timeout=SECONDS)
        return output, running.returncode

    def a_moment(self, action: str) -> float:
        """A random moment within an undisturbed run of the action, after its start-up."""
        return self.random.uniform(0.25, 1.0) * self.seconds[action]

    def kill(self, action: str) -> str:
        """Kill Pulumi itself with SIGKILL, not its plugins; returns a description."""
        moment = self.a_moment(action)
        running = self.start(action)
        time.sleep(moment)
        running.kill()
        running.wait()
        if running.stdout is not None:
            running.stdout.close()
        self.counts.kills += 1
        return f"{action} killed after {moment:.1f} s"

    def restart(self, action: str) -> str:
        """Restart the engine while Pulumi runs; with `hard`, kill it every other time."""
        moment = self.a_moment(action)
        running = self.start(action)
        time.sleep(moment)
        hard = self.hard and self.counts.restarts % 2 == 1
        if hard:
            self.engine.kill()
        self.engine.restart()
        self.bystanders.revive()
        _, code = self.finish(running)
        self.counts.restarts += 1
        how = "killed and started" if hard else "restarted"
        return f"engine {how} {moment:.1f} s into {action}, which exited with {code}"

    def converge(self, what: str) -> None:
        """Run one `pulumi up`, then compare; print and count every difference."""
        began = time.monotonic()
        output, code = self.finish(self.start("up"))
        wrong = self.compare()
        if code != 0:
            wrong["mismatches"] += 1
            print(output)
        for name, number in wrong.items():
            setattr(self.counts, name, getattr(self.counts, name) + number)
        verdict = ", ".join(f"{number} {name}" for name, number in wrong.items()) or "agree"
        print(f"{what}; up took {time.monotonic() - began:.1f} s: {verdict}", flush=True)

    def compare(self) -> Counter[str]:
        """Compare the state with the engine, resource by resource."""
        wrong: Counter[str] = Counter()
        state = self.state()
        if state.get("pending_operations"):
            wrong["mismatches"] += len(state["pending_operations"])
            print(f"  pending: {[each['resource']['urn'] for each in state['pending_operations']]}")
        recorded = {
            each["id"]: each
            for each in state.get("resources", [])
            if each["type"].startswith("docker:") and each.get("id")
        }
        for identity, resource in recorded.items():
            if said := self.differs(identity, resource):
                wrong["mismatches"] += 1
                print(f"  {resource['urn'].rsplit('::', 1)[-1]}: {said}")
        containers = sum(each["type"].endswith(":Container") for each in recorded.values())
        if containers != self.services:
            wrong["mismatches"] += 1
            print(f"  {containers} containers in the state instead of {self.services}")
        wrong["foreign"] += self.bystanders.changed()
        urns: Counter[str] = Counter()
        for identity, labels in self.objects():
            if identity in self.bystanders.ids:
                continue
            urns[labels[URN_LABEL]] += 1
            if identity not in recorded:
                wrong["orphans"] += 1
                print(f"  orphan {identity[:30]} of {labels[URN_LABEL].rsplit('::', 1)[-1]}")
        wrong["duplicates"] += sum(number - 1 for number in urns.values())
        return Counter({name: number for name, number in wrong.items() if number})

    def state(self) -> dict[str, Any]:
        [file] = self.project.folder.glob(f".pulumi-state/.pulumi/stacks/*/{STACK}.json")
        latest: dict[str, Any] = json.loads(file.read_text())["checkpoint"]["latest"] or {}
        return latest

    def differs(self, identity: str, resource: dict[str, Any]) -> str | None:
        """How an object on the engine differs from the state, or None."""
        kind, inputs = resource["type"].rsplit(":", 1)[-1], resource["inputs"]
        try:
            if kind == "Network":
                name = self.api.inspect_network(identity)["Name"]
                return None if name == resource["outputs"]["name"] else f"is named {name}"
            if kind == "Volume":
                labels = self.api.inspect_volume(identity)["Labels"] or {}
                return None if URN_LABEL in labels else "is another volume with that name"
            if kind != "Container":
                return None
            found = self.api.inspect_container(identity)
        except docker.errors.NotFound:
            return "does not exist"
        if not found["State"]["Running"]:
            return f"is {found['State']['Status']}"
        places = {each["NetworkID"] for each in found["NetworkSettings"]["Networks"].values()}
        if places != {each["name"] for each in inputs["networksAdvanced"]}:
            return f"is on {sorted(found['NetworkSettings']['Networks'])}"
        if not set(inputs.get("envs", [])) <= set(found["Config"]["Env"]):
            return f"has the environment {found['Config']['Env']}"
        return None

    def objects(self) -> list[tuple[str, dict[str, str]]]:
        """The ids and labels of all objects that the plugin created on the engine."""
        label = {"label": URN_LABEL}
        found = [(e["Id"], e["Labels"]) for e in self.api.containers(all=True, filters=label)]
        found += [(e["Id"], e["Labels"]) for e in self.api.networks(filters=label)]
        volumes = self.api.volumes(filters=label)["Volumes"] or []
        return found + [(e["Name"], e["Labels"]) for e in volumes]


def run(site: Rig, kills: int, restarts: int) -> Counts:
    """Kill and restart in random order, during a first up, a changed up and a destroy in turn."""
    site.prepare()
    disturbances = ["kill"] * kills + ["restart"] * restarts
    site.random.shuffle(disturbances)
    for number, disturbance in enumerate(disturbances):
        action = ("up", "up", "destroy")[number % 3]
        if number % 3 == 1:
            site.change()
        done = site.kill(action) if disturbance == "kill" else site.restart(action)
        site.converge(f"{number + 1}/{len(disturbances)}: {done}")
        if number % 3 == 2:
            site.finish(site.start("destroy"))
    return site.counts


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--restarts", type=int, default=20)
    parser.add_argument("--services", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1, help="seed of the random moments")
    parser.add_argument(
        "--engine",
        choices=("debian", "current"),
        default="debian",
        help="debian is restarted in order; current is killed every other time (Docker 20.10, if "
        "killed while it adds a container to a network, may panic at its next start)",
    )
    chosen = parser.parse_args(arguments)
    with (
        Engine.start(chosen.engine) as engine,
        tempfile.TemporaryDirectory(prefix="causeway-faults-") as work,
    ):
        client = engine.api(timeout=120)
        import_tiny(client)
        site = Rig.make(Path(work), engine, client, chosen.services, chosen.seed)
        site.hard = chosen.engine == "current"
        counts = run(site, chosen.kills, chosen.restarts)
        client.close()
    print(counts.line())
    return 0 if counts.good else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except EngineError as error:
        sys.exit(f"bench.faults: {error}")
