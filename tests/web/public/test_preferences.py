"""Choosing topics, changing the address, viewing stored data and erasure, over a socket."""

import html
import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from newsletter import subscriber_files
from newsletter.domain.consent import UnsubscribeRequest
from newsletter.domain.events import Bounce, Event, EventKind
from newsletter.domain.segment import EVERYONE
from newsletter.domain.subscriber import Frequency, Subscriber, SubscriberStatus, SuppressionReason
from newsletter.feedback import Feedback
from newsletter.tokens import Purpose, Signer, TicketPurpose
from tests import make
from tests.databases import sqlite3
from tests.web.public.public_pages import Public, link_in


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


def only(pages: Public) -> Subscriber:
    (reader,) = pages.store.subscribers.stream()
    return reader


@pytest.mark.parametrize("own", [False, True])
def test_chosen_preferences_are_stored(pages: Public, visitor: httpx.Client, own: bool) -> None:
    reader = pages.reader(topics=("undeclared",), language="he", attributes={"city": "Köln"}, time_zone="Asia/Tokyo")
    path = pages.visit(reader) if own else pages.link(Purpose.PREFERENCES, reader)
    page = visitor.get(path).text
    assert "a•••@e•••.com" in page
    assert "ada@example.com" not in page
    chosen = {
        "topic": ["asia", "nonsense"],
        "exclude": ["nato"],
        "name": "Ada Lovelace",
        "language": "fr",
        "paused_until": "2026-12-24",
        "frequency": "weekly",
    }
    answer = visitor.post(path, data=chosen)
    assert "Saved" in answer.text
    assert re.search(r'name="topic" value="asia" checked', answer.text)
    assert 'value="2026-12-24"' in answer.text
    after = only(pages)
    assert (after.topics, after.excludes) == (("asia", "undeclared"), ("nato",))
    assert (after.first_name, after.last_name, after.language) == (*(("Ada", "Lovelace") if own else ("", "")), "fr")
    assert after.frequency is Frequency.EACH  # no digest is sent, so it can't be chosen
    assert (after.attributes, after.time_zone, after.key) == ({"city": "Köln"}, "Asia/Tokyo", reader.key)
    visitor.post(path, data={})
    assert only(pages).paused_until is None


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
    after = only(pages)
    assert (after.first_name, after.last_name, after.topics) == ("Augusta", "Lovelace", ("asia",))
    assert 'value="Augusta Lovelace"' in visitor.get(mailed).text
    visitor.post(mailed, data={"name": "Ada Byron"})
    assert (only(pages).first_name, only(pages).last_name) == ("Ada", "Byron")


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


@pytest.mark.parametrize(
    "until", ["2026-11-23", "2020-01-01", "2031-01-01", "tomorrow", "2026-13-01", "2026-02-30", "٢٠٢٦-١٢-٠١"]
)
def test_a_pause_must_end_on_a_future_day(pages: Public, visitor: httpx.Client, until: str) -> None:
    answer = visitor.post(pages.link(Purpose.PREFERENCES, pages.reader()), data={"paused_until": until})
    assert answer.status_code == 422
    assert 'aria-describedby="paused_until-problem"' in answer.text
    assert only(pages).paused_until is None


@pytest.mark.parametrize("language", ["", "de", "pt-BR", "sw", "zh-Hant-TW"])
@pytest.mark.parametrize("paused", [timedelta(0), timedelta(hours=1), timedelta(days=5 * 365)])
def test_submitting_the_form_unchanged_changes_nothing(
    pages: Public, visitor: httpx.Client, language: str, paused: timedelta
) -> None:
    reader = pages.reader(
        language=language,
        paused_until=pages.clock() + paused if paused else None,
        first_name="Ada",
        last_name="King Lovelace",
        topics=("asia", "undeclared"),
        excludes=("nato",),
    )
    path = pages.visit(reader)
    assert "Saved" in visitor.post(path, data=shown(visitor.get(path).text)).text
    assert only(pages) == reader


def test_a_topic_followed_by_its_earlier_slug_is_ticked_and_can_be_unticked(
    pages: Public, visitor: httpx.Client
) -> None:
    reader = pages.reader(topics=("north-atlantic-treaty-organization",))
    path = pages.visit(reader)
    fields = shown(visitor.get(path).text)
    assert fields["topic"] == ["nato"]
    visitor.post(path, data=fields)
    assert only(pages).topics == ("nato",)
    visitor.post(path, data=fields | {"topic": []})
    assert only(pages).topics == ()


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
    assert only(pages) == reader


