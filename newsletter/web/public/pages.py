"""The parts that every public page needs: the newsletter, its store, the signer of links, and the templates."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse

from newsletter.archive import ArchiveCache, LinkPictures
from newsletter.domain.publication import Newsletter
from newsletter.files.newsletter_folder import TEMPLATES
from newsletter.providers import KeptMessages
from newsletter.rendering import Prose, Theme, page_environment
from newsletter.store import Store
from newsletter.tokens import Signer
from newsletter.web.public.favicon import favicon


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A newsletter's public site. ``archive_cache`` holds the archive; ``prose`` formats text in its language.

    ``link_pictures`` are those that other sites show beside a link to it.

    ``clock`` is read once per request; ``wake`` is called when a service message has been queued. A redirect waits up
    to ``patience`` seconds for its click to be recorded. ``kept`` holds messages that are erased with their reader.
    """

    newsletter: Newsletter
    store: Store
    signer: Signer
    pages: "PageTemplates"
    archive_cache: ArchiveCache
    prose: Prose
    link_pictures: LinkPictures
    clock: Callable[[], datetime]
    wake: Callable[[], None] = field(default=lambda: None)
    kept: KeptMessages | None = None
    patience: float = 0.01


class PageTemplates:
    """The templates of the public pages: the newsletter's own in ``templates/pages/public/``, else the packaged ones.

    Every template gets ``newsletter``, ``base`` (the prefix of each path), ``service`` (the same for pages that a
    static archive doesn't have) and ``stylesheet`` (its URL). ``wording`` is the text that readers agree to when they
    sign up; ``icons`` maps paths to icons and their media types.
    """

    def __init__(self, root: Path, newsletter: Newsletter, theme: Theme, *, service: str | None = None) -> None:
        self._environment = page_environment(root / TEMPLATES, filters={"long_date": _long_date})
        self.base = urlsplit(newsletter.base_url).path
        style = {"colors": theme.colors, "dark": theme.dark_colors, "fonts": theme.fonts}
        # A style sheet needs no escaping: colours and fonts were validated when the theme was read.
        plain = self._environment.overlay(autoescape=False)
        self.css = plain.get_template("public/public.css").render(style)
        self.css_name = f"/style-{hashlib.sha256(self.css.encode()).hexdigest()[:12]}.css"
        self.icons = {
            "/favicon.svg": (plain.get_template("public/favicon.svg").render(style).encode(), "image/svg+xml"),
            "/favicon.ico": (favicon(theme.colors["accent"]), "image/vnd.microsoft.icon"),
        }
        self.wording = " ".join(plain.get_template("public/wording.txt").render(newsletter=newsletter).split())
        self._environment.globals |= {
            "newsletter": newsletter,
            "base": self.base,
            "service": self.base if service is None else service,
            "stylesheet": self.base + self.css_name,
        }

    def render(self, page: str, /, **values: object) -> str:
        """Render a page by its template's name, without ``public/`` and ``.html``."""
        return self._environment.get_template(f"public/{page}.html").render(values)

    def answer(self, page: str, status: int = 200, /, **values: object) -> HTMLResponse:
        """Return a rendered page as a response."""
        return HTMLResponse(self.render(page, **values), status_code=status)


def _long_date(date: datetime) -> str:
    return f"{date.day} {date:%B %Y}"
