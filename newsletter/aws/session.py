"""Sessions with AWS: the choice of credentials and region. This module imports boto3."""

from collections import defaultdict
from collections.abc import Mapping

import boto3
from botocore.exceptions import BotoCoreError

from newsletter.errors import NewsletterError


class CredentialsError(NewsletterError):
    """AWS credentials that are missing, incomplete or can't be read."""

    code = "aws-credentials"

    def __init__(self, what: str) -> None:
        super().__init__(what, hint=CREDENTIALS_HINT)


CREDENTIALS_HINT = "check the AWS credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or a role"

# botocore's errors before a request, by class name, with their fields in braces.
_BOTOCORE = {
    "EndpointConnectionError": "can't connect to {endpoint_url}",
    "ConnectTimeoutError": "{endpoint_url} doesn't answer",
    "ReadTimeoutError": "{endpoint_url} doesn't answer",
    "ConnectionClosedError": "{endpoint_url} closed the connection",
    "SSLError": "the certificate of {endpoint_url} can't be trusted",
    "ProxyConnectionError": "can't connect to the proxy {proxy_url}",
    "NoRegionError": "no region is set",
    "InvalidRegionError": '"{region_name}" is not a region',
    "NoCredentialsError": "there are no AWS credentials",
    "CredentialRetrievalError": "the AWS credentials can't be retrieved from {provider}",
    "UnauthorizedSSOTokenError": "the AWS single sign-on has expired",
    "SSOTokenLoadError": "there is no AWS single sign-on",
    "ProfileNotFound": 'there is no AWS profile "{profile}"',
    "ConfigParseError": "the AWS settings in {path} can't be read",
    "ConfigNotFound": "there are no AWS settings in {path}",
    "PartialCredentialsError": "the AWS credentials are incomplete: {cred_var} is missing",
}


def open_session(environment: Mapping[str, str], *, region: str | None) -> boto3.Session:
    """Open a session with the credentials in ``environment``, or else from AWS's own chain. Raise CredentialsError."""
    if environment.get("AWS_ACCESS_KEY_ID") and not environment.get("AWS_SECRET_ACCESS_KEY"):
        raise CredentialsError("AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not")
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
            raise CredentialsError("there are no AWS credentials")
    except BotoCoreError as err:
        raise CredentialsError(words_before_a_request(err)) from err
    return session


def words_before_a_request(err: BotoCoreError) -> str:
    """Return the words for an error that botocore raised itself, before a request or without an answer."""
    name = type(err).__name__
    words = _BOTOCORE.get(name)
    return words.format_map(defaultdict(str, err.kwargs)) if words else f"the AWS library failed ({name})"
