"""What SES posts to ``/hooks/ses`` by way of SNS."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from newsletter.domain.events import Event
from newsletter.errors import HookBusyError, ProviderError
from newsletter.providers.options import read_options
from newsletter.providers.ses import sns
from newsletter.providers.ses.events import events_of
from newsletter.providers.ses.provider import SesOptions

Confirm = Callable[[str, str], None]


def open_ses_hook(
    options: Mapping[str, Any],
    *,
    root: Path,
    environment: Mapping[str, str],
    fetch: Callable[[str], bytes] = sns.fetch,
) -> "SesHook | None":
    """What listens to ``[provider] topics``; None where there are none. Raises SettingsError."""
    del root
    given = read_options(SesOptions, "ses", options)
    return SesHook(given.topics, fetch, _confirming(environment)) if given.topics else None


class SesHook:
    """Reads what SNS posts. May be used from several threads."""

    def __init__(self, topics: Sequence[str], fetch: Callable[[str], bytes], confirm: Confirm) -> None:
        self._inbox = sns.Inbox(topics, fetch)
        self._confirm = confirm

    def read(self, body: bytes, now: datetime) -> Sequence[Event]:
        """The events of a notification; none of SNS's own messages, of which a subscription is confirmed.

        Raises HookError for what is not from SNS, or not for us; HookBusyError where it may come again later.
        """
        envelope, published = self._inbox.open(body, now)
        if envelope.type == "SubscriptionConfirmation" and envelope.token:
            self._confirm(envelope.topic, envelope.token)
        if envelope.type != "Notification":
            return ()
        return events_of(envelope.message, key=envelope.message_id, published=published)


def _confirming(environment: Mapping[str, str]) -> Confirm:
    """Confirms a subscription through the API; the address in the message is never opened."""

    def confirm(topic: str, token: str) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        from newsletter.providers.ses.session import open_session

        try:
            client = open_session(environment, region=topic.split(":")[3]).client("sns")
            # Only whoever has this account's credentials can then unsubscribe the address again.
            client.confirm_subscription(TopicArn=topic, Token=token, AuthenticateOnUnsubscribe="true")
        except (ProviderError, BotoCoreError, ClientError) as err:
            raise HookBusyError(f"the subscription could not be confirmed: {err}") from None

    return confirm
