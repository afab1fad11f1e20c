"""What one question to the engine answers for every resource of a run."""

from __future__ import annotations

import json
import threading
from typing import Any

from .ownership import URN_LABEL
from .resource import Context


class Shared:
    """Answers kept for the life of the plugin process, that is for one Pulumi operation."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._containers: list[dict[str, Any]] | None = None

    def stack_containers(self, ctx: Context) -> list[dict[str, Any]]:
        """The labelled containers that were there before this run created its first one."""
        with self._lock:
            if self._containers is None:
                self._containers = ctx.api.call(
                    "GET",
                    "/containers/json",
                    params={"all": 1, "filters": json.dumps({"label": [URN_LABEL]})},
                )
            return self._containers
