"""docker:index/secret:Secret and docker:index/serviceConfig:ServiceConfig: files for services.

The swarm cannot change their data, so every change replaces them. It never returns a secret's data,
so the data in Pulumi's state counts.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, ClassVar

from causeway.engine.faults import EngineError, Fault, NotFound
from causeway.provider.inputs.shape import LABELS
from causeway.provider.resource.kind import Context, ResourceKind
from causeway.provider.resource.ownership import foreign_labels, own_labels
from causeway.provider.resource.values import Diff, Failure, Values, changed


class _SwarmFile(ResourceKind):
    """The common part of secrets and configs; `path` is the API's collection."""

    path: ClassVar[str]
    word: ClassVar[str]
    inputs: ClassVar[tuple[str, ...]]

    def lives_in_swarm(self, state: Values) -> bool:
        return True

    def check(
        self, ctx: Context, name: str, old: Values | None, new: Values, seed: bytes
    ) -> tuple[Values, list[Failure]]:
        failures = [
            Failure(key, f"is not an input of a {self.word}") for key in new.keys() - {*self.inputs}
        ]
        inputs = dict(new)
        if not inputs.get("name"):
            inputs["name"] = (old or {}).get("name") or f"{name}-{seed.hex()[:7]}"
        given = [
            key for key in ("data", "dataRaw") if key in self.inputs and new.get(key) is not None
        ]
        if len(given) != 1:
            wanted = "exactly one of data and dataRaw" if "dataRaw" in self.inputs else "data"
            failures.append(Failure("data", f"a {self.word} needs {wanted}"))
        data = new.get("data")
        if isinstance(data, str) and not _is_base64(data):
            failures.append(Failure("data", "is not base64"))
        return inputs, failures

    def diff(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Diff:
        diff = Diff({key: "replace" for key in changed(_canonical(old_inputs), _canonical(new))})
        if diff.changes and old_inputs.get("name") == new.get("name"):
            diff.delete_before_replace = True
            diff.reason = (
                f"a {self.word} cannot be changed, and its name stays: the old one is deleted "
                "first, which fails while a service uses it; give the new one another name"
            )
        return diff

    def create(self, ctx: Context, name: str, inputs: Values) -> tuple[str, Values]:
        if ctx.preview:
            return "", inputs
        body = {
            "Name": inputs["name"],
            "Labels": {**LABELS[0](inputs.get("labels") or []), **own_labels(ctx)},
            "Data": _encoded(inputs),
        }
        ctx.begin()
        try:
            return ctx.api.call("POST", f"/{self.path}/create", body=body)["ID"], inputs
        except EngineError:
            ctx.journal.end(ctx.urn)  # rejected: nothing was created
            raise

    def read(
        self, ctx: Context, id: str, inputs: Values, state: Values
    ) -> tuple[str, Values, Values] | None:
        found = ctx.api.find(f"/{self.path}/{id}")
        if found is None:
            return None
        actual: dict[str, Any] = {
            **inputs,
            "name": found["Spec"]["Name"],
            "labels": LABELS[1](foreign_labels(found["Spec"].get("Labels"))),
        }
        if not actual["labels"]:
            del actual["labels"]
        if not inputs and found["Spec"].get("Data"):
            actual["data"] = found["Spec"]["Data"]
        return found["ID"], actual, actual

    def update(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Values:
        return {**old_state, **new}

    def delete(self, ctx: Context, id: str, inputs: Values, state: Values) -> None:
        try:
            ctx.api.call("DELETE", f"/{self.path}/{id}")
        except NotFound:
            return
        except EngineError as error:
            if "is in use by" not in str(error):
                raise
            raise Fault(
                f"{error}\n  what to do: let the service use another {self.word} "
                "first, or give the new one another name"
            ) from None


class SecretKind(_SwarmFile):
    token: ClassVar[str] = "docker:index/secret:Secret"
    path, word, inputs = "secrets", "secret", ("data", "labels", "name")


class ServiceConfigKind(_SwarmFile):
    token: ClassVar[str] = "docker:index/serviceConfig:ServiceConfig"
    path, word, inputs = "configs", "config", ("data", "dataRaw", "labels", "name")


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error:
        return False
    return True


def _encoded(inputs: Values) -> str:
    if inputs.get("data") is not None:
        return str(inputs["data"])
    return base64.b64encode(str(inputs["dataRaw"]).encode()).decode()


def _canonical(inputs: Values) -> Values:
    labels = inputs.get("labels")
    if not isinstance(labels, list):
        return inputs
    return {**inputs, "labels": sorted(labels, key=lambda item: str(item.get("label"))) or None}
