"""A page that imports the studio's modules, without a server: each is read from its file."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route

import newsletter.web.studio

ORIGIN = "http://studio.invalid"
STATIC = Path(newsletter.web.studio.__file__).parent / "static"
_PAGE = {"Content-Type": "text/html", "Content-Security-Policy": "script-src 'self'; style-src 'self'"}
_TYPES = {".js": "text/javascript", ".css": "text/css"}


def open_modules(page: Page, body: str = "") -> None:
    """Open a page of the studio's origin, and with its policy, with some HTML as its body."""

    def fulfil(route: Route) -> None:
        path = route.request.url.removeprefix(f"{ORIGIN}/studio/")
        if path.startswith("http"):
            route.fulfill(headers=_PAGE, body=f"<!doctype html><body>{body}")
        else:
            file = STATIC / path
            route.fulfill(content_type=_TYPES[file.suffix], body=file.read_bytes())

    page.route(f"{ORIGIN}/**", fulfil)
    page.goto(f"{ORIGIN}/")


def call(page: Page, module: str, name: str, *arguments: object) -> Any:
    """Call a function that a module exports, and return its result."""
    script = "async ([module, name, values]) => (await import(module))[name](...values)"
    return page.evaluate(script, [f"{ORIGIN}/studio/{module}", name, list(arguments)])
