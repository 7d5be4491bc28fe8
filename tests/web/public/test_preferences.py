"""Readers' own pages: choosing topics, pausing, and the links that open the pages."""

import html
import re
from datetime import timedelta
from itertools import product

import httpx
import pytest

from newsletter.domain.consent import UnsubscribeRequest
from newsletter.domain.segment import EVERYONE
from newsletter.domain.subscriber import Frequency, SubscriberStatus, SuppressionReason
from newsletter.tokens import Purpose, TicketPurpose
from tests.web.public.public_pages import Public, link_in, only_reader


def shown(page: str) -> dict[str, list[str]]:
    """Return the data that a browser submits for the unchanged first form of a page."""
    form = page.partition("<form")[2].partition("</form>")[0]
    sent: dict[str, list[str]] = {}
    for tag in re.findall(r"<input [^>]*>", form):
        attributes = {name: html.unescape(value) for name, value in re.findall(r'([a-z]+)="([^"]*)"', tag)}
        if attributes["type"] not in ("checkbox", "radio") or tag.endswith(" checked>"):
            sent.setdefault(attributes["name"], []).append(attributes.get("value", ""))
    chosen = re.search(r'<option(?: value="([^"]*)")?[^>]* selected>([^<]*)', form)
    return sent | {"language": [(chosen[1] or chosen[2]) if chosen else ""]}


@pytest.mark.parametrize("own", [False, True])
def test_chosen_preferences_are_stored(pages: Public, visitor: httpx.Client, own: bool) -> None:
    reader = pages.reader(topics=("undeclared",), language="en-GB", attributes={"city": "Köln"}, time_zone="Asia/Tokyo")
    path = pages.visit(reader) if own else pages.link(Purpose.PREFERENCES, reader)
    page = visitor.get(path).text
    assert "a•••@e•••.com" in page
    assert "ada@example.com" not in page
    chosen = {
        "topic": ["asia", "nonsense"],
        "exclude": ["nato"],
        "name": "Ada Lovelace",
        "language": "fr",  # in which no issues appear
        "paused_until": "2026-12-24",
        "frequency": "weekly",
    }
    answer = visitor.post(path, data=chosen)
    assert "Saved" in answer.text
    assert re.search(r'name="topic" value="asia" checked', answer.text)
    assert 'value="2026-12-24"' in answer.text
    after = only_reader(pages)
    assert (after.topics, after.excludes) == (("asia", "undeclared"), ("nato",))
    assert (after.first_name, after.last_name, after.language) == (*(("Ada", "Lovelace") if own else ("", "")), "en-GB")
    assert after.frequency is Frequency.EACH  # no digest is sent, so it can't be chosen
    assert (after.attributes, after.time_zone, after.key) == ({"city": "Köln"}, "Asia/Tokyo", reader.key)
    visitor.post(path, data={})
    assert only_reader(pages).paused_until is None


def test_a_forwarded_link_neither_shows_nor_changes_the_name(pages: Public, visitor: httpx.Client) -> None:
    reader = pages.reader(first_name="Augusta", last_name="Lovelace")
    footer, mailed = pages.link(Purpose.PREFERENCES, reader), pages.visit(reader)
    leaving = pages.link(Purpose.UNSUBSCRIBE, reader)
    for name in ("", "Zebedee"):
        answers = [
            visitor.get(footer),
            visitor.post(footer, data={"name": name, "topic": "asia"}),
            visitor.get(leaving),
        ]
        for answer in answers:
            assert not {"Augusta", "Lovelace"} & set(re.findall(r"\w+", answer.text))
        assert 'name="name"' not in answers[0].text
    after = only_reader(pages)
    assert (after.first_name, after.last_name, after.topics) == ("Augusta", "Lovelace", ("asia",))
    assert 'value="Augusta Lovelace"' in visitor.get(mailed).text
    visitor.post(mailed, data={"name": "Ada Byron"})
    assert (only_reader(pages).first_name, only_reader(pages).last_name) == ("Ada", "Byron")


def test_a_paused_reader_is_left_out_until_the_chosen_day(pages: Public, visitor: httpx.Client) -> None:
    reader = pages.reader()
    pages.reader("ben@example.com")
    pages.clock.move(days=365 * 30)  # the store uses the real clock
    assert pages.store.sends.count_audience([EVERYONE], now=pages.clock()).recipients == 2
    until = (pages.clock.now.date()).replace(month=12, day=31).isoformat()
    visitor.post(pages.link(Purpose.PREFERENCES, reader), data={"paused_until": until})
    assert pages.store.sends.count_audience([EVERYONE], now=pages.clock()).recipients == 1
    assert pages.store.subscribers.counts([EVERYONE], now=pages.clock()) == {"everyone": 1}
    visitor.post(pages.link(Purpose.PREFERENCES, reader), data={"paused_until": ""})
    assert pages.store.sends.count_audience([EVERYONE], now=pages.clock()).recipients == 2


def test_a_pause_must_end_on_a_future_day(pages: Public, visitor: httpx.Client) -> None:
    path = pages.link(Purpose.PREFERENCES, pages.reader())
    for until in ("2026-11-23", "2020-01-01", "2031-01-01", "tomorrow", "2026-13-01", "2026-02-30", "٢٠٢٦-١٢-٠١"):
        answer = visitor.post(path, data={"paused_until": until})
        assert answer.status_code == 422, until
        assert 'aria-describedby="paused_until-problem"' in answer.text, until
        assert only_reader(pages).paused_until is None, until


