"""The entry that a captured link makes, and the selected text that becomes its quotation."""

from datetime import date

from newsletter.capture import clean_selection, entry_from, markdown_of_selection
from newsletter.domain.captured_links import LinkFacts

URL = "https://www.example.org/review/night-train"


def test_an_entry_has_the_facts_and_the_quotation_but_no_picture() -> None:
    facts = LinkFacts(
        canonical_url=URL,
        title="Night train",
        source="The Review",
        author="Ada",
        date=date(2026, 11, 17),
        language="en-GB",
        image="https://example.org/a.jpg",
        paywall=True,
    )
    entry = entry_from(f"{URL}?x", facts, quotation="One.\n\n*Two.*", language="en")
    assert (entry.slug, entry.url, entry.image, entry.language) == ("night-train", URL, None, "")
    assert (entry.source, entry.author, entry.date, entry.paywall) == ("The Review", "Ada", date(2026, 11, 17), True)
    assert [passage.markdown for passage in entry.passages] == ["One.\n\n*Two.*"]
    assert entry_from(URL, facts, language="de").language == "en-GB"


def test_a_link_of_which_nothing_is_known_takes_its_title_and_source_from_its_address() -> None:
    entry = entry_from(URL, LinkFacts(), language="en")
    assert (entry.title, entry.slug, entry.source) == ("Night train", "night-train", "example.org")
    assert (entry.author, entry.passages) == (None, ())


def test_selected_plain_text_means_in_markdown_what_it_shows() -> None:
    text = "# 1 *is*\r\n a `price`_\r\n\r\n\r\n> Twice\u200b."
    assert markdown_of_selection(text) == "\\# 1 \\*is\\* a \\`price\\`\\_\n\n\\> Twice."


def test_a_selection_keeps_its_markdown_without_invisible_characters() -> None:
    assert clean_selection("*It* strikes\u200b.\r\n\r\n\r\n\r\nTwice.") == "*It* strikes.\n\nTwice."
