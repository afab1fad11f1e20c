"""Error messages that a person can act on.

The text of `Fault` is shown unchanged; `explain` turns errors of the Engine API or the connection
into messages that say what to do. The rows of the table are tried in order.
"""

from __future__ import annotations

import re


class Fault(Exception):
    """An error whose text is shown to the user unchanged: what happened and what to do."""


class EngineError(Exception):
    """An error response of the engine: `status` is the HTTP status, the text the engine's own."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class NotFound(EngineError):
    """The engine has no such object."""


class Unreachable(Exception):
    """The connection to the engine failed; the text is the cause."""


class ConnectionLost(Unreachable):
    """The connection to the engine ended before the response was complete."""


class CallTimeout(Exception):
    """The engine took longer than the time limit of a call."""


# What a call to an engine, or the way to it, ends with when something is wrong.
FAILURES = (Fault, EngineError, Unreachable, CallTimeout)

# Control characters, marks and overrides of the text direction, lone surrogates.
_HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def visible(text: str) -> str:
    """The text with characters that control a terminal or the text direction escaped, for example
    as `\\x1b` or `\\u202e`.

    Names, responses of the engine and container output may contain them. Newlines and tabs stay.
    """
    return _HIDDEN.sub(_spelled, text.replace("\r\n", "\n"))


def _spelled(found: re.Match[str]) -> str:
    # The second form is valid in JSON: what is printed as JSON stays JSON.
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x20 else f"\\u{code:04x}"


def cause(error: Exception) -> str:
    """The message of the system or a library for an error, without its number."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


# The engine's message -> what to do about it.
_WAYS_OUT: tuple[tuple[str, str], ...] = (
    (
        r"Client sent an HTTP request to an HTTPS server",
        "this engine accepts only TLS: set docker:certPath to the folder with ca.pem, cert.pem and "
        "key.pem, or set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH",
    ),
    # With a capital letter: an address on a network. Without: a port of the Docker host.
    (
        r"(?-i:(^|: )Address already in use)",
        "another endpoint of this network has that address: `docker network inspect` shows which",
    ),
    (
        r"port is already allocated|address already in use|failed to bind host port",
        "another program on the Docker host listens on this port: stop it, or publish another port "
        "(`docker ps --filter publish=PORT` and `ss -ltnp` show which)",
    ),
    (
        r"non-overlapping IPv4 address pool|all predefined address pools have been",
        "the engine has no free subnet left for another network: remove unused networks "
        "(`docker network prune`), give this one a subnet of its own, or set causeway:addressPool",
    ),
    (
        r"Pool overlaps with other one",
        "another network of this engine, or a route of the Docker host, uses these addresses: "
        "`docker network inspect $(docker network ls -q)` shows which; choose another subnet",
    ),
    (
        r"no space left on device",
        "the engine's disk is full: free some space (`docker system df`, `docker system prune`)",
    ),
    (
        r"No such image|manifest unknown|pull access denied|repository does not exist",
        "check the spelling and that you are logged in; where no registry can be reached, "
        "set a local image in causeway:images",
    ),
    (
        r"is already in use by container",
        "another container has that name: remove or rename it, or import it with `pulumi import`",
    ),
    (
        r"could not find a network matching network mode",
        "this container was created outside this plugin for a network that no longer exists, and "
        "engines since Docker 26 connect it to no other network: replace it with "
        "`pulumi up --replace` and its URN",
    ),
    (
        r"No such container|network \S+ not found",
        "it was removed outside Pulumi: run `pulumi up --refresh`, which reads the engine first",
    ),
    (
        r"has active endpoints",
        "containers that this stack does not own are connected: disconnect them first "
        "(`docker network inspect` lists them)",
    ),
    (
        r"this node is not a swarm manager",
        "this driver or resource needs a swarm: run `docker swarm init` on the Docker host",
    ),
    (
        r"invalid subinterface|no such network interface|not found: link|parent interface",
        "the parent interface must exist on the Docker host (`ip link` lists the interfaces)",
    ),
)


def explain(error: BaseException, host: str) -> str:
    """The user's message for `error`, from a call to the engine at `host`."""
    if isinstance(error, Fault):
        return str(error)
    if isinstance(error, EngineError):
        said = str(error)
        for pattern, way_out in _WAYS_OUT:
            if re.search(pattern, said, re.IGNORECASE):
                return f"{said}\n  what to do: {way_out}"
        return said
    if isinstance(error, CallTimeout):
        return (
            f"the Docker engine at {host} did not answer in time\n  what to do: check whether it "
            "is overloaded or hangs (`docker info`, the engine's log), then try again"
        )
    if isinstance(error, Unreachable) and "certificate" in str(error):
        return (
            f"TLS to the Docker engine at {host} failed ({error})\n  what to do: set "
            "docker:certPath or DOCKER_CERT_PATH to the folder with its CA certificate (ca.pem) "
            "and your own certificate, and address the engine by a name in its certificate"
        )
    if isinstance(error, Unreachable):
        return (
            f"no Docker engine answers at {host} ({error})\n  what to do: start it, or point "
            "DOCKER_HOST or the stack's docker:host at a running one; `make doctor` checks it"
        )
    if isinstance(error, OSError):
        return f"{error.strerror or error}: {error.filename}" if error.filename else str(error)
    return f"{type(error).__name__}: {error}"
