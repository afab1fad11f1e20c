"""Starts the plugin: prints its port and serves until Pulumi stops it."""

from __future__ import annotations

from .protocol import minimal_imports  # noqa: F401 # first of all, before anything imports the SDK

# isort: split
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from types import FrameType

import grpc  # type: ignore[import-untyped] # it brings no types
from pulumi.runtime.proto import provider_pb2_grpc

from causeway.provider.protocol.servicer import Servicer
from causeway.shortcuts import collect_rarely

from .protocol import sdk
from .resource_types import FUNCTIONS, KINDS, OWN_KINDS

ORPHANED_POLL_SECONDS = 0.1
OWN_VERSION = "0.1.0"
# More than Pulumi ever sends at the same time, so that Cancel gets a thread even while other calls
# wait. A thread starts only when a call arrives and no other thread is free.
CALLS = 10_000
_MESSAGE_BYTES = 400 * 1024 * 1024


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit("usage: pulumi-resource-docker ENGINE-ADDRESS (Pulumi starts this program itself)")
    collect_rarely(os.environ)
    # Read before the port is printed: Pulumi may be killed right after that.
    parent = os.getppid()
    server = grpc.server(
        ThreadPoolExecutor(max_workers=CALLS),
        options=[
            ("grpc.max_receive_message_length", _MESSAGE_BYTES),
            ("grpc.max_send_message_length", _MESSAGE_BYTES),
        ],
    )
    if os.environ.get("CAUSEWAY_PACKAGE") == "causeway":
        servicer = Servicer(sys.argv[1], "causeway", OWN_VERSION, OWN_KINDS, {})
    else:
        servicer = Servicer(sys.argv[1], "docker", sdk.version(), KINDS, FUNCTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)

    def end(number: int, frame: FrameType | None) -> None:
        # Pulumi waits for this process to exit; shutting the interpreter down takes 40 ms.
        if not servicer.is_busy:
            if os.getppid() == parent:
                servicer.end()
            os._exit(130)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, end)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    _until_orphaned(parent)


def _until_orphaned(parent: int) -> None:
    """Never return; exit when Pulumi is gone, even if it was killed and could not stop its plugins.

    Running calls must not continue then: the next `pulumi up` would find half-finished objects.
    """
    while os.getppid() == parent:
        time.sleep(ORPHANED_POLL_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
