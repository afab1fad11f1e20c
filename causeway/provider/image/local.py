"""Images on the engine: finds them by name or id, and removes them without affecting other users.

A removal deletes the resource's tag; the image goes only when no other tag or container uses it.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Mapping
from typing import Any

from causeway.engine.faults import EngineError, NotFound, explain
from causeway.engine.logins import HUB
from causeway.provider.resource.kind import Context

_ID = re.compile(r"(?:sha256:)?[0-9a-f]{12,64}")


class ReusedImages:
    """The images that already existed when this run created them, by name and id.

    A replacement may result in the same image (built from the cache, or pulled again unchanged).
    The deletion of the old resource that follows must then keep the image. Nothing else
    distinguishes the two resources: they have the same name, id and state.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()

    def note(self, name: str, image_id: str) -> None:
        with self._lock:
            self._counts[normalized_name(name), image_id] += 1

    def note_same(self, before: Mapping[str, dict[str, Any] | None], image_id: str) -> None:
        """Note each name whose image `before` a create is also the result of the create."""
        for name, had in before.items():
            if had is not None and had["Id"] == image_id:
                self.note(name, image_id)

    def take(self, name: str, image_id: str) -> bool:
        """Whether a create adopted the image; forgets one adoption."""
        key = normalized_name(name), image_id
        with self._lock:
            if not self._counts[key]:
                return False
            self._counts[key] -= 1
            return True


def normalized_name(name: str) -> str:
    """A name as the engine lists it: without the Docker Hub prefix and with a tag."""
    short = name.removeprefix(f"index.{HUB}/").removeprefix(f"{HUB}/").removeprefix("library/")
    if "@" in short or _ID.fullmatch(short) or ":" in short.rsplit("/", 1)[-1]:
        return short
    return f"{short}:latest"


def find(ctx: Context, name: str) -> dict[str, Any] | None:
    """The engine's description of an image, by name, name@digest or id; None if there is none."""
    found: dict[str, Any] | None = ctx.api.find(f"/images/{name}/json")
    if found is None:
        return None
    # The engine also takes a name as the beginning of an id: `cafe` is not the image cafe0123...
    if _ID.fullmatch(name) or "@" in name or normalized_name(name) in (found.get("RepoTags") or []):
        return found
    return None


def repo_digest(found: dict[str, Any], name: str) -> str:
    """`repository@sha256:...` of an image under this name; "" for one without a registry."""
    digests: list[str] = found.get("RepoDigests") or []
    base = normalized_name(name.split("@", 1)[0])
    repository = base.rsplit(":", 1)[0] if ":" in base.rsplit("/", 1)[-1] else base
    for digest in digests:
        if digest.split("@", 1)[0] == repository:
            return digest
    return digests[0] if digests and _ID.fullmatch(name) else ""


def remove_tag(
    ctx: Context, name: str, image_id: str, adoptions: ReusedImages, *, force: bool = False
) -> None:
    """Remove `name` if it still refers to `image_id`, and the image if it has no other name."""
    if adoptions.take(name, image_id):
        return
    tagged = find(ctx, name)
    if tagged is not None and tagged["Id"] == image_id:
        target = name
    else:
        left = find(ctx, image_id)
        if left is None or left.get("RepoTags"):
            return
        target = image_id
    try:
        ctx.api.call("DELETE", f"/images/{target}", params={"force": int(force)})
    except NotFound:
        return
    except EngineError as error:
        if error.status != 409:
            raise
        ctx.log(
            "warning",
            f"image {name} stays on the engine, still in use: {explain(error, ctx.api.host)}",
        )
