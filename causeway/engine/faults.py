"""What went wrong, in words a person can act on.

`Fault` is what is shown as it is; `explain` turns what the Engine API or the connection
says into a message with the way out. Rows of the table are tried in order.
"""

from __future__ import annotations

import re


class Fault(Exception):
    """An error shown to the user as it is: what happened and what to do."""


class EngineError(Exception):
    """The engine refused a call: `status` is that of HTTP, the text is the engine's own."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class NotFound(EngineError):
    """The engine knows no such object."""


class Unreachable(Exception):
    """No connection to the engine could be made; the text is the cause."""


class BrokenOff(Unreachable):
    """A connection to the engine ended before its answer did."""


class Silent(Exception):
    """The engine took longer than the limit of a call."""


# What a call to an engine, or the way to it, ends with when something is wrong.
FAILURES = (Fault, EngineError, Unreachable, Silent)

# Control characters, marks and overrides of the direction of writing, halves of characters.
_HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def visible(text: str) -> str:
    """The text with what would steer a terminal, or turn letters round, as `\\x1b` or `\\u202e`.

    Names, an engine's answers and the output of containers may hold such. Newlines and tabs stay.
    """
    return _HIDDEN.sub(_spelled, text.replace("\r\n", "\n"))


def _spelled(found: re.Match[str]) -> str:
    # JSON knows the second form: what is printed as JSON stays JSON.
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x20 else f"\\u{code:04x}"


def cause(error: Exception) -> str:
    """What the system or a library says of an error, without its number."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


# What the engine says -> what to do about it.
_WAYS_OUT: tuple[tuple[str, str], ...] = (
    (
        r"Client sent an HTTP request to an HTTPS server",
        "this engine speaks TLS alone: name the folder with ca.pem, cert.pem and key.pem in "
        "docker:certPath, or set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH",
    ),
    # With a capital: the engine's addresses on a network. Without: ports of the machine.
    (
        r"(?-i:(^|: )Address already in use)",
        "another endpoint of this network holds that address: `docker network inspect` shows whose",
    ),
    (
        r"port is already allocated|address already in use|failed to bind host port",
        "something on this machine already listens there: stop it, or publish another port "
        "(`docker ps --filter publish=PORT` and `ss -ltnp` show who it is)",
    ),
    (
        r"non-overlapping IPv4 address pool|all predefined address pools have been",
        "the engine has no free subnet left for another network: remove unused networks "
        "(`docker network prune`), give this one a subnet of its own, or set causeway:addressPool",
    ),
    (
        r"Pool overlaps with other one",
        "another network of this engine, or a route of this machine, uses these addresses: "
        "`docker network inspect $(docker network ls -q)` shows which; choose another subnet",
    ),
    (
        r"no space left on device",
        "the disk of the engine is full: free some (`docker system df`, `docker system prune`)",
    ),
    (
        r"No such image|manifest unknown|pull access denied|repository does not exist",
        "check the spelling and that you are logged in; where no registry is reachable, "
        "name a local image in causeway:images",
    ),
    (
        r"is already in use by container",
        "a container of that name exists and is not this resource's: remove or rename it, "
        "or `pulumi import` it",
    ),
    (
        r"could not find a network matching network mode",
        "this container was made by other means for a network that is gone, and engines from 26 on "
        "connect it to no other: make it anew with `pulumi up --replace` and its URN",
    ),
    (
        r"No such container|network \S+ not found",
        "it was removed behind Pulumi's back: `pulumi up --refresh` looks at what there is first",
    ),
    (
        r"has active endpoints",
        "containers that this stack does not own are connected: "
        "`docker network inspect` lists them; disconnect them first",
    ),
    (
        r"this node is not a swarm manager",
        "this driver or resource needs a swarm: `docker swarm init` on the engine's machine",
    ),
    (
        r"invalid subinterface|no such network interface|not found: link|parent interface",
        "the parent interface must exist on the engine's machine (`ip link` lists them)",
    ),
)


def explain(error: BaseException, host: str) -> str:
    """The message for `error` from a call to the engine at `host`."""
    if isinstance(error, Fault):
        return str(error)
    if isinstance(error, EngineError):
        said = str(error)
        for pattern, way_out in _WAYS_OUT:
            if re.search(pattern, said, re.IGNORECASE):
                return f"{said}\n  what to do: {way_out}"
        return said
    if isinstance(error, Silent):
        return (
            f"the Docker engine at {host} did not answer in time\n  what to do: see whether it is "
            "overloaded or hangs (`docker info`, the engine's log), then try again"
        )
    if isinstance(error, Unreachable) and "certificate" in str(error):
        return (
            f"the Docker engine at {host} cannot be believed ({error})\n  what to do: name the "
            "folder with its authority (ca.pem) and your certificate in docker:certPath or "
            "DOCKER_CERT_PATH, and address it by a name in its certificate"
        )
    if isinstance(error, Unreachable):
        return (
            f"no Docker engine answers at {host} ({error})\n  what to do: start it, or "
            "point DOCKER_HOST or the stack's docker:host at one that runs; `make doctor` checks"
        )
    if isinstance(error, OSError):
        return f"{error.strerror or error}: {error.filename}" if error.filename else str(error)
    return f"{type(error).__name__}: {error}"
