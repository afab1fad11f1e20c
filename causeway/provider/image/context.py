"""The build context that is sent to the engine: the files that .dockerignore allows, their digest.

The digest covers paths, file types, permission bits, contents and link targets, never times or
owners: the same as Docker's own layer cache. Nothing here talks to an engine.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
import stat
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from causeway.contract import FOLDER

from . import dockerignore

_CHUNK = 1 << 20
# The name under which a Dockerfile outside the context is sent; constant, for the digest.
OUTSIDE = ".causeway.Dockerfile"
IGNORE = ".dockerignore"
# Dockerfiles that the program generates from a stack file, readable by their owner only.
GENERATED = f"{FOLDER}/*.Dockerfile"
_BLOCKED = {
    stat.S_IFSOCK: "a socket",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFBLK: "a block device",
    stat.S_IFCHR: "a character device",
}


class BadContext(Exception):
    """The build context cannot be sent; `field` is the faulty input: "context" or "dockerfile"."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


@dataclass(frozen=True, slots=True)
class Entry:
    """One file, folder or link to send: `name` in the context, `source` on this machine."""

    name: str
    source: Path
    mode: int
    size: int
    link: str = ""


@dataclass(frozen=True, slots=True)
class BuildContext:
    """All entries to send, in a fixed order; `dockerfile` is its name inside the context."""

    root: Path
    dockerfile: str
    dockerfile_path: Path
    entries: tuple[Entry, ...]

    @property
    def size(self) -> int:
        """The total size of the files in bytes."""
        return sum(entry.size for entry in self.entries)


def collect(context: str, dockerfile: str | None, *, beside: Path) -> BuildContext:
    """Collect a build context. Paths are relative to the working folder, except `dockerfile`, which
    is relative to `beside`; without it, the context's own is used. Raises BadContext."""
    root = Path(context or ".")
    if _is_remote(context):
        raise BadContext("context", f"{context!r} is a remote context: only folders are supported")
    if not root.is_dir():
        what = "is not a folder" if root.exists() else "does not exist"
        raise BadContext("context", f"the build context {str(root.absolute())!r} {what}")
    root = root.resolve()
    path = beside / dockerfile if dockerfile else root / "Dockerfile"
    _require_dockerfile(path, root, dockerfile)
    # Resolve links, as the Docker client does: the engine sees no file outside the context.
    inside = path.resolve()
    name = inside.relative_to(root).as_posix() if inside.is_relative_to(root) else OUTSIDE
    always = {name, IGNORE}
    found = dict(_walk(root, _rules(root, path), always))
    if name == OUTSIDE:
        found[OUTSIDE] = _entry(OUTSIDE, path, "dockerfile")
    entries = tuple(found[key] for key in sorted(found))
    return BuildContext(root, name, path, entries)


def digest(context: BuildContext) -> str:
    """`sha256:...` of all entries and of which one is the Dockerfile."""
    total = hashlib.sha256(context.dockerfile.encode("utf-8", "surrogateescape"))
    for entry in context.entries:
        content = entry.link.encode("utf-8", "surrogateescape")
        if stat.S_ISREG(entry.mode):
            content = _file_digest(entry)
        for part in (
            entry.name.encode("utf-8", "surrogateescape"),
            oct(entry.mode).encode(),
            content,
        ):
            # Each part is preceded by its length, so that different contexts differ in the digest.
            total.update(len(part).to_bytes(8, "big") + part)
    return f"sha256:{total.hexdigest()}"


