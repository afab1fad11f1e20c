"""docker:index/plugin:Plugin: an engine plugin, such as a network or volume driver."""

from __future__ import annotations

from typing import Any, ClassVar

from causeway.engine import logins
from causeway.engine.faults import Fault, NotFound
from causeway.provider.inputs.plain import UNKNOWN
from causeway.provider.inputs.table import HONOURED, refusals
from causeway.provider.resource.kind import Context, ResourceKind
from causeway.provider.resource.values import Change, Diff, Failure, Values, changed

from .image import registry, registry_auth

INPUTS: dict[str, str] = {
    "name": HONOURED,
    "alias": HONOURED,
    "enabled": HONOURED,
    "enableTimeout": HONOURED,
    "envs": HONOURED,
    "forceDestroy": HONOURED,
    "forceDisable": HONOURED,
    "grantAllPermissions": HONOURED,
    "grantPermissions.name": HONOURED,
    "grantPermissions.values": HONOURED,
}
_REPLACING = ("name", "alias", "grantAllPermissions", "grantPermissions")
_INSTALL_SECONDS = 600


class PluginKind(ResourceKind):
    token: ClassVar[str] = "docker:index/plugin:Plugin"

    def check(
        self, ctx: Context, name: str, old: Values | None, new: Values, seed: bytes
    ) -> tuple[Values, list[Failure]]:
        failures = refusals(new, INPUTS)
        if not new.get("name"):
            failures.append(Failure("name", "required: the plugin's image"))
        if new.get("grantAllPermissions") and new.get("grantPermissions"):
            failures.append(
                Failure("grantPermissions", "cannot be combined with grantAllPermissions")
            )
        return new, failures

    def diff(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Diff:
        changes: dict[str, Change] = {
            key: "replace" if key in _REPLACING else "update"
            for key in changed(_canonical(old_inputs), _canonical(new))
        }
        # Both would have the same name, so they cannot exist at the same time.
        return Diff(changes, delete_before_replace="replace" in changes.values())

    def create(self, ctx: Context, name: str, inputs: Values) -> tuple[str, Values]:
        if ctx.preview:
            return "", {**inputs, "pluginReference": UNKNOWN}
        image, alias = str(inputs["name"]), str(inputs.get("alias") or inputs["name"])
        auth = registry_auth.for_image(ctx.config, image)
        header = logins.header(auth) if auth else None
        wanted = ctx.api.call("GET", "/plugins/privileges", params={"remote": image}, auth=header)
        granted = _granted(inputs, wanted or [])
        ctx.status(f"installing plugin {image}")
        repository, tag = registry.split(alias)
        ctx.api.follow(
            "POST",
            "/plugins/pull",
            params={"remote": image, "name": f"{repository}:{tag}"},
            body=granted,
            timeout=_INSTALL_SECONDS,
            auth=header,
        )
        try:
            if inputs.get("envs"):
                ctx.api.call("POST", f"/plugins/{alias}/set", body=list(inputs["envs"]))
            if inputs.get("enabled", True):
                _enable(ctx, alias, inputs)
        except BaseException:
            ctx.api.call("DELETE", f"/plugins/{alias}", params={"force": 1})
            raise
        found = ctx.api.call("GET", f"/plugins/{alias}/json")
        return found["Id"], _state(inputs, found)

    def read(
        self, ctx: Context, id: str, inputs: Values, state: Values
    ) -> tuple[str, Values, Values] | None:
        found = ctx.api.find(f"/plugins/{id}/json")
        if found is None:
            return None
        actual = dict(inputs) or {"name": found["PluginReference"], "alias": found["Name"]}
        if bool(found["Enabled"]) != inputs.get("enabled", True):
            actual["enabled"] = bool(found["Enabled"])
        live = set(found["Settings"].get("Env") or [])
        if inputs.get("envs") and not set(inputs["envs"]) <= live:
            actual["envs"] = sorted(live)
        return found["Id"], _state(actual, found), actual

    def update(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Values:
        if ctx.preview:
            return {**old_state, **new}
        found = ctx.api.call("GET", f"/plugins/{id}/json")
        if (old_inputs.get("envs") or []) != (new.get("envs") or []):
            # Only a disabled plugin accepts settings.
            _disable(ctx, id, found, new)
            ctx.api.call("POST", f"/plugins/{id}/set", body=list(new.get("envs") or []))
            found["Enabled"] = False
        if new.get("enabled", True) and not found["Enabled"]:
            _enable(ctx, id, new)
        elif not new.get("enabled", True):
            _disable(ctx, id, found, new)
        return _state(new, ctx.api.call("GET", f"/plugins/{id}/json"))

    def delete(self, ctx: Context, id: str, inputs: Values, state: Values) -> None:
        found = ctx.api.find(f"/plugins/{id}/json")
        if found is None:
            return
        force = bool(inputs.get("forceDestroy"))
        if not force:
            _disable(ctx, id, found, inputs)
        try:
            ctx.api.call("DELETE", f"/plugins/{id}", params={"force": int(force)})
        except NotFound:
            return


def _enable(ctx: Context, name: str, inputs: Values) -> None:
    seconds = int(inputs.get("enableTimeout") or 0)
    ctx.api.call(
        "POST", f"/plugins/{name}/enable", params={"timeout": seconds}, timeout=seconds + 60
    )


def _disable(ctx: Context, name: str, found: dict[str, Any], inputs: Values) -> None:
    if found["Enabled"]:
        force = {"force": int(bool(inputs.get("forceDisable")))}
        ctx.api.call("POST", f"/plugins/{name}/disable", params=force)


def _granted(inputs: Values, wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The permissions to install with. Raises Fault for those that the program does not grant."""
    if inputs.get("grantAllPermissions"):
        return wanted
    given = {
        item["name"]: set(item.get("values") or []) for item in inputs.get("grantPermissions") or []
    }
    missing = [
        item
        for item in wanted
        if not set(item.get("Value") or []) <= given.get(item["Name"], set())
        or item["Name"] not in given
    ]
    if missing:
        lines = [f"  {item['Name']}: {', '.join(item.get('Value') or [])}" for item in missing]
        raise Fault(
            f"plugin {inputs['name']} asks for permissions that are not granted:\n"
            + "\n".join(lines)
            + "\n  what to do: grant them in grantPermissions, or all with grantAllPermissions"
        )
    return wanted


def _canonical(inputs: Values) -> Values:
    envs = inputs.get("envs")
    ordered = {**inputs, "envs": sorted(envs)} if isinstance(envs, list) else dict(inputs)
    ordered.setdefault("enabled", True)
    return ordered


def _state(inputs: Values, found: dict[str, Any]) -> Values:
    return {
        "enabled": bool(found["Enabled"]),
        **inputs,
        "pluginReference": found.get("PluginReference") or "",
    }
