"""SES: readers' messages, the account's permissions, and the meaning of each answer for the ledger."""

import html
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigParseError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
    ReadTimeoutError,
    SSLError,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.server import ThreadedMotoServer
from moto.ses.models import ses_backends

from newsletter.domain.addresses import Mailbox
from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.domain.rate_limits import Limits
from newsletter.errors import (
    NewsletterError,
    ProviderError,
    SettingsError,
    StoppedError,
    TakenOverError,
    UnreachableError,
)
from newsletter.message.link_slots import vote_slot
from newsletter.message.mime import Letter, Recipient, Wire
from newsletter.message.template import Slot, Template, fill_html, fill_text
from newsletter.providers import Provider, open_provider
from newsletter.providers.ses.replies import RetrySingly, Stop, call_verdict, entry_verdict, error_words
from newsletter.tokens import Signer
from tests import make
from tests.message.test_mime import VALUES, canonical
from tests.message_checklist import complaints
from tests.providers.conftest import readers, statuses
from tests.ses_stub import Fault, SesStub, ses_stub

SUBMITTED, REFUSED = DeliveryStatus.SUBMITTED, DeliveryStatus.REFUSED
DEFERRED, UNCERTAIN = DeliveryStatus.DEFERRED, DeliveryStatus.UNCERTAIN
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIDTEST", "AWS_SECRET_ACCESS_KEY": "never-to-be-printed"}


@pytest.fixture(scope="module")
def server() -> Iterator[SesStub]:
    """Start one stub for the module; each test begins with a new account."""
    with ses_stub() as running:
        yield running
        while _KEPT:
            _KEPT.popitem()[1].close()


@pytest.fixture
def stub(server: SesStub) -> SesStub:
    """Reset the stub."""
    server.reset()
    return server


_KEPT: dict[str, Provider] = {}


def fresh(stub: SesStub, environment: Mapping[str, str] = CREDENTIALS, **options: Any) -> Provider:
    """Return a new provider for a stub."""
    given_options = {"region": "eu-west-1", "endpoint_url": stub.url, "timeout": 5} | options
    return open_provider("ses", given_options, root=Path(), environment=environment)


def ses(stub: SesStub, **options: Any) -> Provider:
    """Return a cached provider that has checked its sender, since boto3 is slow to make a client."""
    kept = repr((stub.url, sorted(options.items())))
    if kept not in _KEPT:
        _KEPT[kept] = fresh(stub, **options)
    return _KEPT[kept]


def submitted(stub: SesStub, wire: Wire, recipients: list[Recipient], **options: Any) -> dict[int, DeliveryStatus]:
    """Hand over messages and return the statuses."""
    return statuses(list(ses(stub, **options).submit(make.letters(wire, recipients))))


# Messages ----------------------------------------------------------------------------------------------------------


def test_each_reader_gets_their_own_message_in_one_call(stub: SesStub, wire: Wire) -> None:
    recipients = readers(50)
    provider = ses(stub, configuration_set="news")
    provider.check_sender(make.SENDER)
    receipts = list(provider.submit(make.letters(wire, recipients)))
    assert statuses(receipts) == dict.fromkeys(range(1, 51), SUBMITTED)
    assert len({receipt.provider_id for receipt in receipts}) == 50
    assert len(stub.sending_calls) == 1
    for recipient, mailed in zip(recipients, stub.mailed, strict=True):
        values = recipient.values
        assert mailed.to == recipient.address
        assert mailed.sender == "The Daily Test <editors@news.example.org>"
        assert mailed.subject == f"Good morning, Reader {recipient.subscriber}"
        assert mailed.text == fill_text(wire.email.text, values)
        assert mailed.html == fill_html(wire.email.html, values)
        assert mailed.configuration_set == "news"
        assert mailed.tags == {"issue": "2026-11-23", "delivery": recipient.key}
        assert mailed.headers == {
            "List-Unsubscribe": f"<{values['links.unsubscribe']}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "List-Id": "The Daily Test <the-daily-test.news.example.org>",
            "Feedback-ID": "2026-11-23:the-daily-test:issue:the-daily-test",
            "X-Newsletter-Message-ID": f"<2026-11-23.{recipient.key}@news.example.org>",
        }


