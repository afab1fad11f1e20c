"""What every resource kind offers, and what it is given to work with.

Values are plain Python (see `plain`), keyed as on Pulumi's wire. A kind keeps no state of its own.
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
    """One call's surroundings.

    `urn` names the resource, `config` holds the provider's configuration, `known_ids` all the ids
    that Pulumi has told of in this run, `current` the one that it compared this resource's inputs
    with, if it did, and `current_inputs` what these were. `run` is unique to this plugin process,
    `origin` says for which state and checkout it works, `recorded` reads that state, None when it
    cannot be read. `cache` keeps what one question to the engine answers for all resources.
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
        """Note in the journal, on the disk, that an object of this resource is about to be made."""
        try:
            self.journal.begin(self.urn)
        except OSError as error:
            said = (
                f"the journal cannot be written ({error}): should this update be killed, what it "
                "began is left on the engine until `causeway leftovers` removes it"
            )
            self.cache.once("journal", lambda: self.log("warning", said))

    @property
    def name(self) -> str:
        """The resource's logical name, the last part of its URN."""
        return self.urn.rsplit("::", 1)[-1]


class ResourceKind(ABC):
    """One resource type: check, diff, create, read, update, delete."""

    token: ClassVar[str]
    # Input -> the output that nobody knows as long as the input is not known.
    decides: ClassVar[dict[str, str]] = {}
    # Whether an object made anew has the id of the old one, whose deletion would then hit it.
    id_is_name: ClassVar[bool] = False

    @abstractmethod
    def check(
        self, ctx: Context, name: str, old: Values | None, new: Values, seed: bytes
    ) -> tuple[Values, list[Failure]]:
        """The inputs to keep (names chosen, defaults filled) and what is wrong with them."""

    @abstractmethod
    def diff(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Diff:
        """What differs between what was declared last (or read back) and what is wanted."""

    def lives_in_swarm(self, state: Values) -> bool:
        """Whether a swarm holds the object, and not one engine."""
        return False

    def lost(self, ctx: Context, id: str, inputs: Values, state: Values) -> str | None:
        """Why the object has to be made anew whatever its inputs are, when it is gone.

        Asked with every diff, so that `pulumi up` mends what an interrupted run has removed
        without a refresh. It must cost next to nothing: one question for all objects of a kind.
        """
        return None

    @abstractmethod
    def create(self, ctx: Context, name: str, inputs: Values) -> tuple[str, Values]:
        """Make it; id and state. In a preview the id is "" and unknown outputs are UNKNOWN."""

    @abstractmethod
    def read(
        self, ctx: Context, id: str, inputs: Values, state: Values
    ) -> tuple[str, Values, Values] | None:
        """Id, state and inputs as they are now; None when it is gone.

        An import comes with neither inputs nor state.
        """

    @abstractmethod
    def update(
        self, ctx: Context, id: str, old_inputs: Values, old_state: Values, new: Values
    ) -> Values:
        """Change it in place; the new state."""

    @abstractmethod
    def delete(self, ctx: Context, id: str, inputs: Values, state: Values) -> None:
        """Remove it; nothing to do when it is gone already."""
