"""The URLs at which a stack's published ports are reached from the engine's machine."""

from __future__ import annotations

from collections.abc import Sequence

from .values import Port, Stack

# Container ports that usually serve a web page, the likeliest first.
WEB_PORTS = (80, 443, 8080, 8443, 8000, 5000, 3000)
# Container ports whose protocol is another one by convention, as IANA or the program assigns them.
OTHER_PORTS = frozenset(
    (
        *(20, 21, 22, 23, 25, 53, 88, 110, 119, 135, 137, 139, 143, 161, 179, 389, 445, 465, 514),
        *(515, 554, 587, 636, 853, 873, 989, 990, 993, 995, 1080, 1194, 1433, 1521, 1883, 2049),
        *(2181, 2376, 2379, 2380, 3306, 3389, 4222, 4369, 5060, 5222, 5269, 5432, 5433, 5671, 5672),
        *(5900, 6033, 6379, 6380, 6432, 6667, 7687, 8883, 9042, 9092, 9300, 10051, 11211, 25565),
        *(26257, 26379, 27017, 33060, 61613, 61616),
    )
)
HTTP = ("http", "https")
TLS_PORTS = (443, 8443)
EVERYWHERE = (None, "", "0.0.0.0", "::")


def urls(ports: Sequence[Port]) -> list[str]:
    """The URLs of fixed TCP ports that speak HTTP; a port that Docker chooses is not known yet."""
    return [_url(port) for port in ports if port.published is not None and _speaks_http(port)]


def _speaks_http(port: Port) -> bool:
    """As `app_protocol` says; else unless the container port belongs to another protocol."""
    if port.protocol != "tcp":
        return False
    if port.app_protocol is not None:
        return port.app_protocol in HTTP
    return port.target not in OTHER_PORTS


def first_url(stack: Stack) -> str | None:
    """The URL to open first: that of the published port most likely to serve a web page."""
    candidates = [
        (WEB_PORTS.index(port.target), service.name, _url(port))
        for service in stack.services
        for port in service.ports
        if port.published is not None and _speaks_http(port) and port.target in WEB_PORTS
    ]
    return min(candidates)[2] if candidates else None


def _url(port: Port) -> str:
    scheme = port.app_protocol or ("https" if port.target in TLS_PORTS else "http")
    host = "localhost" if port.host_ip in EVERYWHERE else str(port.host_ip)
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port.published}"