def test_each_reader_gets_their_own_votes(stub: SesStub) -> None:
    votes = [vote_slot(answer) for answer in ("yes", 'לא, "no" {{x}}')]
    links = [piece for name in votes for piece in ('<a href="', Slot(name), '">x</a>')]
    email = make.email(
        html=(*links, Slot("links.unsubscribe"), "\n"), text=(Slot(votes[0]), "\n", Slot(votes[1]), "\n")
    )
    maker = Signer(make.SECRET).links("https://news.example.org", "2026-11-23", votes=votes)
    recipients = [replace(reader, values=maker(reader.key)) for reader in readers(3)]
    assert set(submitted(stub, Wire(email, make.WHEN), recipients).values()) == {SUBMITTED}
    for recipient, mailed in zip(recipients, stub.mailed, strict=True):
        urls = [recipient.values[name] for name in votes]
        assert mailed.text.split() == urls
        assert mailed.html.startswith("".join(f'<a href="{url}">x</a>' for url in urls))


def test_headers_are_the_same_as_over_smtp(stub: SesStub, wire: Wire) -> None:
    recipient = make.recipient()
    submitted(stub, wire, [recipient])
    message = wire.message(recipient).decode()
    for name, value in stub.mailed[0].headers.items():
        if not name.startswith("X-"):
            assert f"\r\n{name}: {value}\r\n" in message


def test_reply_to_and_non_ascii_names_are_encoded(stub: SesStub) -> None:
    email = make.email(
        sender=Mailbox(address="editors@news.example.org", name="Zeitung für Grüße"),
        reply_to=Mailbox(address="post@bücher.example", name="Die Köche"),
    )
    submitted(stub, Wire(email, make.WHEN), readers(1))
    assert stub.mailed[0].sender.startswith("=?utf-8?")
    assert stub.mailed[0].reply_to[0].endswith("<post@xn--bcher-kva.example>")


def test_a_call_is_identical_to_boto3s_and_signed(stub: SesStub, wire: Wire) -> None:
    submitted(stub, wire, readers(2), configuration_set="news")
    (body,) = stub.sending_calls
    ours = stub.received
    assert ours.headers["Content-Type"] == "application/json"
    authorization = str(ours.headers["Authorization"])
    signed = re.findall(r"SignedHeaders=([^,]*)", authorization)[0].split(";")
    again = AWSRequest(ours.method, ours.url, {name: ours.headers[name] for name in signed}, ours.data)
    again.context["timestamp"] = ours.headers["X-Amz-Date"]
    signer = SigV4Auth(Credentials(*CREDENTIALS.values()), "ses", "eu-west-1")
    signature = signer.signature(signer.string_to_sign(again, signer.canonical_request(again)), again)
    assert authorization.endswith(f"Signature={signature}")
    session = boto3.Session(*CREDENTIALS.values(), region_name="eu-west-1")
    client: Any = session.client("sesv2", endpoint_url=stub.url)  # it validates what it writes
    client.send_bulk_email(**body)
    client.close()
    assert stub.sending_calls[1] == body
    assert stub.received.headers.keys() == ours.headers.keys()


@pytest.mark.parametrize("value", VALUES)
def test_a_hostile_value_changes_only_its_own_place(stub: SesStub, wire: Wire, value: str) -> None:
    recipient = make.recipient(first_name=value)
    assert submitted(stub, wire, [recipient]) == {1: SUBMITTED}
    (mailed,) = stub.mailed
    shown = canonical(value or "reader").replace("\r\n", "\n")
    assert mailed.text == f"Hello {shown}.\n\n<{recipient.values['links.unsubscribe']}>\n"
    assert mailed.html.startswith(f"<p>Hello {html.escape(shown)}. <a ")
    assert "\n" not in mailed.subject
    assert stub.rendering_failures == []


constants = st.text(st.sampled_from("{}\\a \n<é"), max_size=8) | st.sampled_from(
    ["{{#if x}}y{{/if}}", "{{{", "}}}", "\\", "\\\\{{x}}", "a{b}c", "@media x{a{b:c}}", "{{", "{ {", "}"]
)
templates = st.lists(
    constants | st.builds(Slot, st.sampled_from(["subscriber.first_name", "subscriber.city"]), constants), max_size=6
).map(tuple)


