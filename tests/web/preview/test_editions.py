"""Editions in the preview: by topics, and as one of the readers."""

import html
import re
from collections.abc import Iterator
from itertools import cycle

import httpx
import pytest
from playwright.sync_api import Page, expect

from newsletter.domain.subscriber import Subscriber
from newsletter.store import open_store
from tests import make
from tests.databases import new_sqlite
from tests.web.axe import LOOKS, looks, violations
from tests.web.preview.running_preview import Listening, NewsletterFolder

ISSUE = "/issues/2026-11-23"
FRAME = "iframe.email:not(.arriving)"


@pytest.fixture
def folder(folder: NewsletterFolder) -> NewsletterFolder:
    """Return a tailored issue about railways, soil and railways; readers who follow neither get nothing."""
    folder.entry("good-soil", topics=["Soil"])
    folder.issue("2026-11-23", "night-train", "good-soil", "tired-bridge", tailored={"otherwise": "skip"})
    return folder


@pytest.fixture
def readers(folder: NewsletterFolder) -> Iterator[dict[str, Subscriber]]:
    """Add Ben, who follows soil, and Dan, who follows chess."""
    with open_store(new_sqlite(folder.root / "newsletter.db")) as store:
        yield {
            name: store.subscribers.add(
                Subscriber(address=f"{name}@example.com", first_name=name.capitalize(), topics=(topic,)), now=make.WHEN
            )
            for name, topic in (("ben", "soil"), ("dan", "chess"))
        }


def _text(answer: httpx.Response) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def test_the_edition_for_chosen_topics_is_shown_with_reasons(client: httpx.Client) -> None:
    query = "?shown=topics&topics=soil"
    words = _text(client.get(ISSUE + query))
    assert "1 of 3 entries" in words
    assert "Included: About good-soil followed" in words
    assert "Left out: About night-train no topic followed" in words
    email = client.get(f"{ISSUE}/email{query}").text
    assert "About good-soil" in email
    assert "About night-train" not in email


def test_a_block_with_topics_has_a_reason_and_does_not_count(client: httpx.Client, folder: NewsletterFolder) -> None:
    note = {"note": "Dig!", "topics": ["Soil"]}
    parts = [note, "night-train", "good-soil", "tired-bridge"]
    folder.issue("2026-11-23", tailored={"otherwise": "skip"}, entries=parts)
    words = _text(client.get(f"{ISSUE}?shown=topics&topics=soil"))
    assert "1 of 3 entries" in words
    assert "Included: note followed" in words
    assert "Left out: note no topic followed" in _text(client.get(f"{ISSUE}?shown=topics&topics=railways"))


def test_the_edition_without_topics_is_the_full_issue(client: httpx.Client) -> None:
    words = _text(client.get(f"{ISSUE}?shown=topics"))
    assert "3 of 3 entries" in words
    assert "Included: About good-soil the full issue" in words


def test_an_untailored_issue_has_no_topics_to_choose(client: httpx.Client) -> None:
    assert re.search(r'id="shown-topics" role="link" aria-disabled="true"', client.get("/issues/2026-11-22").text)
    assert re.search(r'id="shown-topics" href="', client.get(ISSUE).text)


