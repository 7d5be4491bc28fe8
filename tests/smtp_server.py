"""A real SMTP server in this process: aiosmtpd, with scripted answers and broken connections."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

USERNAME = "editor"
PASSWORD = "the right password of the editor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """An accepted message: its envelope, the parameters of MAIL FROM, and the bytes between DATA and the final dot."""

    sender: str
    recipients: tuple[str, ...]
    parameters: tuple[str, ...]
    content: bytes
    connection: int
    encrypted: bool
    login: str | None


@dataclass
class Script:
    """A script of the server's unusual answers.

    ``answers`` by step (``greeting``, ``EHLO``, ``STARTTLS``, ``MAIL``, ``RCPT``, ``DATA``, ``END``) or by
    ``(step, recipient)``; an answer of ``CUT`` closes the connection instead. ``times`` limits an entry to its first
    uses. Steps ``BODY`` (in the middle of the message) and ``END`` (after the final dot) can be cut as well.
    """

    answers: dict[str | tuple[str, str], str] = field(default_factory=dict)
    times: dict[str | tuple[str, str], int] = field(default_factory=dict)

    def answer(self, step: str, recipient: str = "") -> str | None:
        """Return the scripted answer, and count it if its uses are limited."""
        for key in ((step, recipient), step):
            if key in self.answers and self.times.get(key, 1) > 0:
                if key in self.times:
                    self.times[key] -= 1
                return self.answers[key]
        return None


CUT = "cut"


class _Scripted(SMTP):
    """An aiosmtpd server that follows a script."""

    def __init__(self, owner: "SmtpServer", **options: Any) -> None:
        super().__init__(owner, **options)
        self.owner = owner
        self.number = 0

    def connection_made(self, transport: Any) -> None:
        if self.number == 0:
            self.owner.connections += 1
            self.number = self.owner.connections
        super().connection_made(transport)

    async def push(self, status: Any) -> None:
        if isinstance(status, str) and status.startswith("220") and self.session and self.session.host_name is None:
            greeting = None if self.owner.greeted(self.number) else self.owner.script.answer("greeting")
            if greeting == CUT:
                self.cut()
                return
            status = greeting or status
        await super().push(status)

    def cut(self) -> None:
        """Close the connection as a crash would."""
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()

    async def _scripted(self, step: str, recipient: str = "") -> bool:
        answer = self.owner.script.answer(step, recipient)
        if answer is None:
            return False
        if answer == CUT:
            self.cut()
            return True
        await super().push(answer)
        if answer.startswith("421") and self.transport is not None:
            self.transport.close()
        return True

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802
        if not await self._scripted("EHLO"):
            await super().smtp_EHLO(hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802
        if not await self._scripted("STARTTLS"):
            await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802
        if not await self._scripted("AUTH"):
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        if not await self._scripted("MAIL"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        address = (arg or "").partition("<")[2].partition(">")[0]
        if not await self._scripted("RCPT", address):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if await self._scripted("DATA", self._recipient()):
            return
        if self.owner.script.answer("BODY", self._recipient()):
            await super().push("354 go on")
            await self._reader.readexactly(100)
            self.cut()
        else:
            await super().smtp_DATA(arg)

    def _recipient(self) -> str:
        return self.envelope.rcpt_tos[0] if self.envelope and self.envelope.rcpt_tos else ""


class SmtpServer:
    """A server's address, script and received messages. Started by ``smtp_server``."""

    def __init__(self, **options: Any) -> None:
        self.script = Script()
        self.received: list[Received] = []
        self.accepting: Callable[[], None] | None = None  # called with each accepted message, before the answer
        self.connections = 0
        self.logins: list[str] = []
        self.port = 0
        self.implicit_tls = False
        self._greeted: set[int] = set()
        self._options = options | {"authenticator": self.log_in}

    def greeted(self, connection: int) -> bool:
        """Return whether a connection has had its greeting already."""
        known = connection in self._greeted
        self._greeted.add(connection)
        return known

    def protocol(self) -> SMTP:
        """Return the protocol of a new connection."""
        return _Scripted(self, **self._options)

    def log_in(self, server: SMTP, session: Any, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        """Check a login; aiosmtpd calls this."""
        if isinstance(data, LoginPassword):
            self.logins.append(data.login.decode())
            if data.login == USERNAME.encode() and data.password == PASSWORD.encode():
                return AuthResult(success=True, auth_data=data.login.decode())
        return AuthResult(success=False, handled=False)

    async def handle_DATA(self, server: _Scripted, session: Any, envelope: Envelope) -> str:  # noqa: N802
        """Accept or refuse a message; aiosmtpd calls this after the final dot."""
        recipient = str(envelope.rcpt_tos[0])
        answer = self.script.answer("END", recipient)
        if answer == CUT:
            server.cut()
            return "250 never said"
        if answer is not None:
            return answer
        assert isinstance(envelope.original_content, bytes)
        self.received.append(
            Received(
                sender=str(envelope.mail_from),
                recipients=tuple(map(str, envelope.rcpt_tos)),
                parameters=tuple(envelope.mail_options),
                content=envelope.original_content,
                connection=server.number,
                encrypted=session.ssl is not None or self.implicit_tls,
                login=session.auth_data if session.authenticated else None,
            )
        )
        if self.accepting is not None:
            self.accepting()
        return f"250 2.0.0 Ok: queued as Q{len(self.received)}"


@contextmanager
def smtp_server(
    *,
    certificate: "Certificate | None" = None,
    implicit_tls: bool = False,
    login: bool = False,
    smtputf8: bool = True,
    answers: dict[str | tuple[str, str], str] | None = None,
) -> Iterator[SmtpServer]:
    """Start a server on a free port of 127.0.0.1, with STARTTLS if there is a certificate, or with implicit TLS."""
    loop = asyncio.new_event_loop()
    server = SmtpServer(
        loop=loop,
        enable_SMTPUTF8=smtputf8,
        hostname="mx.example.net",
        data_size_limit=None,
        tls_context=certificate.context() if certificate and not implicit_tls else None,
        auth_require_tls=False,
        auth_required=login,
        auth_exclude_mechanism=() if login else ("PLAIN", "LOGIN"),
    )
    server.implicit_tls = implicit_tls
    server.script.answers = answers or {}
    context = certificate.context() if certificate and implicit_tls else None
    started = threading.Event()
    stop = asyncio.Event()

    async def serve() -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # so that a message does not fit into the line
        listening = await loop.create_server(server.protocol, sock=listener, ssl=context)
        server.port = listening.sockets[0].getsockname()[1]
        started.set()
        await stop.wait()
        listening.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A self-signed certificate for 127.0.0.1 and localhost, as files."""

    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """Return the TLS context of a server."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate, self.key)
        return context


def make_certificate(folder: Path, *, name: str = "localhost", address: str = "127.0.0.1") -> Certificate:
    """Make a new certificate in a folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ip_address(address))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = Certificate(certificate=folder / f"{name}.pem", key=folder / f"{name}.key")
    files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files
