"""An SES stub as strict as SES: an HTTP server in this process that speaks SESv2 and refuses what SES refuses.

Emulators are laxer: they accept 51 entries and ``{{#if}}``, and lack bulk calls, quotas and unverified senders.
"""

import base64
import json
import re
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from botocore import session
from botocore.awsrequest import AWSRequest

# Otherwise each client reads the description of all services, which takes longer than most tests.
session.create_loader = cache(session.create_loader)

# Headers that SES writes itself in bulk and simple messages (SES developer guide, "header fields").
_OWN_HEADERS = frozenset(
    {
        "bcc", "cc", "content-disposition", "content-type", "date", "from", "message-id", "mime-version", "reply-to",
        "return-path", "subject", "to",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailed:
    """A message as SES would send it. ``raw`` is set if it was handed over as a whole."""

    to: str
    sender: str
    subject: str = ""
    html: str = ""
    text: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    reply_to: tuple[str, ...] = ()
    configuration_set: str | None = None
    raw: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault of a sending call, after the messages were accepted if ``accepted``.

    ``kind``: an error's name with ``status`` and ``message``; ``close`` and ``hang`` instead of an answer;
    ``truncate`` for a 200 whose body is cut off; ``garbage`` for a 200 with another JSON; ``drop`` for an answer
    without the last result; ``none`` for a call without a fault.
    """

    kind: str
    status: int = 400
    message: str = ""
    accepted: bool = False


class RefusedError(Exception):
    """An error response of SES."""

    def __init__(self, name: str, message: str, status: int = 400) -> None:
        self.name, self.message, self.status = name, message, status


class SesStub:
    """An account's state, which a test can set, and the messages it has sent."""

    def __init__(self) -> None:
        self.url = ""
        self.connections = 0
        self.reset()

    def reset(self) -> None:
        """Reset to a healthy account with a verified sender that hasn't sent anything."""
        self.verified = {"news.example.org"}
        self.configuration_sets = {"news"}
        self.account: dict[str, Any] = {
            "EnforcementStatus": "HEALTHY",
            "ProductionAccessEnabled": True,
            "SendingEnabled": True,
            "SendQuota": {"Max24HourSend": 50_000.0, "MaxSendRate": 1_000_000.0, "SentLast24Hours": 0.0},
        }
        self.faults: list[Fault] = []
        self.entry_results: dict[str, dict[str, str]] = {}  # by recipient, instead of success
        self.refused_addresses: set[str] = set()  # a call with one of these is a BadRequest
        self.refused_words: set[str] = set()  # a call whose email contains one of these is a BadRequest too
        self.failing_paths: set[str] = set()  # first words of paths that are answered with a 500
        self.denied: set[str] = set()  # first words of paths that the credentials may not use
        self.calls: list[tuple[str, str, Any]] = []
        self.received = AWSRequest()  # the last one, as received
        self.mailed: list[Mailed] = []
        self.rendering_failures: list[str] = []
        self.suppressed: dict[str, str] = {}
        self.released = threading.Event()  # releases hanging calls at the end
        self._lock = threading.Lock()

    @property
    def sending_calls(self) -> list[Any]:
        """Return the bodies of calls that hand over messages."""
        return [body for method, _, body in self.calls if method == "POST"]

    def connected(self, change: int) -> None:
        """Record that a connection began or ended."""
        with self._lock:
            self.connections += change

    # What SES does --------------------------------------------------------------------------------------------------

    def answer(self, method: str, path: str, body: Any) -> dict[str, Any]:
        """Return the answer to a call. Raises RefusedError."""
        with self._lock:
            self.calls.append((method, path, body))
            route = (method, path.removeprefix("/v2/email/").partition("/")[0])
            if route[1] in self.denied:
                raise RefusedError("AccessDeniedException", f"User is not authorized to perform: {route[1]}", 403)
            if route[1] in self.failing_paths:
                raise RefusedError("InternalFailure", "something went wrong", 500)
            match route:
                case ("GET", "account"):
                    return self.account
                case ("GET", "identities"):
                    return self._identity(unquote(path.rpartition("/")[2]))
                case (_, "suppression"):
                    return self._suppression(method, path, body)
                case ("POST", "outbound-bulk-emails"):
                    return self._bulk(body)
                case ("POST", "outbound-emails"):
                    return self._one(body)
            raise RefusedError("NotFoundException", path, 404)

    def _suppression(self, method: str, path: str, body: Any) -> dict[str, Any]:
        """Return a page of the account's suppression list, with two entries each."""
        where = urlsplit(path)
        if method == "PUT":
            if body["Reason"] not in ("BOUNCE", "COMPLAINT"):
                raise RefusedError("BadRequestException", "Reason")
            self.suppressed[body["EmailAddress"]] = body["Reason"]
            return {}
        if method == "DELETE":
            if self.suppressed.pop(unquote(where.path.rpartition("/")[2]), None) is None:
                raise RefusedError("NotFoundException", "the address is not on the suppression list", 404)
            return {}
        begin = int(dict(parse_qsl(where.query)).get("NextToken", "0"))
        page = sorted(self.suppressed.items())[begin : begin + 2]
        listed = [
            {"EmailAddress": address, "Reason": reason, "LastUpdateTime": 1_795_000_000.0} for address, reason in page
        ]
        more = {"NextToken": str(begin + 2)} if begin + 2 < len(self.suppressed) else {}
        return {"SuppressedDestinationSummaries": listed} | more

    def _identity(self, name: str) -> dict[str, Any]:
        if name not in self.verified and f"pending:{name}" not in self.verified:
            raise RefusedError("NotFoundException", f"Email identity {name} does not exist.", 404)
        return {"IdentityType": "DOMAIN", "VerifiedForSendingStatus": name in self.verified}

    def _sender(self, body: Any) -> str:
        text = str(body.get("FromEmailAddress", ""))
        if not text.isascii() or re.search(r"[\r\n]", text):
            raise RefusedError("BadRequestException", "Illegal From address")
        address = text.rpartition("<")[2].rstrip(">")
        domain = address.rpartition("@")[2]
        parents = {domain[match.end() :] for match in re.finditer(r"\.", domain)} | {domain}
        if address not in self.verified and not parents & self.verified:
            raise RefusedError(
                "MessageRejected",
                "Email address is not verified. The following identities failed the check in region EU-WEST-1: "
                + address,
            )
        name = body.get("ConfigurationSetName")
        if name is not None and name not in self.configuration_sets:
            raise RefusedError("NotFoundException", f"Configuration set <{name}> does not exist.", 404)
        return text

    def _to(self, destination: Any) -> str:
        addresses = destination.get("ToAddresses", [])
        if len(addresses) != 1 or set(destination) != {"ToAddresses"}:
            raise RefusedError("BadRequestException", "this stub wants one recipient a message")
        (address,) = addresses
        if not re.fullmatch(r"[!-~]+@[A-Za-z0-9.-]+", address):
            raise RefusedError("BadRequestException", "Local address contains control or whitespace, or is not ASCII")
        if address in self.refused_addresses:
            raise RefusedError("BadRequestException", "Domain contains illegal character")
        return str(address)

    def _bulk(self, body: Any) -> dict[str, Any]:
        if len(json.dumps(body)) > 1_048_576:
            raise RefusedError("BadRequestException", "the request is larger than 1 MB")
        sender = self._sender(body)
        entries = body.get("BulkEmailEntries", [])
        if not 1 <= len(entries) <= 50:
            raise RefusedError("BadRequestException", f"{len(entries)} destinations; the limit is 50")
        template = body["DefaultContent"]["Template"]
        defaults = _data(template.get("TemplateData", ""))
        content = template["TemplateContent"]
        if set(content) - {"Subject", "Html", "Text"}:
            raise RefusedError("BadRequestException", "unknown part of TemplateContent")
        for part in content.values():
            _fields(part)
            if any(word in part for word in self.refused_words):
                raise RefusedError("BadRequestException", "the template is not valid")
        mailed = [self._entry(entry, body, sender, content, defaults) for entry in entries]  # all or none
        results = []
        for message in mailed:
            to = message.to if isinstance(message, Mailed) else message
            result = self.entry_results.get(to)
            if result is None:
                result = {"Status": "SUCCESS", "MessageId": f"0102-{len(self.mailed) + len(self.rendering_failures)}"}
                if isinstance(message, Mailed):
                    self.mailed.append(message)
                else:  # accepted, and fails later with a Rendering Failure event
                    self.rendering_failures.append(to)
            results.append(result)
        return {"BulkEmailEntryResults": results}

    def _entry(self, entry: Any, body: Any, sender: str, content: Any, defaults: dict[str, Any]) -> "Mailed | str":
        to = self._to(entry["Destination"])
        tags = _tags(entry.get("ReplacementTags", []))
        headers = _headers(body["DefaultContent"]["Template"].get("Headers", []))
        headers |= _headers(entry.get("ReplacementHeaders", []))
        replacement = entry["ReplacementEmailContent"]["ReplacementTemplate"]["ReplacementTemplateData"]
        data = defaults | _data(replacement)
        try:
            subject, html, text = (_rendered(content[part], data) for part in ("Subject", "Html", "Text"))
        except KeyError:
            return to
        return Mailed(
            to=to,
            sender=sender,
            subject=subject,
            html=html,
            text=text,
            headers=headers,
            tags=tags,
            reply_to=tuple(body.get("ReplyToAddresses", ())),
            configuration_set=body.get("ConfigurationSetName"),
        )

    def _one(self, body: Any) -> dict[str, Any]:
        raw = base64.b64decode(body["Content"]["Raw"]["Data"])
        if len(raw) > 40 * 2**20:
            raise RefusedError("BadRequestException", "the message is larger than 40 MB")
        sender = self._sender(body)
        to = self._to(body["Destination"])
        tags = _tags(body.get("EmailTags", []))
        self.mailed.append(
            Mailed(to=to, sender=sender, tags=tags, raw=raw, configuration_set=body.get("ConfigurationSetName"))
        )
        return {"MessageId": f"0102-{len(self.mailed)}"}


def _data(text: str) -> dict[str, Any]:
    if len(text) > 262_144:
        raise RefusedError("BadRequestException", "TemplateData is longer than 262144 characters")
    try:
        value = json.loads(text)
    except ValueError as err:
        raise RefusedError("BadRequestException", "TemplateData is not JSON") from err
    if not isinstance(value, dict):
        raise RefusedError("BadRequestException", "TemplateData is not an object")
    return value


def _tags(tags: Any) -> dict[str, str]:
    for tag in tags:
        if not all(re.fullmatch(r"[A-Za-z0-9_-]{1,256}", tag[key]) for key in ("Name", "Value")):
            raise RefusedError("BadRequestException", f"a tag has other characters than A-Za-z0-9_-: {tag}")
    return {tag["Name"]: tag["Value"] for tag in tags}


def _headers(headers: Any) -> dict[str, str]:
    if len(headers) > 15:
        raise RefusedError("BadRequestException", f"{len(headers)} headers; the limit is 15")
    for header in headers:
        if not re.fullmatch(r"[!-9;-~]{1,126}", header["Name"]) or header["Name"].lower() in _OWN_HEADERS:
            raise RefusedError("BadRequestException", f"the header {header['Name']} cannot be set")
        if not re.fullmatch(r"[ -~]{1,995}", header["Value"]):
            raise RefusedError("BadRequestException", f"the value of {header['Name']} is too long or not printable")
    named = {header["Name"]: header["Value"] for header in headers}
    if len(named) != len(headers):
        raise RefusedError("BadRequestException", "a header is there twice")
    return named


# As in Handlebars' own lexer, a backslash escapes an expression, and three braces open another kind.
_TOKEN = re.compile(r"(?P<slashes>\\*)(?P<open>\{\{\{?)(?P<inner>[^}]*)(?P<close>\}{2,3})?")


def _fields(template: str) -> list[re.Match[str]]:
    """Return the expressions of an inline template, which may only be plain names."""
    matches = list(_TOKEN.finditer(template))
    for match in matches:
        plain = match["open"] == "{{" and match["close"] == "}}" and not match["slashes"]
        if not plain or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", match["inner"]):
            raise RefusedError("BadRequestException", f"inline templates take plain substitution only: {match[0][:60]}")
    return matches


def _rendered(template: str, data: dict[str, Any]) -> str:
    """Return a rendered template. Raises KeyError if a variable is missing."""
    _fields(template)
    return _TOKEN.sub(lambda match: str(data[match["inner"]]), template)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stub: SesStub

    def setup(self) -> None:
        self.stub.connected(1)
        super().setup()

    def handle(self) -> None:
        with suppress(ConnectionError):  # the client was killed
            super().handle()

    def finish(self) -> None:
        super().finish()
        self.stub.connected(-1)

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        octets = self.rfile.read(length) if length else b""
        self.stub.received = AWSRequest(self.command, f"{self.stub.url}{self.path}", dict(self.headers), octets)
        body = json.loads(octets) if length else None
        fault = self.stub.faults.pop(0) if self.command == "POST" and self.stub.faults else None
        fault = None if fault and fault.kind == "none" else fault
        try:
            if not re.match(r"AWS4-HMAC-SHA256 .*/ses/aws4_request", self.headers.get("Authorization", "")):
                raise RefusedError("MissingAuthenticationTokenException", "Missing Authentication Token", 403)
            if fault and not fault.accepted:
                self._fail(fault, {})
                return
            response = self.stub.answer(self.command, self.path, body)
        except RefusedError as err:
            self._reply(err.status, {"message": err.message}, err.name)
            return
        if fault:
            self._fail(fault, response)
        else:
            self._reply(200, response)

    def _fail(self, fault: Fault, response: dict[str, Any]) -> None:
        if fault.kind == "close":
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        elif fault.kind == "hang":
            self.stub.released.wait(30)
            self.close_connection = True
        elif fault.kind == "truncate":
            cut = json.dumps(response).encode()[:20]
            self._reply_bytes(200, cut)
        elif fault.kind == "garbage":
            self._reply(200, {"Unexpected": ["answer"]})
        elif fault.kind == "drop":
            self._reply(200, {"BulkEmailEntryResults": response["BulkEmailEntryResults"][:-1]})
        else:
            self._reply(fault.status, {"message": fault.message}, fault.kind)

    def _reply(self, status: int, body: dict[str, Any], error: str = "") -> None:
        self._reply_bytes(status, json.dumps(body).encode(), error)

    def _reply_bytes(self, status: int, body: bytes, error: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if error:
            self.send_header("x-amzn-ErrorType", f"{error}:http://internal.amazon.com/coral/com.amazonaws.ses/")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Keep requests out of the tests' output."""


@contextmanager
def ses_stub() -> Iterator[SesStub]:
    """Start a stub on a free port of 127.0.0.1."""
    stub = SesStub()
    handler = type("Handler", (_Handler,), {"stub": stub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        stub.released.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
