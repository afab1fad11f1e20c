"""Two machines with one state: each has its own journal, and the other's work is safe."""

from __future__ import annotations

from pathlib import Path

import docker

from tests.harm.checkout import Checkout, fingerprint
from tests.harm.conftest import Clone

ONE = {"one": {"network_mode": "none"}}
PORT = {"network_mode": "bridge", "ports": ["18130:80"]}


def two_machines(clone: Clone, tmp_path: Path) -> tuple[Checkout, Checkout]:
    """Checkouts with a shared backend, and homes of their own."""
    shared = tmp_path / "backend"
    shared.mkdir()
    mine, theirs = (clone(PULUMI_BACKEND_URL=f"file://{shared}") for _ in range(2))
    return mine, theirs


def share(mine: Checkout, theirs: Checkout) -> None:
    """The colleague has the same files of the stack."""
    for name in (f"stacks/{mine.stack}/compose.yaml", f"Pulumi.{mine.stack}.yaml"):
        target = theirs.project.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text((mine.project.folder / name).read_text())


def test_a_colleague_goes_on_with_the_same_containers(
    clone: Clone, api: docker.APIClient, tmp_path: Path
) -> None:
    mine, theirs = two_machines(clone, tmp_path)
    mine.write({"one": {"network_mode": "none"}, "two": {"network_mode": "none"}})
    mine.up().succeeded()
    two = fingerprint(mine.one("two"))
    share(mine, theirs)
    theirs.preview("--expect-no-changes").succeeded()
    changed = {"one": {"network_mode": "none", "environment": {"V": "2"}}}
    theirs.write({**changed, "two": {"network_mode": "none"}})
    theirs.up().succeeded()
    assert fingerprint(mine.one("two")) == two
    assert mine.ids() == sorted(each["Id"] for each in mine.containers())
    share(theirs, mine)
    mine.preview("--expect-no-changes").succeeded()


def test_what_a_colleagues_killed_run_left_is_named_and_removed_after_asking(
    clone: Clone, api: docker.APIClient, tmp_path: Path
) -> None:
    mine, theirs = two_machines(clone, tmp_path)
    mine.write(ONE)
    mine.up().succeeded()
    share(mine, theirs)
    theirs.write({**ONE, "web": {**PORT, "healthcheck": SLOW}})
    theirs.kill(lambda: any(each["State"] == "running" for each in listed(theirs, "web")))
    left = fingerprint(theirs.one("web"))
    unlock(tmp_path / "backend")
    mine.write({**ONE, "web": PORT})
    mine.up().refused("is in the way", str(theirs.project.folder), "causeway leftovers")
    assert fingerprint(api.inspect_container(left["id"])) == left
    shown = mine.causeway("leftovers")
    assert shown.code == 1
    assert left["name"].lstrip("/") in shown.output
    mine.causeway("leftovers", "--remove").refused("this is not a terminal")
    assert fingerprint(api.inspect_container(left["id"])) == left
    mine.causeway("leftovers", "--remove", left["name"].lstrip("/")).succeeded()
    mine.up().succeeded()
    assert mine.ids() == sorted(each["Id"] for each in mine.containers())


def test_the_machine_of_the_killed_run_puts_it_right_by_itself(
    clone: Clone, api: docker.APIClient, tmp_path: Path
) -> None:
    mine, _ = two_machines(clone, tmp_path)
    mine.write(ONE)
    mine.up().succeeded()
    one = fingerprint(mine.one("one"))
    mine.write({**ONE, "web": {**PORT, "healthcheck": SLOW}})
    mine.kill(lambda: any(each["State"] == "running" for each in listed(mine, "web")))
    unlock(tmp_path / "backend")
    mine.write({**ONE, "web": PORT})
    mine.up().succeeded()
    assert mine.ids() == sorted(each["Id"] for each in mine.containers())
    assert fingerprint(mine.one("one")) == one


# Not healthy for a while: the kill comes while the update waits.
SLOW = {"test": ["CMD", "false"], "interval": "5s", "retries": 9}


def listed(one: Checkout, service: str) -> list[dict[str, str]]:
    labels = [f"causeway.stack={one.stack}", f"causeway.service={service}"]
    found: list[dict[str, str]] = one.api.containers(all=True, filters={"label": labels})
    return found


def unlock(backend: Path) -> None:
    """What `pulumi cancel` does: the lock's owner was killed."""
    for lock in backend.glob(".pulumi/locks/**/*.json*"):
        lock.unlink()
