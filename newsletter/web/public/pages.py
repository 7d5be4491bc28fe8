"""The parts that every public page needs: the newsletter, its store, the signer of links, and the templates."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from newsletter.archive import ArchiveCache, Cards
from newsletter.domain.publication import Newsletter
from newsletter.domain.subscriber import Subscriber
from newsletter.files.newsletter_folder import TEMPLATES
from newsletter.pictures import PictureLibrary
from newsletter.providers import KeptMessages
from newsletter.rendering import PageText, Theme, isolated_line, page_environment
from newsletter.store import Store
from newsletter.subscriptions import page_language
from newsletter.tokens import Signer
from newsletter.translation import catalogue
from newsletter.translation.locales import own_name
from newsletter.web.public.favicon import favicon
from newsletter.web.public.local_pages import LocalPages, local_environment
from newsletter.web.public.visitor_language import best_language

MOST_LANGUAGES = 16  # whose pages are kept ready


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A newsletter's public site. ``archive_cache`` holds the archive; ``prose`` formats text in its language.

    ``cards`` are the pictures that other sites show beside a link to it, ``pictures`` the editors' own.

    ``clock`` is read once per request; ``wake`` is called when a service message has been queued. A redirect waits up
    to ``patience`` seconds for its click to be recorded. ``kept`` holds messages that are erased with their reader.
    """

    newsletter: Newsletter
    store: Store
    signer: Signer
    pages: "PageTemplates"
    archive_cache: ArchiveCache
    prose: PageText
    cards: Cards
    pictures: PictureLibrary
    clock: Callable[[], datetime]
    wake: Callable[[], None] = field(default=lambda: None)
    kept: KeptMessages | None = None
    patience: float = 0.01


class PageTemplates:
    """The templates of the public pages: the newsletter's own in ``templates/pages/public/``, else the packaged ones.

    Every template gets ``newsletter``, ``publication`` (its name as HTML), ``about`` (the words that introduce it),
    ``base`` (the prefix of each path), ``service`` (the same for pages that a static archive doesn't have),
    ``stylesheet`` (its URL), and ``lang``, to be added to links to pages for visitors. ``icons`` maps paths to icons
    and their media types. ``own`` are the pages in the newsletter's own language.
    """

    def __init__(self, root: Path, newsletter: Newsletter, theme: Theme, *, service: str | None = None) -> None:
        self._folder, self._newsletter = root / TEMPLATES, newsletter
        self.base = urlsplit(newsletter.base_url).path
        style = {"colors": theme.colors, "dark": theme.dark_colors, "fonts": theme.fonts}
        # A style sheet needs no escaping: colours and fonts were validated when the theme was read.
        plain = page_environment(self._folder).overlay(autoescape=False)
        self.css = plain.get_template("public/public.css").render(style)
        self.css_name = f"/style-{hashlib.sha256(self.css.encode()).hexdigest()[:12]}.css"
        self.icons = {
            "/favicon.svg": (plain.get_template("public/favicon.svg").render(style).encode(), "image/svg+xml"),
            "/favicon.ico": (favicon(theme.colors["accent"]), "image/vnd.microsoft.icon"),
        }
        self._values = {
            "newsletter": newsletter,
            "base": self.base,
            "service": self.base if service is None else service,
            "stylesheet": self.base + self.css_name,
        }
        self._made = lru_cache(maxsize=MOST_LANGUAGES)(self._make)
        self.own = self.in_language(newsletter.language)

    def in_language(self, language: str) -> LocalPages:
        """Return the pages in a language, a BCP 47 tag, or in English if there is no catalogue for it."""
        return self._made(language)

    def for_visitor(self, request: HTTPConnection, language: object = None) -> LocalPages:
        """Return the pages in the newsletter's language that a visitor wants.

        That is this ``language`` if it is one of the newsletter's, or the one in ``?lang=``, or their browser's.
        """
        offered = self._newsletter.languages
        if language in offered:
            return self._made(str(language))
        if len(offered) == 1:
            return self.own
        wanted, accepted = request.query_params.get("lang", ""), request.headers.get("accept-language", "")
        return self._made(best_language(offered, wanted=wanted, accepted=accepted))

    def for_reader(self, reader: Subscriber | None, otherwise: LocalPages) -> LocalPages:
        """Return the pages in a reader's language, or the other ones if there is no such reader."""
        return self.closest_to(reader.language) if reader else otherwise

    def closest_to(self, tag: str) -> LocalPages:
        """Return the pages for somebody with a language tag, or "" if they have none."""
        return self._made(page_language(tag, self._newsletter))

    def render(self, page: str, /, **values: object) -> str:
        """Render a page of the archive by its template's name, in the language of its ``prose``."""
        prose = values.get("prose")
        return (self.in_language(prose.language) if isinstance(prose, PageText) else self.own).render(page, **values)

    def _make(self, language: str) -> LocalPages:
        words, offered = catalogue(language), self._newsletter.languages
        environment = local_environment(self._folder, words)
        environment.globals |= self._values
        several = len(offered) > 1
        environment.globals |= {
            "about": self._newsletter.about(language),
            "publication": isolated_line(self._newsletter.name, words.direction),
            "lang": f"?lang={language}" if several and language in offered else "",
            "languages": {tag: own_name(tag) for tag in offered} if several else {},
        }
        return LocalPages(environment, words, language)
