"""The language of a page or service mail: a reader's own, or the one of the newsletter's that a visitor wants."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from newsletter.domain.publication import Newsletter
from newsletter.domain.subscriber import Subscriber
from newsletter.subscriptions.languages import page_language
from newsletter.tokens import Purpose
from tests import make
from tests.web.public.public_pages import Public, hidden, link_in, only_reader, public

BOTH = make.newsletter(language="en", other_languages=("de",))


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Public]:
    """Return the pages of a newsletter in English and German."""
    with public(tmp_path, newsletter=BOTH) as at:
        yield at


@pytest.fixture
def visitor(pages: Public) -> Iterator[httpx.Client]:
    """Return an anonymous client."""
    with pages.client() as client:
        yield client


def _language(html: str) -> str:
    tag = re.search(r'<html lang="([^"]*)" dir="(ltr|rtl)">', html)
    assert tag, html
    return tag[1]


@pytest.mark.parametrize(
    ("query", "accepted", "language"),
    [
        ("", "", "en"),
        ("", "de-AT, en;q=0.5", "de"),
        ("?lang=en", "de", "en"),
        ("?lang=de", "en", "de"),
        ("?lang=fr", "fr", "en"),  # in which no issues appear
        ("?lang=" + "x" * 5000, "de", "de"),
    ],
)
def test_visitors_get_the_language_they_want_if_the_newsletter_has_it(
    visitor: httpx.Client, query: str, accepted: str, language: str
) -> None:
    for path in ("/subscribe", "/preferences", "/help", "/nowhere"):
        assert _language(visitor.get(path + query, headers={"Accept-Language": accepted}).text) == language, path


def test_a_newsletter_in_one_language_has_its_pages_in_it(tmp_path: Path) -> None:
    with public(tmp_path, newsletter=make.newsletter(language="de")) as pages, pages.client() as client:
        page = client.get("/subscribe?lang=en", headers={"Accept-Language": "en"}).text
        assert _language(page) == "de"
        assert "?lang=" not in page
        assert 'name="language"' not in client.get(pages.visit(pages.reader())).text


def test_links_and_forms_keep_the_language(visitor: httpx.Client) -> None:
    page = visitor.get("/subscribe?lang=de").text
    assert 'action="/subscribe?lang=de"' in page
    assert 'href="/help?lang=de"' in page
    assert '<a href="?lang=en" lang="en" hreflang="en">English</a>' in page
    wrong = visitor.post("/subscribe?lang=de", data={"address": "x"}, headers={"Accept-Language": "en"})
    assert (wrong.status_code, _language(wrong.text)) == (422, "de")
    assert "Bitte geben Sie eine E-Mail-Adresse ein" in wrong.text


def test_a_sign_up_stores_the_language_of_its_page(pages: Public, visitor: httpx.Client) -> None:
    opened = hidden(visitor.get("/subscribe?lang=de").text, "opened")
    pages.clock.move(seconds=5)
    visitor.post("/subscribe?lang=de", data={"address": "ada@example.com", "opened": opened})
    (mail,) = pages.mails()
    assert mail["Subject"] == "Bitte bestätigen: The Daily Test"
    confirm = link_in(mail)
    assert _language(visitor.get(confirm).text) == "de"
    assert "Willkommen" in visitor.post(confirm).text
    reader = only_reader(pages)
    assert reader.language == "de"
    consents = pages.store.self_service.consents(reader.id)
    assert {consent.wording for consent in consents} == {
        "Schicken Sie mir „The Daily Test“ per E-Mail. Ich kann es jederzeit mit einem Klick abbestellen."
    }


def test_the_api_takes_the_language_and_explains_what_readers_typed_in_it(pages: Public, visitor: httpx.Client) -> None:
    german = {"Accept-Language": "de"}
    enter_address = {"address": "Bitte geben Sie eine E-Mail-Adresse ein, zum Beispiel ada@example.org."}
    for body, messages in (
        ({"address": "x"}, enter_address),
        ({"address": "ada@"}, enter_address),
        ({"address": 7}, enter_address),
        (
            {"address": "ada@example.com", "name": "www.example.com"},
            {"name": "Bitte geben Sie einen Namen ohne Adresse oder Link ein."},
        ),
        (
            {"address": "ada@example.com", "name": "x" * 90},
            {"name": "Bitte geben Sie einen Namen mit höchstens 80 Zeichen ein."},
        ),
        ({"address": "ada@example.com", "language": "fr"}, {}),
        ({"address": "ada@example.com", "topics": "x"}, {}),
    ):
        asked_by_header = visitor.post("/api/sign-ups", json=body, headers=german)
        assert (asked_by_header.status_code, asked_by_header.json()["messages"]) == (422, messages)
        if "language" not in body:
            asked_by_field = visitor.post("/api/sign-ups", json={**body, "language": "de"})
            assert asked_by_field.json() == asked_by_header.json()
    for address, headers, language in (("ada", german, ""), ("ben", {}, "de"), ("cy", german, "en")):
        body = {"address": f"{address}@example.com", "language": language}
        assert visitor.post("/api/sign-ups", json=body, headers=headers).status_code == 202
    subjects = {str(mail["To"]): str(mail["Subject"]).partition(":")[0] for mail in pages.mails()}
    assert subjects == {
        "ada@example.com": "Bitte bestätigen",
        "ben@example.com": "Bitte bestätigen",
        "cy@example.com": "Please confirm",
    }


def test_a_readers_pages_and_mails_are_in_their_own_language(pages: Public, visitor: httpx.Client) -> None:
    reader = pages.reader(language="de-AT")
    english = {"Accept-Language": "en"}
    leave = pages.link(Purpose.UNSUBSCRIBE, reader)
    for path in (pages.visit(reader), pages.link(Purpose.PREFERENCES, reader), leave):
        assert _language(visitor.get(path, headers=english).text) == "de"
    for data in ({"how": "pause"}, {"how": "weekly"}):
        assert _language(visitor.post(f"{leave}/fewer", data=data, headers=english).text) == "de"
    visitor.post("/preferences", data={"address": reader.address}, headers=english)
    visitor.post(f"{pages.visit(reader)}/address", data={"address": "new@example.com"}, headers=english)
    mails = {str(mail["To"]): mail for mail in pages.mails()}
    assert mails["ada@example.com"]["Subject"] == "Ihr Link: The Daily Test"
    assert mails["new@example.com"]["Subject"] == "Bestätigen Sie Ihre neue Adresse: The Daily Test"
    move = link_in(mails["new@example.com"])
    assert _language(visitor.get(move, headers=english).text) == "de"
    assert _language(visitor.post(move, headers=english).text) == "de"
    (told,) = pages.mails()
    assert told["Subject"] == "Ihre Adresse wurde geändert: The Daily Test"
    assert _language(visitor.post(leave, data={"by": "page"}, headers=english).text) == "de"


def test_readers_choose_among_the_newsletters_languages(pages: Public, visitor: httpx.Client) -> None:
    reader = pages.reader(language="de-AT")
    own = pages.visit(reader)
    page = visitor.get(own).text
    assert re.findall(r'<option value="(\w+)" lang="\w+"( selected)?>(\w+)', page) == [
        ("en", "", "English"),
        ("de", " selected", "Deutsch"),
    ]
    visitor.post(own, data={"language": "de"})
    assert only_reader(pages).language == "de-AT"  # which is what they chose
    assert "Gespeichert" not in visitor.post(own, data={"language": "en"}).text
    assert only_reader(pages).language == "en"
    visitor.post(own, data={"language": "tlh"})
    assert only_reader(pages).language == "en"


def test_the_archive_is_the_same_for_all_languages(pages: Public, visitor: httpx.Client) -> None:
    tags = {visitor.get("/", headers={"Accept-Language": language}).headers["ETag"] for language in ("en", "de", "fr")}
    assert len(tags) == 1


@pytest.mark.parametrize(
    ("tag", "newsletter", "language"),
    [
        ("", BOTH, "en"),
        ("de-CH", BOTH, "de"),
        ("he", BOTH, "he"),  # the program speaks it, if not the newsletter
        ("HE-il-x-any", BOTH, "he"),  # without what an import may add to it
        ("nl", BOTH, "en"),
        ("nl", make.newsletter(language="nl"), "nl"),
        ("en", make.newsletter(language="en-GB"), "en-GB"),
        ("<b>", BOTH, "en"),
    ],
)
def test_a_reader_whose_language_no_issue_has_still_gets_pages_in_it(
    tag: str, newsletter: Newsletter, language: str
) -> None:
    assert page_language(Subscriber(address="ada@example.com", language=tag).language, newsletter) == language
