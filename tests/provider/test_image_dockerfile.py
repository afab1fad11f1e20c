"""Which lines of a Dockerfile ask for BuildKit."""

from __future__ import annotations

import pytest

from causeway.provider.image.dockerfile import buildkit_demands


def demands(text: str) -> list[tuple[int, str]]:
    return [(demand.line, demand.words) for demand in buildkit_demands(text)]


@pytest.mark.parametrize(
    "text",
    [
        "FROM scratch\nRUN echo --mount=x\n",
        "FROM --platform=linux/amd64 scratch\n",
        "FROM scratch\nCOPY --from=base --chown=1:1 a b\nADD --chown=1 a b\n",
        "FROM scratch\nHEALTHCHECK --interval=3s CMD true\n",
        "FROM scratch\nRUN echo $((1<<3)) && cat <<<word\n",
        "FROM scratch\n# RUN --mount=type=cache true\n",
        'FROM scratch\nCMD ["--mount=x"]\n',
        "FROM scratch\nRUN true \\\n  --mount=x\n",
        "",
    ],
)
def test_classic_builder_is_enough(text: str) -> None:
    assert demands(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM a\nRUN --mount=type=cache,target=/c pip install x\n", [(2, "RUN --mount")]),
        ("FROM a\nrun --network=none true\n", [(2, "RUN --network")]),
        ("FROM a\nCOPY --link --chmod=644 a b\n", [(2, "COPY --link"), (2, "COPY --chmod")]),
        ("FROM a\nADD --checksum=sha256:1 a b\n", [(2, "ADD --checksum")]),
        ("FROM a\nRUN <<EOF\necho hi\nEOF\n", [(2, "RUN <<EOF")]),
        ("FROM a\nCOPY <<-'END' /etc/x\nhi\nEND\n", [(2, "COPY <<-'END'")]),
        ("FROM a\n\n# note\nRUN \\\n  --mount=type=secret,id=x \\\n  true\n", [(4, "RUN --mount")]),
        ("# escape=`\nFROM a\nRUN `\n --mount=type=cache true\n", [(3, "RUN --mount")]),
        ("FROM a\nONBUILD RUN --mount=type=cache true\n", [(2, "RUN --mount")]),
        ("FROM a\nRUN --mount=type=cache true", [(2, "RUN --mount")]),
    ],
)
def test_demand_is_found_with_its_line(text: str, expected: list[tuple[int, str]]) -> None:
    assert demands(text) == expected
