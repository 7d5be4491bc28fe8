"""The public pages in one language: their words, direction, dates and numbers."""

import datetime
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from jinja2 import Environment
from markupsafe import Markup
from starlette.responses import HTMLResponse

from newsletter.rendering import ARROWS, isolated_line, page_environment
from newsletter.translation import Catalogue, dates, locales


class LocalPages:
    """The public pages in a language, a BCP 47 tag. ``words`` are the catalogue for messages that code puts on a page.

    ``wording`` is the text that readers agree to when they sign up.
    """

    def __init__(self, environment: Environment, words: Catalogue, language: str) -> None:
        self._environment, self.words, self.language = environment, words, language
        plain = environment.overlay(autoescape=False)
        self.wording = " ".join(plain.get_template("public/wording.txt").render().split())

    def render(self, page: str, /, **values: object) -> str:
        """Render a page by its template's name, without ``public/`` and ``.html``."""
        return self._environment.get_template(f"public/{page}.html").render(values)

    def answer(self, page: str, status: int = 200, /, **values: object) -> HTMLResponse:
        """Return a rendered page as a response."""
        return HTMLResponse(self.render(page, **values), status_code=status)


def visitor_pages(request: Request) -> LocalPages:
    """Return the pages in the visitor's language."""
    pages: LocalPages = request.app.state.pages.for_visitor(request)
    return pages


VisitorPages = Annotated[LocalPages, Depends(visitor_pages)]


def local_environment(folder: Path, words: Catalogue) -> Environment:
    """Return the environment of the page templates in a language; those in ``folder`` replace the packaged ones.

    Templates also get ``arrows`` (that point ``back`` and ``on``), and filters for dates, numbers, lists, lines of
    authors' text (``isolated``) and addresses (``ltr``).
    """
    filters: dict[str, Callable[..., object]] = {
        "long_date": partial(_long_date, words),
        "number": partial(locales.number, language=words.language),
        "listed": partial(_listed, words),
        "isolated": partial(isolated_line, direction=words.direction),
        "ltr": _ltr,
    }
    environment = page_environment(folder, filters=filters, words=words)
    environment.globals["arrows"] = ARROWS[words.direction]
    return environment


def _long_date(words: Catalogue, date: datetime.date) -> str:
    return dates.long_date(date, words.language)


def _listed(words: Catalogue, names: Iterable[str]) -> Markup:
    """Return names with commas between them."""
    return Markup(words.label(", ")).join(isolated_line(name, words.direction) for name in names)  # noqa: S704  ours


def _ltr(text: str) -> Markup:
    """Return an address, which runs from left to right in any language."""
    return Markup('<bdi dir="ltr">{}</bdi>').format(text)