@given(templates, templates, constants)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_braces_and_backslashes_in_an_email_are_unchanged(
    stub: SesStub, page: Template, text: Template, value: str
) -> None:
    stub.mailed.clear()
    wire = Wire(make.email(html=("<p>", *page), text=("x", *text), subject=("s", *text)), make.WHEN)
    recipient = make.recipient(first_name=value, city="{{")
    assert submitted(stub, wire, [recipient]) == {1: SUBMITTED}
    (mailed,) = stub.mailed
    assert mailed.html == fill_html(wire.email.html, recipient.values)
    assert mailed.text == fill_text(wire.email.text, recipient.values)
    assert mailed.subject == wire.subject(recipient)
    assert stub.rendering_failures == []


def test_values_that_cannot_be_sent_refuse_only_their_reader(stub: SesStub, wire: Wire) -> None:
    recipients = [
        make.recipient(1),
        make.recipient(2, first_name="\ud800"),
        Recipient(subscriber=3, key=make.KEY, address="grüße@example.com", values=make.recipient().values),
        Recipient(subscriber=4, key=make.KEY, address="a b@example.com", values=make.recipient().values),
        Recipient(subscriber=5, key=make.KEY, address="a@example.com", values={"links.unsubscribe": "x" * 999}),
        Recipient(subscriber=6, key=make.KEY, address="a@bücher.example", values=make.recipient().values),
    ]
    provider = ses(stub)
    receipts = {receipt.subscriber: receipt for receipt in provider.submit(make.letters(wire, recipients))}
    assert statuses(list(receipts.values())) == {
        1: SUBMITTED,
        2: REFUSED,
        3: REFUSED,
        4: REFUSED,
        5: REFUSED,
        6: SUBMITTED,
    }
    assert "only ASCII before the @" in receipts[3].detail
    assert [mailed.to for mailed in stub.mailed] == ["reader1@example.com", "a@xn--bcher-kva.example"]


# Limits --------------------------------------------------------------------------------------------------------------


def test_more_than_fifty_messages_are_sent_in_several_calls(stub: SesStub, wire: Wire) -> None:
    assert set(submitted(stub, wire, readers(120)).values()) == {SUBMITTED}
    assert [len(body["BulkEmailEntries"]) for body in stub.sending_calls] == [50, 50, 20]


def test_large_values_are_spread_over_calls_of_one_megabyte(stub: SesStub, wire: Wire) -> None:
    recipients = [make.recipient(number, first_name="é" * 10_000) for number in range(1, 31)]
    assert set(submitted(stub, wire, recipients).values()) == {SUBMITTED}
    sizes = [len(json.dumps(body)) for body in stub.sending_calls]
    assert len(sizes) >= 2
    assert max(sizes) <= 1_000_000


def test_a_value_too_large_for_a_template_is_sent_in_a_whole_message(stub: SesStub, wire: Wire) -> None:
    large = make.recipient(2, first_name="x" * 140_000)
    received = submitted(stub, wire, [make.recipient(1), large, make.recipient(3)], configuration_set="news")
    assert received == {1: SUBMITTED, 2: SUBMITTED, 3: SUBMITTED}
    (whole,) = [mailed for mailed in stub.mailed if mailed.raw]
    assert whole.to == large.address
    assert whole.raw == wire.message(large)
    assert complaints(whole.raw) == []
    assert whole.tags == {"issue": "2026-11-23", "delivery": large.key}
    assert whole.configuration_set == "news"


def test_an_email_too_large_for_a_template_is_sent_in_whole_messages(stub: SesStub) -> None:
    wire = Wire(make.email(html=("<p>" + "y" * 1_200_000, Slot("subscriber.first_name"), "</p>")), make.WHEN)
    assert submitted(stub, wire, readers(3)) == {1: SUBMITTED, 2: SUBMITTED, 3: SUBMITTED}
    assert [mailed.raw for mailed in stub.mailed] == [wire.message(reader) for reader in readers(3)]


