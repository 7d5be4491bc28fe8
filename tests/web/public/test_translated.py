"""No page and no mail has a word outside the catalogues."""

import gettext
import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from newsletter import settings
from newsletter.content import read_manuscripts
from newsletter.message.template import fill_html, fill_text
from newsletter.rendering import default_templates, load_theme, render, theme_names
from newsletter.rendering.templating import theme_environment
from newsletter.translation import loading
from newsletter.web.public.local_pages import LocalPages
from tests.web.public.every_page import ISSUE, EveryPage, newsletter_in, write_newsletter_in

_KEPT = re.compile(r"%\(\w+\)s|%%|\{\w+\}|<[^>]*>")
_HIDDEN = re.compile(r"<(script|style)\b.*?</\1>|<!--.*?-->", re.DOTALL)
_SHOWN = re.compile(
    r"""\b(?:alt|title|aria-label|placeholder)=["']([^"']*)|"""
    r"""<meta (?:name="description"|property="og:(?:title|description|site_name|image:alt)") content="([^"]*)"""
)
_ADDRESS = re.compile(r"https?://\S+|\S+@\S+")
_NAMES = re.compile(r"\b(?:Atom|RSS|JSON)\b")  # of formats
_WORD = re.compile(r"[A-Za-z]{2,}")


class Blanked(gettext.NullTranslations):
    """A translation that leaves only the values and tags of each message."""

    def gettext(self, message: str) -> str:
        """Return a message without its words."""
        return f"⟦{''.join(_KEPT.findall(message))}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return a message without its words."""
        return self.gettext(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        """Return a message without its words."""
        return self.gettext(message)

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        """Return a message without its words."""
        return self.ngettext(msgid1, msgid2, n)


@pytest.fixture(scope="module")
def blanked() -> Iterator[None]:
    """Blank all messages of all languages but English."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "_translations", lambda _language: Blanked())
        for cache in (loading._of_tag, theme_environment):
            cache.cache_clear()
        yield
    for cache in (loading._of_tag, theme_environment):
        cache.cache_clear()


@pytest.fixture(scope="module")
def every_page(blanked: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EveryPage, set[str]]]:
    """Visit all pages of a Hebrew newsletter, and return them and the names of their templates."""
    rendered: set[str] = set()
    render = LocalPages.render

    def noted(pages: LocalPages, page: str, /, **values: object) -> str:
        rendered.add(page)
        return render(pages, page, **values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LocalPages, "render", noted)
        with newsletter_in(tmp_path_factory.mktemp("translated"), "he") as pages:
            yield EveryPage(pages), rendered


def words_of(html: str) -> list[str]:
    """Return the words in Latin letters that a page shows, except addresses."""
    html = _HIDDEN.sub("", html)
    shown = [part for match in _SHOWN.finditer(html) for part in match.groups() if part]
    text = " ".join((*shown, re.sub(r"<[^>]*>", " ", html)))
    return _WORD.findall(_NAMES.sub("", _ADDRESS.sub("", unescape(unescape(text)))))


def test_no_page_has_a_word_outside_the_catalogues(every_page: tuple[EveryPage, set[str]]) -> None:
    visited, _ = every_page
    assert {name: words for name, html in visited.pages.items() if (words := words_of(html))} == {}


def test_every_page_is_in_the_newsletters_language_and_direction(every_page: tuple[EveryPage, set[str]]) -> None:
    visited, _ = every_page
    others = {name for name, html in visited.pages.items() if '<html lang="he" dir="rtl">' not in html}
    assert others == {"feed", "feed of a topic", "one click", "browser"}


def test_no_service_mail_has_a_word_outside_the_catalogues(every_page: tuple[EveryPage, set[str]]) -> None:
    visited, _ = every_page
    assert {name: words for name, text in visited.mails.items() if (words := words_of(text))} == {}
    kinds = {path.stem for path in (default_templates() / "email/default/service").glob("*.txt")}
    assert {name.partition(" ")[0] for name in visited.mails} == kinds


def test_all_templates_were_seen(every_page: tuple[EveryPage, set[str]]) -> None:
    _, rendered = every_page
    sources = {path.stem: path.read_text() for path in (default_templates() / "pages/public").glob("*.html")}
    used = set(re.findall(r'"public/([a-z-]+)\.html"', "\n".join(sources.values())))  # parts and layouts of others
    assert sources.keys() - rendered == used


@pytest.mark.parametrize("name", theme_names(Path("nowhere")))
def test_no_issue_has_a_word_outside_the_catalogues(name: str, blanked: None, tmp_path: Path) -> None:
    write_newsletter_in(tmp_path, "he")
    newsletter = settings.load(tmp_path).newsletter
    themed = replace(newsletter, theme=replace(newsletter.theme, name=name))
    email = render(read_manuscripts(tmp_path).issue(ISSUE), themed, load_theme(tmp_path, themed))
    shown = (fill_html(email.html, {}), fill_text(email.text, {}))
    assert words_of(" ".join(shown)) == []
