"""What every public page has: the newsletter, its readers, who signs links, and templates in the newsletter's look."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from starlette.responses import HTMLResponse

from newsletter.archive import Keeper
from newsletter.domain.issue import Newsletter
from newsletter.providers import KeepsMessages
from newsletter.rendering import Prose, Theme, default_templates
from newsletter.store import Store
from newsletter.tokens import Signer
from newsletter.web.public.favicon import favicon


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """All that public pages are made of; ``keeper`` has the archive, ``prose`` its language and words.

    ``clock`` is asked once a request, ``wake`` called when a service message was queued. A click waits
    so many seconds of ``patience`` for being counted. ``kept`` are messages that are
    erased with their reader.
    """

    newsletter: Newsletter
    store: Store
    signer: Signer
    pages: "PageTemplates"
    keeper: Keeper
    prose: Prose
    clock: Callable[[], datetime]
    wake: Callable[[], None] = field(default=lambda: None)
    kept: KeepsMessages | None = None
    patience: float = 0.01


class PageTemplates:
    """The templates of the public pages: the newsletter's own in ``templates/pages/public/``, else the packaged ones.

    Every template sees ``newsletter``, ``base`` (what stands before each path), ``service`` (the same of
    pages that are never files) and ``stylesheet`` (its address). ``wording`` is what somebody says yes to who signs
    up; ``icons`` has bodies and types by their paths.
    Templates are the publisher's own; the sandbox keeps a copied one from the environment and from files.
    """

    def __init__(self, root: Path, newsletter: Newsletter, theme: Theme, *, service: str | None = None) -> None:
        folders = (root / "templates" / "pages", default_templates() / "pages")
        self._environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(folders),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.base = urlsplit(newsletter.base_url).path
        style = {"colors": theme.colors, "dark": theme.dark_colors, "fonts": theme.fonts}
        # A style sheet has no quotation marks to escape: colours and fonts were checked when the theme was read.
        plain = self._environment.overlay(autoescape=False)
        self.css = plain.get_template("public/public.css").render(style)
        self.css_name = f"/style-{hashlib.sha256(self.css.encode()).hexdigest()[:12]}.css"
        self.icons = {
            "/favicon.svg": (plain.get_template("public/favicon.svg").render(style).encode(), "image/svg+xml"),
            "/favicon.ico": (favicon(theme.colors["accent"]), "image/vnd.microsoft.icon"),
        }
        self._environment.filters["long_date"] = _long_date
        self.wording = " ".join(plain.get_template("public/wording.txt").render(newsletter=newsletter).split())
        self._environment.globals |= {
            "newsletter": newsletter,
            "base": self.base,
            "service": self.base if service is None else service,
            "stylesheet": self.base + self.css_name,
        }

    def render(self, page: str, /, **values: object) -> str:
        """A page, by its template's name without ``public/`` and ``.html``."""
        return self._environment.get_template(f"public/{page}.html").render(values)

    def answer(self, page: str, status: int = 200, /, **values: object) -> HTMLResponse:
        """A page as an answer."""
        return HTMLResponse(self.render(page, **values), status_code=status)


def _long_date(date: datetime) -> str:
    return f"{date.day} {date:%B %Y}"
