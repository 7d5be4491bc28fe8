"""The webhook ``/hooks/ses``, which receives SES's events through SNS."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from newsletter.domain.events import Event
from newsletter.errors import HookBusyError, ProviderError
from newsletter.providers.options import read_options
from newsletter.providers.ses import sns
from newsletter.providers.ses.events import parse_events
from newsletter.providers.ses.options import SesOptions

Confirm = Callable[[str, str], None]


def open_ses_hook(
    options: Mapping[str, Any],
    *,
    root: Path,
    environment: Mapping[str, str],
    fetch: Callable[[str], bytes] = sns.fetch,
) -> "SesHook | None":
    """Return the webhook for ``[provider] topics``, or None if none are set. Raise SettingsError."""
    del root
    given = read_options(SesOptions, "ses", options)
    return SesHook(given.topics, fetch, _confirming(environment)) if given.topics else None


class SesHook:
    """A webhook for SNS's messages. Thread-safe."""

    def __init__(self, topics: Sequence[str], fetch: Callable[[str], bytes], confirm: Confirm) -> None:
        self._verifier = sns.SnsVerifier(topics, fetch)
        self._confirm = confirm

    def read(self, body: bytes, now: datetime) -> Sequence[Event]:
        """Return a notification's events. SNS's own messages have none; a new subscription is confirmed.

        Raise HookError if the request is not from SNS or not for us, HookBusyError if SNS should retry later.
        """
        envelope, published = self._verifier.verify(body, now)
        if envelope.type == "SubscriptionConfirmation" and envelope.token:
            self._confirm(envelope.topic, envelope.token)
        if envelope.type != "Notification":
            return ()
        return parse_events(envelope.message, key=envelope.message_id, published=published)


def _confirming(environment: Mapping[str, str]) -> Confirm:
    """Return a function that confirms a subscription through the API, without opening the URL in the message."""

    def confirm(topic: str, token: str) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        from newsletter.providers.ses.session import open_session

        try:
            client = open_session(environment, region=topic.split(":")[3]).client("sns")
            # Unsubscribing the URL then requires this account's credentials.
            client.confirm_subscription(TopicArn=topic, Token=token, AuthenticateOnUnsubscribe="true")
        except (ProviderError, BotoCoreError, ClientError) as err:
            raise HookBusyError(f"the subscription could not be confirmed: {err}") from None

    return confirm
