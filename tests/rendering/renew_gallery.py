"""The gallery: every theme with every kind of issue, as pictures for the documents.

``python -m tests.rendering.renew_gallery [THEME…]`` draws them; without a theme's name, all of them.
"""

import io
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, FloatRect, Page, Route

from newsletter.message.template import fill_html
from newsletter.rendering import load_theme, render, theme_names
from tests.browser import launched
from tests.rendering.gallery_issues import ISSUES, PICTURES, briefly
from tests.rendering.gallery_pictures import picture

ROOT = Path(__file__).parents[2]
GALLERY = ROOT / "docs" / "images" / "gallery"
READER = {"subscriber.first_name": "Ada"}
HEIGHT = 1240  # of a picture; longer issues are cut off
QUALITY = 82

# What a machine without Apple's and Microsoft's fonts can have in their places.
STAND_INS = {
    "Iowan Old Style": "P052",
    "Charter": "Charis SIL",
    "Georgia": "C059",
    "-apple-system": "Inter",
    "Avenir Next": "Inter",
}
BRIEF = ("list",)  # themes for issues with a sentence for each entry


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A window in which an issue is shown."""

    width: int
    scheme: Literal["light", "dark"] = "light"


VIEWS = (View(width=700), View(width=375), View(width=375, scheme="dark"))


def message(theme: str, issue: str) -> str:
    """Return an issue of the gallery as HTML in a theme, with fonts that this machine has."""
    made, newsletter = ISSUES[issue]()
    newsletter = replace(newsletter, theme=replace(newsletter.theme, name=theme))
    shown = briefly(made) if theme in BRIEF else made
    html = fill_html(render(shown, newsletter, load_theme(GALLERY, newsletter)).html, READER)
    for font, stand_in in STAND_INS.items():
        html = re.sub(rf"""(["']?){font}\1,""", f"{stand_in}, {font},", html)
    return html


def shot(browser: Browser, html: str, view: View, height: int = HEIGHT) -> Image.Image:
    """Return a screenshot of a message, at most ``height`` pixels high."""
    page = browser.new_page(viewport={"width": view.width, "height": height}, color_scheme=view.scheme)
    page.route("**/*", _answer)
    page.set_content(html, wait_until="load")
    image = Image.open(io.BytesIO(page.screenshot(clip=_clip(page, view, height)))).convert("RGB")
    page.close()
    return image


def _answer(route: Route) -> None:
    if route.request.url.startswith(PICTURES):
        route.fulfill(body=picture(route.request.url.removeprefix(PICTURES)), content_type="image/jpeg")
    else:
        route.abort()


def _clip(page: Page, view: View, height: int) -> FloatRect:
    full = page.evaluate("document.documentElement.scrollHeight")
    return {"x": 0, "y": 0, "width": view.width, "height": min(height, full)}


def side_by_side(images: Iterable[Image.Image]) -> Image.Image:
    """Return images in a row on grey, with rounded corners."""
    shown, gap = list(images), 36
    width = sum(image.width for image in shown) + gap * (len(shown) + 1)
    board = Image.new("RGB", (width, max(image.height for image in shown) + 2 * gap), "#d5d7da")
    left = gap
    for image in shown:
        mask = Image.new("L", image.size, 0)
        ImageDraw.Draw(mask).rounded_rectangle((0, 0, image.width - 1, image.height - 1), 14, fill=255)
        board.paste(image, (left, gap), mask)
        left += image.width + gap
    return board


def renew(themes: Iterable[str]) -> None:
    """Write the gallery's pictures of these themes."""
    GALLERY.mkdir(parents=True, exist_ok=True)
    with launched() as browser:
        for theme in themes:
            for issue in ISSUES:
                html = message(theme, issue)
                board = side_by_side(shot(browser, html, view) for view in VIEWS)
                board.save(GALLERY / f"{theme}-{issue}.webp", quality=QUALITY, method=6)


if __name__ == "__main__":
    renew(sys.argv[1:] or theme_names(GALLERY))
