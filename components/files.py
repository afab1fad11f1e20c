"""Compose secrets and configs as files in a container, with the secret ones kept out of the state.

The provider reads a file from its path; the state holds the path and a digest, so that new content
is a change. Secret content is encrypted, and so is its digest: nobody can guess a short secret from
it. A config is not secret, unless its content comes from a variable (`environment:`) or contains
the value of a secret variable.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pulumi
import pulumi_docker as docker

from causeway.model.files import files_in
from causeway.model.values import FileMount, FileSource, Stack

from .concealment import Concealment
from .paths import portable

SourceKey = tuple[str, str]  # (kind, key at the top level)
Sources = Mapping[SourceKey, FileSource]


def uploads(
    mounts: tuple[FileMount, ...], sources: Sources, hidden: frozenset[SourceKey]
) -> list[docker.ContainerUploadArgs]:
    """One upload per file, sorted by target; a folder is a mount of several files."""
    return [
        _upload(each, source, (mount.kind, mount.source) in hidden)
        for mount in sorted(mounts, key=lambda mount: mount.target)
        for each, source in _files(mount, sources[mount.kind, mount.source])
    ]


def _files(mount: FileMount, source: FileSource) -> list[tuple[FileMount, FileSource]]:
    """The mount itself, or one for each file below the folder that it names."""
    inside = None if source.file is None else files_in(source.file)
    if source.file is None or inside is None:
        return [(mount, source)]
    return [
        (
            replace(mount, target=f"{mount.target}/{relative}", mode=_mode(path)),
            replace(source, key=f"{source.key}/{relative}", file=path),
        )
        for path in inside
        for relative in [Path(path).relative_to(source.file).as_posix()]
    ]


def _mode(path: str) -> str:
    """Readable by everybody, and executable where the file is."""
    return "0555" if Path(path).stat().st_mode & 0o100 else "0444"


def hidden(stack: Stack, secrets: Concealment) -> frozenset[SourceKey]:
    """The sources whose content is secret."""
    return frozenset(
        (source.kind, source.key)
        for source in taken(stack)
        if source.kind == "secret"
        or source.from_variable
        or (secrets and secrets.holds(_content(source).decode("utf-8", "replace")))
    )


def taken(stack: Stack) -> list[FileSource]:
    """The sources that services use; others are not read."""
    mounted = {(mount.kind, mount.source) for each in stack.services for mount in each.files}
    return [each for each in stack.file_sources if (each.kind, each.key) in mounted]


def contents(sources: Iterable[FileSource]) -> list[str]:
    """The content of Compose secrets, where the stack has it: it may occur elsewhere, too."""
    return [source.content for source in sources if source.kind == "secret" and source.content]


def _upload(mount: FileMount, source: FileSource, secret: bool) -> docker.ContainerUploadArgs:
    path = digest = content = None
    if source.file is not None:
        path, digest = portable(source.file), _digest(source)
    else:
        content = base64.b64encode(_content(source)).decode()
    return docker.ContainerUploadArgs(
        file=mount.target,
        source=path,
        source_hash=_sealed(digest, secret),
        content_base64=_sealed(content, secret),
        permissions=mount.mode,
    )


def _sealed(text: str | None, secret: bool) -> pulumi.Input[str] | None:
    return pulumi.Output.secret(text) if secret and text is not None else text


def _digest(source: FileSource) -> str:
    # Keyed by the source's name, so that equal contents have different digests.
    key = f"{source.kind}:{source.key}".encode()
    return hmac.new(key, _content(source), hashlib.sha256).hexdigest()


def _content(source: FileSource) -> bytes:
    if source.file is not None:
        inside = files_in(source.file)
        paths = [source.file] if inside is None else inside
        return b"".join(Path(path).read_bytes() for path in paths)
    return (source.content or "").encode()