def test_the_providers_limits_are_the_accounts_rate_and_quota(stub: SesStub) -> None:
    stub.account["SendQuota"] = {"MaxSendRate": 20.0, "Max24HourSend": 50_000.0, "SentLast24Hours": 123.0}
    assert fresh(stub).check_sender(make.SENDER) == Limits(per_second=20.0, per_day=50_000, used_elsewhere=123)


# Answers -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("MESSAGE_REJECTED", REFUSED),
        ("INVALID_PARAMETER", REFUSED),
        ("INVALID_PARAMETER_VALUE", REFUSED),
        ("TRANSIENT_FAILURE", DEFERRED),
        ("ACCOUNT_THROTTLED", DEFERRED),
        ("FAILED", REFUSED),
        ("A_STATUS_OF_TOMORROW", UNCERTAIN),
        ("SUCCESS", UNCERTAIN),  # without a MessageId
    ],
)
def test_an_answer_about_one_reader_does_not_affect_others(
    stub: SesStub, wire: Wire, status: str, verdict: DeliveryStatus
) -> None:
    stub.entry_results = {"reader2@example.com": {"Status": status, "Error": "its words"}}
    provider = ses(stub)
    receipts = list(provider.submit(make.letters(wire, readers(3))))
    assert statuses(receipts) == {1: SUBMITTED, 2: verdict, 3: SUBMITTED}
    assert receipts[1].detail == f"{status}: its words"
    assert receipts[1].throttled is (status == "ACCOUNT_THROTTLED")


@pytest.mark.parametrize(
    "status",
    [
        "ACCOUNT_DAILY_QUOTA_EXCEEDED",
        "ACCOUNT_SENDING_PAUSED",
        "CONFIGURATION_SET_SENDING_PAUSED",
        "ACCOUNT_SUSPENDED",
        "MAIL_FROM_DOMAIN_NOT_VERIFIED",
        "CONFIGURATION_SET_NOT_FOUND",
        "CONFIGURATION_SET_DOES_NOT_EXIST",
        "TEMPLATE_NOT_FOUND",
        "TEMPLATE_DOES_NOT_EXIST",
        "INVALID_SENDING_POOL_NAME",
    ],
)
def test_an_answer_about_the_account_stops_after_the_receipts_of_the_others(
    stub: SesStub, wire: Wire, status: str
) -> None:
    stub.entry_results = {"reader2@example.com": {"Status": status, "Error": "its words"}}
    provider = ses(stub)
    receipts: list[Receipt] = []
    with pytest.raises(ProviderError, match=f"SES refuses: {status}: its words") as caught:
        receipts.extend(provider.submit(make.letters(wire, readers(3))))
    assert caught.value.hint
    # Quotas and pauses end by themselves; other reasons need the operator.
    assert caught.value.again == (3600 if "QUOTA" in status else 900 if "PAUSED" in status else None)
    assert statuses(receipts) == {1: SUBMITTED, 3: SUBMITTED}


def test_a_rejection_because_of_the_sender_is_not_the_readers_fault(stub: SesStub, wire: Wire) -> None:
    words = "Email address is not verified. The following identities failed the check"
    stub.entry_results = {"reader1@example.com": {"Status": "MESSAGE_REJECTED", "Error": words}}
    with pytest.raises(ProviderError, match="not verified") as caught:
        submitted(stub, wire, readers(1))
    assert "verify the sender" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "status", "verdict"),
    [
        ("TooManyRequestsException", 429, DEFERRED),
        ("ThrottlingException", 400, DEFERRED),
        ("SomethingElse", 429, DEFERRED),
        ("InternalFailure", 500, UNCERTAIN),
        ("ServiceUnavailable", 503, UNCERTAIN),
        ("BadGateway", 502, UNCERTAIN),
    ],
)
def test_an_error_of_a_call_applies_to_all_its_readers(
    stub: SesStub, wire: Wire, name: str, status: int, verdict: DeliveryStatus
) -> None:
    stub.faults = [Fault(kind=name, status=status, message="its words")]
    assert submitted(stub, wire, readers(3)) == {1: verdict, 2: verdict, 3: verdict}
    assert stub.sending_calls == []
    assert stub.mailed == []