def test_a_change_of_address_is_confirmed_by_the_new_owner_and_the_old_one_notified(
    pages: Public, visitor: httpx.Client
) -> None:
    reader = pages.reader(topics=("asia",))
    visitor.post(f"{pages.visit(reader)}/address", data={"address": "Ada@New.example.org"})
    (mail,) = pages.mails()
    assert mail["To"] == "Ada@new.example.org"
    assert only(pages).address == "ada@example.com"
    link = link_in(mail)
    assert "Yes, send it here" in visitor.get(link).text
    assert only(pages).address == "ada@example.com"  # a GET changes nothing
    for _ in range(2):
        assert "Your address has been changed" in visitor.post(link).text
    after = only(pages)
    assert replace(after, address="") == replace(reader, address="", id=after.id)
    assert after.address == "Ada@new.example.org"
    (told,) = pages.mails()
    assert told["To"] == "ada@example.com"
    assert "new.example.org" not in told.as_string().casefold()
    assert link_in(told).startswith("/undo-move/")
    assert pages.store.self_service.consents(after.id)[-1].event == "moved"


def moved_to(pages: Public, visitor: httpx.Client, reader: Subscriber, address: str) -> str:
    """Change a reader's address, a second later; return the link in the notice to the old one."""
    visitor.post(f"{pages.visit(reader)}/address", data={"address": address})
    link = link_in(next(mail for mail in pages.mails() if mail["To"] == address))
    pages.clock.move(seconds=1)
    assert visitor.post(link).status_code == 200
    (told,) = pages.mails()
    pages.clock.move(seconds=1)
    return link_in(told)


