"""The paths of the project, its environment and state, and the user's cache folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from toolchain import pins


@dataclass(frozen=True, slots=True)
class Places:
    project: Path
    cache: Path

    @property
    def environment(self) -> Path:
        return self.project / ".venv"

    @property
    def wrapper(self) -> Path:
        return self.environment / "bin" / "pulumi"

    @property
    def causeway(self) -> Path:
        return self.environment / "bin" / "causeway"

    @property
    def pip_list(self) -> Path:
        """A folder with a module `pip` that answers `pip list` for Pulumi."""
        return self.project / "toolchain" / "pip_list"

    @property
    def pulumi(self) -> Path:
        """The folder of the CLI that setup installs, named after its version."""
        return self.cache / f"pulumi-{pins.PULUMI}-{pins.PULUMI_BUILD}"

    @property
    def base_images(self) -> Path:
        return self.cache / "base-images"

    @property
    def logs(self) -> Path:
        return self.cache / "logs"

    @property
    def state(self) -> Path:
        return self.project / ".pulumi-state"

    @property
    def substitutions(self) -> Path:
        """The git-ignored file that maps official base images to this machine's stand-ins."""
        return self.project / "causeway.local.yaml"


def find(environment: Mapping[str, str] = os.environ) -> Places:
    home = Path(environment.get("HOME") or Path.home())
    cache_home = environment.get("XDG_CACHE_HOME") or str(home / ".cache")
    project = Path(__file__).resolve().parent.parent
    return Places(project=project, cache=Path(cache_home) / "causeway")
