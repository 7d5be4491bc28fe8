"""One AWS account in one region, through SESv2: its permissions and limits, and the calls that send messages.

This module imports boto3, so it is imported only when SES is the provider.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.rate_limits import Limits
from newsletter.errors import ProviderError
from newsletter.message.mime import Recipient
from newsletter.providers.ses.connections import record_writes, watched_request
from newsletter.providers.ses.replies import (
    CREDENTIALS,
    NO_ANSWER,
    RetrySingly,
    Stop,
    Verdict,
    call_verdict,
    entry_verdict,
    error_code,
    error_words,
    stop_error,
)
from newsletter.providers.ses.session import open_session

_ERRORS = (ClientError, BotoCoreError)
_NO_PERMISSION = frozenset({"AccessDenied", "AccessDeniedException"})


class SesClient(Protocol):
    """A subset of boto3's client for ``sesv2``: the calls that this program makes."""

    def send_bulk_email(self, **request: Any) -> Mapping[str, Any]: ...
    def send_email(self, **request: Any) -> Mapping[str, Any]: ...
    def get_account(self) -> Mapping[str, Any]: ...
    def get_email_identity(self, **request: Any) -> Mapping[str, Any]: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SesReply:
    """A call's result for one recipient, with SES's own words."""

    recipient: Recipient
    verdict: Verdict | RetrySingly
    words: str = ""
    message_id: str = ""


class Account:
    """An account in a region. Thread-safe, as boto3's clients are."""

    def __init__(self, client: SesClient, region: str) -> None:
        self._client = client
        self._region = region
        self._records_writes = record_writes(client)

    def verify_account(self, *, sandbox: bool) -> Limits | None:
        """Check that the account may send now, and return its limits. Raise ProviderError if it may not.

        Return None if the credentials don't allow the question; a problem then shows at the first call.
        """
        try:
            account = self._client.get_account()
        except _ERRORS as err:
            if isinstance(err, ClientError) and error_code(err) in _NO_PERMISSION:
                return None
            raise self._check_error(err) from None
        if account.get("EnforcementStatus") == "SHUTDOWN" or not account.get("SendingEnabled", True):
            raise ProviderError(
                f"SES has disabled sending for this account in {self._region}",
                hint="see the SES console for the reason and how to fix it",
            )
        if not account.get("ProductionAccessEnabled", True) and not sandbox:
            raise ProviderError(
                f"this account is in the SES sandbox in {self._region}: SES mails only verified addresses",
                hint="request production access in the SES console, or set [provider] sandbox = true to try it out",
            )
        quota = account.get("SendQuota", {})
        rate, allowed = quota.get("MaxSendRate", 0), quota.get("Max24HourSend", -1)  # -1: no limit
        return Limits(
            per_second=float(rate) if rate > 0 else None,
            per_day=int(allowed) if allowed >= 0 else None,
            used_elsewhere=int(quota.get("SentLast24Hours", 0)),
        )

    def verify_sender(self, address: str) -> None:
        """Check that SES has verified the address, its domain or a parent domain. Raise ProviderError if it has not."""
        domain = address.rpartition("@")[2]
        labels = domain.split(".")
        for identity in (address, *(".".join(labels[start:]) for start in range(max(1, len(labels) - 1)))):
            try:
                details = self._client.get_email_identity(EmailIdentity=identity)
            except _ERRORS as err:
                code = error_code(err) if isinstance(err, ClientError) else ""
                if code in _NO_PERMISSION:
                    return
                if code == "NotFoundException":
                    continue
                raise self._check_error(err) from None
            if details.get("VerifiedForSendingStatus"):
                return
        raise ProviderError(
            f"SES in {self._region} has not verified the sender {address}",
            hint=f"verify {domain} in the SES console (DKIM), or change `from` in newsletter.toml",
        )

    def send_bulk(self, body: bytes, recipients: Sequence[Recipient], ask: Callable[[], None]) -> list[SesReply]:
        """Send to up to 50 recipients in one call and return a reply for each.

        ``ask`` is called right before the request goes out; its exceptions pass.
        """
        with watched_request(ask, recorded=self._records_writes) as request:
            try:
                response = self._client.send_bulk_email(**{_BODY: body})
            except _ERRORS as err:
                if request.refused is not None:
                    raise request.refused from None
                return _same_for_all(recipients, err, complete=request.complete)
        results = response.get("BulkEmailEntryResults") or []
        if len(results) != len(recipients):  # for example, a truncated response with status 200
            words = f"SES answered for {len(results)} of {len(recipients)} recipients"
            return [SesReply(recipient=to, verdict=DeliveryStatus.UNCERTAIN, words=words) for to in recipients]
        return [
            SesReply(
                recipient=recipient,
                verdict=entry_verdict(result),
                words=f"{result.get('Status')}: {result.get('Error') or ''}".removesuffix(": "),
                message_id=result.get("MessageId") or "",
            )
            for recipient, result in zip(recipients, results, strict=True)
        ]

    def send_whole(self, parameters: Mapping[str, Any], recipient: Recipient, ask: Callable[[], None]) -> SesReply:
        """Send one complete message in one call.

        ``ask`` is called right before the request goes out; its exceptions pass.
        """
        with watched_request(ask, recorded=self._records_writes) as request:
            try:
                response = self._client.send_email(**parameters)
            except _ERRORS as err:
                if request.refused is not None:
                    raise request.refused from None
                return _same_for_all((recipient,), err, complete=request.complete)[0]
        result = {"Status": "SUCCESS", "MessageId": response.get("MessageId")}
        return SesReply(recipient=recipient, verdict=entry_verdict(result), message_id=result["MessageId"] or "")

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _check_error(self, err: ClientError | BotoCoreError) -> ProviderError:
        verdict = call_verdict(err)
        stop = verdict if isinstance(verdict, Stop) else NO_ANSWER
        return stop_error(stop, error_words(err))


