"""Checks before anything secret is registered: the passphrase is not in the repository, and names
contain no secret, because names cannot be encrypted. A failed check stops the program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from causeway.model.errors import StackError
from causeway.model.loaded import Loaded
from causeway.model.project import StackConfig
from causeway.model.source import SourceIndex, index
from causeway.model.values import Place, Problem, Stack

from .attachment import attachment_name
from .concealment import Concealment
from .files import contents, taken

# The salt of the stacks in the repository: for the empty passphrase, so anyone can decrypt.
COMMITTED_SALT = "v1:1ZoF0/ywV10=:v1:WG2yJRsLvzJ0K0Rq:aUaFcOrEpIxv+kdcBK6BCkdcEJCwHw=="
PASSPHRASE = "PULUMI_CONFIG_PASSPHRASE"
ASKED_FOR = ("", "default", "passphrase")  # secrets providers that use a passphrase


def check_secrets(
    loaded: Loaded, name: str, config: StackConfig, environment: Mapping[str, str]
) -> None:
    """Raises StackError when a secret of the Pulumi stack `name` would be readable by anyone."""
    base, stack = str(Path.cwd()), loaded.stack
    secrets = [*config.secret_places, *_compose_secrets(stack)]
    if secrets and _is_open(Path(f"Pulumi.{name}.yaml"), environment):
        message = (
            f"is secret, but stack {name} has the empty passphrase, so anyone can decrypt it: give "
            f"the stack a passphrase of its own with `make passphrase STACK={name}`"
        )
        if environment.get(PASSPHRASE) == "":
            message += f" (and unset {PASSPHRASE}, which is empty)"
        raise StackError([Problem(secrets[0], message, code="open-secret")], base)
    concealment = Concealment.of((*config.secrets, *contents(stack.file_sources)))
    problems = [
        Problem(
            place,
            "contains a secret, but names are stored as plain text in Pulumi's state and on the "
            "engine: use a variable that is not secret",
            code="secret-in-name",
        )
        for place, text in _names(stack, loaded.positions)
        if concealment.holds(text)
    ]
    if problems:
        raise StackError(problems, base)


def _is_open(file: Path, environment: Mapping[str, str]) -> bool:
    """Whether Pulumi would encrypt with the empty passphrase."""
    written = index([str(file)]).entries if file.is_file() else {}
    provider = written.get(("secretsprovider",))
    if provider is not None and provider.text not in ASKED_FOR:
        return False
    if PASSPHRASE in environment:
        return not environment[PASSPHRASE]
    salt = written.get(("encryptionsalt",))
    return salt is not None and salt.text == COMMITTED_SALT


def _compose_secrets(stack: Stack) -> list[Place]:
    """The secrets that services use, and configs from a variable; sorted by place."""
    return sorted(
        source.place for source in taken(stack) if source.kind == "secret" or source.from_variable
    )


def _names(stack: Stack, positions: SourceIndex) -> Iterator[tuple[Place, str]]:
    """Names that contain variables, with their places; text in the file itself is not secret."""
    found = [
        *((("networks", each.key, "name"), each.place, each.name) for each in stack.networks),
        *((("volumes", each.key, "name"), each.place, each.name) for each in stack.volumes),
        *(
            (("services", each.name, key), each.place, getattr(each, key) or "")
            for each in stack.services
            for key in ("image", "container_name", "platform")
        ),
        *(
            (("networks", network.key, "x-causeway"), attached.place, attachment_name(attached))
            for network in stack.networks
            for attached in network.external_containers
        ),
    ]
    replaced = {each.used for each in stack.substitutions}
    for steps, place, text in found:
        if text in replaced or _is_made_of_variables(steps, positions):
            yield positions.place(*steps) if positions.files else place, text


def _is_made_of_variables(steps: tuple[str, ...], positions: SourceIndex) -> bool:
    return any(
        "$" in (entry.text or "")
        for at, entry in positions.entries.items()
        if at[: len(steps)] == steps
    )
