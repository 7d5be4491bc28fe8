"""The sign-up form and API: what they refuse, and what they show again."""

import re
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest

from newsletter.archive import Archive, ArchiveCache
from newsletter.domain.publication import About
from newsletter.errors import StoreError
from tests import make
from tests.pictures.drawings import bring_along
from tests.web.preview.running_preview import write_newsletter
from tests.web.public.public_pages import Public, hidden, public
from tests.web.sent_issues import freeze_as_sent

LANDED = "Check your inbox"


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


def test_the_api_describes_itself_and_refuses_unknown_values(pages: Public, visitor: httpx.Client) -> None:
    assert set(visitor.get("/api/openapi.json").json()["paths"]) == {"/api/sign-ups", "/api/topics"}
    assert {"slug": "afghanistan", "name": "Afghanistan", "parent": "asia"} in visitor.get("/api/topics").json()
    for wrong in ({"topics": ["nonsense"]}, {"frequency": "weekly"}, {"extra": 1}, {"name": "www.evil.example"}):
        answer = visitor.post("/api/sign-ups", json={"address": "ada@example.com"} | wrong)
        assert answer.status_code == 422
        assert answer.json()["error"] == HTTPStatus.UNPROCESSABLE_ENTITY.phrase
    assert pages.mails() == []


def test_the_page_introduces_the_newsletter(tmp_path: Path) -> None:
    folder = write_newsletter(tmp_path)
    bring_along(tmp_path, "lamp.jpg")
    about = {"description": "One long <read>.", "frequency": "Every day at 7", "picture": "lamp.jpg"}
    with public(folder.root, newsletter=make.newsletter(**about)) as pages, pages.client() as visitor:
        assert "The latest issue" not in visitor.get("/subscribe").text
        pages.reader()
        freeze_as_sent(pages, "2026-11-23")
        answer = visitor.get("/subscribe")
        (picture,) = re.findall(r'<img class="emblem" src="https://news\.example\.org([^"]*)"', answer.text)
        assert visitor.get(picture).headers["content-type"] == "image/jpeg"
        assert f'property="og:image" content="https://news.example.org{picture}"' in answer.text
    assert answer.headers["x-robots-tag"] == "all"
    assert "One long &lt;read&gt;." in answer.text
    assert "Every day at 7" in answer.text
    assert "What happened until 2026-11-23" in answer.text
    assert "/issues/2026-11-23/#night-train" in answer.text
    assert '<details class="optional">' in answer.text


def test_the_introduction_is_in_the_visitors_language(tmp_path: Path) -> None:
    german = About(language="de", description="Eine lange Geschichte.", frequency="Jeden Abend")
    newsletter = make.newsletter(
        language="en", other_languages=("de", "fr"), description="One long read.", translations=(german,)
    )
    with public(tmp_path, newsletter=newsletter) as pages, pages.client() as visitor:
        texts = {tag: visitor.get(f"/subscribe?lang={tag}").text for tag in newsletter.languages}
    assert '<p class="standfirst" lang="de">Eine lange Geschichte.</p>' in texts["de"]
    assert "Jeden Abend" in texts["de"]
    for tag in ("en", "fr"):
        assert '<p class="standfirst" lang="en">' in texts[tag]
        assert "Jeden Abend" not in texts[tag]


def test_topics_stay_in_sight_once_chosen(pages: Public, visitor: httpx.Client) -> None:
    folded = '<details class="optional">'
    assert folded in visitor.get("/subscribe").text
    for chosen in ({"topic": "nato"}, {"name": "Ada"}, {"name": "www.evil.example"}):
        assert folded not in visitor.post("/subscribe", data={"address": "ada@example.com", **chosen}).text


def test_the_page_works_without_the_archive(
    pages: Public, visitor: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(_cache: ArchiveCache) -> Archive:
        raise StoreError("the database is unreachable")

    monkeypatch.setattr(ArchiveCache, "archive", property(unreachable))
    assert visitor.get("/subscribe").status_code == 200
