"""The image that probes run in: any with `python3`, preferably one that the engine already has."""

from __future__ import annotations

import docker
import docker.errors

from .vantage import ProbeError

# The stand-ins that setup makes where no registry answers.
AT_HAND = ("causeway-base/debian-python:12-3.11", "causeway-base/debian-tools:12")
PULLED = "python:3.13-alpine"


def probe_image(api: docker.APIClient, wanted: str = "") -> str:
    """The requested image, else one that the engine has, else a small official one, pulled."""
    if not wanted:
        for image in (*AT_HAND, PULLED):
            if api.images(name=image):
                return image
        python = [tag for tag in _tags(api) if tag.startswith("python:3")]
        if python:
            return min(python)
    image = wanted or PULLED
    if api.images(name=image):
        return image
    repository, _, tag = image.rpartition(":")
    try:
        api.pull(repository or image, tag if repository else "latest")
    except docker.errors.DockerException as error:
        raise ProbeError(
            f"probes need an image with python3, but {image} cannot be pulled: {error}; "
            "name an image that the engine has with --image or causeway:probeImage"
        ) from None
    return image


def _tags(api: docker.APIClient) -> list[str]:
    return [tag for image in api.images() for tag in image["RepoTags"] or ()]
