"""The configuration of nginx as a balancer. Requires nginx 1.22, the version in Debian 12."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from causeway.model.values import Balance

from .prepare import HEALTH
from .servers import Server

COOKIE = "causeway"
POOL = "causeway"
# A client may send on a keep-alive connection while the old workers close it; from this version
# on, they wait for it (`keepalive_min_timeout`).
WAITS_FOR_CLIENTS = (1, 27, 4)
IDLE_SECONDS = 60
# How long old workers may still answer on keep-alive connections, using the old servers: less
# than the drain time. Busy connections end by age, with `Connection: close`.
WAIT_SECONDS = 2
SHUTDOWN_SECONDS = 60


def nginx(balance: Balance, service: str, image: str, servers: Sequence[Server]) -> str:
    """The whole file. The tag of `image` gives the version."""
    lines = _http(balance, image, servers) if balance.mode == "http" else _stream(balance, servers)
    return "\n".join([*_head(balance, service), *lines, ""])


def _head(balance: Balance, service: str) -> Iterator[str]:
    yield f"# Made from `x-causeway: balance` of service {service}; changes here are lost."
    yield "user nobody nogroup;"
    yield "worker_processes auto;"
    yield "pid /tmp/causeway-nginx.pid;"
    yield "error_log /dev/stderr notice;"
    # The limit for connections that an old worker still serves after a reload, such as WebSockets.
    yield f"worker_shutdown_timeout {max(SHUTDOWN_SECONDS, balance.read_timeout)}s;"
    if balance.mode == "tcp":
        yield "include /etc/nginx/modules-enabled/*.conf;"
    yield "events { worker_connections 4096; }"


def _http(balance: Balance, image: str, servers: Sequence[Server]) -> Iterator[str]:
    yield "http {"
    yield "    log_format causeway '$remote_addr [$time_iso8601] \"$request\" $status '"
    yield "        '$body_bytes_sent $request_time upstream=$upstream_addr '"
    yield "        'status=$upstream_status time=$upstream_response_time';"
    yield "    access_log /dev/stdout causeway;"
    yield "    server_tokens off;"
    yield "    client_max_body_size 0;"
    for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"):
        yield f"    {kind}_temp_path /tmp/causeway-{kind};"
    # The second number is sent to clients, so that they reuse no connection that may be closing.
    yield f"    keepalive_timeout {IDLE_SECONDS}s {WAIT_SECONDS}s;"
    yield f"    keepalive_time {WAIT_SECONDS}s;"
    if _version(image) >= WAITS_FOR_CLIENTS:
        yield f"    keepalive_min_timeout {WAIT_SECONDS}s;"
    yield "    map $http_upgrade $causeway_connection {"
    yield "        default upgrade;"
    yield f"        '' {chr(39) * 2 if balance.keepalive else 'close'};"
    yield "    }"
    yield from _cookie(balance, servers)
    for name, first in _pools(balance, servers):
        yield from _upstream(balance, name, servers, first, "    ")
    yield from _server(balance, servers)
    yield "}"


def _pools(balance: Balance, servers: Sequence[Server]) -> Iterator[tuple[str, Server | None]]:
    """One pool of all servers; with cookies also one per server, with the others as backups."""
    if servers:
        yield POOL, None
    if balance.sticky == "cookie":
        for server in servers:
            yield f"{POOL}_{server.name}", server


def _cookie(balance: Balance, servers: Sequence[Server]) -> Iterator[str]:
    if balance.sticky != "cookie" or not servers:
        return
    yield f"    map $cookie_{COOKIE} $causeway_pool {{"
    yield f"        default {POOL};"
    for server in servers:
        yield f"        {server.name} {POOL}_{server.name};"
    yield "    }"
    # The last address is the one that answered; earlier ones failed.
    yield "    map $upstream_addr $causeway_server {"
    yield "        default '';"
    for server in servers:
        yield f"        ~(^|\\s){re.escape(server.address)}:{balance.port}$ {server.name};"
    yield "    }"
    yield f"    map $causeway_server:$cookie_{COOKIE} $causeway_cookie {{"
    yield f"        default '{COOKIE}=$causeway_server; Path=/; HttpOnly; SameSite=Lax';"
    yield "        ~^(?<same>.+):\\k<same>$ '';"
    yield "        ~^: '';"
    yield "    }"


def _upstream(
    balance: Balance, name: str, servers: Sequence[Server], first: Server | None, indent: str
) -> Iterator[str]:
    yield f"{indent}upstream {name} {{"
    # Shared, so that all workers see failures and count connections together.
    yield f"{indent}    zone {name} 64k;"
    if balance.algorithm == "least_conn":
        yield f"{indent}    least_conn;"
    elif balance.algorithm == "source" or balance.sticky == "ip":
        yield f"{indent}    hash $remote_addr consistent;"
    for server in servers:
        backup = " backup" if first is not None and server != first else ""
        yield (
            f"{indent}    server {server.address}:{balance.port} weight={server.weight} "
            f"max_fails=2 fail_timeout={balance.health_interval}s{backup};  # {server.name}"
        )
    if balance.keepalive:
        yield f"{indent}    keepalive 32;"
    yield f"{indent}}}"


def _server(balance: Balance, servers: Sequence[Server]) -> Iterator[str]:
    yield "    server {"
    yield f"        listen {balance.listen} default_server reuseport;"
    yield f"        location = {HEALTH} {{"
    yield "            access_log off;"
    yield "            default_type text/plain;"
    yield '            return 200 "ok\\n";'
    yield "        }"
    yield "        location / {"
    if not servers:
        yield "            return 503;"
    else:
        pool = "$causeway_pool" if balance.sticky == "cookie" else POOL
        yield f"            proxy_pass http://{pool};"
        yield "            proxy_http_version 1.1;"
        yield f"            proxy_connect_timeout {balance.connect_timeout}s;"
        yield f"            proxy_read_timeout {balance.read_timeout}s;"
        yield f"            proxy_send_timeout {balance.read_timeout}s;"
        yield from _retries(balance)
        yield f"            proxy_buffering {'off' if balance.streaming else 'on'};"
        yield "            proxy_set_header Host $http_host;"
        yield "            proxy_set_header X-Real-IP $remote_addr;"
        yield "            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"
        yield "            proxy_set_header X-Forwarded-Proto $scheme;"
        yield "            proxy_set_header Upgrade $http_upgrade;"
        yield "            proxy_set_header Connection $causeway_connection;"
        if balance.sticky == "cookie":
            yield "            add_header Set-Cookie $causeway_cookie;"
    yield "        }"
    yield "    }"


def _retries(balance: Balance) -> Iterator[str]:
    """POST and other requests that must not run twice are retried only if nothing was sent."""
    if not balance.retries:
        yield "            proxy_next_upstream off;"
        return
    yield "            proxy_next_upstream error timeout invalid_header http_502 http_503;"
    yield f"            proxy_next_upstream_tries {balance.retries + 1};"


def _stream(balance: Balance, servers: Sequence[Server]) -> Iterator[str]:
    yield "stream {"
    yield "    log_format causeway '$remote_addr [$time_iso8601] $protocol $status '"
    yield "        '$bytes_sent $bytes_received $session_time upstream=$upstream_addr';"
    yield "    access_log /dev/stdout causeway;"
    if servers:
        yield from _upstream(balance, POOL, servers, None, "    ")
    yield "    server {"
    yield f"        listen {balance.listen} reuseport;"
    if servers:
        yield f"        proxy_pass {POOL};"
        yield f"        proxy_connect_timeout {balance.connect_timeout}s;"
        yield f"        proxy_timeout {max(balance.read_timeout, 3600)}s;"
        yield f"        proxy_next_upstream {'on' if balance.retries else 'off'};"
        yield f"        proxy_next_upstream_tries {balance.retries + 1};"
    else:
        yield "        return '';"
    yield "    }"
    yield "}"


def _version(image: str) -> tuple[int, ...]:
    """The version in an image's tag; (0,) if there is none."""
    tag = image.rpartition("/")[2].partition("@")[0].partition(":")[2]
    found = re.findall(r"\d+(?:\.\d+)+", tag)
    return tuple(int(part) for part in found[-1].split(".")) if found else (0,)
