"""Secrets and configs as files in a container, kept out of the state in clear.

A file is read by the provider from its path; the state holds the path and an encrypted digest,
so that a changed content is a change and nobody can guess a short secret from its digest.
Inline content goes through Pulumi's secrets.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from pathlib import Path

import pulumi
import pulumi_docker as docker

from components.paths import portable
from model.values import FileMount, FileSource

Sources = Mapping[tuple[str, str], FileSource]


def uploads(mounts: tuple[FileMount, ...], sources: Sources) -> list[docker.ContainerUploadArgs]:
    """One upload a mount, ordered by target. `sources` is keyed by kind and top-level key."""
    return [
        _upload(mount, sources[mount.kind, mount.source])
        for mount in sorted(mounts, key=lambda mount: mount.target)
    ]


def _upload(mount: FileMount, source: FileSource) -> docker.ContainerUploadArgs:
    path = digest = content = None
    if source.file is not None:
        path = portable(source.file)
        digest = pulumi.Output.secret(_digest(source))
    else:
        encoded = base64.b64encode((source.content or "").encode()).decode()
        content = pulumi.Output.secret(encoded)
    return docker.ContainerUploadArgs(
        file=mount.target,
        source=path,
        source_hash=digest,
        content_base64=content,
        permissions=mount.mode,
    )


def _digest(source: FileSource) -> str:
    # Keyed by the source's own name, so that two secrets of equal content do not look equal.
    assert source.file is not None
    key = f"{source.kind}:{source.key}".encode()
    return hmac.new(key, Path(source.file).read_bytes(), hashlib.sha256).hexdigest()
