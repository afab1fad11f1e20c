"""Keeps the values of secret variables out of the state in clear, wherever a file puts them."""

from __future__ import annotations

from collections.abc import Iterable

import pulumi


def conceal(text: str, secrets: Iterable[str]) -> pulumi.Input[str]:
    """`text`, encrypted in the state when a secret stands in it."""
    if any(secret in text for secret in secrets if secret):
        return pulumi.Output.secret(text)
    return text


def conceal_all(texts: Iterable[str], secrets: Iterable[str]) -> list[pulumi.Input[str]]:
    known = tuple(secrets)
    return [conceal(text, known) for text in texts]
