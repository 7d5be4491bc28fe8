"""Signing up and confirming, over a socket."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from itertools import count

import httpx
import pytest
import sqlalchemy as sa

from newsletter.domain.consent import UnsubscribeRequest
from newsletter.domain.subscriber import SubscriberStatus, SuppressionReason
from newsletter.store.tables import allowance
from newsletter.tokens import TicketPurpose
from tests.rows import fetch_column
from tests.web.public.public_pages import Public, hidden, link_in

LANDED = "Check your inbox"


def test_a_confirmed_sign_up_adds_a_reader_with_their_choices(pages: Public, visitor: httpx.Client) -> None:
    answer = pages.sign_up(visitor, address="Ada@Example.com", name="Ada Lovelace", topic=["nato", "asia", "nonsense"])
    assert (answer.status_code, LANDED in answer.text) == (200, True)
    assert list(pages.store.subscribers.stream()) == []
    (mail,) = pages.mails()
    assert mail["To"] == "Ada@example.com"
    assert mail["Auto-Submitted"] == "auto-generated"  # RFC 3834
    link = link_in(mail)
    asking = visitor.get(link)
    assert "One more click" in asking.text
    assert 'value="Ada Lovelace"' in asking.text
    assert list(pages.store.subscribers.stream()) == []  # a GET changes nothing
    assert "Welcome" in visitor.post(link, data={"name": "Ada Lovelace"}).text
    (reader,) = pages.store.subscribers.stream()
    assert (reader.address, reader.first_name, reader.last_name) == ("Ada@example.com", "Ada", "Lovelace")
    assert (reader.status, reader.topics) == (SubscriberStatus.CONFIRMED, ("asia", "nato"))
    requested, confirmed = pages.store.self_service.consents(reader.id)
    assert (requested.event, requested.how) == ("asked", "form")
    assert requested.wording == "Send me The Daily Test by email. I can unsubscribe at any time, with one click."
    assert confirmed.event == "confirmed"
    assert confirmed.at >= requested.at


def test_confirming_twice_changes_nothing(pages: Public, visitor: httpx.Client) -> None:
    pages.sign_up(visitor)
    (mail,) = pages.mails()
    for _ in range(3):
        assert "Welcome" in visitor.post(link_in(mail)).text
    assert "Welcome" in visitor.get(link_in(mail)).text
    (reader,) = pages.store.subscribers.stream()
    assert len(pages.store.self_service.consents(reader.id)) == 2
    pages.store.self_service.unsubscribe(
        [UnsubscribeRequest(key=reader.key, how="page", issue="2026-11-23")], pages.clock()
    )
    visitor.post(link_in(mail))
    (reader,) = pages.store.subscribers.stream()
    assert reader.status is SubscriberStatus.UNSUBSCRIBED  # an old link can't resubscribe


def test_a_confirmation_expires_after_three_days_and_can_be_requested_again(
    pages: Public, visitor: httpx.Client
) -> None:
    pages.sign_up(visitor)
    (mail,) = pages.mails()
    pages.clock.move(hours=71, minutes=59)
    assert visitor.get(link_in(mail)).status_code == 200
    pages.clock.move(hours=1)
    for answer in (visitor.get(link_in(mail)), visitor.post(link_in(mail))):
        assert answer.status_code == 410
        assert "Email me a new link" in answer.text
    assert LANDED in visitor.post(link_in(mail) + "/again").text
    (second,) = pages.mails()
    assert "Welcome" in visitor.post(link_in(second)).text


def test_a_bounced_reader_can_return_by_signing_up_again(pages: Public, visitor: httpx.Client) -> None:
    pages.reader("ada@example.com")
    pages.store.suppressions.add("ada@example.com", SuppressionReason.BOUNCED, now=pages.clock())
    pages.sign_up(visitor, address="ada@example.com")
    (mail,) = pages.mails()
    assert "Welcome" in visitor.post(link_in(mail)).text
    assert not pages.store.suppressions.has("ada@example.com")


def test_responses_and_messages_do_not_reveal_who_is_a_reader(pages: Public, visitor: httpx.Client) -> None:
    pages.reader("known@example.com", first_name="Known")
    pages.store.suppressions.add("gone@example.com", SuppressionReason.COMPLAINED, now=pages.clock())
    left = pages.reader("left@example.com")
    pages.store.self_service.unsubscribe([UnsubscribeRequest(key=left.key, how="page")], pages.clock())
    answers = [
        pages.sign_up(visitor, address=address)
        for address in ("known@example.com", "stranger@example.com", "gone@example.com", "left@example.com")
    ]
    answers += [pages.sign_up(visitor, address=address) for address in ("known@example.com", "stranger@example.com")]
    assert len({(answer.status_code, answer.text, tuple(answer.headers)) for answer in answers}) == 1
    called = [
        visitor.post("/api/sign-ups", json={"address": f"{name}@example.com"})
        for name in ("known", "stranger", "gone", "left", "nobody", "nobody")
    ]
    assert len({(answer.status_code, answer.text, tuple(answer.headers)) for answer in called}) == 1
    by_address = {mail["To"]: mail for mail in pages.mails()}
    assert by_address.pop("nobody@example.com")["Subject"] == by_address["stranger@example.com"]["Subject"]
    assert set(by_address) == {"known@example.com", "stranger@example.com", "left@example.com"}
    assert by_address["known@example.com"]["Subject"] == "You're already subscribed: The Daily Test"
    assert link_in(by_address["known@example.com"]).startswith("/my/")
    known = pages.store.subscribers.get("known@example.com")
    assert known is not None
    assert known.first_name == "Known"


def test_a_thousand_sign_ups_of_one_address_send_one_message(pages: Public) -> None:
    opened = pages.site.signer.ticket(TicketPurpose.FORM, "0" * 32, pages.clock())
    pages.clock.move(seconds=10)
    for number in range(1000):
        forwarded = {"X-Forwarded-For": f"2001:{number:x}::1"}
        with_case = "victim@example.com" if number % 2 else "VICTIM@Example.COM"
        if number == 0:
            visitor = pages.client()
        if number % 3:
            answer = visitor.post("/subscribe", data={"address": with_case, "opened": opened}, headers=forwarded)
            assert answer.status_code == 200
        else:
            answer = visitor.post("/api/sign-ups", json={"address": with_case}, headers=forwarded)
            assert answer.status_code == 202
    visitor.close()
    assert len(pages.mails()) == 1


def test_an_address_gets_one_confirmation_a_day_and_three_in_seven_days(pages: Public, visitor: httpx.Client) -> None:
    mailed = []
    for day in range(11):
        answers = [pages.sign_up(visitor), pages.sign_up(visitor)]
        mailed += [day] * len(pages.mails())
        assert all("three times a week at most" in answer.text for answer in answers)
        pages.clock.move(hours=25)
    assert mailed == [0, 1, 2, 7, 8, 9]


def test_a_mailbox_gets_three_confirmations_a_day_whatever_its_plus_tags(pages: Public, visitor: httpx.Client) -> None:
    mailed = []
    for day in range(3):
        for part in "abcde":
            pages.sign_up(visitor, address=f"Ada+{day}{part}@example.com")
        pages.sign_up(visitor, address="+@example.com")  # it has nothing before its plus tag
        mailed.append(len(pages.mails()))
        pages.clock.move(hours=26)
    assert mailed == [4, 4, 1]
    pages.sign_up(visitor, address="ada+tech@example.net")
    assert len(pages.mails()) == 1


def test_confirming_resets_the_limit_of_a_mailbox(pages: Public, visitor: httpx.Client) -> None:
    for part in "abcd":
        pages.sign_up(visitor, address=f"ada+{part}@example.com")
    first, *others = pages.mails()
    assert len(others) == 2
    visitor.post(link_in(first))
    pages.sign_up(visitor, address="ada+d@example.com")
    assert len(pages.mails()) == 1


def test_a_large_network_has_a_limit_of_its_own(pages: Public) -> None:
    with pages.client() as visitor:
        statuses = [
            visitor.post(
                "/api/sign-ups",
                json={"address": f"victim{number}@example.com"},
                headers={"X-Forwarded-For": f"2001:db8:{number:x}::1"},
            ).status_code
            for number in range(230)
        ]
        elsewhere = visitor.post(
            "/api/sign-ups", json={"address": "ada@example.com"}, headers={"X-Forwarded-For": "2001:db9::1"}
        )
    assert statuses == [202] * 200 + [429] * 30
    assert elsewhere.status_code == 202
    full = sa.select(allowance.c.times).where(allowance.c.times == 200)
    assert fetch_column(pages.store, full) == [200]


def test_confirming_resets_the_limit_of_an_address(pages: Public, visitor: httpx.Client) -> None:
    pages.sign_up(visitor)
    visitor.post(link_in(pages.mails()[0]))
    (reader,) = pages.store.subscribers.stream()
    pages.store.self_service.unsubscribe([UnsubscribeRequest(key=reader.key, how="page")], pages.clock())
    pages.sign_up(visitor)
    visitor.post(link_in(pages.mails()[0]))
    (reader,) = pages.store.subscribers.stream()
    assert reader.status is SubscriberStatus.CONFIRMED


def test_limits_of_a_client_and_its_network_cover_form_and_api_together(pages: Public) -> None:
    numbers = count()

    def statuses(addresses: Iterator[str]) -> list[int]:
        with pages.client() as visitor:
            return [
                visitor.post(
                    "/api/sign-ups",
                    json={"address": f"reader{next(numbers)}@example.com"},
                    headers={"X-Forwarded-For": address},
                ).status_code
                for address in addresses
            ]

    assert statuses("203.0.113.7" for _ in range(25)) == [202] * 20 + [429] * 5
    with pages.client(**{"X-Forwarded-For": "203.0.113.7"}) as visitor:
        answer = pages.sign_up(visitor, address="other@example.com")
        assert (answer.status_code, "Please wait an hour" in answer.text) == (429, True)
        pages.clock.move(hours=2)
        assert pages.sign_up(visitor, address="other@example.com").status_code == 200
    neighbours = (f"198.51.100.{number}" for number in range(1, 111))
    assert statuses(neighbours).count(202) == 100


@pytest.mark.parametrize(
    "name",
    [
        "http://evil.example",
        "win at www.evil.example",
        "a@b.example",
        "<b>Ada</b>",
        "evil.com",
        "Ada\r\nBcc: x@y.example",
        "x" * 81,
    ],
)
def test_a_name_with_advertising_is_refused(pages: Public, visitor: httpx.Client, name: str) -> None:
    answer = pages.sign_up(visitor, name=name)
    assert answer.status_code == 422
    assert 'id="name-problem"' in answer.text
    assert pages.mails() == []


def test_the_message_contains_nothing_that_was_typed(pages: Public, visitor: httpx.Client) -> None:
    typed = {"name": "Zebedee Quixote", "topic": "nato", "wording": "WORDING", "subject": "SUBJECT"}
    pages.sign_up(visitor, **typed)
    pages.clock.move(hours=26)
    visitor.post("/api/sign-ups", json={"address": "ada@example.com", "name": "Zebedee Quixote", "wording": "WORDING"})
    mails = pages.mails()
    assert len(mails) == 2
    for mail in mails:
        visible = mail.as_string() + "".join(str(part.get_content()) for part in mail.iter_parts())
        for word in ("Zebedee", "Quixote", "WORDING", "SUBJECT", "NATO"):
            assert word not in visible


def test_the_apis_wording_is_recorded_but_not_shown_to_the_owner(pages: Public, visitor: httpx.Client) -> None:
    visitor.post("/api/sign-ups", json={"address": "ada@example.com", "wording": "Win a car at evil.example!"})
    link = link_in(pages.mails()[0])
    assert "evil" not in visitor.get(link).text
    visitor.post(link)
    (reader,) = pages.store.subscribers.stream()
    requested, confirmed = pages.store.self_service.consents(reader.id)
    assert (requested.how, requested.wording) == ("api", "Win a car at evil.example!")
    assert confirmed.wording.startswith("Send me The Daily Test by email.")


def test_a_bot_that_fills_in_every_field_gets_the_same_answer_without_effect(
    pages: Public, visitor: httpx.Client
) -> None:
    person = pages.sign_up(visitor, address="person@example.com")
    bot = pages.sign_up(visitor, address="bot@example.com", website="https://evil.example")
    assert (bot.status_code, bot.text) == (person.status_code, person.text)
    assert [mail["To"] for mail in pages.mails()] == ["person@example.com"]


def test_a_form_submitted_too_quickly_or_from_elsewhere_is_shown_again(pages: Public, visitor: httpx.Client) -> None:
    opened = hidden(visitor.get("/subscribe").text, "opened")
    for sent in ({"opened": opened}, {}, {"opened": "x" * 56}, {"opened": ""}):
        answer = visitor.post("/subscribe", data={"address": "ada@example.com", "topic": "nato", **sent})
        assert answer.status_code == 200
        assert "Check the form" in answer.text
        assert 'value="ada@example.com"' in answer.text
        assert re.search(r'value="nato" checked', answer.text)
    assert pages.mails() == []
    pages.clock.move(seconds=3)
    again = {"address": "ada@example.com", "opened": hidden(answer.text, "opened")}
    assert LANDED in visitor.post("/subscribe", data=again).text
    assert len(pages.mails()) == 1


@pytest.mark.parametrize(
    "address", ["", "ada", "ada@", "a@b@c.example", "ada@example.com\nBcc: x@y.example", "x" * 300]
)
def test_an_invalid_address_is_explained(pages: Public, visitor: httpx.Client, address: str) -> None:
    answer = pages.sign_up(visitor, address=address)
    assert answer.status_code == 422
    assert 'aria-describedby="address-problem"' in answer.text
    assert visitor.post("/api/sign-ups", json={"address": address}).status_code == 422


def test_typed_text_is_escaped_on_the_page(pages: Public, visitor: httpx.Client) -> None:
    payload = '"><script>alert(1)</script>'
    answer = pages.sign_up(visitor, address=payload, name=payload)
    assert "<script" not in answer.text
    assert "&#34;&gt;&lt;script&gt;" in answer.text


def test_one_click_unsubscribe_in_the_confirmation_withdraws_the_sign_up(pages: Public, visitor: httpx.Client) -> None:
    pages.sign_up(visitor)
    (mail,) = pages.mails()
    unsubscribe = re.fullmatch(r"<https://[^/]+(/[^>]+)>", mail["List-Unsubscribe"])
    assert unsubscribe is not None
    assert visitor.post(unsubscribe[1], content="List-Unsubscribe=One-Click").status_code == 200
    assert visitor.post(link_in(mail)).status_code == 404
    assert list(pages.store.subscribers.stream()) == []


def test_the_api_describes_itself_and_refuses_unknown_values(pages: Public, visitor: httpx.Client) -> None:
    assert set(visitor.get("/api/openapi.json").json()["paths"]) == {"/api/sign-ups", "/api/topics"}
    assert {"slug": "afghanistan", "name": "Afghanistan", "parent": "asia"} in visitor.get("/api/topics").json()
    for wrong in ({"topics": ["nonsense"]}, {"frequency": "weekly"}, {"extra": 1}, {"name": "www.evil.example"}):
        answer = visitor.post("/api/sign-ups", json={"address": "ada@example.com"} | wrong)
        assert answer.status_code == 422
        assert answer.json()["error"] == HTTPStatus.UNPROCESSABLE_ENTITY.phrase
    assert pages.mails() == []


def test_a_deferred_service_message_is_retried_and_a_refused_one_is_not(pages: Public, visitor: httpx.Client) -> None:
    pages.outbox.write_text("in the way")  # the outbox cannot write
    pages.sign_up(visitor)
    assert pages.mails() == []
    assert "ada@example.com" not in "".join(pages.logged)
    pages.outbox.unlink()
    assert pages.mails() == []
    pages.clock.move(minutes=2)
    assert len(pages.mails()) == 1
