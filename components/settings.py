"""The configuration of a Pulumi stack: its keys, and the values that they accept.

All mistakes are reported at once, with their place if they are in Pulumi.<stack>.yaml.
`causeway.local.yaml` maps images to stand-ins on this machine; the stack's own mapping wins.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pulumi

from model.errors import StackError
from model.pool import AddressPool, configured
from model.reach.values import engine_version
from model.source import SourceIndex, Steps, index, path_text
from model.values import Place, Problem

NAMESPACE = "causeway"
LOCAL_FILE = "causeway.local.yaml"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a stack; `name` prefixes every name on the engine.

    `secrets` are all texts that the configuration stores encrypted, in any namespace.
    """

    name: str
    files: list[str]
    variables: dict[str, str]
    profiles: list[str]
    scale: dict[str, int]
    images: dict[str, str]
    address_pool: AddressPool | None = None
    verify: bool = False
    engine_version: tuple[int, int] | None = None
    probe_image: str = ""
    local_images: frozenset[str] = frozenset()
    secrets: tuple[str, ...] = field(default=(), repr=False)
    secret_places: tuple[Place, ...] = field(default=(), repr=False)

    def origin(self, image: str) -> str:
        """Where the stand-in for an image is configured."""
        return LOCAL_FILE if image in self.local_images else f"{NAMESPACE}:images"


class _Wrong(Exception):
    """A value has the wrong shape; the text says what is expected."""


def read_settings(
    values: Mapping[str, str], project: str, stack: str, secret_keys: Collection[str] = ()
) -> Settings:
    """Settings from configuration values (JSON text by key, other namespaces ignored).

    Raises StackError with every key that is unknown, missing or of the wrong shape.
    """
    file = f"Pulumi.{stack}.yaml"
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
    local = _local_images(problems)
    if problems:
        raise StackError(problems)
    secrets = list(_secrets(places, file, values, secret_keys))
    return Settings(
        name=f"{project}-{stack}",
        files=found["files"],
        variables=found["variables"],
        profiles=found["profiles"],
        scale=found["scale"],
        images={**local, **found["images"]},
        address_pool=found["addressPool"],
        verify=found["verify"],
        engine_version=found["engineVersion"],
        probe_image=found["probeImage"],
        local_images=frozenset(local.keys() - found["images"].keys()),
        secrets=tuple(sorted({text for _, text in secrets})),
        secret_places=tuple(place for place, _ in secrets),
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


def configuration() -> dict[str, str]:
    """Every value that Pulumi passes to the program, as JSON text by `namespace:key`."""
    return {**pulumi.runtime.config.get_config_env(), **pulumi.runtime.config.CONFIG.get()}


def secret_keys() -> list[str]:
    """The configuration keys that hold an encrypted value."""
    return [key for key in configuration() if pulumi.runtime.config.is_config_secret(key)]


def _place(places: SourceIndex | None, file: str, key: str) -> Place:
    if places is None or not places.has("config", key):
        return Place("", 0, key)
    return Place(file, places.place("config", key).line, key)


def _unknown(name: str) -> str:
    near = get_close_matches(name, KEYS, n=1)
    hint = f"did you mean {NAMESPACE}:{near[0]}? " if near else ""
    return f"unknown key; {hint}(known: {', '.join(sorted(KEYS))})"


def _local_images(problems: list[Problem]) -> dict[str, str]:
    if not Path(LOCAL_FILE).is_file():
        return {}
    found = index([LOCAL_FILE])
    images = {key: found.entries["images", key].text for key in found.keys("images")}
    wrong = [key for key, image in images.items() if not image]
    if wrong or (not images and Path(LOCAL_FILE).stat().st_size):
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


def _texts(text: str) -> list[str]:
    value = _json(text)
    if value is None:
        return []
    if not isinstance(value, list):
        raise _Wrong(f"expected a list, found {json.dumps(value)}")
    return [_text(item) for item in value]


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
        return configured(_json(text))
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
    "probeImage": _one_text,
}
