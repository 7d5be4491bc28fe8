"""SES's account-level suppression list. https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from newsletter.domain.subscriber import SuppressionReason
from newsletter.errors import ProviderError
from newsletter.providers.options import read_options
from newsletter.providers.ses.options import SesOptions
from newsletter.providers.ses.replies import Stop, call_verdict, error_code, error_words, stop_error
from newsletter.providers.ses.session import open_session

_REASONS = {"BOUNCE": SuppressionReason.BOUNCED, "COMPLAINT": SuppressionReason.COMPLAINED}
_NAMES = {reason: name for name, reason in _REASONS.items()}
_ERRORS = (ClientError, BotoCoreError)


def open_ses_list(options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str]) -> "SesList":
    """Open the list of the configured account and region. Raise SettingsError or ProviderError."""
    del root
    given = read_options(SesOptions, "ses", options)
    session = open_session(environment, region=given.region)
    # Unlike sending, these calls can be retried safely; SES allows few of them per second.
    config = Config(retries={"mode": "standard", "total_max_attempts": 8}, read_timeout=given.timeout)
    try:
        return SesList(session.client("sesv2", endpoint_url=given.endpoint_url, config=config))
    except BotoCoreError as err:
        raise _refused(err) from None


class SesList:
    """A client of the list. SES knows two reasons: bounces and complaints."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def entries(self) -> Iterator[tuple[str, SuppressionReason, datetime]]:
        """Yield all entries, fetched page by page. Raise ProviderError."""
        request: dict[str, Any] = {"PageSize": 1000}
        while True:
            try:
                page = self._client.list_suppressed_destinations(**request)
            except _ERRORS as err:
                raise _refused(err) from None
            for entry in page.get("SuppressedDestinationSummaries", ()):
                reason = _REASONS.get(entry["Reason"])
                if reason:
                    yield entry["EmailAddress"], reason, entry["LastUpdateTime"]
            if not page.get("NextToken"):
                return
            request["NextToken"] = page["NextToken"]

    def add(self, address: str, reason: SuppressionReason) -> None:
        """Add an address. Raise ProviderError."""
        try:
            self._client.put_suppressed_destination(EmailAddress=address, Reason=_NAMES[reason])
        except _ERRORS as err:
            raise _refused(err) from None

    def remove(self, address: str) -> bool:
        """Remove an address and return whether it was listed. Raise ProviderError."""
        try:
            self._client.delete_suppressed_destination(EmailAddress=address)
        except _ERRORS as err:
            if isinstance(err, ClientError) and error_code(err) == "NotFoundException":
                return False
            raise _refused(err) from None
        return True


def _refused(err: ClientError | BotoCoreError) -> ProviderError:
    verdict = call_verdict(err)
    return stop_error(verdict if isinstance(verdict, Stop) else Stop("try again later"), error_words(err))
