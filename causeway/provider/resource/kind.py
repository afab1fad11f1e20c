"""The interface of a resource kind, and the context that it works with.

Values are plain Python (see `plain`) under Pulumi's property names. A kind keeps no own state.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from causeway.engine.client import Engine
from causeway.state.identity import Origin
from causeway.state.journal import Journal

from .cache import EngineCache
from .recorded import Recorded
from .values import Diff, Failure, Values


@dataclass(slots=True)
class Context:
    """The context of one call.

    `urn` names the resource, `config` is the provider's configuration, and `known_ids` are the ids
    that Pulumi has mentioned in this run. `current` is the id of the object that Pulumi compared
    this resource's inputs with, if any, and `current_inputs` are that object's inputs. `run` is
    unique to this plugin process, `origin` is the state and checkout that it works for, and
    `recorded` reads that state (None when that fails). `cache` caches answers of the engine that
    serve all resources.
    """

    urn: str
    preview: bool
    config: Values
    run: str
    known_ids: frozenset[str]
    current: str | None
    current_inputs: Values
    origin: Origin
    journal: Journal
    recorded: Callable[[], Recorded | None]
    cache: EngineCache
    engine_of: Callable[[], Engine]
    cancelled: Callable[[], bool]
    log: Callable[[str, str], None]
    status: Callable[[str], None]

    @property
    def api(self) -> Engine:
        """The connection to the engine, opened when first needed."""
        return self.engine_of()

    def begin(self) -> None:
        """Record in the journal on disk that an object of this resource is about to be created."""
        try:
            self.journal.begin(self.urn)
        except OSError as error:
            said = (
                f"the journal cannot be written ({error}): if this update is killed, what it "
                "began stays on the engine until `causeway leftovers --remove` removes it"
            )
            self.cache.once("journal", lambda: self.log("warning", said))

    @property
    def name(self) -> str:
        """The resource's logical name, the last part of its URN."""
        return self.urn.rsplit("::", 1)[-1]


class ResourceKind(ABC):
    """One resource type: check, diff, create, read, update, delete."""

    token: ClassVar[str]
    # Input -> the output that is unknown as long as the input is unknown.
    unknown_outputs: ClassVar[dict[str, str]] = {}
    # Whether a replacement has the same id as the old object, whose deletion would then remove it.
    reuses_id: ClassVar[bool] = False

    @abstractmethod
    def check(
        self, ctx: Context, name: str, old: Values | None, new: Values, seed: bytes
    ) -> tuple[Values, list[Failure]]:
        """The inputs to keep (with generated names and defaults) and their problems."""

    @abstractmethod
    def diff(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Diff:
        """The difference between the last declared (or refreshed) inputs and the new ones."""

    def lives_in_swarm(self, state: Values) -> bool:
        """Whether the object belongs to a swarm and not to one engine."""
        return False

    def missing_reason(self, ctx: Context, id: str, inputs: Values, state: Values) -> str | None:
        """Why the object has to be recreated whatever its inputs are; None when it still exists.

        Called with every diff, so that `pulumi up` repairs what an interrupted run has removed
        without a refresh. It must be cheap: one call to the engine for all objects of a kind.
        """
        return None

    @abstractmethod
    def create(self, ctx: Context, name: str, inputs: Values) -> tuple[str, Values]:
        """Create the object; the result is its id and state. In a preview, the id is "" and unknown
        outputs are UNKNOWN."""

    @abstractmethod
    def read(
        self, ctx: Context, id: str, inputs: Values, state: Values
    ) -> tuple[str, Values, Values] | None:
        """The present id, state and inputs; None when the object no longer exists.

        For an import, both inputs and state are empty.
        """

    @abstractmethod
    def update(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Values:
        """Update the object in place; the result is the new state."""

    @abstractmethod
    def delete(self, ctx: Context, id: str, inputs: Values, state: Values) -> None:
        """Remove the object, if it still exists."""
