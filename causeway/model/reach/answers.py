"""Answers to a container that its host drops.

Since 28.2, Docker drops in the raw table what arrives for a container's address from any interface
but its own bridge and trusted ones, unless the network is internal, routed or nat-unprotected. A
masqueraded network's answers are addressed to the host, and connection tracking readdresses them
later. Without masquerading they carry the container's address, and are dropped. Source: moby,
daemon/libnetwork/drivers/bridge/internal/{iptabler,nftabler}/endpoint.go (filterDirectAccess).
"""

from __future__ import annotations

from .draft import Draft, driver_option, no
from .topology import MASQUERADE, Segment
from .values import EngineFacts, PathKind, Verdict


def unanswered(
    origin: Segment, facts: EngineFacts, kind: PathKind, through: Segment | None = None
) -> Draft | None:
    """Why answers to a container on `origin` do not arrive; None if they do.

    They come `through` another network, or from outside the host. What the container sends arrives
    all the same: a connection needs an answer, a datagram does not.
    """
    if origin.masquerade or origin.driver != "bridge" or origin.internal:
        return None
    if origin.gateway_mode != "nat" or facts.allow_direct_routing:
        return None
    if origin.trusts(through) or (older := facts.before(28, 2)) is True:
        return None
    at = driver_option(origin.key, MASQUERADE)
    text = (
        f"the host drops the answers to network {origin.key}, which is not masqueraded "
        "(enable_ip_masquerade: false); what needs no answer still leaves"
    )
    if older is None:
        text = (
            f"Docker Engine 28.2 and later drop the answers to network {origin.key}, which is not "
            "masqueraded (enable_ip_masquerade: false); the engine's version is unknown"
        )
    return no(Verdict.DROPPED if older is False else Verdict.UNKNOWN, kind, text, at)
