"""The client of a registry's HTTP API: the digest of a tag, its manifests, and deletions.

The engine cannot delete from a registry, so this module talks to it directly, with basic
authentication or a bearer token, and with the system's CA certificates or one in Docker's folder.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from causeway.engine import logins
from causeway.engine.faults import Fault

from . import registry, registry_auth

if TYPE_CHECKING:
    import requests

MISSING = "{image} is not in its registry\n  what to do: check the spelling, or push it first"
_SECONDS = 30
_HUB_API = "https://registry-1.docker.io"
_MANIFESTS = ", ".join(
    (
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
    )
)


@dataclass(frozen=True, slots=True)
class Place:
    """The location of an image: the registry's base URL, the repository, and the tag or digest."""

    base: str
    host: str
    repository: str
    reference: str


def place(image: str) -> Place:
    """The location of an image name, with Docker Hub's rules for short names."""
    name, reference = registry.split(image)
    host = logins.registry_of(image)
    if name.startswith(f"{host}/"):
        repository = name[len(host) + 1 :]
    else:
        repository = name if "/" in name else f"library/{name}"
    if host == logins.registry_of("hub"):
        return Place(_HUB_API, host, repository, reference)
    local = re.fullmatch(r"(localhost|127\.[0-9.]+|\[::1\])(:\d+)?", host)
    return Place(f"{'http' if local else 'https'}://{host}", host, repository, reference)


def digest(config: dict[str, Any], image: str, own: Any = None, *, insecure: bool = False) -> str:
    """`sha256:...` of a tag in its registry. Raises Fault when it does not exist."""
    where = place(image)
    answer = _ask("HEAD", where, where.reference, config, image, own, insecure)
    if answer.status_code == 404:
        raise Fault(MISSING.format(image=image))
    _expect(answer, image)
    return answer.headers.get("Docker-Content-Digest", "")


def manifests(
    config: dict[str, Any], image: str, own: Any = None, *, insecure: bool = False
) -> list[dict[str, Any]]:
    """The manifests of an image in its registry: one entry per platform, in their order.

    An image for a single platform is one entry. Raises Fault when the image does not exist.
    """
    where = place(image)

    def ask(kind: str, reference: str) -> requests.Response:
        answer = _ask("GET", where, reference, config, image, own, insecure, kind)
        if answer.status_code == 404:
            raise Fault(MISSING.format(image=image))
        _expect(answer, image)
        return answer

    answer = ask("manifests", where.reference)
    body = answer.json()
    if "manifests" in body:
        return [_manifest(each, each.get("platform") or {}) for each in body["manifests"]]
    if "config" not in body:
        raise Fault(f"the manifest of {image} has an unsupported format, from before Docker 1.10")
    itself = {
        "mediaType": body.get("mediaType") or answer.headers.get("Content-Type", ""),
        "digest": answer.headers.get("Docker-Content-Digest", ""),
    }
    return [_manifest(itself, ask("blobs", body["config"]["digest"]).json())]


def _manifest(found: dict[str, Any], platform: dict[str, Any]) -> dict[str, Any]:
    return {
        "architecture": platform.get("architecture", ""),
        "mediaType": found["mediaType"],
        "os": platform.get("os", ""),
        "sha256Digest": found["digest"],
    }


def remove(config: dict[str, Any], image: str, digest: str, own: Any, *, insecure: bool) -> None:
    """Delete the manifest with this digest from the repository of `image`, whatever its tags.

    A manifest that does not exist is not an error.
    """
    answer = _ask("DELETE", place(image), digest, config, image, own, insecure)
    if answer.status_code == 405:
        raise Fault(
            f"the registry of {image} does not allow deletions\n"
            "  what to do: set keepRemotely, or allow them in the registry's configuration"
        )
    if answer.status_code != 404:
        _expect(answer, image)


def _ask(
    method: str,
    where: Place,
    reference: str,
    config: dict[str, Any],
    image: str,
    own: Any,
    insecure: bool,
    kind: str = "manifests",
) -> requests.Response:
    import requests  # imported only here: see `wire`

    credentials = registry_auth.for_image(config, image, own)
    session = requests.Session()
    session.headers["Accept"] = _MANIFESTS
    # Passed with each request: REQUESTS_CA_BUNDLE would override the session's setting.
    verify = False if insecure else _certificate(where.host)
    if credentials.get("username"):
        session.auth = (credentials["username"], credentials.get("password", ""))
    url = f"{where.base}/v2/{where.repository}/{kind}/{reference}"
    try:
        answer = session.request(method, url, timeout=_SECONDS, verify=verify)
        challenge = answer.headers.get("WWW-Authenticate", "")
        if answer.status_code == 401 and challenge.lower().startswith("bearer"):
            session.headers["Authorization"] = f"Bearer {_token(session, challenge, verify)}"
            session.auth = None
            answer = session.request(method, url, timeout=_SECONDS, verify=verify)
    except requests.exceptions.RequestException as error:
        raise Fault(
            f"the registry of {image} does not answer: {error}\n"
            "  what to do: check its address, this machine's network and its certificates"
        ) from None
    return answer


def _token(session: requests.Session, challenge: str, verify: str | bool) -> str:
    fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    realm = fields.pop("realm", "")
    answer = session.get(realm, params=fields, timeout=_SECONDS, verify=verify)
    body = answer.json() if answer.ok else {}
    return str(body.get("token") or body.get("access_token") or "")


def _certificate(host: str) -> str | bool:
    """A private CA certificate where Docker looks for it, or else the system's certificates."""
    file = Path("/etc/docker/certs.d") / host / "ca.crt"
    if file.is_file():
        return str(file)
    return os.environ.get("REQUESTS_CA_BUNDLE") or True


def _expect(answer: requests.Response, image: str) -> None:
    if answer.status_code in (401, 403):
        raise Fault(
            f"the registry denies access to {image}\n"
            "  what to do: run `docker login`, or set authConfig or docker:registryAuth"
        )
    if not answer.ok:
        raise Fault(f"the registry of {image} answers {answer.status_code} {answer.reason}")
