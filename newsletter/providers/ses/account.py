"""One AWS account in one region, through SESv2: what it may do, and the calls that hand messages over.

boto3 is imported here, and this module only when SES is the provider.
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
from newsletter.providers.ses.replies import (
    CREDENTIALS,
    NO_ANSWER,
    AskEach,
    Stop,
    Verdict,
    call_verdict,
    entry_verdict,
    error_code,
    error_words,
    stopped,
)
from newsletter.providers.ses.session import open_session
from newsletter.providers.ses.wire import note_writes, writing

_ERRORS = (ClientError, BotoCoreError)
_NO_PERMISSION = frozenset({"AccessDenied", "AccessDeniedException"})


class SesClient(Protocol):
    """What is used of boto3's client for ``sesv2``."""

    def send_bulk_email(self, **request: Any) -> Mapping[str, Any]: ...
    def send_email(self, **request: Any) -> Mapping[str, Any]: ...
    def get_account(self) -> Mapping[str, Any]: ...
    def get_email_identity(self, **request: Any) -> Mapping[str, Any]: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SesReply:
    """What a call said of one recipient, in SES's words."""

    recipient: Recipient
    verdict: Verdict | AskEach
    words: str = ""
    message_id: str = ""


class Account:
    """An account in a region; safe for use by many threads, as boto3's clients are."""

    def __init__(self, client: SesClient, region: str) -> None:
        self._client = client
        self._region = region
        self._noted = note_writes(client)

    def check(self, *, sandbox: bool) -> Limits | None:
        """Whether the account may send now; returns how much, if it says so. Raises ProviderError.

        Credentials that may only send cannot ask this; what is then wrong shows at the first call.
        """
        try:
            account = self._client.get_account()
        except _ERRORS as err:
            if isinstance(err, ClientError) and error_code(err) in _NO_PERMISSION:
                return None
            raise self._unanswered(err) from None
        if account.get("EnforcementStatus") == "SHUTDOWN" or not account.get("SendingEnabled", True):
            raise ProviderError(
                f"SES has switched sending off for this account in {self._region}",
                hint="the SES console says why, and what to do",
            )
        if not account.get("ProductionAccessEnabled", True) and not sandbox:
            raise ProviderError(
                f"this account is in the SES sandbox in {self._region}: SES mails only verified addresses",
                hint="ask for production access in the SES console, or set [provider] sandbox = true to try it out",
            )
        quota = account.get("SendQuota", {})
        rate, allowed = quota.get("MaxSendRate", 0), quota.get("Max24HourSend", -1)  # -1: no limit
        return Limits(
            per_second=float(rate) if rate > 0 else None,
            per_day=int(allowed) if allowed >= 0 else None,
            used_elsewhere=int(quota.get("SentLast24Hours", 0)),
        )

    def verify_sender(self, address: str) -> None:
        """Whether SES knows the address, its domain or a domain above as ours. Raises ProviderError if it does not."""
        domain = address.rpartition("@")[2]
        labels = domain.split(".")
        for identity in (address, *(".".join(labels[start:]) for start in range(max(1, len(labels) - 1)))):
            try:
                found = self._client.get_email_identity(EmailIdentity=identity)
            except _ERRORS as err:
                code = error_code(err) if isinstance(err, ClientError) else ""
                if code in _NO_PERMISSION:
                    return
                if code == "NotFoundException":
                    continue
                raise self._unanswered(err) from None
            if found.get("VerifiedForSendingStatus"):
                return
        raise ProviderError(
            f"SES in {self._region} has not verified the sender {address}",
            hint=f"verify {domain} in the SES console (DKIM), or change `from` in newsletter.toml",
        )

    def send_bulk(self, body: bytes, recipients: Sequence[Recipient], ask: Callable[[], None]) -> list[SesReply]:
        """One call for up to 50 recipients; an answer for each. Raises what ``ask`` raises right before it goes out."""
        with writing(ask, noted=self._noted) as request:
            try:
                said = self._client.send_bulk_email(**{_BODY: body})
            except _ERRORS as err:
                if request.refused is not None:
                    raise request.refused from None
                return _same_for_all(recipients, err, complete=request.complete)
        results = said.get("BulkEmailEntryResults") or []
        if len(results) != len(recipients):  # a 200 that was cut off, say
            words = f"SES answered for {len(results)} of {len(recipients)} recipients"
            return [SesReply(recipient=one, verdict=DeliveryStatus.UNCERTAIN, words=words) for one in recipients]
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
        """One call for one complete message. Raises what ``ask`` raises right before it goes out."""
        with writing(ask, noted=self._noted) as request:
            try:
                said = self._client.send_email(**parameters)
            except _ERRORS as err:
                if request.refused is not None:
                    raise request.refused from None
                return _same_for_all((recipient,), err, complete=request.complete)[0]
        found = {"Status": "SUCCESS", "MessageId": said.get("MessageId")}
        return SesReply(recipient=recipient, verdict=entry_verdict(found), message_id=found["MessageId"] or "")

    def close(self) -> None:
        """Give connections back."""
        self._client.close()

    def _unanswered(self, err: ClientError | BotoCoreError) -> ProviderError:
        verdict = call_verdict(err)
        stop = verdict if isinstance(verdict, Stop) else NO_ANSWER
        return stopped(stop, error_words(err))


def open_account(
    environment: Mapping[str, str], *, region: str | None, endpoint_url: str | None, connections: int, timeout: int
) -> Account:
    """The account of the credentials in ``environment``, or else of AWS's own chain. Raises ProviderError."""
    config = Config(
        # By default a lost or slow connection would send the same mail again, and SES has no way to know it.
        retries={"mode": "standard", "total_max_attempts": 1},
        max_pool_connections=connections,
        connect_timeout=min(timeout, 10),
        read_timeout=timeout,
        parameter_validation=False,  # a third of the time of a call; entries are checked where they are made
    )
    session = open_session(environment, region=region)
    try:
        client = session.client("sesv2", endpoint_url=endpoint_url, config=config)
        client.meta.events.register("provide-client-params.sesv2.SendBulkEmail", _set_body_aside)
        client.meta.events.register("before-call.sesv2.SendBulkEmail", _put_body_in)
    except BotoCoreError as err:
        verdict = call_verdict(err)
        raise stopped(verdict if isinstance(verdict, Stop) else CREDENTIALS, error_words(err)) from None
    return Account(cast("SesClient", client), str(client.meta.region_name))


# boto3 takes as long to write 50 entries as JSON as everything else of a call takes together. Its events let a body be
# given that is written already (boto3's "extensibility guide"): it then signs and sends that.
_BODY = "Body"


def _set_body_aside(params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> dict[str, Any]:
    """The parameters that are left to be written: none."""
    context[_BODY] = params[_BODY]
    return {}


def _put_body_in(params: dict[str, Any], context: Mapping[str, Any], **_: Any) -> None:
    params["body"] = context[_BODY]


def _same_for_all(
    recipients: Iterable[Recipient], err: ClientError | BotoCoreError, *, complete: bool
) -> list[SesReply]:
    verdict, words = call_verdict(err, complete=complete), error_words(err)
    return [SesReply(recipient=recipient, verdict=verdict, words=words) for recipient in recipients]
