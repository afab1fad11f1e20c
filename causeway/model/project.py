"""The configuration of a Pulumi stack: its keys, and the values that they accept.

The program has the values from Pulumi (`read_config`), the command from the files of the project
(`read_project`): Pulumi.yaml and Pulumi.<stack>.yaml. All mistakes are reported at once, with their
place if they are in the stack's file. `causeway.local.yaml` maps images to stand-ins on
this machine; the stack's own mapping wins.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from causeway.contract import LOCAL_FILE, NAMESPACE
from causeway.model.reach.values import Firewall, engine_version
from causeway.model.rules.pool import AddressPool, read_pool

from .document import mapping
from .errors import StackError
from .files import why_unreadable
from .nodes import canonical
from .source import SourceIndex, Steps, index, path_text
from .values import Place, Problem

PROJECT_FILE = "Pulumi.yaml"
# Stands for an encrypted value, which the files do not tell.
ENCRYPTED = "secret"


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """What `docker:` says of the engine: its address, or else a docker context, and the folder with
    certificates. `has_hidden_material` where these are given as text, mostly encrypted."""

    host: str = ""
    context: str = ""
    certificates: str = ""
    has_hidden_material: bool = False

    @property
    def provider(self) -> dict[str, str]:
        """The provider's configuration that locates the engine."""
        return {"host": self.host, "context": self.context, "certPath": self.certificates}


