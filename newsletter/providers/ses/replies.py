"""Tables that turn SES's answers into delivery statuses.

SES has no idempotency key: a message that may have been accepted is *uncertain*, and no call is repeated.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoAuthTokenError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    ProxyConnectionError,
    SSLError,
    SSOError,
    TokenRetrievalError,
)

from newsletter.aws.session import CREDENTIALS_HINT, words_before_a_request
from newsletter.domain.delivery import DeliveryStatus
from newsletter.errors import OutageError, ProviderError


@dataclass(frozen=True, slots=True)
class Stop:
    """A verdict on a whole call: nothing was accepted, and every recipient would get the same answer.

    ``hint`` is for the operator. ``again`` is the number of seconds after which SES may accept messages without
    anybody's help. ``outage`` is true if SES was not reached.
    """

    hint: str
    again: float | None = None
    outage: bool = False


@dataclass(frozen=True, slots=True)
class Throttled:
    """A verdict on one recipient or a call: SES asks for a lower rate. The recipients are not at fault."""


@dataclass(frozen=True, slots=True)
class RetrySingly:
    """A verdict on a whole call: nothing was accepted, perhaps because of one recipient's data. Retry one by one."""


Verdict = DeliveryStatus | Stop | Throttled

_LATER = Stop("the SES console shows the limit", again=60 * 60)
_PAUSED = Stop("see the SES console for the reason and how to fix it", again=15 * 60)
_CONSOLE = Stop("see the SES console for the reason and how to fix it")
_SENDER = Stop(
    "verify the sender's address or domain in SES, in this region; in the sandbox, verify every recipient too"
)
_CONFIGURATION_SET = Stop("name a configuration set that exists in this region, or remove [provider] configuration_set")
CREDENTIALS = Stop(CREDENTIALS_HINT)
_CLOCK = Stop("check this machine's clock: SES accepts a signature for a few minutes only")
_PERMISSION = Stop("allow ses:SendEmail and ses:SendBulkEmail for these credentials (IAM)")
_WHERE = "check [provider] region and endpoint_url, and that this machine may connect to it"
_CERTIFICATE = Stop(_WHERE)
UNREACHABLE = Stop(_WHERE, again=5 * 60, outage=True)
NO_ANSWER = Stop("try again later", again=5 * 60, outage=True)
EMAIL_REJECTED = Stop("fix the problem that SES names in this email")

# SESv2, BulkEmailEntryResult; the last three are older names.
BULK_STATUSES: Mapping[str, Verdict] = {
    "SUCCESS": DeliveryStatus.SUBMITTED,
    "MESSAGE_REJECTED": DeliveryStatus.REFUSED,
    "INVALID_PARAMETER": DeliveryStatus.REFUSED,
    "TRANSIENT_FAILURE": DeliveryStatus.DEFERRED,
    "ACCOUNT_THROTTLED": Throttled(),
    # SES doesn't say that this is permanent: the operator may retry it (`sends retry --failed`).
    "FAILED": DeliveryStatus.REFUSED,
    "ACCOUNT_DAILY_QUOTA_EXCEEDED": _LATER,
    "ACCOUNT_SENDING_PAUSED": _PAUSED,
    "CONFIGURATION_SET_SENDING_PAUSED": _PAUSED,
    "ACCOUNT_SUSPENDED": _CONSOLE,
    "MAIL_FROM_DOMAIN_NOT_VERIFIED": _SENDER,
    "CONFIGURATION_SET_NOT_FOUND": _CONFIGURATION_SET,
    "TEMPLATE_NOT_FOUND": EMAIL_REJECTED,
    "INVALID_SENDING_POOL_NAME": _CONFIGURATION_SET,
    "INVALID_PARAMETER_VALUE": DeliveryStatus.REFUSED,
    "CONFIGURATION_SET_DOES_NOT_EXIST": _CONFIGURATION_SET,
    "TEMPLATE_DOES_NOT_EXIST": EMAIL_REJECTED,
}