def test_a_reader_is_chosen_by_address_and_identified_by_key(
    client: httpx.Client, readers: dict[str, Subscriber]
) -> None:
    answer = client.get(f"{ISSUE}/reader", params={"address": " BEN@example.com", "width": "375"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{ISSUE}?width=375&shown=reader&reader={readers['ben'].key}"
    page = client.get(answer.headers["Location"])
    words = _text(page)
    assert "Follows Soil" in words
    assert "Included: About good-soil followed" in words
    assert 'value="ben@example.com"' in page.text
    email = client.get(f"{ISSUE}/email?shown=reader&reader={readers['ben'].key}").text
    assert "Good morning, <bdi>Ben</bdi>." in email
    assert "About night-train" not in email


def test_an_empty_edition_of_a_reader_is_explained(client: httpx.Client, readers: dict[str, Subscriber]) -> None:
    query = f"?shown=reader&reader={readers['dan'].key}"
    page = client.get(ISSUE + query)
    assert "This reader would not get the issue" in _text(page)
    assert "<iframe" not in page.text
    assert client.get(f"{ISSUE}/email{query}").status_code == 404


@pytest.mark.parametrize("address", ["nobody@example.com", "nobody", "' OR 1=1 --", "x" * 3000])
def test_an_unknown_readers_address_is_reported(
    client: httpx.Client, readers: dict[str, Subscriber], address: str
) -> None:
    answer = client.get(f"{ISSUE}/reader", params={"address": address})
    assert address not in answer.headers["Location"]
    assert "No reader has this address." in _text(client.get(answer.headers["Location"]))


def test_without_a_database_topics_work_and_no_database_is_created(
    client: httpx.Client, folder: NewsletterFolder
) -> None:
    assert re.search(r'id="shown-reader" role="link" aria-disabled="true"', client.get(ISSUE).text)
    answer = client.get(f"{ISSUE}/reader", params={"address": "ben@example.com"})
    assert "There are no readers yet" in _text(client.get(answer.headers["Location"]))
    assert "1 of 3 entries" in _text(client.get(f"{ISSUE}?shown=topics&topics=soil"))
    assert not list(folder.root.glob("*.db*"))


def test_an_invalid_database_is_reported(client: httpx.Client, folder: NewsletterFolder) -> None:
    (folder.root / "newsletter.db").write_text("not a database" * 100)
    assert "Can't read the readers" in _text(client.get(f"{ISSUE}?shown=reader&reader={'1' * 32}"))


def test_editions_can_be_chosen_with_keys(reading: Page, preview: Listening, readers: dict[str, Subscriber]) -> None:
    reading.goto(preview.base + ISSUE)
    expect(reading.locator(".live")).to_have_text("Live")
    reading.keyboard.press("o")
    expect(reading).to_have_url(f"{preview.base}{ISSUE}?shown=topics")
    soil = reading.get_by_role("link", name="Soil")
    soil.focus()
    reading.keyboard.press("Enter")
    expect(reading).to_have_url(f"{preview.base}{ISSUE}?shown=topics&topics=soil")
    expect(soil).to_have_attribute("aria-current", "true")
    expect(soil).to_be_focused()
    expect(reading.get_by_text("1 of 3 entries")).to_be_visible()
    expect(reading.frame_locator(FRAME).get_by_text("About good-soil")).to_have_count(1)
    expect(reading.frame_locator(FRAME).get_by_text("About night-train")).to_have_count(0)

    reading.keyboard.press("r")
    expect(reading.get_by_label("Reader’s address")).to_be_focused()
    reading.keyboard.type("ben@example.com")
    reading.keyboard.press("Enter")
    expect(reading).to_have_url(f"{preview.base}{ISSUE}?shown=reader&reader={readers['ben'].key}")
    expect(reading.frame_locator(FRAME).get_by_text("Good morning, Ben.")).to_have_count(1)
    reading.get_by_role("link", name="Dark").click()
    expect(reading).to_have_url(re.compile(r"mode=dark&shown=reader&reader=[0-9a-f]{32}$"))
    reading.keyboard.press("a")
    expect(reading).to_have_url(f"{preview.base}{ISSUE}?mode=dark")
    expect(reading.get_by_role("region", name="Edition")).to_have_count(0)


def test_a_reader_can_be_chosen_without_script(page: Page, preview: Listening, readers: dict[str, Subscriber]) -> None:
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(preview.door)
    plain.goto(f"{preview.base}{ISSUE}?shown=reader&width=375")
    plain.get_by_label("Reader’s address").fill("ben@example.com")
    plain.get_by_role("button", name="Show").click()
    expect(plain).to_have_url(f"{preview.base}{ISSUE}?width=375&shown=reader&reader={readers['ben'].key}")
    context.close()


def test_pages_are_accessible_and_fit_the_screen(
    reading: Page, preview: Listening, folder: NewsletterFolder, readers: dict[str, Subscriber]
) -> None:
    folder.entry("tired-bridge", title="W" * 190, topics=["Railways", "undeclared-" + "x" * 60])
    reading.emulate_media(reduced_motion="reduce")
    violated = {}
    queries = (
        "?shown=topics&topics=soil",
        "?shown=reader",
        f"?shown=reader&reader={readers['ben'].key}",
        f"?shown=reader&reader={readers['dan'].key}",
        f"?shown=reader&reader={'0' * 32}",
    )
    for query, look in zip(queries, cycle(LOOKS)):
        reading.goto(preview.base + ISSUE + query)
        expect(reading.locator(".live")).to_have_text("Live")
        for width, scheme in looks(reading, look):
            violated[query, scheme] = violations(reading, frames=False)
            assert reading.evaluate("document.documentElement.scrollWidth") <= width, query
    assert not any(violated.values()), violated
