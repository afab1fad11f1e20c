"""The image that probes run in: any with `python3`, preferably one that the engine already has."""

from __future__ import annotations

from causeway.engine import logins
from causeway.engine.client import Engine
from causeway.engine.faults import FAILURES, explain

from .probe import ProbeError

# The stand-ins that setup makes where no registry answers.
AT_HAND = ("causeway-base/debian-python:12-3.11", "causeway-base/debian-tools:12")
PULLED = "python:3.13-alpine"
PULL_SECONDS = 600.0  # between two words of the engine on its progress


def probe_image(api: Engine, wanted: str = "") -> str:
    """The requested image, else one that the engine has, else a small official one, pulled."""
    for image in (wanted,) if wanted else (*AT_HAND, PULLED):
        if api.find(f"/images/{image}/json"):
            return image
    if not wanted:
        listed = api.call("GET", "/images/json")
        tags = [str(tag) for image in listed for tag in image["RepoTags"] or ()]
        if python := [tag for tag in tags if tag.startswith("python:3")]:
            return min(python)
    image = wanted or PULLED
    # Without a tag or digest the engine would pull all of the repository.
    is_exact = ":" in image.rpartition("/")[2] or "@" in image
    params = {"fromImage": image if is_exact else f"{image}:latest"}
    credentials = logins.for_registry(logins.registry_of(image))
    auth = logins.header(credentials) if credentials else None
    try:
        api.follow("POST", "/images/create", params=params, auth=auth, timeout=PULL_SECONDS)
    except FAILURES as error:
        said = explain(error, api.host).partition("\n")[0]
        raise ProbeError(
            f"probes need an image with python3, but {image} cannot be pulled: {said}; "
            "name an image that the engine has with --image or causeway:probeImage"
        ) from None
    return image
