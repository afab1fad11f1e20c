"""TLS to an engine: CA and client certificates from files, from text or from a Docker context.

The engine's certificate is verified unless a Docker context disables that. A missing file is an
error where TLS is configured; the connection never falls back to plain HTTP.
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


def security(
    config: dict[str, Any],
    scheme: str,
    port: int | None,
    context: contexts.DockerContext | None = None,
) -> ssl.SSLContext | None:
    """The TLS context for a TCP address, of a docker context or not; None without TLS.

    Raises Fault for missing files.
    """
    if config.get("certPath"):
        return _of_folder(Path(str(config["certPath"])))
    if any(config.get(key) for key in TEXTS.values()):
        return _of_texts({name: str(config.get(key) or "") for name, key in TEXTS.items()})
    if context:
        return _of_context(context, scheme, port)
    # An empty variable means off, as in the docker command.
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
    """The folder with the configured certificates, for another program; None without any."""
    if config.get("certPath"):
        yield Path(str(config["certPath"]))
    elif any(config.get(key) for key in TEXTS.values()):
        with _files({name: str(config.get(key) or "") for name, key in TEXTS.items()}) as made:
            yield made
    else:
        yield None


def _of_folder(folder: Path, names: tuple[str, ...] = tuple(TEXTS)) -> ssl.SSLContext:
    """TLS with these files of a folder; without ca.pem, with the system's CA certificates."""
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
    """TLS with certificates as PEM text; without a CA certificate, with the system's."""
    if bool(texts[CERTIFICATE]) != bool(texts[KEY]):
        raise Fault(
            "certMaterial and keyMaterial of the provider need each other, and one is missing"
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
    """A temporary folder with the texts as files, since the TLS library needs paths; only this user
    can read them."""
    with TemporaryDirectory(prefix="causeway-") as made:
        for name, text in texts.items():
            if text:
                (Path(made) / name).write_text(text, encoding="utf-8")
        yield Path(made)


def _of_context(
    context: contexts.DockerContext, scheme: str, port: int | None
) -> ssl.SSLContext | None:
    """TLS with the context's files. Raises Fault when only some of the needed files exist."""
    tls: ssl.SSLContext | None = None
    if context.material:
        there = {each.name for each in context.material.glob("*.pem")}
        wanted = {AUTHORITY, CERTIFICATE, KEY} & there
        if not there or wanted & {CERTIFICATE, KEY}:
            wanted |= {CERTIFICATE, KEY}  # one needs the other
        tls = _of_folder(context.material, tuple(sorted(wanted)))
    elif context.skips_verification or scheme == "https":
        tls = _context()
    elif port == TLS_PORT:
        raise Fault(
            f"the docker context {context.name!r} uses the TLS port {port} and has no "
            "certificates\n  what to do: add them with `docker context update`; for an engine "
            "without TLS, set docker:host"
        )
    if tls and context.skips_verification:
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    return tls


def _no_password() -> str:
    # Without this function, the TLS library would ask on the terminal, where nobody answers.
    raise ValueError("the key is encrypted")
