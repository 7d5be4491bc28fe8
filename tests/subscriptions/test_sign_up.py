"""Signing up and confirming: what is stored, who gets a message, and the limits of addresses and clients."""

import re
from collections.abc import Iterator
from itertools import count

import httpx
import sqlalchemy as sa

from newsletter.domain.consent import UnsubscribeRequest
from newsletter.domain.subscriber import SubscriberStatus, SuppressionReason
from newsletter.store.tables import allowance
from newsletter.tokens import TicketPurpose
from tests.rows import fetch_column
from tests.web.public.public_pages import Public, link_in


def test_a_confirmed_sign_up_adds_a_reader_with_their_choices(pages: Public, visitor: httpx.Client) -> None:
    answer = pages.sign_up(visitor, address="Ada@Example.com", name="Ada Lovelace", topic=["nato", "asia", "nonsense"])
    assert (answer.status_code, "Check your inbox" in answer.text) == (200, True)
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
    assert "Check your inbox" in visitor.post(link_in(mail) + "/again").text
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
    assert by_address["known@example.com"]["Subject"] == "You’re already subscribed: The Daily Test"
    assert link_in(by_address["known@example.com"]).startswith("/my/")
    known = pages.store.subscribers.get("known@example.com")
    assert known is not None
    assert known.first_name == "Known"


def test_two_hundred_sign_ups_of_one_address_send_one_message(pages: Public) -> None:
    opened = pages.site.signer.ticket(TicketPurpose.FORM, "0" * 32, pages.clock())
    pages.clock.move(seconds=10)
    for number in range(200):
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


def test_the_apis_wording_is_recorded_but_not_shown_to_the_owner(pages: Public, visitor: httpx.Client) -> None:
    visitor.post("/api/sign-ups", json={"address": "ada@example.com", "wording": "Win a car at evil.example!"})
    link = link_in(pages.mails()[0])
    assert "evil" not in visitor.get(link).text
    visitor.post(link)
    (reader,) = pages.store.subscribers.stream()
    requested, confirmed = pages.store.self_service.consents(reader.id)
    assert (requested.how, requested.wording) == ("api", "Win a car at evil.example!")
    assert confirmed.wording.startswith("Send me The Daily Test by email.")


def test_one_click_unsubscribe_in_the_confirmation_withdraws_the_sign_up(pages: Public, visitor: httpx.Client) -> None:
    pages.sign_up(visitor)
    (mail,) = pages.mails()
    unsubscribe = re.fullmatch(r"<https://[^/]+(/[^>]+)>", mail["List-Unsubscribe"])
    assert unsubscribe is not None
    assert visitor.post(unsubscribe[1], content="List-Unsubscribe=One-Click").status_code == 200
    assert visitor.post(link_in(mail)).status_code == 404
    assert list(pages.store.subscribers.stream()) == []