@pytest.mark.parametrize(
    ("name", "status", "hint"),
    [
        ("LimitExceededException", 400, "console"),
        ("SendingPausedException", 400, "console"),
        ("AccountSuspendedException", 400, "console"),
        ("MailFromDomainNotVerifiedException", 400, "verify"),
        ("NotFoundException", 404, "configuration set"),
        ("AccessDeniedException", 403, "ses:SendBulkEmail"),
        ("ExpiredTokenException", 403, "credentials"),
        ("UnrecognizedClientException", 403, "credentials"),
        ("RequestExpired", 400, "clock"),
        ("AnErrorOfTomorrow", 400, "fix the problem"),
    ],
)
def test_an_error_about_the_account_stops_the_send(
    stub: SesStub, wire: Wire, name: str, status: int, hint: str
) -> None:
    stub.faults = [Fault(kind=name, status=status, message="its words")]
    receipts: list[Receipt] = []
    provider = ses(stub)
    with pytest.raises(ProviderError, match=name) as caught:
        receipts.extend(provider.submit(make.letters(wire, readers(3))))
    assert hint in caught.value.hint
    assert receipts == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("RequestTimeTooSkewed", "The difference between the request time and the current time is too large."),
        ("InvalidSignatureException", "Signature expired: 20261123T063000Z is now earlier than 20261123T070000Z"),
        ("SignatureDoesNotMatch", "Signature not yet current: 20261123T083000Z is still later than 20261123T070500Z"),
    ],
)
def test_an_expired_signature_gets_a_hint_about_the_clock(stub: SesStub, wire: Wire, name: str, message: str) -> None:
    stub.faults = [Fault(kind=name, status=403, message=message)]
    with pytest.raises(ProviderError, match=name) as caught:
        submitted(stub, wire, readers(1))
    assert "this machine's clock" in caught.value.hint
    assert caught.value.again is None


@pytest.mark.parametrize("too_large", [False, True])
def test_the_lease_is_checked_again_right_before_a_call(stub: SesStub, wire: Wire, too_large: bool) -> None:
    """A process that was stopped while signing the request hands over nothing."""
    recipients = readers(3)
    if too_large:  # too large for a bulk call, so it is sent as a whole message
        recipients = [make.recipient(1, first_name="x" * 300_000)]
    checks = count()

    def ask() -> None:
        if next(checks) >= len(recipients):
            raise TakenOverError(issue="2026-11-23")

    with pytest.raises(StoppedError, match="taken over"):
        list(ses(stub).submit([Letter(wire, recipient, ask) for recipient in recipients]))
    assert stub.sending_calls == []


@pytest.mark.parametrize("error", [TakenOverError(issue="2026-11-23"), UnreachableError("the database is away")])
def test_receipts_of_single_calls_survive_a_stop(stub: SesStub, wire: Wire, error: NewsletterError) -> None:
    """Readers without a receipt may be queued again, so messages handed over need one."""
    recipients = readers(3)
    stub.refused_addresses = {recipients[2].address}  # the call of three is repeated one by one

    def ask() -> None:
        if stub.mailed:
            raise error

    receipts: list[Receipt] = []
    with pytest.raises(type(error)):
        receipts.extend(ses(stub).submit([Letter(wire, recipient, ask) for recipient in recipients]))
    assert statuses(receipts) == {1: SUBMITTED}
    assert [mailed.to for mailed in stub.mailed] == [recipients[0].address]


def test_credentials_repeated_by_ses_are_not_printed(stub: SesStub, wire: Wire) -> None:
    stub.faults = [Fault(kind="SignatureDoesNotMatch", status=403, message="x-amz-security-token:never-to-be-printed")]
    with pytest.raises(ProviderError, match="SignatureDoesNotMatch") as caught:
        submitted(stub, wire, readers(1))
    assert "never-to-be-printed" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("kind", "accepted"),
    [
        ("close", True), ("close", False), ("truncate", True), ("truncate", False), ("drop", True),
        ("InternalFailure", True), ("InternalFailure", False),
    ],
)  # fmt: skip
def test_an_unclear_answer_is_uncertain_and_not_retried(stub: SesStub, wire: Wire, kind: str, accepted: bool) -> None:
    stub.faults = [Fault(kind=kind, status=500, accepted=accepted)]
    assert submitted(stub, wire, readers(3)) == {1: UNCERTAIN, 2: UNCERTAIN, 3: UNCERTAIN}
    assert len(stub.mailed) == (3 if accepted else 0)


