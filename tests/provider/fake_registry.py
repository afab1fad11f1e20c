"""An image registry in memory, for the engine that shares this process's network namespace.

Run as a program: prints its port, then serves pushes and pulls until it is ended. With the
argument USER:PASSWORD it wants these.
"""

from __future__ import annotations

import base64
import hashlib
import re
import sys
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit


class Registry(BaseHTTPRequestHandler):
    """The part of the distribution protocol that the Docker engine uses."""

    protocol_version = "HTTP/1.1"
    # Engines try TLS first, and know by the status line that this one speaks plain HTTP.
    default_request_version = "HTTP/1.1"
    login: ClassVar[str] = ""
    blobs: ClassVar[dict[str, bytes]] = {}
    uploads: ClassVar[dict[str, bytes]] = {}
    manifests: ClassVar[dict[tuple[str, str], tuple[str, bytes]]] = {}

    def log_message(self, *_: object) -> None:
        """Silent: the tests read what the engine says."""

    def handle_request(self) -> None:
        body = self._body()
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        wanted = base64.b64encode(self.login.encode()).decode()
        if self.login and self.headers.get("Authorization") != f"Basic {wanted}":
            challenge = {"WWW-Authenticate": 'Basic realm="test"'}
            self._answer(401, b'{"errors":[{"code":"UNAUTHORIZED"}]}', challenge)
        elif path == "/v2/":
            self._answer(200, b"{}")
        elif match := re.fullmatch(r"/v2/(.+)/manifests/(.+)", path):
            self._manifest(match[1], match[2], body)
        elif match := re.fullmatch(r"/v2/(.+)/blobs/uploads/(.*)", path):
            self._upload(match[1], match[2], query, body)
        elif match := re.fullmatch(r"/v2/.+/blobs/(sha256:.+)", path):
            self._blob(match[1])
        else:
            self._answer(404, b"{}")

    do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = handle_request

    def _manifest(self, name: str, reference: str, body: bytes) -> None:
        if self.command == "PUT":
            digest = _digest(body)
            kept = self.headers["Content-Type"], body
            self.manifests[name, reference] = self.manifests[name, digest] = kept
            self._answer(201, b"", {"Docker-Content-Digest": digest})
        elif found := self.manifests.get((name, reference)):
            headers = {"Content-Type": found[0], "Docker-Content-Digest": _digest(found[1])}
            self._answer(200, found[1], headers)
        else:
            error = b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}'
            self._answer(404, error)

    def _upload(self, name: str, upload: str, query: dict[str, list[str]], body: bytes) -> None:
        upload = upload or uuid.uuid4().hex
        content = self.uploads.get(upload, b"") + body
        self.uploads[upload] = content
        if self.command == "PUT":
            self.blobs[query["digest"][0]] = content
            self._answer(201, b"", {"Docker-Content-Digest": query["digest"][0]})
            return
        place = f"/v2/{name}/blobs/uploads/{upload}"
        headers = {
            "Location": place,
            "Range": f"0-{len(content) - 1}",
            "Docker-Upload-UUID": upload,
        }
        self._answer(202, b"", headers)

    def _blob(self, digest: str) -> None:
        content = self.blobs.get(digest)
        if content is None:
            self._answer(404, b"{}")
        else:
            self._answer(200, content, {"Docker-Content-Digest": digest})

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        all_headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        for key, value in (all_headers | (headers or {})).items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


if __name__ == "__main__":
    Registry.login = sys.argv[1] if len(sys.argv) > 1 else ""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    print(server.server_port, flush=True)
    server.serve_forever()
