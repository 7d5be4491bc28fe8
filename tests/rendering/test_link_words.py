"""The words about links: a listed link's kind, in mail and its text part."""

import pytest

from newsletter.domain.blocks import BlockKind, ListedLink
from newsletter.message.template import fill_html, fill_text
from newsletter.rendering import load_theme, render
from tests import make
from tests.rendering.samples import NOWHERE, READER


@pytest.mark.parametrize(
    ("language", "kind", "shown"),
    [
        ("he", "listen", "האזנה"),
        ("he", "Video", "וידאו"),
        ("de", "book", "Buch"),
        ("de-AT", "listen", "anhören"),
        ("fr", "Map", "Carte"),
        ("en", "listen", "listen"),
        ("en", "Podcast", "Podcast"),
        ("de", "PDF", "PDF"),
        ("xx", "video", "video"),
    ],
)
def test_a_known_kind_is_in_the_newsletters_language(language: str, kind: str, shown: str) -> None:
    newsletter = make.newsletter(language=language)
    links = (ListedLink(title="Slow water", url="https://example.org/film", kind=kind),)
    issue = make.issue(make.block(BlockKind.LINKS, links=links))
    email = render(issue, newsletter, load_theme(NOWHERE, newsletter))
    for text in (fill_html(email.html, READER), fill_text(email.text, READER)):
        assert f"[{shown}]" in text
