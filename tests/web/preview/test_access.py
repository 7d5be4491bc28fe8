"""Which requests the preview answers, and with which headers."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from tests.web.preview.running_preview import TOKEN, Listening, listening, write_newsletter

PATHS = [
    "/",
    "/issues/2026-11-23",
    "/issues/2026-11-23?view=text",
    "/issues/2026-11-23/email",
    "/issues/no-such-issue",
    "/files/newsletter.toml",
    "/reader-links/unsubscribe",
    "/static/preview.css",
    "/changes",
    "/no/such/page",
]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listening]:
    """Start one preview for all tests of this module, which don't change it."""
    with listening(write_newsletter(tmp_path_factory.mktemp("running")).root) as at:
        yield at


@pytest.fixture(scope="module")
def client(running: Listening) -> Iterator[httpx.Client]:
    """Return a client that has the token."""
    with httpx.Client(base_url=running.base) as client:
        client.get("/", params={"token": TOKEN})
        yield client


@pytest.fixture
def stranger(running: Listening) -> Iterator[httpx.Client]:
    """Return a client without the token."""
    with httpx.Client(base_url=running.base) as client:
        yield client


QUIET = [path for path in PATHS if path != "/changes"]  # which has no end


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "host",
    ["evil.example.org", "evil.example.org:8025", "127.0.0.1", "127.0.0.1:9999", "127.0.0.1:8025.example.org", ""],
)
def test_another_host_name_is_refused_on_every_route(client: httpx.Client, path: str, host: str) -> None:
    answer = client.get(path, headers={"Host": host.format(port=client.base_url.port)})
    assert answer.status_code == 421
    assert "Daily Test" not in answer.text


def test_two_host_headers_are_refused(running: Listening) -> None:
    lines = ["GET / HTTP/1.1", f"Host: {running.host}", f"Host: {running.host}", "Connection: close", "", ""]
    host, _, port = running.host.partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall("\r\n".join(lines).encode())
        status = connection.makefile("rb").readline()
    assert status.split()[1] in (b"400", b"421")  # by the HTTP server, if it sees them first


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_writing_methods_are_refused(client: httpx.Client, path: str, method: str) -> None:
    answer = client.request(method, path, headers={"Origin": f"http://127.0.0.1:{client.base_url.port}"})
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", [path for path in PATHS if not path.startswith("/static/")])
def test_pages_without_the_token_reveal_nothing_of_the_newsletter(stranger: httpx.Client, path: str) -> None:
    guess = {"Cookie": f"newsletter-preview-{stranger.base_url.port}=guess"}
    for answer in (stranger.get(path), stranger.get(path, headers=guess)):
        assert answer.status_code == 403
        assert "newsletter preview" in answer.text
        assert "Daily Test" not in answer.text


def test_the_token_is_removed_from_the_url(stranger: httpx.Client) -> None:
    answer = stranger.get("/issues/2026-11-23", params={"width": "375", "token": TOKEN})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/issues/2026-11-23?width=375"
    cookie = answer.headers["Set-Cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert stranger.get("/").status_code == 200


def test_the_token_never_redirects_to_another_host(client: httpx.Client, running: Listening) -> None:
    answer = client.get(f"{running.base}//evil.example.org/", params={"token": TOKEN})
    assert not urlsplit(answer.headers["Location"]).netloc


@pytest.mark.parametrize("path", [*QUIET, "/?token=wrong"])
def test_every_answer_has_a_strict_policy(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe-eval" not in policy
    scripts = [directive for directive in policy.split("; ") if directive.startswith("script-src")]
    assert scripts in ([], ["script-src 'self'"])
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


def test_pages_have_no_inline_script_or_style(client: httpx.Client) -> None:
    for path in QUIET:
        answer = client.get(path)
        if path.endswith("/email") or "html" not in answer.headers["Content-Type"]:
            continue
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
        assert " style=" not in answer.text
        assert "<style" not in answer.text
        assert " onclick=" not in answer.text


def test_the_frame_runs_no_script_and_loads_images_only_if_enabled(client: httpx.Client) -> None:
    policy = client.get("/issues/2026-11-23/email").headers["Content-Security-Policy"]
    assert "script-src" not in policy  # default-src 'none' it is, then
    assert "img-src 'self' https: data:;" in policy
    assert "; sandbox " in policy
    assert "allow-scripts" not in policy
    assert "frame-ancestors 'self'" in policy
    policy = client.get("/issues/2026-11-23/email?images=off").headers["Content-Security-Policy"]
    assert "img-src 'none';" in policy