@dataclass(frozen=True, slots=True)
class StackConfig:
    """What is configured for one Pulumi stack; `name` prefixes everything on the engine.

    `files` are Compose files, below `folder` unless absolute. `secrets` are all texts that the
    configuration stores encrypted, in any namespace.
    """

    name: str
    files: tuple[str, ...]
    folder: Path = Path()
    stack: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    profiles: tuple[str, ...] = ()
    scale: Mapping[str, int] = field(default_factory=dict)
    images: Mapping[str, str] = field(default_factory=dict)
    address_pool: AddressPool | None = None
    verify: bool = False
    engine_version: tuple[int, int] | None = None
    firewall_backend: Firewall | None = None
    probe_image: str = ""
    engine: EngineConfig = EngineConfig()
    local_images: frozenset[str] = frozenset()
    secrets: tuple[str, ...] = field(default=(), repr=False)
    secret_places: tuple[Place, ...] = field(default=(), repr=False)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The Compose files, as they are found from here."""
        return tuple(self.folder / file for file in self.files)

    def origin(self, image: str) -> str:
        """Where the stand-in for an image is configured."""
        return LOCAL_FILE if image in self.local_images else f"{NAMESPACE}:images"


class _Wrong(Exception):
    """A value has the wrong shape; the text says what is expected."""


def read_project(folder: Path, stack: str) -> StackConfig:
    """The configuration that the files in a project's folder hold; encrypted values are unknown.

    Raises StackError with everything that is wrong with them.
    """
    project = document(folder / PROJECT_FILE)
    name = str(project.get("name"))
    file = folder / f"Pulumi.{stack}.yaml"
    defaults = _defaults(_section(project, folder / PROJECT_FILE), name)
    values = {**dict(defaults), **_section(document(file), file)}
    texts = {key: json.dumps(_decrypted(value)) for key, value in values.items()}
    return read_config(texts, name, stack, folder=folder)


def document(path: Path) -> Mapping[str, object]:
    """A YAML file as plain values. Raises StackError when it cannot be read as a mapping."""
    try:
        if why := why_unreadable(str(path)):
            raise ValueError(why)
        return mapping(canonical(path.read_text(encoding="utf-8")))
    except OSError as error:
        said = str(error.strerror)
    except Exception as error:  # of the YAML parser, which `nodes` alone imports
        said = str(error)
    problem = Problem(Place(str(path), 0, ""), said, code="unreadable-file")
    raise StackError([problem], str(Path.cwd()))


def _section(content: Mapping[str, object], file: Path) -> Mapping[str, object]:
    try:
        return mapping(content.get("config"))
    except TypeError as error:
        problem = Problem(Place(str(file), 0, "config"), str(error), code="wrong-value")
        raise StackError([problem], str(Path.cwd())) from None


def _defaults(section: Mapping[str, object], project: str) -> Iterator[tuple[str, object]]:
    """What Pulumi.yaml sets for every stack of the project, by full key."""
    for key, value in section.items():
        if isinstance(value, dict):
            value = value.get("value", value.get("default"))
        if value is not None:
            yield key if ":" in key else f"{project}:{key}", value


def _decrypted(value: object) -> object:
    if isinstance(value, dict):
        hidden = set(value) == {"secure"}
        return ENCRYPTED if hidden else {key: _decrypted(each) for key, each in value.items()}
    return [_decrypted(each) for each in value] if isinstance(value, list) else value


def read_config(
    values: Mapping[str, str],
    project: str,
    stack: str,
    secret_keys: Collection[str] = (),
    folder: Path = Path(),
) -> StackConfig:
    """The configuration in values as Pulumi has them: JSON text by `namespace:key`.

    Raises StackError with every key of ours that is unknown, missing or of the wrong shape.
    """
    file = str(folder / f"Pulumi.{stack}.yaml")
    places = index([file]) if Path(file).is_file() else None
    problems: list[Problem] = []
    found: dict[str, Any] = {key: kind("") for key, kind in KEYS.items()}
    for key in sorted(values):
        namespace, _, name = key.partition(":")
        if namespace != NAMESPACE:
            continue
        if name not in KEYS:
            problems.append(
                Problem(_place(places, file, key), _unknown(name), code="unknown-setting")
            )
            continue
        try:
            found[name] = KEYS[name](values[key])
        except _Wrong as wrong:
            problems.append(Problem(_place(places, file, key), str(wrong), code="wrong-value"))
    if f"{NAMESPACE}:files" not in values:
        example = f"set it with `pulumi config set --path '{NAMESPACE}:files[0]' compose.yaml`"
        place = Place(file if places else "", 1 if places else 0, f"{NAMESPACE}:files")
        problems.append(Problem(place, f"not set; {example}", code="missing-setting"))
    local = _local_images(folder, problems)
    if problems:
        raise StackError(problems, str(Path.cwd()))
    secrets = list(_secrets(places, file, values, secret_keys))
    return StackConfig(
        name=f"{project}-{stack}",
        files=found["files"],
        folder=folder,
        stack=stack,
        variables=found["variables"],
        profiles=found["profiles"],
        scale=found["scale"],
        images={**local, **found["images"]},
        address_pool=found["addressPool"],
        verify=found["verify"],
        engine_version=found["engineVersion"],
        firewall_backend=found["firewallBackend"],
        probe_image=found["probeImage"],
        engine=_engine(values),
        local_images=frozenset(local.keys() - found["images"].keys()),
        secrets=tuple(sorted({text for _, text in secrets})),
        secret_places=tuple(place for place, _ in secrets),
    )


def _engine(values: Mapping[str, str]) -> EngineConfig:
    told = {key: _json(values.get(f"docker:{key}", "")) for key in ENGINE_KEYS}
    named = {key: str(value or "") for key, value in told.items()}
    hidden = any(named[key] for key in ENGINE_KEYS if key.endswith("Material"))
    return EngineConfig(
        named["host"], named["context"], named["certPath"], hidden and not named["certPath"]
    )


def _secrets(
    places: SourceIndex | None, file: str, values: Mapping[str, str], keys: Collection[str]
) -> Iterator[tuple[Place, str]]:
    """Each encrypted text with its place; all texts of a key if the file does not mark any."""
    for key in sorted(keys):
        found = list(_leaves(_json(values.get(key, "")), ("config", key)))
        marked = [leaf for leaf in found if places is not None and places.has(*leaf[0], "secure")]
        for steps, text in marked or found:
            place = _place(places, file, key)
            if places is not None and places.has(*steps):
                place = Place(file, places.place(*steps).line, path_text(steps[1:]))
            yield place, text


def _leaves(value: object, steps: Steps) -> Iterator[tuple[Steps, str]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _leaves(part, (*steps, key))
    elif isinstance(value, list):
        for position, part in enumerate(value):
            yield from _leaves(part, (*steps, position))
    elif value is not None:
        yield steps, json.dumps(value) if isinstance(value, (bool, float)) else str(value)


def _place(places: SourceIndex | None, file: str, key: str) -> Place:
    if places is None or not places.has("config", key):
        return Place("", 0, key)
    return Place(file, places.place("config", key).line, key)


def _unknown(name: str) -> str:
    near = get_close_matches(name, KEYS, n=1)
    hint = f"did you mean {NAMESPACE}:{near[0]}? " if near else ""
    return f"unknown key; {hint}(known: {', '.join(sorted(KEYS))})"


def _local_images(folder: Path, problems: list[Problem]) -> dict[str, str]:
    file = str(folder / LOCAL_FILE)
    if why := why_unreadable(file):
        problems.append(Problem(Place(file, 0, ""), why, code="unfit-file"))
    if why or not Path(file).exists():
        return {}
    found = index([file])
    images = {key: found.entries["images", key].text for key in found.keys("images")}
    wrong = [key for key, image in images.items() if not image]
    if wrong or (not images and Path(file).stat().st_size):
        place = found.place("images", *wrong[:1])
        problems.append(
            Problem(
                place, "expected `images:` and below it `name: image` lines", code="wrong-value"
            )
        )
    return {key: image for key, image in images.items() if image}


def _json(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


def _text(value: Any) -> str:
    """A scalar as text. Rejects floats: 1.10 has already become 1.1 here."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int)):
        return str(value)
    if isinstance(value, float):
        raise _Wrong(f"write {value} in quotes: as a number it loses trailing zeros")
    raise _Wrong(f"expected text, found {json.dumps(value)}")