def pack(context: BuildContext) -> IO[bytes]:
    """The tar file to send, positioned at its start. Entries belong to root, as the Docker client's
    do."""
    target = tempfile.TemporaryFile()  # noqa: SIM115 (handed to the caller)
    try:
        with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for entry in context.entries:
                header = tarfile.TarInfo(entry.name)
                header.mode = stat.S_IMODE(entry.mode)
                header.mtime = int(entry.source.lstat().st_mtime)
                if stat.S_ISDIR(entry.mode):
                    header.type = tarfile.DIRTYPE
                    tar.addfile(header)
                elif stat.S_ISLNK(entry.mode):
                    header.type, header.linkname = tarfile.SYMTYPE, entry.link
                    tar.addfile(header)
                else:
                    with entry.source.open("rb") as content:
                        header.size = os.fstat(content.fileno()).st_size
                        tar.addfile(header, content)
    except BaseException:
        target.close()
        raise
    target.seek(0)
    return target


def _is_remote(context: str) -> bool:
    return context == "-" or context.startswith(("http://", "https://", "git://", "git@"))


def _require_dockerfile(path: Path, root: Path, given: str | None) -> None:
    if path.is_file():
        return
    what = "is not a file" if path.exists() else "does not exist"
    reason = f"the Dockerfile {os.path.abspath(path)!r} {what}"
    if given and not os.path.isabs(given) and (root / given).is_file():
        reason += (
            "; a relative path starts at the folder of the Pulumi project, not at the context: use "
            f"{os.path.relpath(root / given)!r}"
        )
    raise BadContext("dockerfile", reason)


def _rules(root: Path, dockerfile: Path) -> dockerignore.Rules:
    """The rules of `<Dockerfile>.dockerignore`, which takes precedence, or of the context's own."""
    for path in (dockerfile.with_name(f"{dockerfile.name}{IGNORE}"), root / IGNORE):
        if not path.is_file():
            continue
        try:
            return dockerignore.parse(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BadContext("context", f"{path}: {_words(error)}") from None
    return dockerignore.Rules()


def _walk(
    root: Path, rules: dockerignore.Rules, always: set[str], folder: str = ""
) -> Iterator[tuple[str, Entry]]:
    """The entries to send below `folder`, each folder before its contents."""
    try:
        names = sorted(os.listdir(root / folder))
    except OSError as error:
        raise _unreadable(root / folder, error) from None
    for name in names:
        path = f"{folder}/{name}" if folder else name
        sent = path in always or not rules.excludes(path)
        source = root / path
        if source.is_dir() and not source.is_symlink():
            wanted = sent or rules.enters(path)
            below = wanted or any(item.startswith(f"{path}/") for item in always)
            inner = list(_walk(root, rules, always, path)) if below else []
            if sent or inner:
                yield path, _entry(path, source, "context")
            yield from inner
        elif sent:
            yield path, _entry(path, source, "context")


def _entry(name: str, source: Path, field: str) -> Entry:
    try:
        found = source.stat() if field == "dockerfile" else source.lstat()
    except OSError as error:
        raise _unreadable(source, error, field) from None
    kind = stat.S_IFMT(found.st_mode)
    if kind in _BLOCKED:
        raise BadContext(
            field,
            f"{source} is {_BLOCKED[kind]} and cannot be sent: exclude it in "
            f"{IGNORE} ({posixpath.join('/', name)[1:]})",
        )
    if kind == stat.S_IFLNK:
        # The permission bits of a link have no effect and differ between systems.
        return Entry(name, source, stat.S_IFLNK | 0o777, 0, os.readlink(source))
    size = found.st_size if kind == stat.S_IFREG else 0
    mode = found.st_mode
    if kind == stat.S_IFREG and source.match(GENERATED):
        # Who may read the file on this machine has no effect on the image.
        mode = stat.S_IFREG | 0o644
    return Entry(name, source, mode, size)


def _file_digest(entry: Entry) -> bytes:
    content = hashlib.sha256()
    try:
        with entry.source.open("rb") as handle:
            while chunk := handle.read(_CHUNK):
                content.update(chunk)
    except OSError as error:
        raise _unreadable(entry.source, error) from None
    return content.digest()


def _unreadable(path: Path, error: OSError, field: str = "context") -> BadContext:
    return BadContext(
        field,
        f"{path} cannot be read ({_words(error)}): exclude it in {IGNORE} or make it readable",
    )


def _words(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
