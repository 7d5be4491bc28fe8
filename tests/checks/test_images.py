"""Remote images: over a real TLS server on the loopback, and never into a private network by default."""

import datetime
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from newsletter.checks import Web, image_findings
from newsletter.checks.images import IMAGE_LIMIT
from newsletter.errors import Place
from tests import make


class Pictures(BaseHTTPRequestHandler):
    """A handler that answers by path and records the paths that were requested."""

    requested: list[str]
    released: threading.Event

    def do_GET(self) -> None:
        """Send the response that the path stands for."""
        self.requested.append(self.path)
        name, _, rest = self.path.strip("/").partition("/")
        if name == "redirect":
            self._answer(302, {"Location": f"/redirect/{int(rest) - 1}" if int(rest) > 1 else "/small"})
        elif name == "away":
            self._answer(302, {"Location": "https://169.254.169.254/latest/meta-data"})
        elif name == "plain":
            self._answer(302, {"Location": "http://localhost/small"})
        elif name == "small":
            self._answer(200, {"Content-Type": "image/png", "Content-Length": "4"}, b"PNG!")
        elif name == "large":
            self._answer(200, {"Content-Type": "image/png", "Content-Length": str(IMAGE_LIMIT + 1)})
        elif name in ("endless", "drip"):
            self._answer(200, {"Content-Type": "image/png"})
            with suppress(OSError):  # the client closed the connection
                while not self.released.wait(0.02 if name == "drip" else 0):
                    self.wfile.write(b"x" if name == "drip" else b"x" * 65536)
        elif name == "silent":
            self.released.wait(30)
        elif name == "page":
            self._answer(200, {"Content-Type": "text/html"}, b"<p>")
        else:
            self._answer(404, {})

    def _answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for header, value in headers.items():
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A running server, the way to connect to it, and the paths that were requested."""

    url: str
    web: Web
    requested: list[str]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    start = datetime.datetime.now(tz=datetime.UTC) - datetime.timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("certificate") / "localhost.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def site(certificate: Path) -> Iterator[Site]:
    handler = type("Handler", (Pictures,), {"requested": [], "released": threading.Event()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield Site(
        url=f"https://localhost:{server.server_port}",
        web=Web(admits=lambda address: address.is_loopback, trust=ssl.create_default_context(cafile=str(certificate))),
        requested=handler.requested,  # type: ignore[attr-defined]  # given to type() above
    )
    handler.released.set()  # type: ignore[attr-defined]  # given to type() above
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_small_image_has_no_findings(site: Site) -> None:
    assert site.web.inspect(f"{site.url}/small") is None
    assert site.web.inspect(f"{site.url}/redirect/3") is None


@pytest.mark.parametrize(
    ("path", "rule", "word"),
    [
        ("large", "image-large", "1,000,000"),
        ("endless", "image-large", "1,000,000"),
        ("missing", "image-unreachable", "404"),
        ("page", "image-unreachable", "text/html"),
        ("redirect/4", "image-unreachable", "redirects"),
        ("away", "image-unreachable", "169.254.169.254, which isn't on the public internet"),
        ("plain", "image-unreachable", "plain https"),
    ],
)
def test_an_image_that_is_too_large_or_not_an_image_is_reported(site: Site, path: str, rule: str, word: str) -> None:
    problem = site.web.inspect(f"{site.url}/{path}")

    assert problem is not None
    assert problem[0] == rule
    assert word in problem[1]


@pytest.mark.parametrize("path", ["silent", "drip"])
def test_a_server_that_never_finishes_is_abandoned(site: Site, path: str) -> None:
    hurried = Web(admits=site.web.admits, trust=site.web.trust, seconds=0.2)

    assert hurried.inspect(f"{site.url}/{path}") == (
        "image-unreachable",
        "the image didn't load within 0.2 seconds",
    )


def test_the_loopback_is_not_contacted_by_default(site: Site) -> None:
    problem = Web(trust=site.web.trust).inspect(f"{site.url}/small")

    assert problem is not None
    assert "on the public internet" in problem[1]
    assert site.requested == []


def test_an_untrusted_certificate_is_reported(site: Site) -> None:
    problem = Web(admits=site.web.admits).inspect(f"{site.url}/small")

    assert problem is not None
    assert problem[0] == "image-unreachable"
    assert site.requested == []


@pytest.mark.parametrize(
    "url", ["http://localhost/", "ftp://localhost/", "https://a@localhost/", "https:///x", "file:///"]
)
def test_only_ordinary_https_urls_are_requested(url: str) -> None:
    assert Web(admits=lambda address: True).inspect(url) == (
        "image-unreachable",
        "the image leads to an address that isn't plain https",
    )


def test_each_image_is_requested_once_and_reported_in_every_entry_that_has_it() -> None:
    looked: list[str] = []

    def inspect(url: str) -> tuple[str, str] | None:
        looked.append(url)
        return ("image-large", "large") if "large" in url else None

    entries = [
        make.entry("a", image="https://example.org/large.png", lines={"image": 6}),
        make.entry("b", image="https://example.org/large.png", lines={"image": 7}),
        make.entry("c", image="https://example.org/small.png"),
        make.entry("d", image="http://example.org/large.png"),
        make.entry("e"),
    ]

    assert [finding.place for finding in image_findings(entries, inspect)] == [
        Place(path="issues/entries/a.md", line=6),
        Place(path="issues/entries/b.md", line=7),
    ]
    assert sorted(looked) == ["https://example.org/large.png", "https://example.org/small.png"]
