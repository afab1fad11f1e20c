"""Which image probes run in: any that has `python3`; one that is there already is preferred."""

from __future__ import annotations

import docker
import docker.errors

from .vantage import ProbeError

# What a machine set up for this project has, with and without a registry.
AT_HAND = ("causeway-base/debian-python:12-3.11", "causeway-base/debian-tools:12")
PULLED = "python:3.13-alpine"


def probe_image(api: docker.APIClient, wanted: str = "") -> str:
    """The image that was asked for, else one at hand, else a small official one, pulled."""
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
            f"probes need an image with python3, and {image} cannot be had: {error}; "
            "name one that the engine has with --image or causeway:probeImage"
        ) from None
    return image


def _tags(api: docker.APIClient) -> list[str]:
    return [tag for image in api.images() for tag in image["RepoTags"] or ()]
