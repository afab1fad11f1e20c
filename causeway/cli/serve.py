"""`causeway draw --serve`: serves the page on this machine, and refreshes it while it is viewed."""

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
    """The last page that could be drawn, and why a newer one could not. `pause` limits how often it
    is drawn, in seconds."""

    def __init__(self, draw: Callable[[], str], pause: float = REFRESH_SECONDS / 2) -> None:
        """Raises whatever the first call of `draw` raises."""
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
            except Exception as error:  # whatever fails, the last page stays
                self._problem = (str(error).splitlines() or [type(error).__name__])[0]
            self._drawn = time.monotonic()


def server(watched: Watched, port: int) -> ThreadingHTTPServer:
    """A server that is bound but does not serve yet. Raises UsageError when the port is in use."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            # Against DNS rebinding: a foreign name that resolves to us must not read the stack.
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
            """Log no requests."""

    try:
        return ThreadingHTTPServer((ADDRESS, port), Handler)
    except OSError as error:
        raise UsageError(f"--port {port}: {error.strerror}") from None


def serve(draw: Callable[[], str], port: int, what: str, console: Console) -> int:
    """Serve until Ctrl-C."""
    bound = server(Watched(draw), port)
    console.print(f"Serving {what} at http://{ADDRESS}:{bound.server_port}/ (Ctrl-C stops it)")
    console.out.flush()
    try:
        bound.serve_forever()
    except KeyboardInterrupt:
        console.print()
    finally:
        bound.server_close()
    return 0
