"""Replaces `~` in the paths of a loaded document by the user's home folder.

The loader sees no environment, so it takes `~` for the name of a folder beside the Compose file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from causeway.model.document import mapping, sequence

# What the loader makes of `~` and `~/a`: an absolute path below a folder named `~`.
_UNEXPANDED = re.compile(r"/.*/~(?=/|$)")


def expand_home(document: Mapping[str, object], home: str) -> Mapping[str, object]:
    """The document with `~` expanded in bind mounts, build contexts and files of secrets and
    configs."""
    services = {
        name: _service(mapping(value), home)
        for name, value in mapping(document.get("services")).items()
    }
    files = {
        kind: {
            name: _expanded(mapping(value), "file", home)
            for name, value in mapping(document[kind]).items()
        }
        for kind in ("secrets", "configs")
        if document.get(kind)
    }
    return {**document, "services": services, **files}


def _service(keys: Mapping[str, object], home: str) -> dict[str, object]:
    found = dict(keys)
    if found.get("volumes"):
        found["volumes"] = [
            _expanded(mapping(each), "source", home) for each in sequence(found["volumes"])
        ]
    if found.get("build"):
        found["build"] = _expanded(mapping(found["build"]), "context", home)
    return found


def _expanded(keys: Mapping[str, object], key: str, home: str) -> dict[str, object]:
    value = keys.get(key)
    if not isinstance(value, str):
        return dict(keys)
    return {**keys, key: _UNEXPANDED.sub(lambda _: home, value, count=1)}
