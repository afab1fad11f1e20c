"""Work that is left out because nobody sees its result; CAUSEWAY_SHORTCUTS=off keeps all of it.

docs/profile.md lists it. Here is what the program and the plugin have in common.
"""

from __future__ import annotations

import gc
from collections.abc import Mapping

# Set by .venv/bin/pulumi to "unseen" when no flag asks for debugging.
DEBUG_LINES = "CAUSEWAY_DEBUG_LINES"
# Objects that are made before Python looks for garbage; its own default, 700, makes it look many
# times while nothing is dropped.
COLLECT_AFTER = 50_000


def are_on(environment: Mapping[str, str]) -> bool:
    return environment.get("CAUSEWAY_SHORTCUTS") != "off"


def collect_rarely(environment: Mapping[str, str]) -> None:
    """Call it after the imports: what they made stays, and the rest leaves hardly any garbage."""
    if are_on(environment):
        gc.freeze()
        gc.set_threshold(COLLECT_AFTER)
