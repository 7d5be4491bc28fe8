"""Sessions with AWS: the choice of credentials and region. This module imports boto3."""

from collections.abc import Mapping

import boto3
from botocore.exceptions import BotoCoreError

from newsletter.providers.ses.replies import CREDENTIALS, Stop, call_verdict, error_words, stop_error


def open_session(environment: Mapping[str, str], *, region: str | None) -> boto3.Session:
    """Open a session with the credentials in ``environment``, or else from AWS's own chain. Raise ProviderError."""
    if environment.get("AWS_ACCESS_KEY_ID") and not environment.get("AWS_SECRET_ACCESS_KEY"):
        raise stop_error(CREDENTIALS, "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not")
    try:
        session = boto3.Session(
            # boto3 looks for missing values in the profile, the role and so on.
            aws_access_key_id=environment.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=environment.get("AWS_SECRET_ACCESS_KEY"),
            aws_session_token=environment.get("AWS_SESSION_TOKEN"),
            profile_name=environment.get("AWS_PROFILE"),
            region_name=region or environment.get("AWS_REGION"),
        )
        if session.get_credentials() is None:
            raise stop_error(CREDENTIALS, "there are no AWS credentials")
    except BotoCoreError as err:
        verdict = call_verdict(err)
        raise stop_error(verdict if isinstance(verdict, Stop) else CREDENTIALS, error_words(err)) from None
    return session
