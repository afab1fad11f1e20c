"""`serve.py TCP_PORT... UDP_PORT`: keeps connections open and takes datagrams."""

import signal
import socket
import sys
import threading


def hold(port: int) -> None:
    server = socket.create_server(("", port), backlog=256)
    held = []
    while True:
        held.append(server.accept())


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
for each in sys.argv[1:-1]:
    threading.Thread(target=hold, args=(int(each),), daemon=True).start()
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
datagrams.bind(("", int(sys.argv[-1])))
while True:
    datagrams.recv(256)
