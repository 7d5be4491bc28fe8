"""Publishing files in a bucket: once, with lasting headers, and with an error that says what to do."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from newsletter.aws.bucket import Bucket, BucketError
from newsletter.aws.session import CREDENTIALS_HINT, CredentialsError
from newsletter.domain.caching import IMMUTABLE
from newsletter.domain.pictures import BucketSettings
from tests.s3_server import CREDENTIALS, S3Server, s3_server

SECRET = "never-to-be-printed"
FILES = {"a.jpg": b"one", "b.png": b"two", "c.jpg": b"three"}
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
    assert answer.headers["cache-control"] == IMMUTABLE

    assert bucket.publish({"a.jpg": b"another", "c.jpg": b"three"}, TYPES) == ["c.jpg"]
    assert bucket.publish({"a.jpg": b"one"}, TYPES) == []
    assert server.names("letters") == ["pictures/a.jpg", "pictures/b.png", "pictures/c.jpg"]
    assert httpx.get(f"{server.url}/letters/pictures/a.jpg").content == b"one"


def test_a_bucket_that_readers_may_not_read_is_an_error(server: S3Server) -> None:
    server.create_bucket("private", public=())
    for _ in range(2):  # it is no better once the file is there
        with pytest.raises(BucketError, match=r"/private/a\.jpg is uploaded, but answers with status 403") as refused:
            bucket_at(server.url, "private").publish({"a.jpg": b"one"}, TYPES)
        assert "bucket policy" in refused.value.hint
        assert "no message was sent" in refused.value.hint


@pytest.mark.parametrize("name", ["a.jpg", "b.png", "c.jpg"])
def test_every_new_file_is_loaded_as_a_reader_would(server: S3Server, name: str) -> None:
    bucket = f"half-{name[0]}"
    server.create_bucket(bucket, public=[other for other in FILES if other != name])
    with pytest.raises(BucketError, match=rf"/{bucket}/{name} is uploaded, but answers with status 403"):
        bucket_at(server.url, bucket).publish(FILES, TYPES)


def test_a_website_in_place_of_the_bucket_is_an_error(server: S3Server) -> None:
    server.create_bucket("website")
    with pytest.raises(BucketError, match=r"a\.jpg is uploaded, but readers get a page instead of the picture"):
        bucket_at(server.url, "website").publish({"a.jpg": b"one"}, {"jpg": "text/html"})


def test_a_missing_bucket_is_an_error(server: S3Server) -> None:
    with pytest.raises(BucketError, match=r'upload a\.jpg to the bucket "nowhere": there is no such bucket') as refused:
        bucket_at(server.url, "nowhere").publish({"a.jpg": b"one"}, TYPES)
    assert (refused.value.bucket, refused.value.file) == ("nowhere", "a.jpg")
    assert "check [images] bucket" in refused.value.hint


def test_a_server_that_does_not_listen_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(BucketError, match="can't connect to http://127") as refused:
        bucket_at(url, "letters").publish({"a.jpg": b"one"}, TYPES)
    assert "check [images] region and endpoint_url" in refused.value.hint


class Refusals:
    """A bucket of a server that has no object and refuses every upload with the same status and code of S3."""

    def __init__(self) -> None:
        self.status, self.code = 0, ""
        refusals = self

        class Refusing(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"  # with "100 Continue", without which the client waits for a second

            def do_HEAD(self) -> None:
                self.send_response(403)
                self.send_header("Connection", "close")
                self.end_headers()

            def do_PUT(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                message = f"<Message>{SECRET} and other words of S3</Message>"
                body = f"<Error><Code>{refusals.code}</Code>{message}</Error>".encode()
                self.send_response(refusals.status)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Refusing)
        self.bucket = bucket_at(f"http://127.0.0.1:{self.server.server_port}", "letters")

    def refused(self, status: int, code: str) -> BucketError:
        """Return the error of an upload that is refused like this."""
        self.status, self.code = status, code
        with pytest.raises(BucketError) as refused:
            self.bucket.publish({"a.jpg": b"one"}, TYPES)
        return refused.value


@pytest.fixture(scope="module")
def refusals() -> Iterator[Refusals]:
    """Run one server and make one client for all refusals: a client takes a second."""
    refusals = Refusals()
    with refusals.server as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield refusals
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "code", "why", "advice"),
    [
        (403, "AccessDenied", "these credentials may not write to it", "allow s3:PutObject"),
        (301, "PermanentRedirect", "it is in another region", "set [images] region"),
        (403, "RequestTimeTooSkewed", "this machine's clock is wrong", "set the clock"),
        (403, "InvalidAccessKeyId", "S3 doesn't know the access key", CREDENTIALS_HINT),
        (403, "SignatureDoesNotMatch", "the secret key doesn't fit the access key", CREDENTIALS_HINT),
        (403, "ExpiredToken", "the session token has expired", CREDENTIALS_HINT),
        (403, "InvalidToken", "the session token is not valid", CREDENTIALS_HINT),
        (400, "SomethingNew", "S3 refused the upload (SomethingNew)", "try again later"),
    ],
)
def test_a_refusal_says_what_to_do_in_words_of_our_own(
    refusals: Refusals, status: int, code: str, why: str, advice: str
) -> None:
    error = refusals.refused(status, code)
    assert error.what == f'can\'t upload a.jpg to the bucket "letters": {why}'
    assert error.hint.startswith(advice)
    assert SECRET not in str(error)


def test_half_of_the_credentials_is_an_error() -> None:
    settings = BucketSettings(bucket="letters", prefix="", public_url="https://cdn.example.org", region="us-east-1")
    with pytest.raises(CredentialsError, match="AWS_SECRET_ACCESS_KEY is not"):
        Bucket(settings, {"AWS_ACCESS_KEY_ID": "AKIDTEST"})
