"""TLS to an engine: whom to believe and who we are, from files, from text or from a docker context.

The engine's certificate is verified unless a docker context says otherwise. Where TLS is asked for
and something is missing, that is an error: plain HTTP is never the way out.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from . import contexts
from .faults import Fault, cause

AUTHORITY, CERTIFICATE, KEY = "ca.pem", "cert.pem", "key.pem"
TEXTS = {AUTHORITY: "caMaterial", CERTIFICATE: "certMaterial", KEY: "keyMaterial"}
TLS_PORT = 2376


def security(config: dict[str, Any], scheme: str, port: int | None) -> ssl.SSLContext | None:
    """For a TCP address; None without TLS. Raises Fault for material that is not there."""
    if config.get("certPath"):
        return _of_folder(Path(str(config["certPath"])))
    if any(config.get(key) for key in TEXTS.values()):
        return _of_texts({name: str(config.get(key) or "") for name, key in TEXTS.items()})
    if context := contexts.chosen(config):
        return _of_context(context, scheme, port)
    # An empty variable is off, as for the docker command.
    if os.environ.get("DOCKER_TLS_VERIFY"):
        return _of_folder(Path(os.environ.get("DOCKER_CERT_PATH") or contexts.configuration()))
    return _context() if scheme == "https" else None


def _context(cafile: str | None = None, cadata: str | None = None) -> ssl.SSLContext:
    """Verification as Python before 3.13 does it, and as Docker does.

    Later ones also refuse an authority without a key usage, which is what Docker's own
    instructions make.
    """
    tls = ssl.create_default_context(cafile=cafile, cadata=cadata)
    tls.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return tls


@contextmanager
def folder(config: dict[str, Any]) -> Iterator[Path | None]:
    """The folder with the files that the configuration names or holds, for another program."""
    context = contexts.chosen(config)
    if config.get("certPath"):
        yield Path(str(config["certPath"]))
    elif any(config.get(key) for key in TEXTS.values()):
        with _files({name: str(config.get(key) or "") for name, key in TEXTS.items()}) as made:
            yield made
    else:
        yield context.material if context else None


def _of_folder(folder: Path, names: tuple[str, ...] = tuple(TEXTS)) -> ssl.SSLContext:
    """With those files of a folder; the system's authorities without one among them."""
    name = names[0]
    try:
        for name in names:
            (folder / name).read_bytes()
        authority = str(folder / AUTHORITY) if AUTHORITY in names else None
        name = AUTHORITY
        tls = _context(cafile=authority)
        if CERTIFICATE in names:
            name = f"{CERTIFICATE} with {KEY}"
            tls.load_cert_chain(folder / CERTIFICATE, folder / KEY, _no_password)
    except (OSError, ValueError) as error:
        raise Fault(
            f"the certificates for the engine in {folder} cannot be read: {name}: {cause(error)}\n"
            "  what to do: put ca.pem, cert.pem and key.pem there, or name their folder in "
            "docker:certPath or DOCKER_CERT_PATH"
        ) from None
    return tls


def _of_texts(texts: dict[str, str]) -> ssl.SSLContext:
    """With PEM text: the system's authorities without one among it."""
    if bool(texts[CERTIFICATE]) != bool(texts[KEY]):
        raise Fault(
            "certMaterial and keyMaterial of the provider go together, and one of them is missing"
        )
    name = TEXTS[AUTHORITY]
    try:
        tls = _context(cadata=texts[AUTHORITY] or None)
        if texts[CERTIFICATE]:
            name = f"{TEXTS[CERTIFICATE]} with {TEXTS[KEY]}"
            with _files(texts) as folder:
                tls.load_cert_chain(folder / CERTIFICATE, folder / KEY, _no_password)
    except (OSError, ValueError) as error:
        raise Fault(
            f"the certificates for the engine cannot be read: {name}: {cause(error)}"
        ) from None
    return tls


@contextmanager
def _files(texts: dict[str, str]) -> Iterator[Path]:
    """The TLS library wants paths: files that nobody else can open, gone when it has read them."""
    with TemporaryDirectory(prefix="causeway-") as made:
        for name, text in texts.items():
            if text:
                (Path(made) / name).write_text(text, encoding="utf-8")
        yield Path(made)


def _of_context(
    context: contexts.DockerContext, scheme: str, port: int | None
) -> ssl.SSLContext | None:
    """What the context's files say; Fault where the file of one that is there is missing."""
    tls: ssl.SSLContext | None = None
    if context.material:
        there = {each.name for each in context.material.glob("*.pem")}
        wanted = {AUTHORITY, CERTIFICATE, KEY} & there
        if not there or wanted & {CERTIFICATE, KEY}:
            wanted |= {CERTIFICATE, KEY}  # they go together
        tls = _of_folder(context.material, tuple(sorted(wanted)))
    elif context.skips_verification or scheme == "https":
        tls = _context()
    elif port == TLS_PORT:
        raise Fault(
            f"the docker context {context.name!r} leads to the port of TLS, {port}, and has no "
            "certificates\n  what to do: `docker context update` gives it some; "
            "an engine without TLS is named in docker:host"
        )
    if tls and context.skips_verification:
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    return tls


def _no_password() -> str:
    # Without this the TLS library would ask on the terminal, where nobody answers.
    raise ValueError("the key is encrypted")
