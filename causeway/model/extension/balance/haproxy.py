"""The configuration of HAProxy as a balancer. Requires HAProxy 2.6, the version in Debian 12."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from causeway.model.values import Balance

from .prepare import HEALTH
from .servers import Server

COOKIE = "causeway"
ALGORITHMS = {"round_robin": "roundrobin", "least_conn": "leastconn", "source": "source"}
# How long an old process may still answer on keep-alive connections: less than the drain time.
IDLE_SECONDS = 4
HARD_STOP_SECONDS = 60


def haproxy(balance: Balance, service: str, servers: Sequence[Server]) -> str:
    """The whole file."""
    lines = [
        f"# Made from `x-causeway: balance` of service {service}; changes here are lost.",
        *_global(balance),
        *_defaults(balance),
        "resolvers docker",
        "    nameserver dns 127.0.0.11:53",
        "    hold valid 2s",
        "    hold nx 5s",
        "frontend causeway",
        f"    bind :{balance.listen}",
        *_frontend(balance),
        "    default_backend causeway",
        "backend causeway",
        *_backend(balance),
        *(_server(balance, server) for server in servers),
        "",
    ]
    return "\n".join(lines)


def _global(balance: Balance) -> Iterator[str]:
    yield "global"
    yield "    log stdout format raw local0"
    yield "    maxconn 4096"
    # The limit for connections that an old process still serves after a reload, such as WebSockets.
    yield f"    hard-stop-after {max(HARD_STOP_SECONDS, balance.read_timeout)}s"
    yield "    stats socket /tmp/causeway-haproxy.sock mode 600 level admin expose-fd listeners"


def _defaults(balance: Balance) -> Iterator[str]:
    yield "defaults"
    yield f"    mode {balance.mode}"
    yield "    log global"
    yield f"    option {balance.mode}log"
    yield "    option dontlognull"
    yield f"    timeout connect {balance.connect_timeout}s"
    yield f"    timeout client {balance.read_timeout}s"
    yield f"    timeout server {balance.read_timeout}s"
    yield "    timeout tunnel 1h"
    if balance.mode == "http":
        yield f"    timeout http-keep-alive {IDLE_SECONDS}s"


def _frontend(balance: Balance) -> Iterator[str]:
    if balance.mode == "http":
        # A process being replaced answers once more and announces the close, instead of closing
        # connections on which a request may be in progress.
        yield "    option idle-close-on-response"
        yield f"    monitor-uri {HEALTH}"
        # Sent to clients, so that they do not reuse a connection that may be closing.
        yield f"    http-response set-header Keep-Alive timeout={IDLE_SECONDS}"


def _backend(balance: Balance) -> Iterator[str]:
    algorithm = "source" if balance.sticky == "ip" else balance.algorithm
    yield f"    balance {ALGORITHMS[algorithm]}"
    if algorithm == "source":
        yield "    hash-type consistent"
    yield f"    retries {balance.retries}"
    if balance.retries:
        yield "    option redispatch 1"
    if balance.mode == "tcp":
        return
    if balance.retries:
        # Requests that must not run twice are retried only if no connection was established.
        yield "    retry-on conn-failure empty-response junk-response 502 503"
        yield "    http-request disable-l7-retry unless { method GET HEAD OPTIONS PUT DELETE }"
    if not balance.keepalive:
        yield "    http-reuse never"
        yield "    option http-server-close"
    yield "    option forwardfor"
    yield "    http-request set-header X-Real-IP %[src]"
    yield "    http-request set-header X-Forwarded-Proto http"
    if balance.health_path is not None:
        yield "    option httpchk"
        yield f"    http-check send meth GET uri {balance.health_path}"
    if balance.sticky == "cookie":
        yield f'    cookie {COOKIE} insert indirect nocache httponly attr "SameSite=Lax"'


def _server(balance: Balance, server: Server) -> str:
    """A server with its current address, and the name that gives a new one after a restart."""
    line = (
        f"    server {server.name} {server.container}:{balance.port} weight {server.weight} "
        f"init-addr {server.address} resolvers docker resolve-prefer ipv4 "
        f"check inter {balance.health_interval}s fall 2 rise 1"
    )
    return f"{line} cookie {server.name}" if balance.sticky == "cookie" else line
