"""docker:index/buildxBuilder:BuildxBuilder: rejected, because this plugin would not use it."""

from __future__ import annotations

from typing import ClassVar, NoReturn

from causeway.engine.faults import Fault
from causeway.provider.resource.kind import Context, ResourceKind
from causeway.provider.resource.values import Diff, Failure, Values

_REASON = (
    "this plugin builds only with the engine's own builder; remove the BuildxBuilder, or use the "
    "docker-build package for builds with Buildx"
)


class BuildxBuilderKind(ResourceKind):
    token: ClassVar[str] = "docker:index/buildxBuilder:BuildxBuilder"

    def check(
        self, ctx: Context, name: str, old: Values | None, new: Values, seed: bytes
    ) -> tuple[Values, list[Failure]]:
        return new, [Failure("name", _REASON)]

    def diff(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Diff:
        return Diff()

    def create(self, ctx: Context, name: str, inputs: Values) -> NoReturn:
        raise Fault(_REASON)

    def read(self, ctx: Context, id: str, inputs: Values, state: Values) -> NoReturn:
        raise Fault(_REASON)

    def update(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> NoReturn:
        raise Fault(_REASON)

    def delete(self, ctx: Context, id: str, inputs: Values, state: Values) -> None:
        # Another plugin created any builder in the state; there is nothing to remove here.
        return