def test_the_notice_to_the_old_address_can_only_undo_the_change(pages: Public, visitor: httpx.Client) -> None:
    reader = pages.reader(first_name="Zenobia", topics=("nato",))
    before = pages.visit(reader)
    undo = moved_to(pages, visitor, reader, "private@elsewhere.example")
    ticket = undo.rpartition("/")[2]
    for path in (undo, before, f"{before}/download", *(f"/{door}/{ticket}" for door in ("my", "move", "confirm"))):
        answer = visitor.get(path)
        assert answer.status_code == (200 if path is undo else 410 if path.startswith(before) else 404)
        assert "private" not in answer.text
        assert "elsewhere" not in answer.text
        assert "Zenobia" not in answer.text
    for path in (before, f"{before}/erase", f"{before}/address"):
        data = {"sure": "yes", "address": "eve@example.com"}
        assert visitor.post(path, data=data).status_code == 410
    assert only(pages).address == "private@elsewhere.example"  # a GET changes nothing
    assert "ada@example.com" not in visitor.get(undo).text
    for _ in range(2):
        answer = visitor.post(undo)
        assert "has been undone" in answer.text
    (told,) = pages.mails()  # pressed twice, notified once
    assert told["To"] == "private@elsewhere.example"
    assert link_in(told) == "/subscribe"
    for trace in ("ada@example.com", "Zenobia", reader.key):
        assert trace not in told.as_string()
    one_click = told["List-Unsubscribe"].strip("<>").removeprefix("https://news.example.org")
    assert visitor.post(one_click, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    after = only(pages)
    assert after == replace(reader, id=after.id)
    assert [(consent.event, consent.how) for consent in pages.store.self_service.consents(after.id)] == [
        ("moved", "preferences"),
        ("moved", "undo"),
    ]


def test_a_change_of_address_ends_earlier_pending_ones(pages: Public, visitor: httpx.Client) -> None:
    reader = pages.reader()
    visitor.post(f"{pages.visit(reader)}/address", data={"address": "eve@elsewhere.example"})
    (to_eve,) = pages.mails()
    visitor.post(f"{pages.visit(reader)}/address", data={"address": "eva@elsewhere.example"})
    undo = moved_to(pages, visitor, reader, "ada@new.example.org")
    for _ in range(2):  # before and after it is undone
        assert visitor.get(link_in(to_eve)).status_code == 404
        assert visitor.post(link_in(to_eve)).status_code == 404
        assert "eve@elsewhere.example" not in {mail["To"] for mail in pages.mails()}
        assert only(pages).address != "eve@elsewhere.example"
        visitor.post(undo)
    assert only(pages).address == "ada@example.com"


def test_an_undone_change_cannot_be_redone_and_keeps_nothing_of_the_other_address(
    pages: Public, visitor: httpx.Client
) -> None:
    reader = pages.reader()
    theirs = pages.visit(reader)
    visitor.post(f"{theirs}/address", data={"address": "later@elsewhere.example"})
    (later,) = pages.mails()
    undo = moved_to(pages, visitor, reader, "first@elsewhere.example")
    of_first = pages.visit(reader)
    bounced = {"provider": "mail", "kind": EventKind.BOUNCED, "bounce": Bounce.TRANSIENT, "reader": reader.key}
    event = Event(key="1", at=pages.clock(), address="first@elsewhere.example", raw="first@elsewhere", **bounced)  # type: ignore[arg-type]
    Feedback(pages.store, pages.site.signer, soft_bounces=9).record([event], now=pages.clock())
    undo_of_first = moved_to(pages, visitor, reader, "second@elsewhere.example")
    of_second = pages.visit(reader)
    pages.clock.move(seconds=1)
    assert visitor.post(undo).status_code == 200
    for path in (of_first, of_second):
        assert visitor.get(path).status_code == 410
    for path in (undo_of_first, link_in(later)):
        assert visitor.post(path).status_code == 404
    assert only(pages).address == "ada@example.com"
    pages.clock.move(seconds=1)
    stored = visitor.get(f"{pages.visit(reader)}/download").text
    assert "ada@example.com" in stored
    for word in ("first@", "second@", "later@"):
        assert word not in stored


def test_a_change_can_be_undone_for_two_weeks_even_if_the_notice_is_unsubscribed_from(
    pages: Public, visitor: httpx.Client
) -> None:
    reader = pages.reader()
    visitor.post(f"{pages.visit(reader)}/address", data={"address": "new@example.com"})
    visitor.post(link_in(pages.mails()[0]))
    (told,) = pages.mails()
    one_click = told["List-Unsubscribe"].strip("<>").removeprefix("https://news.example.org")
    assert visitor.post(one_click, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert only(pages).status is SubscriberStatus.CONFIRMED
    pages.clock.move(days=13)
    assert visitor.get(link_in(told)).status_code == 200
    pages.clock.move(days=2)
    for ask in (visitor.get, visitor.post):
        answer = ask(link_in(told))
        assert (answer.status_code, "can undo an address change for 14 days" in answer.text) == (410, True)
    assert only(pages).address == "new@example.com"


def test_a_change_is_not_undone_if_another_reader_has_the_old_address(pages: Public, visitor: httpx.Client) -> None:
    reader = pages.reader()
    undo = moved_to(pages, visitor, reader, "new@example.com")
    other = pages.reader("ada@example.com")
    answer = visitor.post(undo)
    assert (answer.status_code, "already subscribed" in answer.text) == (409, True)
    assert pages.store.subscribers.get("ada@example.com") == other


def test_another_readers_address_is_refused(pages: Public, visitor: httpx.Client) -> None:
    reader, other = pages.reader(), pages.reader("ben@example.com")
    answer = visitor.post(f"{pages.visit(reader)}/address", data={"address": "ben@example.com"})
    free = visitor.post(f"{pages.visit(reader)}/address", data={"address": "free@example.com"})
    assert answer.text == free.text
    mail = next(mail for mail in pages.mails() if mail["To"] == "ben@example.com")
    taken = visitor.post(link_in(mail))
    assert taken.status_code == 409
    assert "is already subscribed" in taken.text
    assert [subscriber.address for subscriber in pages.store.subscribers.stream()] == [
        "ada@example.com",
        "ben@example.com",
    ]
    assert pages.store.subscribers.get("ben@example.com") == other


def rows_of(pages: Public) -> str:
    """Return everything in the database, as text."""
    with sqlite3.connect(pages.root / "newsletter.db") as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return "\n".join(repr((name, *row)) for name in tables for row in connection.execute(f'SELECT * FROM "{name}"'))


def test_all_stored_data_can_be_downloaded_and_is_erased_completely(pages: Public, visitor: httpx.Client) -> None:
    pages.sign_up(visitor, name="Zenobia Quill", topic="nato", address="zen@old.example")
    visitor.post(link_in(pages.mails()[0]), data={"name": "Zenobia Quill", "topic": "nato"})
    before = only(pages)
    bounced = Event(
        key="1",
        provider="mail",
        kind=EventKind.BOUNCED,
        at=pages.clock(),
        address="zen@old.example",
        bounce=Bounce.TRANSIENT,
        detail="452 zen has no room",
        raw="REPORT of zen",
    )
    Feedback(pages.store, pages.site.signer, soft_bounces=9).record([bounced], now=pages.clock())
    visitor.post(f"{pages.visit(before)}/address", data={"address": "zen@quill.example"})
    visitor.post(link_in(pages.mails()[0]))
    pages.mails()
    visitor.post(f"{pages.visit(before)}/address", data={"address": "zen@later.example"})
    pages.store.suppressions.add("zen@quill.example", SuppressionReason.COMPLAINED, now=pages.clock())
    reader = only(pages)
    page = visitor.get(pages.visit(reader))
    assert "Send me The Daily Test by email" in page.text
    answer = visitor.get(f"{pages.visit(reader)}/download")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    stored = json.loads(answer.text)
    assert (stored["address"], stored["topics"]) == ("zen@quill.example", ["nato"])
    assert [item["what"] for item in stored["consent"]] == ["asked", "confirmed", "moved"]
    requests = {(item["what"], item["address"]) for item in stored["asked"]}
    assert requests == {
        ("sign-up", "zen@old.example"),
        ("move", "zen@quill.example"),
        ("undo", "zen@old.example"),
        ("move", "zen@later.example"),
    }
    assert [(item["why"], item["report"]) for item in stored["reported"]] == [("452 zen has no room", "REPORT of zen")]
    assert stored["never_mailed"]["why"] == "complained"
    assert "zen" in rows_of(pages)
    visitor.post(f"{pages.visit(reader)}/erase", data={"sure": "yes"})
    left = rows_of(pages).casefold()
    for word in ("zen", "quill", reader.key):
        assert word not in left


def test_an_erased_reader_is_not_restored_by_an_import(pages: Public, visitor: httpx.Client, tmp_path: Path) -> None:
    pages.sign_up(visitor, name="Ada Lovelace")
    visitor.post(link_in(pages.mails()[0]), data={"name": "Ada Lovelace"})
    reader = only(pages)
    pages.store.suppressions.add("ada@example.com", SuppressionReason.BOUNCED, now=pages.clock())
    visitor.post(f"{pages.visit(reader)}/address", data={"address": "new@example.com"})
    erase = f"{pages.visit(reader)}/erase"
    assert visitor.post(erase).status_code == 422
    assert only(pages) == reader
    for _ in range(2):
        assert "Your data has been deleted" in visitor.post(erase, data={"sure": "yes"}).text
    assert "No subscription" in visitor.get(pages.visit(reader)).text
    assert pages.mails() == []
    file = tmp_path / "readers.csv"
    file.write_text("email,status\nADA@example.com,confirmed\nben@example.com,\n")
    for signer in (Signer(make.SECRET), Signer("a newer secret, as long as one", make.SECRET)):
        report = subscriber_files.import_readers(
            pages.store.subscribers.merge,
            [file],
            subscriber_files.OwnFormat(topics=make.topics()),
            signer=signer,
            now=pages.clock(),
        )
        assert report.kept_away == 1
    assert only(pages).address == "ben@example.com"
    pages.clock.move(days=2)
    pages.sign_up(visitor)
    visitor.post(link_in(pages.mails()[0]))
    assert pages.store.subscribers.get("ada@example.com") is not None
    assert pages.store.erasures.key_ids() == frozenset()


def test_an_unsubscribed_readers_page_states_it(pages: Public, visitor: httpx.Client) -> None:
    reader = pages.reader()
    pages.store.self_service.unsubscribe([UnsubscribeRequest(key=reader.key, how="page")], pages.clock())
    path = pages.link(Purpose.PREFERENCES, reader)
    assert "You’re not subscribed" in visitor.get(path).text
    visitor.post(path, data={"name": "Eve"})
    after = only(pages)
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
    assert only(pages) == reader