def open_account(
    environment: Mapping[str, str], *, region: str | None, endpoint_url: str | None, connections: int, timeout: int
) -> Account:
    """Open the account for the credentials in ``environment``, or else in AWS's own chain. Raise ProviderError."""
    config = Config(
        # By default boto3 repeats a call after a lost or slow connection, and SES would mail its recipients twice.
        retries={"mode": "standard", "total_max_attempts": 1},
        max_pool_connections=connections,
        connect_timeout=min(timeout, 10),
        read_timeout=timeout,
        parameter_validation=False,  # it takes a third of a call's time, and entries are checked when they are built
    )
    session = open_session(environment, region=region)
    try:
        client = session.client("sesv2", endpoint_url=endpoint_url, config=config)
        client.meta.events.register("provide-client-params.sesv2.SendBulkEmail", _set_body_aside)
        client.meta.events.register("before-call.sesv2.SendBulkEmail", _put_body_in)
    except BotoCoreError as err:
        verdict = call_verdict(err)
        raise stop_error(verdict if isinstance(verdict, Stop) else CREDENTIALS, error_words(err)) from None
    return Account(cast("SesClient", client), str(client.meta.region_name))


# boto3 spends half of a call on writing 50 entries as JSON. Its events (boto3's "extensibility guide") let us pass a
# finished body, which it then signs and sends.
_BODY = "Body"


def _set_body_aside(params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Keep the finished body in ``context``, and return no parameters for boto3 to write."""
    context[_BODY] = params[_BODY]
    return {}


def _put_body_in(params: dict[str, Any], context: Mapping[str, Any], **_: Any) -> None:
    params["body"] = context[_BODY]


def _same_for_all(
    recipients: Iterable[Recipient], err: ClientError | BotoCoreError, *, complete: bool
) -> list[SesReply]:
    verdict, words = call_verdict(err, complete=complete), error_words(err)
    return [SesReply(recipient=recipient, verdict=verdict, words=words) for recipient in recipients]