def test_submitting_the_form_unchanged_changes_nothing(pages: Public, visitor: httpx.Client) -> None:
    languages = ("", "de", "pt-BR", "sw", "zh-Hant-TW")
    pauses = (timedelta(0), timedelta(hours=1), timedelta(days=5 * 365))
    for number, (language, paused) in enumerate(product(languages, pauses)):
        reader = pages.reader(
            f"reader{number}@example.com",
            language=language,
            paused_until=pages.clock() + paused if paused else None,
            first_name="Ada",
            last_name="King Lovelace",
            topics=("asia", "undeclared"),
            excludes=("nato",),
        )
        path = pages.visit(reader)
        saved = visitor.post(path, data=shown(visitor.get(path).text))
        assert 'role="status"' in saved.text, (language, paused)  # in the reader's language
        assert pages.store.subscribers.get(reader.address) == reader, (language, paused)
    assert len(list(pages.store.subscribers.stream())) == len(languages) * len(pauses)


def test_a_topic_followed_by_its_earlier_slug_is_ticked_and_can_be_unticked(
    pages: Public, visitor: httpx.Client
) -> None:
    reader = pages.reader(topics=("north-atlantic-treaty-organization",))
    path = pages.visit(reader)
    fields = shown(visitor.get(path).text)
    assert fields["topic"] == ["nato"]
    visitor.post(path, data=fields)
    assert only_reader(pages).topics == ("nato",)
    visitor.post(path, data=fields | {"topic": []})
    assert only_reader(pages).topics == ()


def test_a_forwarded_link_shows_no_address_and_cannot_move_download_or_erase(
    pages: Public, visitor: httpx.Client
) -> None:
    reader = pages.reader()
    path = pages.link(Purpose.PREFERENCES, reader)
    page = visitor.get(path).text
    assert "ada@" not in page
    for word in ("download", "Delete my data", "new address"):
        assert word not in page
    token = path.rpartition("/")[2]
    for ask in ("", "/download", "/address", "/erase"):
        assert visitor.post(f"/my/{token}{ask}", data={"sure": "yes"}).status_code in (404, 405)
        assert visitor.get(f"/my/{token}{ask}").status_code in (404, 405)
    assert visitor.post(f"{path}/link").status_code == 200
    (mail,) = pages.mails()
    assert mail["To"] == "ada@example.com"
    assert "Delete my data" in visitor.get(link_in(mail)).text


def test_a_link_is_mailed_only_to_readers_without_revealing_who_is_one(pages: Public, visitor: httpx.Client) -> None:
    pages.reader()
    pages.reader("gone@example.com")
    pages.store.suppressions.add("gone@example.com", SuppressionReason.COMPLAINED, now=pages.clock())
    addresses = ("ada@example.com", "stranger@example.com", "gone@example.com", "ADA@example.com")
    answers = [visitor.post("/preferences", data={"address": address}) for address in addresses]
    assert len({(answer.status_code, answer.text) for answer in answers}) == 1
    (mail,) = pages.mails()
    assert mail["To"] == "ada@example.com"
    assert visitor.post("/preferences", data={"address": "ada"}).status_code == 422


def test_a_mailed_link_works_for_a_day(pages: Public, visitor: httpx.Client) -> None:
    reader = pages.reader()
    path = pages.visit(reader)
    pages.clock.move(hours=25)
    assert visitor.get(path).status_code == 410
    for answer in (
        visitor.post(path),
        visitor.post(f"{path}/erase", data={"sure": "yes"}),
        visitor.get(f"{path}/download"),
    ):
        assert answer.status_code == 410
        assert "That link has expired." in answer.text
        assert 'action="/preferences"' in answer.text
    assert only_reader(pages) == reader


def test_an_unsubscribed_readers_page_states_it(pages: Public, visitor: httpx.Client) -> None:
    reader = pages.reader()
    pages.store.self_service.unsubscribe([UnsubscribeRequest(key=reader.key, how="page")], pages.clock())
    path = pages.link(Purpose.PREFERENCES, reader)
    assert "You’re not subscribed" in visitor.get(path).text
    visitor.post(path, data={"name": "Eve"})
    after = only_reader(pages)
    assert (after.first_name, after.status) == ("", SubscriberStatus.UNSUBSCRIBED)


def test_a_ticket_opens_only_its_own_pages(pages: Public, visitor: httpx.Client) -> None:
    reader = pages.reader()
    doors = {
        TicketPurpose.CONFIRM: "/confirm/{}",
        TicketPurpose.MOVE: "/move/{}",
        TicketPurpose.VISIT: "/my/{}",
    }
    for errand, door in doors.items():
        for made_for in TicketPurpose:
            ticket = pages.site.signer.ticket(made_for, reader.key, pages.clock())
            answers = {visitor.get(door.format(ticket)).status_code, visitor.post(door.format(ticket)).status_code}
            if made_for is errand is TicketPurpose.VISIT:
                assert answers == {200}
            else:
                assert answers == {404}
        for purpose in Purpose:
            token = pages.site.signer.sign(purpose, "2026-11-23", reader.key)
            assert visitor.get(door.format(token)).status_code == 404
    for purpose in (Purpose.UNSUBSCRIBE, Purpose.BROWSER):
        token = pages.site.signer.sign(purpose, "2026-11-23", reader.key)
        assert visitor.get(f"/preferences/2026-11-23/{token}").status_code == 404
        assert visitor.post(f"/preferences/2026-11-23/{token}", data={"name": "Eve"}).status_code == 404
    assert only_reader(pages) == reader
