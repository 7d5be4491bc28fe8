"""A proxy with TLS as it stands before a team's studio: Caddy or nginx, as docs/team.md configures them."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

CLIENT = "203.0.113.7"  # where all requests come from


@contextmanager
def tls_proxy(listener: socket.socket, context: ssl.SSLContext, upstream: str) -> Iterator[None]:
    """Pass requests of an open socket on to a server at ``host:port``, in a thread that stops at the end.

    Each connection has one request.
    """
    loop = asyncio.new_event_loop()
    stop, ready = asyncio.Event(), threading.Event()

    async def serve() -> None:
        server = await asyncio.start_server(handle, sock=listener, ssl=context)
        ready.set()
        await stop.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            first, *lines = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
            kept = [line for line in lines if not line.lower().startswith((b"connection:", b"x-forwarded-"))]
            added = (b"Connection: close", b"X-Forwarded-Proto: https", b"X-Forwarded-For: " + CLIENT.encode())
            host, _, port = upstream.partition(":")
            answering, asking = await asyncio.open_connection(host, int(port))
            asking.write(b"\r\n".join((first, *added, *kept)))
            asks = asyncio.create_task(_pass_on(reader, asking))
            await _pass_on(answering, writer)
            asks.cancel()
            asking.close()
        writer.close()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(20), "the proxy did not start"
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        assert not thread.is_alive(), "the proxy did not stop"
        loop.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
