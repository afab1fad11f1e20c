"""`causeway draw --serve`: the page on this machine, read anew while somebody looks at it."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .console import Console
from .problem import UsageError

ADDRESS = "127.0.0.1"
REFRESH_SECONDS = 2
NAMES = ("127.0.0.1", "localhost")


class Watched:
    """The last page that could be drawn, and why no newer one could. Drawn once a while at most."""

    def __init__(self, draw: Callable[[], str], pause: float = REFRESH_SECONDS / 2) -> None:
        """Raises what `draw` raises the first time."""
        self._draw = draw
        self._pause = pause
        self._lock = threading.Lock()
        self._page = draw()
        self._problem = ""
        self._drawn = time.monotonic()

    def page(self) -> str:
        self._look()
        return self._page

    def state(self) -> dict[str, str]:
        self._look()
        version = hashlib.sha256(self._page.encode()).hexdigest()[:16]
        return {"version": version, "problem": self._problem}

    def _look(self) -> None:
        with self._lock:
            if time.monotonic() - self._drawn < self._pause:
                return
            try:
                self._page, self._problem = self._draw(), ""
            except Exception as error:  # whatever a file or the engine answers, the page stays
                self._problem = (str(error).splitlines() or [type(error).__name__])[0]
            self._drawn = time.monotonic()


def server(watched: Watched, port: int) -> ThreadingHTTPServer:
    """Bound, but not serving yet. Raises UsageError when the port is taken."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            # A page elsewhere that points its own name here must not read the stack.
            if self.headers.get("Host", "").rpartition(":")[0] not in NAMES:
                self.send_error(403)
            elif self.path.partition("?")[0] == "/":
                self._answer("text/html", watched.page())
            elif self.path == "/state":
                self._answer("application/json", json.dumps(watched.state()))
            else:
                self.send_error(404)

        def _answer(self, kind: str, text: str) -> None:
            body = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *values: object) -> None:
            """Requests are no news."""

    try:
        return ThreadingHTTPServer((ADDRESS, port), Handler)
    except OSError as error:
        raise UsageError(f"--port {port}: {error.strerror}") from None


def serve(draw: Callable[[], str], port: int, what: str, console: Console) -> int:
    """Until Ctrl-C."""
    bound = server(Watched(draw), port)
    console.print(f"{what} at http://{ADDRESS}:{bound.server_port}/ - Ctrl-C ends it")
    console.out.flush()
    try:
        bound.serve_forever()
    except KeyboardInterrupt:
        console.print()
    finally:
        bound.server_close()
    return 0
