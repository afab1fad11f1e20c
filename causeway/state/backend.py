"""Which backend holds the states of a project, found as Pulumi finds it, without Pulumi.

Standard library only: the plugin asks at every start, and importing a YAML parser takes longer.
"""

from __future__ import annotations

import json
import os
import pwd
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

# `backend: {url: X}`, or `url: X` among the lines indented below `backend:`.
_IN_BRACES = re.compile(r"^backend:[ \t]*\{[^}\n]*?\burl:[ \t]*([^,}\n]+)", re.MULTILINE)
_BELOW = re.compile(r"^backend:[ \t]*(?:#.*)?\n(?:[ \t]+.*\n|[ \t]*\n)*?[ \t]+url:[ \t]*(.+)", re.M)


def backend(environment: Mapping[str, str], folder: Path) -> str:
    """Its URL: of PULUMI_BACKEND_URL, of the nearest Pulumi.yaml from `folder` upwards, or where
    `pulumi login` went; empty where none of them tells."""
    return environment.get("PULUMI_BACKEND_URL") or _declared(folder) or _logged_in(environment)


def place(environment: Mapping[str, str], folder: Path) -> str:
    """The same, a local folder as an absolute path: two checkouts have different ones."""
    url = backend(environment, folder)
    if url.startswith("file://"):
        return f"file://{(folder / Path(url.removeprefix('file://')).expanduser()).resolve()}"
    return url


def pulumi_home(environment: Mapping[str, str]) -> Path:
    """Pulumi's own folder; it takes the home folder from the user database, not from HOME."""
    return Path(environment.get("PULUMI_HOME") or f"{pwd.getpwuid(os.getuid()).pw_dir}/.pulumi")


def _declared(folder: Path) -> str:
    for each in (folder, *folder.parents):
        with suppress(OSError):
            text = (each / "Pulumi.yaml").read_text(encoding="utf-8", errors="replace")
            found = _IN_BRACES.search(text) or _BELOW.search(text)
            return re.sub(r"\s+#.*", "", found[1]).strip(" \t\r\"'") if found else ""
    return ""


def _logged_in(environment: Mapping[str, str]) -> str:
    try:
        text = (pulumi_home(environment) / "credentials.json").read_text(encoding="utf-8")
        return str(json.loads(text).get("current") or "")
    except (OSError, ValueError, AttributeError):
        return ""
