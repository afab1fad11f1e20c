"""Keeps secrets from being stored as plain text in the state, whichever input or output has them.

One walk covers everything that a component registers, so new inputs need no extra code: Pulumi
encrypts each text that contains a secret, as it is or as JSON, base64 or a shell would write it.
"""

from __future__ import annotations

import base64
import binascii
import copy
import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import pulumi
from pulumi._types import is_input_type

# Shorter secrets and common words would hide everything: they count only where they are the whole
# text, or everything after its first `=` or `:`.
SHORTEST = 4
COMMONPLACE = frozenset(("true", "false", "null", "none"))
BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
# Outputs that repeat an input under another name, by type: Pulumi hides only the input's name.
REPEATED = {
    "docker:index/image:Image": (
        "base_image_name",
        "context",
        "dockerfile",
        "platform",
        "registry_server",
    )
}


@dataclass(frozen=True, slots=True)
class Concealment:
    """The secrets of a stack: `parts` are searched for anywhere in a text, in lower case; `whole`
    and `numbers` are compared; `phrases` are searched for in lists that were one text before."""

    parts: tuple[str, ...] = field(default=(), repr=False)
    whole: frozenset[str] = field(default=frozenset(), repr=False)
    numbers: frozenset[str] = field(default=frozenset(), repr=False)
    phrases: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, secrets: Iterable[str]) -> Self:
        plain = {stripped for secret in secrets if (stripped := secret.strip())}
        short = {each for each in plain if len(each) < SHORTEST or each.casefold() in COMMONPLACE}
        long = plain - short
        return cls(
            parts=tuple(sorted({part.casefold() for each in long for part in _spellings(each)})),
            whole=frozenset(short),
            numbers=frozenset(long),
            phrases=tuple(sorted({p for each in long if " " in (p := _as_words(each).casefold())})),
        )

    def __bool__(self) -> bool:
        return bool(self.parts or self.whole)

    def holds(self, value: object) -> bool:
        """Whether plain values contain a secret; an Output's value is not known yet."""
        if isinstance(value, str):
            return self._stands_in(value) or self._is_encoded_in(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            whole = isinstance(value, float) and value.is_integer()
            return str(int(value) if whole else value) in self.numbers
        if isinstance(value, Mapping):
            return any(self.holds(part) for pair in value.items() for part in pair)
        if isinstance(value, (list, tuple)):
            return self._is_spread_over(value) or any(map(self.holds, value))
        return is_input_type(type(value)) and self.holds(vars(value))

    def conceal(self, value: Any) -> Any:
        """The same value, with each text and number that contains a secret marked as secret."""
        if not self or isinstance(value, pulumi.Resource):
            return value
        if isinstance(value, pulumi.Output):
            return value.apply(lambda known: _secret(known) if self.holds(known) else known)
        if isinstance(value, Mapping):
            if any(map(self.holds, value)):
                return _secret(value)
            return {key: self.conceal(part) for key, part in value.items()}
        if isinstance(value, (list, tuple)):
            spread = self._is_spread_over(value)
            return [_secret(part) if spread else self.conceal(part) for part in value]
        if is_input_type(type(value)):
            copied = copy.copy(value)
            vars(copied).update(self.conceal(dict(vars(value))))
            return copied
        return _secret(value) if self.holds(value) else value

    def transformation(
        self, registered: pulumi.ResourceTransformationArgs
    ) -> pulumi.ResourceTransformationResult:
        """For `ResourceOptions.transformations`: conceals what it and its children register.

        Outputs with the same values become secret too: an unchanged resource keeps its old
        outputs, which an older state may hold as plain text.
        """
        inputs = dict(registered.props)
        hidden = [key for key, value in inputs.items() if self.holds(value)]
        options = registered.opts
        if hidden:
            hidden += REPEATED.get(registered.type_, ())
            more = pulumi.ResourceOptions(additional_secret_outputs=hidden)
            options = pulumi.ResourceOptions.merge(options, more)
        return pulumi.ResourceTransformationResult(self.conceal(inputs), options)

    def options(self) -> pulumi.ResourceOptions:
        """For a resource that has none of our components as a parent."""
        return pulumi.ResourceOptions(transformations=[self.transformation] if self else None)

    def _stands_in(self, text: str) -> bool:
        folded = text.casefold()
        if any(part in folded for part in self.parts):
            return True
        return bool(self.whole) and not self.whole.isdisjoint(_values(text))

    def _is_encoded_in(self, text: str) -> bool:
        if len(text) < SHORTEST or not BASE64.fullmatch(text):
            return False
        try:
            return self._stands_in(base64.b64decode(text).decode("utf-8", "replace"))
        except binascii.Error:
            return False

    def _is_spread_over(self, values: Sequence[object]) -> bool:
        """Compose splits a command into words: only together may they contain the secret."""
        if not self.phrases or not all(isinstance(value, str) for value in values):
            return False
        row = " ".join(str(value) for value in values).casefold()
        return any(phrase in row for phrase in self.phrases)


class Component(pulumi.ComponentResource):
    """A component that conceals secrets in what it and its children register: the given secrets,
    else those of its parent."""

    concealment: Concealment

    def __init__(
        self,
        kind: str,
        name: str,
        inputs: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
        concealment: Concealment | None = None,
    ) -> None:
        above = opts.parent if opts is not None else None
        if concealment is not None:
            self.concealment = concealment
            opts = pulumi.ResourceOptions.merge(opts, concealment.options())
        else:
            self.concealment = getattr(above, "concealment", Concealment())
        super().__init__(kind, name, dict(inputs), opts)

    def register_outputs(self, outputs: Mapping[str, Any]) -> None:
        super().register_outputs(self.concealment.conceal(outputs))


def _secret(value: Any) -> pulumi.Output[Any]:
    return pulumi.Output.secret(value)


def _spellings(secret: str) -> Iterator[str]:
    """How a secret may appear in a text: as it is, inside JSON, or without a shell's quotes."""
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    if len(words := _as_words(secret)) >= SHORTEST:
        yield words


def _as_words(secret: str) -> str:
    try:
        return " ".join(shlex.split(secret))
    except ValueError:  # an unclosed quote
        return " ".join(secret.split())


def _values(text: str) -> Iterator[str]:
    yield text.strip()
    for separator in "=:":
        yield text.partition(separator)[2].strip()
