"""What Pulumi.<stack>.yaml says about a stack, read without Pulumi.

Keys are as the program reads them. Encrypted values stay unknown: none decides reach.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from causeway.model.document import mapping, sequence, text
from causeway.model.files import unfit
from causeway.model.nodes import canonical
from causeway.model.reach.values import engine_version
from causeway.model.rules.pool import AddressPool, configured

from .problem import UsageError
from .selected import selected

ENCRYPTED = "secret"
LOCAL_FILE = "causeway.local.yaml"


@dataclass(frozen=True, slots=True)
class Settings:
    """`folder` holds Pulumi.yaml; `files` are paths below it, or as given with --file."""

    name: str
    folder: Path
    files: tuple[str, ...]
    stack: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    profiles: tuple[str, ...] = ()
    scale: Mapping[str, int] = field(default_factory=dict)
    images: Mapping[str, str] = field(default_factory=dict)
    address_pool: AddressPool | None = None
    host: str = ""  # of the engine, as `docker:host` says
    context: str = ""  # the docker context that `docker:context` names
    certificates: str = ""  # the folder that `docker:certPath` names
    has_hidden_material: bool = False  # certificates as text, mostly encrypted, and no folder
    probe_image: str = ""
    engine_version: tuple[int, int] | None = None

    @property
    def provider(self) -> dict[str, str]:
        """The provider's configuration, as far as it tells where the engine is."""
        return {"host": self.host, "context": self.context, "certPath": self.certificates}


def project_folder(start: Path) -> Path | None:
    """The nearest folder upwards that holds a Pulumi.yaml."""
    return next((each for each in (start, *start.parents) if (each / "Pulumi.yaml").exists()), None)


def chosen_stack(folder: Path, wanted: str | None) -> str:
    """The stack that is meant, by its short name: the one that is named, else the selected one."""
    there = stacks_in(folder)
    known = ", ".join(there) or "none"
    if name := (wanted or os.environ.get("PULUMI_STACK") or "").rpartition("/")[2]:
        if name not in there:
            raise UsageError(f"no Pulumi.{name}.yaml in {folder} (stacks: {known})")
        return name
    if name := selected(folder, document(folder / "Pulumi.yaml"), os.environ):
        if name not in there:
            raise UsageError(
                f"stack {name} is selected, and there is no Pulumi.{name}.yaml in {folder} "
                f"(stacks: {known}): name another one with --stack"
            )
        return name
    if len(there) == 1:
        return there[0]
    raise UsageError(f"which stack? Name it with --stack ({', '.join(there) or 'there is none'})")


def stacks_in(folder: Path) -> list[str]:
    found = (path.name.split(".") for path in sorted(folder.glob("Pulumi.*.yaml")))
    return [parts[1] for parts in found if len(parts) == 3]


def settings(folder: Path, stack: str) -> Settings:
    """Raises UsageError when the file cannot be read as a stack's configuration."""
    project = document(folder / "Pulumi.yaml").get("name")
    file = folder / f"Pulumi.{stack}.yaml"
    try:
        config = mapping(document(file).get("config"))
        keys = {
            key.removeprefix("causeway:"): value
            for key, value in config.items()
            if key.startswith("causeway:")
        }
        files = tuple(str(each) for each in sequence(keys.get("files")))
        if not files:
            raise UsageError(f"{file}: causeway:files names no Compose file")
        return Settings(
            name=f"{project}-{stack}",
            folder=folder,
            files=files,
            stack=stack,
            variables={key: _plain(value) for key, value in _pairs(keys.get("variables"))},
            profiles=tuple(str(each) for each in sequence(keys.get("profiles"))),
            scale={key: int(_plain(value)) for key, value in _pairs(keys.get("scale"))},
            images={**_local_images(folder), **dict(_texts(keys.get("images")))},
            address_pool=configured(keys.get("addressPool")),
            host=text(config.get("docker:host")) or "",
            context=text(config.get("docker:context")) or "",
            certificates=text(config.get("docker:certPath")) or "",
            has_hidden_material=not config.get("docker:certPath")
            and any(config.get(f"docker:{each}Material") for each in ("ca", "cert", "key")),
            probe_image=text(keys.get("probeImage")) or "",
            engine_version=_engine_version(keys.get("engineVersion")),
        )
    except (TypeError, ValueError) as error:
        raise UsageError(f"{file}: {error}") from None


def document(path: Path) -> Mapping[str, object]:
    """A YAML file as plain values; raises UsageError when it cannot be read as a mapping."""
    if why := unfit(str(path)):
        raise UsageError(f"{path} {why}")
    try:
        return mapping(canonical(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except Exception as error:  # of the YAML parser, which only `model` may import
        raise UsageError(f"{path}: {' '.join(str(error).split())}") from None


def _local_images(folder: Path) -> dict[str, str]:
    path = folder / LOCAL_FILE
    return dict(_texts(document(path).get("images"))) if path.exists() else {}


def _pairs(value: object) -> list[tuple[str, object]]:
    return list(mapping(value).items())


def _texts(value: object) -> list[tuple[str, str]]:
    return [(key, _plain(each)) for key, each in _pairs(value)]


def _engine_version(value: object) -> tuple[int, int] | None:
    if value is None:
        return None
    found = engine_version(_plain(value))
    if found is None:
        raise ValueError(f"causeway:engineVersion: {value!r} is not a version such as 20.10 or 29")
    return found


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ENCRYPTED  # {"secure": ...}
    return "true" if value is True else "false" if value is False else str(value)