def test_a_missing_answer_is_uncertain_and_not_retried(stub: SesStub, wire: Wire) -> None:
    stub.faults = [Fault(kind="hang", accepted=True)]
    assert submitted(stub, wire, readers(2), timeout=1) == {1: UNCERTAIN, 2: UNCERTAIN}
    stub.released.set()
    assert len(stub.sending_calls) == 1


@pytest.mark.parametrize("kind", ["close", "truncate", "InternalFailure"])
def test_an_unclear_answer_to_a_whole_message_is_uncertain(stub: SesStub, wire: Wire, kind: str) -> None:
    stub.faults = [Fault(kind=kind, status=500, accepted=True)]
    assert submitted(stub, wire, [make.recipient(1, first_name="x" * 140_000)]) == {1: UNCERTAIN}
    assert len(stub.mailed) == 1


def test_data_refused_by_ses_does_not_affect_other_readers(stub: SesStub, wire: Wire) -> None:
    stub.refused_addresses = {"reader2@example.com"}
    assert submitted(stub, wire, readers(4)) == {1: SUBMITTED, 2: REFUSED, 3: SUBMITTED, 4: SUBMITTED}
    assert sorted(mailed.to for mailed in stub.mailed) == [f"reader{number}@example.com" for number in (1, 3, 4)]


def test_an_email_refused_for_every_reader_stops_the_send(stub: SesStub, wire: Wire) -> None:
    stub.refused_addresses = {f"reader{number}@example.com" for number in range(1, 4)}
    with pytest.raises(ProviderError, match="Domain contains illegal character"):
        list(fresh(stub).submit(make.letters(wire, readers(3))))


def service_mail(subject: str, text: str) -> Wire:
    return Wire(make.email(issue="service", subject=(subject,), text=(text,)), make.WHEN)


def test_a_fault_in_one_kind_of_service_mail_is_not_blamed_on_its_reader(stub: SesStub) -> None:
    """A server keeps its provider, which has sent other mail before."""
    stub.refused_words = {"broken"}
    confirmation, link = service_mail("Please confirm", "fine\n"), service_mail("Your link", "broken\n")
    provider = fresh(stub)
    first, second, third = readers(3)
    assert statuses(list(provider.submit(make.letters(confirmation, [first])))) == {1: SUBMITTED}
    with pytest.raises(ProviderError, match="the template is not valid") as caught:
        list(provider.submit(make.letters(link, [second])))
    assert "fix the problem" in caught.value.hint
    # Unlike an address that SES refuses: it has accepted the same mail for another reader.
    stub.refused_addresses = {third.address}
    assert statuses(list(provider.submit(make.letters(confirmation, [third])))) == {3: REFUSED}
    provider.close()


def test_a_fault_in_the_next_issue_is_not_blamed_on_its_readers(stub: SesStub, wire: Wire) -> None:
    stub.refused_words = {"broken"}
    provider = fresh(stub)
    assert set(statuses(list(provider.submit(make.letters(wire, readers(2))))).values()) == {SUBMITTED}
    following = Wire(make.email(issue="2026-11-24", text=("broken\n",)), make.WHEN)
    with pytest.raises(ProviderError, match="the template is not valid"):
        list(provider.submit(make.letters(following, readers(2))))
    provider.close()


def test_a_reader_s_own_edition_is_refused_if_others_were_accepted(stub: SesStub) -> None:
    editions = [Wire(make.email(subject=(f"About {title}",)), make.WHEN) for title in ("trains", "rivers")]
    first, second = readers(2)
    stub.refused_addresses = {second.address}
    provider = fresh(stub)
    letters = [*make.letters(editions[0], [first]), *make.letters(editions[1], [second])]
    assert statuses(list(provider.submit(letters))) == {1: SUBMITTED, 2: REFUSED}
    provider.close()


