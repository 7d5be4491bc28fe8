"""Publish files in a bucket of S3, or of a service that speaks its protocol. This module uses boto3."""

import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from newsletter.aws.session import CREDENTIALS_HINT, open_session, words_before_a_request
from newsletter.domain.caching import IMMUTABLE
from newsletter.domain.pictures import BucketSettings
from newsletter.errors import NewsletterError

_SECONDS = 10  # to load a published file
_READER = {"User-Agent": "Mozilla/5.0 (compatible; newsletter)"}  # some networks refuse Python's own

_LATER = "try again later"
_CONNECTION = "check [images] region and endpoint_url, and this machine's connection"
_REGION = ("it is in another region", "set [images] region to the bucket's own")
# What is wrong, and how to fix it, by S3's codes.
_REFUSALS: Mapping[str, tuple[str, str]] = {
    "NoSuchBucket": ("there is no such bucket", "check [images] bucket, region and endpoint_url"),
    "AccessDenied": (
        "these credentials may not write to it",
        "allow s3:PutObject and s3:GetObject in this bucket for these credentials (IAM)",
    ),
    "AllAccessDisabled": ("AWS has disabled it", "see the S3 console for the reason"),
    "PermanentRedirect": _REGION,
    "AuthorizationHeaderMalformed": _REGION,
    "IllegalLocationConstraintException": _REGION,
    "InvalidAccessKeyId": ("S3 doesn't know the access key", CREDENTIALS_HINT),
    "SignatureDoesNotMatch": ("the secret key doesn't fit the access key", CREDENTIALS_HINT),
    "ExpiredToken": ("the session token has expired", CREDENTIALS_HINT),
    "InvalidToken": ("the session token is not valid", CREDENTIALS_HINT),
    "RequestTimeTooSkewed": (
        "this machine's clock is wrong",
        "set the clock: S3 accepts a signature for a few minutes only",
    ),
    "SlowDown": ("S3 asks for fewer requests", "try again in a few minutes"),
}
_UNREACHED = frozenset({"EndpointConnectionError", "ConnectTimeoutError", "ProxyConnectionError", "SSLError"})


class BucketError(NewsletterError):
    """A file that can't be published; ``bucket`` is the bucket's name and ``file`` the file's."""

    code = "bucket"

    def __init__(self, what: str, *, hint: str, bucket: str, file: str) -> None:
        self.bucket, self.file = bucket, file
        super().__init__(what, hint=hint)


class Bucket:
    """A bucket with public files, whose names change with their content: a file that is there stays as it is."""

    def __init__(self, settings: BucketSettings, environment: Mapping[str, str]) -> None:
        """Create the S3 client, without using the network. Raise CredentialsError if there are no credentials."""
        self._settings = settings
        session = open_session(environment, region=settings.region)
        own = settings.endpoint_url is not None
        config = Config(
            retries={"mode": "standard", "total_max_attempts": 4},
            connect_timeout=10,
            read_timeout=60,
            s3={"addressing_style": "path"} if own else {},  # other services have no host for each bucket
        )
        self._client: Any = session.client("s3", endpoint_url=settings.endpoint_url, config=config)

    def publish(self, files: Mapping[str, bytes], media_types: Mapping[str, str]) -> list[str]:
        """Upload the files that the bucket lacks, and return their names. ``media_types`` are by a file's ending.

        Raise BucketError if one can't be uploaded, or if readers can't load an uploaded one or the last of all. Those
        uploaded before stay.
        """
        uploaded = [
            name
            for name, content in files.items()
            if self._uploaded(name, content, media_types[name.rpartition(".")[2]])
        ]
        for name in dict.fromkeys([*uploaded, *list(files)[-1:]]):
            self._require_public(name)
        return uploaded

    def _uploaded(self, name: str, content: bytes, media_type: str) -> bool:
        bucket, key = self._settings.bucket, self._settings.prefix + name
        try:
            if self._has(bucket, key):
                return False
            self._client.put_object(
                Bucket=bucket, Key=key, Body=content, ContentType=media_type, CacheControl=IMMUTABLE
            )
        except (ClientError, BotoCoreError) as err:
            raise self._refused(err, name) from err
        return True

    def _has(self, bucket: str, key: str) -> bool:
        try:
            self._client.head_object(Bucket=bucket, Key=key)
        except ClientError as err:
            # S3 has no words for a HEAD request. Who may not list a bucket gets 403 for a missing object.
            if err.response.get("ResponseMetadata", {}).get("HTTPStatusCode") in (403, 404):
                return False
            raise
        return True

    def _require_public(self, name: str) -> None:
        """Raise BucketError if the file isn't publicly readable: buckets are private at first."""
        address = f"{self._settings.public_url}/{name}"
        hint = "let everybody read the bucket's objects (a bucket policy), and check [images] url"
        request = urllib.request.Request(address, headers=_READER)  # noqa: S310  checked in the settings
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as response:  # noqa: S310
                kind = response.headers.get_content_type()
        except urllib.error.HTTPError as err:
            raise self._error(f"{address} is uploaded, but answers with status {err.code}", hint, name) from err
        except OSError as err:
            raise self._error(f"{address} is uploaded, but can't be reached", hint, name) from err
        if kind.startswith("text/"):  # a page of a website that answers for every address
            raise self._error(f"{address} is uploaded, but readers get a page instead of the picture", hint, name)

    def _refused(self, err: ClientError | BotoCoreError, name: str) -> BucketError:
        if isinstance(err, ClientError):
            # S3's own words are left out: they may repeat a session token.
            code = str(err.response.get("Error", {}).get("Code", ""))
            why, hint = _REFUSALS.get(code, (f"S3 refused the upload ({code})", _LATER))
        else:
            why = words_before_a_request(err)
            hint = _CONNECTION if type(err).__name__ in _UNREACHED else _LATER
        return self._error(f'can\'t upload {name} to the bucket "{self._settings.bucket}": {why}', hint, name)

    def _error(self, what: str, hint: str, name: str) -> BucketError:
        return BucketError(what, hint=f"{hint}; no message was sent", bucket=self._settings.bucket, file=name)