# Errors of a whole call; with any of them, nothing was accepted.
CALL_ERRORS: Mapping[str, Verdict | RetrySingly] = {
    "TooManyRequestsException": Throttled(),
    "ThrottlingException": Throttled(),
    "Throttling": Throttled(),
    "BadRequestException": RetrySingly(),
    "ValidationException": RetrySingly(),
    "MessageRejected": RetrySingly(),
    "LimitExceededException": _LATER,
    "SendingPausedException": _PAUSED,
    "AccountSuspendedException": _CONSOLE,
    "MailFromDomainNotVerifiedException": _SENDER,
    "NotFoundException": _CONFIGURATION_SET,
    "AccessDenied": _PERMISSION,
    "AccessDeniedException": _PERMISSION,
    "ExpiredToken": CREDENTIALS,
    "ExpiredTokenException": CREDENTIALS,
    "IncompleteSignature": CREDENTIALS,
    "InvalidClientTokenId": CREDENTIALS,
    "InvalidSignatureException": CREDENTIALS,
    "MissingAuthenticationToken": CREDENTIALS,
    "MissingAuthenticationTokenException": CREDENTIALS,
    "OptInRequired": CREDENTIALS,
    "RequestExpired": _CLOCK,
    "RequestTimeTooSkewed": _CLOCK,
    "SignatureDoesNotMatch": CREDENTIALS,
    "UnrecognizedClientException": CREDENTIALS,
}

# No connection, or no credentials: the request never left.
_NEVER_SENT: tuple[tuple[tuple[type[BotoCoreError], ...], Stop], ...] = (
    (
        (
            CredentialRetrievalError, NoAuthTokenError, NoCredentialsError, PartialCredentialsError, ProfileNotFound,
            SSOError, TokenRetrievalError,
        ),
        CREDENTIALS,
    ),
    ((NoRegionError,), Stop("set [provider] region, eu-west-1 say")),
    ((ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError), UNREACHABLE),
)  # fmt: skip

# "Signature expired: 20261123T080000Z is now earlier than …", "Signature not yet current: …"; codes differ.
_SIGNATURE = frozenset({"InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignature"})
_UNTIMELY = re.compile(r"signature (has )?expired|not yet current|skew", re.IGNORECASE)
_UNVERIFIED = re.compile(r"not verified", re.IGNORECASE)


def entry_verdict(result: Mapping[str, Any]) -> Verdict:
    """Return the verdict of one BulkEmailEntryResult. An unknown status or a success without an id is uncertain."""
    verdict = BULK_STATUSES.get(str(result.get("Status")), DeliveryStatus.UNCERTAIN)
    if verdict is DeliveryStatus.SUBMITTED and not result.get("MessageId"):
        return DeliveryStatus.UNCERTAIN
    if verdict is DeliveryStatus.REFUSED and _UNVERIFIED.search(str(result.get("Error", ""))):
        return _SENDER
    return verdict


def call_verdict(err: ClientError | BotoCoreError, *, complete: bool = True) -> Verdict | RetrySingly:
    """Return the verdict of a call that raised. After a read timeout, a 5xx or an unknown error it is uncertain.

    If the request was not ``complete`` (not written to its end), SES can't have accepted it.
    """
    verdict = _call_verdict(err)
    return UNREACHABLE if verdict is DeliveryStatus.UNCERTAIN and not complete else verdict


def _call_verdict(err: ClientError | BotoCoreError) -> Verdict | RetrySingly:
    if isinstance(err, ClientError):
        code = error_code(err)
        if code in _SIGNATURE and _UNTIMELY.search(str(err)):
            return _CLOCK
        if code in CALL_ERRORS:
            verdict = CALL_ERRORS[code]
            return _SENDER if isinstance(verdict, RetrySingly) and _UNVERIFIED.search(str(err)) else verdict
        status = err.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status == 429:
            return Throttled()
        return EMAIL_REJECTED if 400 <= status < 500 else DeliveryStatus.UNCERTAIN
    for types, stop in _NEVER_SENT:
        if isinstance(err, types):
            return stop
    if isinstance(err, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(err):
        return _CERTIFICATE
    return DeliveryStatus.UNCERTAIN


def stop_error(stop: Stop, what: str) -> ProviderError:
    """Return the error that ends a send or makes it wait."""
    if stop.outage:
        return OutageError(f"SES cannot be reached: {what}", hint=stop.hint, again=stop.again or 0)
    return ProviderError(f"SES refuses: {what}", hint=stop.hint, again=stop.again)


def error_code(err: ClientError) -> str:
    """Return SES's name for an error."""
    return str(err.response.get("Error", {}).get("Code", ""))


def error_words(err: ClientError | BotoCoreError) -> str:
    """Return an error in SES's words, or only its code if it is about credentials: SES may repeat a session token."""
    if not isinstance(err, ClientError):
        return words_before_a_request(err)
    code = error_code(err)
    if CALL_ERRORS.get(code) is CREDENTIALS:
        return code
    return f"{code}: {err.response.get('Error', {}).get('Message', '')}".strip(": ")
