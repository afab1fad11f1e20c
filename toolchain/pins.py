"""The versions that setup installs, in one place; Python packages are in requirements*.txt."""

from __future__ import annotations

import re

PULUMI = "3.256.0"
PULUMI_OLDEST = "3.238.0"
"""The oldest Pulumi CLI of the user that is accepted; Pulumi.yaml requires the same."""

PULUMI_DOWNLOADS = "https://get.pulumi.com/releases/sdk"
"""Pulumi's own download site, tried first; Go modules are the fallback."""

PULUMI_RELEASES = "https://github.com/pulumi/pulumi/releases/download"
"""Where the checksums of a release are, on a different host than the download."""

GO_OLDEST = "1.21"
"""The first Go that downloads the newer toolchain that a module requires."""

PULUMI_PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
PULUMI_VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
PULUMI_SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"
LANGUAGE_HOST_PACKAGE = "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python"
PULUMI_BUILD = 2
"""Counts changes to the build of the programs, so that older caches are not used."""

MOBY = "2.0.0-beta.24"
MOBY_RELEASE = "29.8.1-dev"
"""The version that the engine reports: the module's releases/versions.yaml names 29.8.1 as next."""

MOBY_VERSION_VARIABLE = "github.com/moby/moby/v2/dockerversion.Version"
MOBY_PACKAGES = "github.com/moby/moby/v2/cmd"
RUNC = "1.5.2"
RUNC_PACKAGE = "github.com/opencontainers/runc"

EMPTY_PASSPHRASE_SALT = "v1:1ZoF0/ywV10=:v1:WG2yJRsLvzJ0K0Rq:aUaFcOrEpIxv+kdcBK6BCkdcEJCwHw=="
"""The committed salt of stacks without secrets, for the empty passphrase."""

STACKS = ("dev", "staging", "prod")


def numbers(version: str) -> tuple[int, ...]:
    """The numeric parts of the first dotted version in a text: 'v3.256.0-dev' is (3, 256, 0)."""
    found = re.search(r"\d+(?:\.\d+)*", version)
    return tuple(int(part) for part in found.group().split(".")) if found else ()


def at_least(version: str, oldest: str) -> bool:
    """A version that cannot be read counts as too old; so does a pre-release of the oldest one."""
    ours, theirs = numbers(version), numbers(oldest)
    if ours == theirs and re.search(r"\d-(alpha|beta|rc)", version):
        return False
    return bool(ours) and ours >= theirs