def test_every_kind_of_error_has_a_verdict() -> None:
    url = "https://email.eu-west-1.amazonaws.com"
    never_sent: list[BotoCoreError] = [
        NoCredentialsError(),
        ConnectTimeoutError(endpoint_url=url),
        EndpointConnectionError(endpoint_url=url),
        SSLError(endpoint_url=url, error=OSError("CERTIFICATE_VERIFY_FAILED")),
    ]
    perhaps: list[BotoCoreError] = [
        ReadTimeoutError(endpoint_url=url),
        ConnectionClosedError(endpoint_url=url),
        HTTPClientError(error="x"),
        SSLError(endpoint_url=url, error=OSError("UNEXPECTED_EOF")),
    ]
    assert all(isinstance(call_verdict(err), Stop) for err in never_sent)
    assert all(call_verdict(err) is UNCERTAIN for err in perhaps)
    assert call_verdict(ClientError({}, "SendBulkEmail")) is UNCERTAIN
    assert isinstance(call_verdict(ClientError({"Error": {"Code": "BadRequestException"}}, "SendEmail")), RetrySingly)
    assert entry_verdict({}) is UNCERTAIN


# The account ---------------------------------------------------------------------------------------------------------


def test_a_healthy_account_passes(stub: SesStub) -> None:
    provider = fresh(stub)
    provider.check_sender(make.SENDER)
    assert stub.sending_calls == []


@pytest.mark.parametrize(
    ("change", "words", "hint"),
    [
        ({"ProductionAccessEnabled": False}, "sandbox in eu-west-1", "sandbox = true"),
        ({"SendingEnabled": False}, "disabled sending", "console"),
        ({"EnforcementStatus": "SHUTDOWN"}, "disabled sending", "console"),
    ],
)
def test_an_account_that_cannot_send_is_reported_before_the_send(
    stub: SesStub, change: dict[str, Any], words: str, hint: str
) -> None:
    stub.account |= change
    provider = fresh(stub)
    with pytest.raises(ProviderError, match=words) as caught:
        provider.check_sender(make.SENDER)
    assert hint in caught.value.hint


def test_the_sandbox_is_accepted_if_enabled(stub: SesStub) -> None:
    stub.account["ProductionAccessEnabled"] = False
    fresh(stub, sandbox=True).check_sender(make.SENDER)


@pytest.mark.parametrize("quota", [{}, {"Max24HourSend": -1.0, "SentLast24Hours": 9.0, "MaxSendRate": 0.0}])
def test_an_account_without_limits_passes(stub: SesStub, quota: dict[str, float]) -> None:
    stub.account["SendQuota"] = quota
    fresh(stub).check_sender(make.SENDER)


@pytest.mark.parametrize("verified", ["editors@news.example.org", "news.example.org", "example.org"])
def test_a_sender_is_verified_by_address_domain_or_a_domain_above(stub: SesStub, verified: str) -> None:
    stub.verified = {verified}
    fresh(stub).check_sender(make.SENDER)


@pytest.mark.parametrize("verified", ["org", "pending:news.example.org", "ews.example.org", "other.example.org"])
def test_an_unverified_sender_is_reported_before_the_send(stub: SesStub, verified: str) -> None:
    stub.verified = {verified}
    with pytest.raises(
        ProviderError, match=r"eu-west-1 has not verified the sender editors@news\.example\.org"
    ) as caught:
        fresh(stub).check_sender(make.SENDER)
    assert "verify news.example.org" in caught.value.hint
    assert stub.sending_calls == []


def test_credentials_with_only_send_permission_can_send(stub: SesStub, wire: Wire) -> None:
    stub.denied = {"account", "identities"}
    provider = fresh(stub)
    provider.check_sender(make.SENDER)
    assert statuses(list(provider.submit(make.letters(wire, readers(1))))) == {1: SUBMITTED}


def test_an_unverified_sender_is_reported_even_with_only_send_permission(stub: SesStub, wire: Wire) -> None:
    stub.denied = {"account", "identities"}
    stub.verified = set()
    with pytest.raises(ProviderError, match="not verified") as caught:
        list(fresh(stub).submit(make.letters(wire, readers(3))))
    assert "verify the sender" in caught.value.hint


def test_an_unknown_configuration_set_stops_the_send(stub: SesStub, wire: Wire) -> None:
    with pytest.raises(ProviderError, match="Configuration set <other> does not exist") as caught:
        submitted(stub, wire, readers(2), configuration_set="other")
    assert "configuration_set" in caught.value.hint


