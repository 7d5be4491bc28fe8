"""Publish files in a bucket of S3, or of a service that speaks its protocol. This module uses boto3."""

import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from newsletter.aws.session import CREDENTIALS_HINT, open_session, words_before_a_request
from newsletter.domain.pictures import BucketSettings
from newsletter.errors import NewsletterError

LASTING = "public, max-age=31536000, immutable"
_SECONDS = 10  # for a look at a published file

_REGION = "set [images] region to the bucket's own"
_LATER = "try again later"
_HINTS: Mapping[str, str] = {
    "NoSuchBucket": "check [images] bucket, region and endpoint_url",
    "AccessDenied": "allow s3:PutObject and s3:GetObject in this bucket for these credentials (IAM)",
    "AllAccessDisabled": "see the S3 console for the reason",
    "PermanentRedirect": _REGION,
    "AuthorizationHeaderMalformed": _REGION,
    "IllegalLocationConstraintException": _REGION,
    "InvalidAccessKeyId": CREDENTIALS_HINT,
    "SignatureDoesNotMatch": CREDENTIALS_HINT,
    "ExpiredToken": CREDENTIALS_HINT,
    "InvalidToken": CREDENTIALS_HINT,
    "RequestTimeTooSkewed": "check this machine's clock: S3 accepts a signature for a few minutes only",
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
        """Open it. Raise CredentialsError if there are no credentials; the network is not used."""
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

        Raise BucketError if one can't be uploaded, or readers couldn't load the last one. Those uploaded before stay.
        """
        uploaded = [
            name
            for name, content in files.items()
            if self._uploaded(name, content, media_types[name.rpartition(".")[2]])
        ]
        for name in list(files)[-1:]:
            self._require_public(name)
        return uploaded

    def _uploaded(self, name: str, content: bytes, media_type: str) -> bool:
        bucket, key = self._settings.bucket, self._settings.prefix + name
        try:
            if self._has(bucket, key):
                return False
            self._client.put_object(Bucket=bucket, Key=key, Body=content, ContentType=media_type, CacheControl=LASTING)
        except (ClientError, BotoCoreError) as err:
            raise self._refused(err, name) from None
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
        """Raise BucketError if anybody but the publisher would see no picture: buckets are private at first."""
        address = f"{self._settings.public_url}/{name}"
        hint = "let everybody read the bucket's objects (a bucket policy), and check [images] url"
        request = urllib.request.Request(address, method="HEAD")  # noqa: S310  checked in the settings
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS):  # noqa: S310
                return
        except urllib.error.HTTPError as err:
            why = f"answers with status {err.code}"
        except OSError:
            why = "can't be reached"
        raise self._error(f"{address} is uploaded, but {why}", hint, name)

    def _refused(self, err: ClientError | BotoCoreError, name: str) -> BucketError:
        if isinstance(err, ClientError):
            error = err.response.get("Error", {})
            code = str(error.get("Code", ""))
            hint = _HINTS.get(code, _LATER)
            # S3 may repeat a session token in its words about credentials.
            why = code if hint == CREDENTIALS_HINT else f"{code}: {error.get('Message', '')}".strip(": ")
        else:
            why = words_before_a_request(err)
            unreached = type(err).__name__ in _UNREACHED
            hint = "check [images] region and endpoint_url, and this machine's connection" if unreached else _LATER
        return self._error(f'can\'t upload {name} to the bucket "{self._settings.bucket}": {why}', hint, name)

    def _error(self, what: str, hint: str, name: str) -> BucketError:
        return BucketError(what, hint=f"{hint}; no message was sent", bucket=self._settings.bucket, file=name)
