"""What `docker login` left on this machine for a registry, for the header of a pull.

Never asks a registry anything.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from . import contexts

HUB = "docker.io"
# The address under which Docker Hub's login is kept.
HUB_INDEX = "https://index.docker.io/v1/"
HELPER_SECONDS = 30
TOKEN = "<token>"  # what a credential helper calls the user of an identity token


def header(image: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """The value of X-Registry-Auth for an image; None without a login that can be read."""
    registry, _, rest = image.partition("/")
    if not rest or not ("." in registry or ":" in registry or registry == "localhost"):
        registry = HUB
    found: dict[str, str] | None = None
    # A helper may be configured and not installed: the pull then goes without.
    with suppress(OSError, ValueError, KeyError, TypeError, subprocess.SubprocessError):
        found = _login(contexts.settings(environment), registry)
    return base64.urlsafe_b64encode(json.dumps(found).encode()).decode() if found else None


def _login(settings: Mapping[str, Any], registry: str) -> dict[str, str] | None:
    address = HUB_INDEX if registry == HUB else registry
    helper = (settings.get("credHelpers") or {}).get(address) or settings.get("credsStore")
    if helper and (told := _told(str(helper), address)):
        if told["Username"] == TOKEN:
            return {"serveraddress": address, "identitytoken": told["Secret"]}
        names = {"username": told["Username"], "password": told["Secret"]}
        return {"serveraddress": address} | names
    for key, entry in (settings.get("auths") or {}).items():
        host = str(key).partition("://")[2] or str(key)
        if host.partition("/")[0].replace(f"index.{HUB}", HUB) != registry:
            continue
        if entry.get("identitytoken"):
            return {"serveraddress": address, "identitytoken": entry["identitytoken"]}
        if entry.get("auth"):
            user, _, password = (
                base64.b64decode(entry["auth"], validate=True).decode().partition(":")
            )
            return {"serveraddress": address, "username": user, "password": password}
    return None


def _told(helper: str, address: str) -> dict[str, str] | None:
    """What a credential helper knows of a registry; None when that is nothing."""
    command = [f"docker-credential-{helper}", "get"]
    done = subprocess.run(
        command, input=address, capture_output=True, text=True, timeout=HELPER_SECONDS
    )
    return dict(json.loads(done.stdout)) if done.returncode == 0 else None
