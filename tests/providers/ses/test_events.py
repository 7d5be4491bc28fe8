"""Events that SES sends through SNS, of every documented kind and of unknown kinds."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.server import ThreadedMotoServer

from newsletter.domain.events import Bounce, Event, EventKind
from newsletter.errors import HookBusyError, HookError, SettingsError
from newsletter.providers import open_hook
from newsletter.providers.ses.events import parse_events
from newsletter.providers.ses.webhook import open_ses_hook
from tests import make
from tests.sns import TOPIC, Certificates, envelope

K = EventKind
KEY = make.KEY
MAIL: dict[str, Any] = {
    "timestamp": "2026-11-23T06:30:01.000Z",
    "source": "editors@news.example.org",
    "messageId": "0100018-message",
    "destination": ["Ada <ada@example.com>"],
    "headers": [{"name": "From", "value": "editors@news.example.org"}],
    "tags": {"issue": ["2026-11-23"], "delivery": [KEY], "ses:configuration-set": ["news"]},
}


def events_of(kind: str, *, mail: Any = MAIL, name: str = "eventType", **parts: Any) -> list[Event]:
    """Return the events of a notification."""
    return parse_events(
        json.dumps({name: kind, "mail": mail, "new": {"field": 1}} | parts), key="m1", published=make.WHEN
    )


def event_of(kind: str, **parts: Any) -> Event:
    """Return the only event of a notification, and assert that it identifies its delivery."""
    (event,) = events_of(kind, **parts)
    assert (event.provider, event.issue, event.reader) == ("ses", "2026-11-23", KEY)
    assert (event.address, event.message_id, event.key) == ("ada@example.com", "0100018-message", "sns:m1:0")
    assert json.loads(event.raw)["mail"] == MAIL
    return event


@pytest.mark.parametrize("depth", [500, 2_000, 100_000])
@pytest.mark.parametrize("around", ["{}@example.com", "{} <ada@example.com>", "a@{}"])
def test_an_address_with_many_brackets_is_read_without_an_error(depth: int, around: str) -> None:
    hostile = around.format("(" * depth)
    for listed in (
        [{"emailAddress": hostile}],
        [hostile],
        [{"emailAddress": hostile}, {"emailAddress": "b@example.com"}],
    ):
        (event,) = events_of("Bounce", bounce={"bounceType": "Permanent", "bouncedRecipients": listed})
        assert event.reader == KEY
        assert len(event.address) <= 320


def test_a_full_mailbox_has_its_own_status() -> None:
    (full,) = events_of("Bounce", bounce={"bounceType": "Transient", "bounceSubType": "MailboxFull"})
    (away,) = events_of("Bounce", bounce={"bounceType": "Transient", "bounceSubType": "General"})
    assert (full.status, away.status) == ("4.2.2", "")


@pytest.mark.parametrize(
    ("kind", "part", "expected"),
    [
        ("Send", {"send": {}}, K.SUBMITTED),
        ("Reject", {"reject": {"reason": "Bad content"}}, K.REJECTED),
        ("Rendering Failure", {"failure": {"templateName": "t", "errorMessage": "no name"}}, K.UNRENDERED),
        ("RenderingFailure", {"failure": {"templateName": "t", "errorMessage": "no name"}}, K.UNRENDERED),
        ("Open", {"open": {"ipAddress": "192.0.2.1", "userAgent": "x"}}, K.OPENED),
        ("Telepathy", {"telepathy": {}}, K.UNKNOWN),
        ("", {}, K.UNKNOWN),
    ],
)
def test_kinds_without_details_are_read(kind: str, part: dict[str, Any], expected: EventKind) -> None:
    event = event_of(kind, **part)
    assert event.kind is expected
    assert event.detail == {"Reject": "Bad content", "Rendering Failure": "no name"}.get(
        kind, "no name" if "Rendering" in kind else ""
    )


@pytest.mark.parametrize("name", ["eventType", "notificationType"])
@pytest.mark.parametrize(
    ("how", "subtype", "bounce"),
    [
        ("Permanent", "General", Bounce.PERMANENT),
        ("Permanent", "NoEmail", Bounce.PERMANENT),
        ("Permanent", "Suppressed", Bounce.PERMANENT),
        ("Permanent", "OnAccountSuppressionList", Bounce.PERMANENT),
        ("Transient", "MailboxFull", Bounce.TRANSIENT),
        ("Transient", "MessageTooLarge", Bounce.TRANSIENT),
        ("Transient", "ContentRejected", Bounce.TRANSIENT),
        ("Transient", "AttachmentRejected", Bounce.TRANSIENT),
        ("Undetermined", "Undetermined", Bounce.UNDETERMINED),
        ("Sideways", "New", Bounce.UNDETERMINED),
    ],
)
def test_bounces_are_read_with_their_reason(name: str, how: str, subtype: str, bounce: Bounce) -> None:
    recipient = {"emailAddress": "ada@example.com", "action": "failed", "status": "5.1.1", "diagnosticCode": "550 no"}
    part = {"bounceType": how, "bounceSubType": subtype, "timestamp": "2026-11-23T06:31:00.000Z"}
    event = event_of("Bounce", name=name, bounce=part | {"bouncedRecipients": [recipient]})
    assert (event.kind, event.bounce, event.status, event.detail) == (K.BOUNCED, bounce, "5.1.1", "550 no")
    assert f"{event.at:%H:%M:%S %Z}" == "06:31:00 UTC"
    bare = event_of("Bounce", name=name, bounce=part | {"bouncedRecipients": [{"emailAddress": "ada@example.com"}]})
    assert (bare.status, bare.detail) == ("4.2.2" if subtype == "MailboxFull" else "", subtype)


@pytest.mark.parametrize("feedback", ["abuse", "not-spam", "fraud", None])
def test_complaints_are_read_with_their_feedback(feedback: str | None) -> None:
    part = {"complainedRecipients": [{"emailAddress": "ada@example.com"}], "timestamp": "2026-11-23T08:00:00.000Z"}
    event = event_of("Complaint", complaint=part | ({"complaintFeedbackType": feedback} if feedback else {}))
    assert (event.kind, event.feedback) == (K.COMPLAINED, feedback or "")
    assert (event.suppresses is None) == (feedback == "not-spam")


def test_deliveries_delays_clicks_and_subscriptions_are_read() -> None:
    delivered = event_of("Delivery", delivery={"recipients": ["ada@example.com"], "smtpResponse": "250 ok"})
    assert (delivered.kind, delivered.detail) == (K.DELIVERED, "250 ok")
    delayed = event_of(
        "DeliveryDelay",
        deliveryDelay={"delayType": "MailboxFull", "delayedRecipients": [{"emailAddress": "ada@example.com"}]},
    )
    assert (delayed.kind, delayed.detail) == (K.DEFERRED, "MailboxFull")
    clicked = event_of("Click", click={"link": "https://example.org/a", "linkTags": {"x": ["y"]}})
    assert (clicked.kind, clicked.link) == (K.CLICKED, "https://example.org/a")
    chosen = event_of("Subscription", subscription={"newTopicPreferences": {"unsubscribeAll": False}})
    assert chosen.kind is K.SUBSCRIPTION
    left = event_of("Subscription", subscription={"newTopicPreferences": {"unsubscribeAll": True}})
    assert left.kind is K.UNSUBSCRIBED


def test_each_recipient_has_an_event() -> None:
    part = {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": f"r{n}@example.com"} for n in (1, 2)]}
    first, second = events_of("Bounce", bounce=part)
    assert [first.address, second.address] == ["r1@example.com", "r2@example.com"]
    assert [first.key, second.key] == ["sns:m1:0", "sns:m1:1"]


@pytest.mark.parametrize(
    "message", ["", "null", "[]", "Successfully validated SNS topic for event publishing.", "[" * 9999]
)
def test_an_unknown_notification_is_an_unknown_event(message: str) -> None:
    (event,) = parse_events(message, key="m1", published=make.WHEN)
    assert (event.kind, event.raw, event.at, event.address) == (K.UNKNOWN, message, make.WHEN, "")


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    kind=st.sampled_from(["Bounce", "Complaint", "Delivery", "Click", "Subscription", "Send", "DeliveryDelay"]),
    mail=_json | st.fixed_dictionaries({"tags": _json, "destination": _json, "timestamp": _json, "messageId": _json}),
    part=_json
    | st.fixed_dictionaries(
        {"bouncedRecipients": _json, "timestamp": _json, "link": _json, "newTopicPreferences": _json}
    ),
)
def test_any_notification_is_read_without_an_error(kind: str, mail: Any, part: Any) -> None:
    names = {"Bounce": "bounce", "DeliveryDelay": "deliveryDelay"}
    for event in events_of(kind, mail=mail, **{names.get(kind, kind.lower()): part}):
        assert event.at.tzinfo is not None
        assert "\0" not in event.raw + event.address + event.issue


# The hook ------------------------------------------------------------------------------------------------------------

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "not-a-secret"}


def test_a_provider_without_topics_has_no_webhook_and_a_wrong_topic_is_refused(tmp_path: Path) -> None:
    assert open_hook("ses", {}, root=tmp_path, environment={}) is None
    assert open_hook("outbox", {}, root=tmp_path, environment={}) is None
    assert open_hook("ses", {"topics": [TOPIC]}, root=tmp_path, environment={}) is not None
    for wrong in ("newsletter", "arn:aws:sqs:eu-central-1:123456789012:x", TOPIC + "\n", TOPIC.replace("eu-", "../")):
        with pytest.raises(SettingsError, match="topics"):
            open_hook("ses", {"topics": [wrong]}, root=tmp_path, environment={})


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Start a server that speaks SNS."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL_SNS", f"http://{host}:{port}")
    yield f"http://{host}:{port}"
    server.stop()


def test_a_subscription_is_confirmed_through_the_api_without_fetching_a_url(moto: str, tmp_path: Path) -> None:
    import boto3

    client = boto3.client(
        "sns", endpoint_url=moto, region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="y"
    )
    client.create_topic(Name="newsletter")
    certificates = Certificates()
    hook = open_ses_hook({"topics": [TOPIC]}, root=tmp_path, environment=CREDENTIALS, fetch=certificates.fetch)
    assert hook is not None
    assert hook.read(envelope("You have chosen…", kind="SubscriptionConfirmation"), make.WHEN) == ()
    assert hook.read(envelope("You left…", kind="UnsubscribeConfirmation"), make.WHEN) == ()
    (event,) = hook.read(envelope({"eventType": "Send", "mail": MAIL}), make.WHEN)
    assert (event.kind, event.key) == (K.SUBMITTED, "sns:00000001-0000-0000-0000-000000000000:0")


def test_an_unsigned_confirmation_never_reaches_the_api(tmp_path: Path) -> None:
    hook = open_ses_hook({"topics": [TOPIC]}, root=tmp_path, environment=CREDENTIALS, fetch=Certificates().fetch)
    assert hook is not None
    with pytest.raises(HookError):
        hook.read(envelope("x", kind="SubscriptionConfirmation", Token="forged"), make.WHEN)


def test_a_failed_confirmation_should_be_retried(moto: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SNS", "http://127.0.0.1:9")
    hook = open_ses_hook({"topics": [TOPIC]}, root=tmp_path, environment=CREDENTIALS, fetch=Certificates().fetch)
    assert hook is not None
    with pytest.raises(HookBusyError, match="could not be confirmed"):
        hook.read(envelope("x", kind="SubscriptionConfirmation"), make.WHEN)