@pytest.fixture
def no_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Remove all AWS settings of this machine."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


@pytest.mark.usefixtures("no_aws")
@pytest.mark.parametrize(
    ("environment", "options", "words", "hint"),
    [
        ({}, {}, "no AWS credentials", "AWS_ACCESS_KEY_ID"),
        ({"AWS_PROFILE": "nobody"}, {}, "nobody", "AWS_PROFILE"),
        ({"AWS_ACCESS_KEY_ID": "A"}, {}, "AWS_SECRET_ACCESS_KEY is not", "credentials"),
        (CREDENTIALS, {"region": None}, "region", "[provider] region"),
        (CREDENTIALS, {"endpoint_url": "http://127.0.0.1:1"}, "connect", "endpoint_url"),
    ],
)
def test_missing_aws_settings_are_named(
    stub: SesStub, environment: dict[str, str], options: dict[str, Any], words: str, hint: str
) -> None:
    given_options = {
        name: value
        for name, value in ({"region": "eu-west-1", "endpoint_url": stub.url} | options).items()
        if value is not None
    }
    provider = open_provider("ses", given_options, root=Path(), environment=environment)
    with pytest.raises(ProviderError, match=words) as caught:
        provider.check_sender(make.SENDER)
    assert hint in caught.value.hint
    assert "never-to-be-printed" not in str(caught.value)


@pytest.mark.parametrize(
    ("err", "words"),
    [
        (NoRegionError(), "no region is set"),
        (ProfileNotFound(profile="nope"), 'there is no AWS profile "nope"'),
        (EndpointConnectionError(endpoint_url="https://ses.example"), "can't connect to https://ses.example"),
        (ConfigParseError(path="~/.aws/config"), "the AWS settings in ~/.aws/config can't be read"),
    ],
)
def test_botocores_errors_are_explained_in_plain_words(err: BotoCoreError, words: str) -> None:
    assert error_words(err) == words


@pytest.mark.usefixtures("no_aws")
def test_the_region_can_come_from_the_environment(stub: SesStub) -> None:
    options = {"endpoint_url": stub.url}
    provider = open_provider("ses", options, root=Path(), environment=CREDENTIALS | {"AWS_REGION": "eu-north-1"})
    provider.check_sender(make.SENDER)
    provider.close()


# Options, and another implementation ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"region": "Frankfurt"}, r"\[provider\] region: "),
        ({"regoin": "eu-west-1"}, "no such option; did you mean region"),
        ({"aws_secret_access_key": "never"}, "a secret belongs in the environment"),
        ({"configuration_set": "a b"}, r"\[provider\] configuration_set: "),
        ({"concurrency": "4"}, r"\[provider\] concurrency: write a whole number"),
        ({"endpoint_url": "ftp://x"}, r"\[provider\] endpoint_url: "),
    ],
)
def test_a_wrong_option_is_reported_with_its_hint(options: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        open_provider("ses", options, root=Path(), environment=CREDENTIALS)
    assert "docs/providers.md" in caught.value.hint
    assert "never" not in str(caught.value).replace("never in this file", "")


def test_a_single_message_is_accepted_by_moto(wire: Wire) -> None:
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    try:
        host, port = moto.get_host_and_port()
        url = f"http://{host}:{port}"
        options = {"region": "eu-west-1", "endpoint_url": url}
        provider = open_provider("ses", options, root=Path(), environment=CREDENTIALS)
        session = boto3.Session("a", "b", region_name="eu-west-1")
        client: Any = session.client("sesv2", endpoint_url=url)
        client.create_email_identity(EmailIdentity="news.example.org")
        account = ses_backends["123456789012"]["eu-west-1"]
        account.email_identities[
            "news.example.org"
        ].verified_for_sending_status = True  # as its owner would through DNS
        large = make.recipient(1, first_name="x" * 140_000)
        (receipt,) = provider.submit(make.letters(wire, [large]))
        provider.close()
        assert receipt.status is SUBMITTED
        (message,) = account.sent_messages
        assert message.id == receipt.provider_id
        assert set(message.destinations) == {large.address}
        assert message.raw_data.encode() == wire.message(large)
    finally:
        moto.stop()
