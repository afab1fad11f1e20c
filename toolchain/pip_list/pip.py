"""Stands before pip in Pulumi's own processes and answers one question from a record.

Pulumi's language host runs `python -m pip list -v --format json` at every preview and at each half
of an update. `.venv/bin/pulumi` puts this folder on PYTHONPATH, so that call comes here. The record
holds what the real pip answered, and everything that the answer depends on: the packages, pip's
settings and Python itself. If any of that differs, or the call is any other, the real pip runs.
"""

from __future__ import annotations

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ENVIRONMENT = os.path.join(os.path.dirname(os.path.dirname(HERE)), ".venv")
RECORD = "causeway.pip-list"
QUESTION = ["-m", "pip", "list", "-v", "--format", "json"]
# A file that changes twice within one tick of the file system's clock shows one time only.
SETTLED_NANOSECONDS = 2 * 10**9
# What pip reads of a package to list it; a folder's own times show what is added and removed.
PACKAGE_FILES = ("METADATA", "PKG-INFO", "INSTALLER", "direct_url.json")
VARIABLES = ("PIP_", "PYTHON", "XDG_", "LC_", "LANG", "HOME", "NO_COLOR", "FORCE_COLOR")

# When the latest change to any of the files that the key names was, in nanoseconds.
changed_at = 0


def main() -> int | None:
    """The exit code of the answer; None where the real pip must run by itself."""
    step_aside()
    if sys.orig_argv[1:] != QUESTION or sys.stdout.isatty() or not _is_ours():
        return None
    key = read_key()
    if key is None:
        return None
    record = os.path.join(sys.prefix, RECORD)
    answer = _recorded(record, key)
    if answer is None:
        return _ask(record, key)
    sys.stdout.buffer.write(answer)
    return 0


def read_key() -> bytes | None:
    """Everything that the answer depends on; None where a package is of a kind not known here."""
    # As pip does: the current folder is not searched for packages.
    paths = sys.path[1:] if sys.path[0] in ("", os.getcwd()) else sys.path
    lines = [sys.version, sys.executable, *paths]
    lines += [f"{name}={os.environ[name]}" for name in sorted(os.environ) if _matters(name)]
    lines += [_facts(path) for path in _settings()]
    for folder in paths:
        try:
            names = sorted(os.listdir(folder))
        except FileNotFoundError:
            continue
        except OSError:
            return None  # a zip file, or a folder that only somebody else may read
        for name in names:
            if name.endswith((".egg", ".egg-link")):
                return None
            if name.lower().endswith((".dist-info", ".egg-info")):
                package = os.path.join(folder, name)
                lines.append(_facts(package))
                lines += [_facts(os.path.join(package, file)) for file in PACKAGE_FILES]
    return os.fsencode("\n".join(lines))


def _matters(name: str) -> bool:
    return name.startswith(VARIABLES)


def _settings() -> list[str]:
    """The files that pip may take settings from."""
    shared = os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
    own = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    folders = ["/etc", sys.prefix, "~/.pip", os.path.join(own, "pip")]
    folders += [os.path.join(folder, "pip") for folder in shared.split(os.pathsep)]
    folders += ["/Library/Application Support/pip", "~/Library/Application Support/pip"]
    files = [os.path.expanduser(os.path.join(folder, "pip.conf")) for folder in folders]
    return [*files, os.environ.get("PIP_CONFIG_FILE", "")]


def _facts(path: str) -> str:
    """Changes whenever the file does: nobody can set the time of its last change of status."""
    try:
        found = os.stat(path)
    except OSError:
        return f"{path} -"
    global changed_at
    changed_at = max(changed_at, found.st_ctime_ns)
    return f"{path} {found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"


def _is_ours() -> bool:
    """Other environments, which the same `pulumi` serves too, keep to the real pip."""
    return os.path.realpath(sys.prefix) == os.path.realpath(ENVIRONMENT)


def _recorded(record: str, key: bytes) -> bytes | None:
    try:
        with open(record, "rb") as file:
            content = file.read()
    except OSError:
        return None
    return content[len(key) + 1 :] if content.startswith(key + b"\0") else None


def _ask(record: str, key: bytes) -> int:
    """Pass the real pip's answer on; record it if it is complete and nothing has just changed."""
    import subprocess
    import time

    settled = changed_at < time.time_ns() - SETTLED_NANOSECONDS
    # Pulumi does not show the notice of a newer pip, for which pip would ask its index.
    variables = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    question = [sys.executable, *QUESTION]
    told = subprocess.run(question, env=variables, capture_output=True, check=False)
    sys.stdout.buffer.write(told.stdout)
    sys.stderr.buffer.write(told.stderr)
    if settled and told.returncode == 0 and not told.stderr and read_key() == key:
        _write(record, key + b"\0" + told.stdout)
    return told.returncode


def _write(record: str, content: bytes) -> None:
    unfinished = f"{record}.{os.getpid()}"
    try:
        with open(unfinished, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, record)
    except OSError:
        return  # a full disk or a folder that nobody may write: the next call asks pip again


def step_aside() -> None:
    """Leave this folder out of this process and of those that it starts."""
    sys.path[:] = [path for path in sys.path if path != HERE]
    rest = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    rest = [path for path in rest if path and os.path.abspath(path) != HERE]
    os.environ.pop("PYTHONPATH", None)
    if rest:
        os.environ["PYTHONPATH"] = os.pathsep.join(rest)


if __name__ == "__main__":
    code = main()
    if code is None:
        import runpy

        runpy.run_module("pip", run_name="__main__", alter_sys=True)
    sys.exit(code)
elif __name__ == "pip":
    # Somebody imports pip: give them the real one.
    import importlib

    step_aside()
    del sys.modules["pip"]
    importlib.import_module("pip")
