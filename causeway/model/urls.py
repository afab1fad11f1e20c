"""The URLs at which a stack's published ports are reached from the engine's machine."""

from __future__ import annotations

from collections.abc import Sequence

from .values import Port, Stack

# Container ports that usually serve a web page, the likeliest first.
WEB_PORTS = (80, 443, 8080, 8443, 8000, 5000, 3000)
TLS_PORTS = (443, 8443)
EVERYWHERE = (None, "", "0.0.0.0", "::")


def urls(ports: Sequence[Port]) -> list[str]:
    """The URLs of fixed TCP ports; a port that Docker chooses is not known yet."""
    return [_url(port) for port in ports if port.published is not None and port.protocol == "tcp"]


def first_url(stack: Stack) -> str | None:
    """The URL to open first: that of the published port most likely to serve a web page."""
    candidates = [
        (WEB_PORTS.index(port.target), service.name, _url(port))
        for service in stack.services
        for port in service.ports
        if port.published is not None and port.protocol == "tcp" and port.target in WEB_PORTS
    ]
    return min(candidates)[2] if candidates else None


def _url(port: Port) -> str:
    scheme = "https" if port.target in TLS_PORTS else "http"
    host = "localhost" if port.host_ip in EVERYWHERE else str(port.host_ip)
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port.published}"
