"""What a page says fills in a captured link, but never replaces what a person has typed."""

from newsletter.domain.captured_links import CapturedLink, LinkFacts
from newsletter.publishing.link_fetching import TYPED, filled_in
from tests.make import WHEN

PAGE = LinkFacts(title="The page's", author="Ada", source="The Review", text="One.", origins={"title": "JSON-LD"})


def link(facts: LinkFacts) -> CapturedLink:
    url = "https://example.org/a"
    return CapturedLink(id=1, url=url, selection="", facts=facts, captured_at=WHEN, captured_by="ada@example.org")


def test_typed_values_stay_even_if_they_are_empty() -> None:
    typed = LinkFacts(title="Mine", origins={"title": TYPED, "author": TYPED})
    facts = filled_in(link(typed), PAGE)
    assert (facts.title, facts.author, facts.source, facts.text) == ("Mine", "", "The Review", "One.")
    assert facts.origins == {"title": TYPED, "author": TYPED}


def test_other_values_are_the_pages_where_it_has_them() -> None:
    sent = LinkFacts(title="The browser's", minutes=4, origins={"title": "browser"})
    facts = filled_in(link(sent), PAGE)
    assert (facts.title, facts.minutes) == ("The page's", 4)
    assert facts.origins == {"title": "JSON-LD"}