def _texts(text: str) -> tuple[str, ...]:
    value = _json(text)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise _Wrong(f"expected a list, found {json.dumps(value)}")
    return tuple(_text(item) for item in value)


def _object(text: str) -> dict[str, Any]:
    value = _json(text)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _Wrong(f"expected a mapping, found {json.dumps(value)}")
    return value


def _text_by_name(text: str) -> dict[str, str]:
    return {name: _text(value) for name, value in _object(text).items()}


def _count_by_name(text: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name, value in _object(text).items():
        try:
            counts[name] = int(value)
        except (TypeError, ValueError):
            counts[name] = -1
        if counts[name] < 0 or isinstance(value, (bool, float)):
            raise _Wrong(f"{name}: expected a number of replicas, found {json.dumps(value)}")
    return counts


def _pool(text: str) -> AddressPool | None:
    try:
        return read_pool(_json(text))
    except ValueError as error:
        raise _Wrong(str(error)) from None


def _flag(text: str) -> bool:
    value = _json(text)
    if value in (None, "", "true", "false", True, False):
        return value in ("true", True)
    raise _Wrong(f"expected true or false, found {json.dumps(value)}")


def _one_text(text: str) -> str:
    value = _json(text)
    return "" if value is None else _text(value)


def _engine_version(text: str) -> tuple[int, int] | None:
    # Not parsed as JSON: Pulumi passes "20.10" without quotes, so it would become 20.1.
    written = text.strip('"')
    found = engine_version(written)
    if written and found is None:
        raise _Wrong(f"expected a version such as 20.10 or 29, found {json.dumps(written)}")
    return found


def _firewall_backend(text: str) -> Firewall | None:
    written = _one_text(text)
    if written not in ("", *FIREWALLS):
        raise _Wrong(f"expected {' or '.join(FIREWALLS)}, found {json.dumps(written)}")
    return Firewall(written) if written else None


FIREWALLS = (Firewall.IPTABLES.value, Firewall.NFTABLES.value)
# The keys of `docker:` that the command reads.
ENGINE_KEYS = ("host", "context", "certPath", "caMaterial", "certMaterial", "keyMaterial")
# One row per key: the function that parses its JSON text.
KEYS: dict[str, Callable[[str], Any]] = {
    "files": _texts,
    "variables": _text_by_name,
    "profiles": _texts,
    "scale": _count_by_name,
    "images": _text_by_name,
    "addressPool": _pool,
    "verify": _flag,
    "engineVersion": _engine_version,
    "firewallBackend": _firewall_backend,
    "probeImage": _one_text,
}
