"""Publishing files in a bucket: once, with lasting headers, and with an error that says what to do."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from newsletter.aws.bucket import LASTING, Bucket, BucketError
from newsletter.aws.session import CredentialsError
from newsletter.domain.pictures import BucketSettings
from tests.s3_server import CREDENTIALS, S3Server, s3_server

TYPES = {"jpg": "image/jpeg", "png": "image/png"}


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    """Run one S3 for all tests; each has a bucket of its own."""
    with s3_server() as running:
        yield running


def bucket_at(url: str, name: str, prefix: str = "") -> Bucket:
    """Open a bucket of a server."""
    public = f"{url}/{name}/{prefix}".rstrip("/")
    settings = BucketSettings(bucket=name, prefix=prefix, public_url=public, region="us-east-1", endpoint_url=url)
    return Bucket(settings, CREDENTIALS)


def test_files_are_uploaded_once_and_may_be_kept_for_ever(server: S3Server) -> None:
    server.create_bucket("letters")
    bucket = bucket_at(server.url, "letters", "pictures/")
    assert bucket.publish({"a.jpg": b"one", "b.png": b"two"}, TYPES) == ["a.jpg", "b.png"]
    answer = httpx.get(f"{server.url}/letters/pictures/b.png")
    assert answer.content == b"two"
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == LASTING

    assert bucket.publish({"a.jpg": b"another", "c.jpg": b"three"}, TYPES) == ["c.jpg"]
    assert bucket.publish({"a.jpg": b"one"}, TYPES) == []
    assert server.names("letters") == ["pictures/a.jpg", "pictures/b.png", "pictures/c.jpg"]
    assert httpx.get(f"{server.url}/letters/pictures/a.jpg").content == b"one"


def test_a_bucket_that_readers_may_not_read_is_an_error(server: S3Server) -> None:
    server.create_bucket("private", public=False)
    for _ in range(2):  # it is no better once the file is there
        with pytest.raises(BucketError, match=r"/private/a\.jpg is uploaded, but answers with status 403") as refused:
            bucket_at(server.url, "private").publish({"a.jpg": b"one"}, TYPES)
        assert "bucket policy" in refused.value.hint
        assert "no message was sent" in refused.value.hint


def test_a_missing_bucket_is_an_error(server: S3Server) -> None:
    with pytest.raises(BucketError, match=r'upload a\.jpg to the bucket "nowhere": NoSuchBucket') as refused:
        bucket_at(server.url, "nowhere").publish({"a.jpg": b"one"}, TYPES)
    assert (refused.value.bucket, refused.value.file) == ("nowhere", "a.jpg")
    assert "check [images] bucket" in refused.value.hint


def test_a_server_that_does_not_listen_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(BucketError, match="can't connect to http://127") as refused:
        bucket_at(url, "letters").publish({"a.jpg": b"one"}, TYPES)
    assert "check [images] region and endpoint_url" in refused.value.hint


@contextmanager
def refusing_server(status: int, code: str) -> Iterator[str]:
    """Run a server that knows no object and refuses every upload with a code of S3."""
    body = f"<Error><Code>{code}</Code><Message>The words of S3: never-to-be-printed</Message></Error>".encode()

    class Refusing(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(403)
            self.end_headers()

        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("status", "code", "advice"),
    [
        (403, "AccessDenied", "allow s3:PutObject"),
        (301, "PermanentRedirect", "set [images] region"),
        (403, "RequestTimeTooSkewed", "check this machine's clock"),
        (400, "SomethingNew", "try again later"),
    ],
)
def test_a_refusal_says_what_to_do(status: int, code: str, advice: str) -> None:
    with (
        refusing_server(status, code) as url,
        pytest.raises(BucketError, match=rf"{code}: The words of S3") as refused,
    ):
        bucket_at(url, "letters").publish({"a.jpg": b"one"}, TYPES)
    assert advice in refused.value.hint


@pytest.mark.parametrize("code", ["InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"])
def test_refused_credentials_are_never_repeated(code: str) -> None:
    with refusing_server(403, code) as url, pytest.raises(BucketError) as refused:
        bucket_at(url, "letters").publish({"a.jpg": b"one"}, TYPES)
    assert re.search(rf": {code}$", refused.value.what)
    assert "check the AWS credentials" in refused.value.hint
    assert "never-to-be-printed" not in str(refused.value)


def test_half_of_the_credentials_is_an_error() -> None:
    settings = BucketSettings(bucket="letters", prefix="", public_url="https://cdn.example.org", region="us-east-1")
    with pytest.raises(CredentialsError, match="AWS_SECRET_ACCESS_KEY is not"):
        Bucket(settings, {"AWS_ACCESS_KEY_ID": "AKIDTEST"})
