"""Certificates for tests: of an authority, an engine, its client; and docker contexts with them."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path


def certified(folder: Path, address: str) -> Path:
    """An authority, and certificates of it for the engine at `address` and for its client."""
    folder.mkdir()

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    new = ("req", "-newkey", "rsa:2048", "-nodes")
    openssl(*new, "-x509", "-subj", "/CN=authority", "-keyout", "ca-key.pem", "-out", "ca.pem")
    for name, usage, names in (
        ("server", "serverAuth", f"subjectAltName=IP:{address}"),
        ("client", "clientAuth", "subjectAltName=DNS:client"),
    ):
        prefix = "" if name == "client" else "server-"
        openssl(*new, "-subj", f"/CN={name}", "-keyout", f"{prefix}key.pem", "-out", "request.pem")
        (folder / "extensions").write_text(f"extendedKeyUsage={usage}\n{names}\n")
        signing = ("-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial")
        signed = ("-in", "request.pem", "-extfile", "extensions", "-out", f"{prefix}cert.pem")
        openssl("x509", "-req", *signing, *signed)
    return folder


def docker_context(
    configuration: Path, name: str, host: str, material: Path | None, *, skips: bool = False
) -> Path:
    """A context as the docker command writes it; the folder where its material is, or would be."""
    identity = hashlib.sha256(name.encode()).hexdigest()
    meta = configuration / "contexts" / "meta" / identity
    meta.mkdir(parents=True)
    endpoint = {"Host": host, "SkipTLSVerify": skips}
    told = {"Name": name, "Metadata": {}, "Endpoints": {"docker": endpoint}}
    (meta / "meta.json").write_text(json.dumps(told))
    folder = configuration / "contexts" / "tls" / identity / "docker"
    if material:
        folder.mkdir(parents=True)
        for file in ("ca.pem", "cert.pem", "key.pem"):
            shutil.copy(material / file, folder)
    return folder
