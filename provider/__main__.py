"""Starts the plugin: prints its port, serves until Pulumi ends it."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from .kinds import FUNCTIONS, KINDS
from .servicer import Servicer

# Calls that run at the same time; Pulumi's --parallel decides how many it sends.
WORKERS = 64
_MESSAGE_BYTES = 400 * 1024 * 1024


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit("usage: pulumi-resource-docker ENGINE-ADDRESS (Pulumi starts this program itself)")
    server = grpc.server(
        ThreadPoolExecutor(max_workers=WORKERS),
        options=[
            ("grpc.max_receive_message_length", _MESSAGE_BYTES),
            ("grpc.max_send_message_length", _MESSAGE_BYTES),
        ],
    )
    servicer = Servicer(sys.argv[1], version("pulumi-docker"), KINDS, FUNCTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
