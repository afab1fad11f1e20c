"""The application behind the balancer: answers with its version and echoes POST bodies.

It stops as an application should: after SIGTERM it accepts no new connections and answers the
requests that it has.
"""

import asyncio
import signal
import socket
import sys
from pathlib import Path

VERSION = Path("/version").read_text().strip()
NAME = socket.gethostname()
under_way = 0


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    global under_way
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            under_way += 1
            method, path = head.split(b" ", 2)[:2]
            fields = dict(
                line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line
            )
            if fields.get(b"upgrade") == b"echo":
                writer.write(
                    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\n"
                    b"Connection: upgrade\r\n\r\n"
                )
                while text := await reader.readline():
                    writer.write(text)
                break
            body = await reader.readexactly(int(fields.get(b"content-length", 0)))
            if path == b"/slow":
                await asyncio.sleep(0.2)
            text = body if method == b"POST" else b"ok" if path == b"/healthz" else b"hello"
            kept = fields.get(b"connection") == b"keep-alive"
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX-Replica: %s\r\nX-Version: %s\r\n"
                b"Connection: %s\r\n\r\n%s"
                % (
                    len(text),
                    NAME.encode(),
                    VERSION.encode(),
                    b"keep-alive" if kept else b"close",
                    text,
                )
            )
            await writer.drain()
            under_way -= 1
            if not kept:
                break
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main() -> None:
    if VERSION == "never":
        sys.exit("this version does not start")
    server = await asyncio.start_server(answer, "0.0.0.0", 5000, backlog=512)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    print(f"version {VERSION} serves", flush=True)
    await ended.wait()
    server.close()
    while under_way:
        await asyncio.sleep(0.01)


asyncio.run(main())
