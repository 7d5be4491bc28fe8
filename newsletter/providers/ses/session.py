"""Sessions with AWS, whose errors are SES's."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from newsletter.aws import session
from newsletter.providers.ses.replies import CREDENTIALS, stop_error

if TYPE_CHECKING:
    import boto3


def open_session(environment: Mapping[str, str], *, region: str | None) -> "boto3.Session":
    """Open a session with the credentials in ``environment``, or else from AWS's own chain. Raise ProviderError."""
    try:
        return session.open_session(environment, region=region)
    except session.CredentialsError as err:
        raise stop_error(CREDENTIALS, err.what) from None
