"""The gallery: every theme with every kind of issue, as pictures for the documents, and the README's picture.

``python -m tests.rendering.renew_gallery [THEME…]`` draws them; without a theme's name, all of them. The fonts are
those of the machine: the pictures in the repository were drawn with Inter, Charis SIL, URW's base fonts and Noto.
"""

import io
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, FloatRect, Page, Route, ViewportSize

from newsletter.message.template import fill_html
from newsletter.rendering import load_theme, render, theme_names
from tests.browser import launched
from tests.rendering.gallery_issues import ISSUES, PICTURES, briefly
from tests.rendering.gallery_pictures import picture

ROOT = Path(__file__).parents[2]
GALLERY = ROOT / "docs" / "images" / "gallery"
READER = {"subscriber.first_name": "Ada"}
HEIGHT = 1240  # of a picture; longer issues are cut off
SHRUNK = 0.72  # a document shows them smaller anyway
QUALITY = 80

# What a machine without Apple's and Microsoft's fonts can have in their places.
STAND_INS = {
    "Iowan Old Style": "P052",
    "Charter": "Charis SIL",
    "Georgia": "C059",
    "-apple-system": "Inter",
    "Avenir Next": "Inter",
}
BRIEF = ("list",)  # themes for issues with a sentence for each entry

Scheme = Literal["light", "dark"]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A window in which an issue is shown."""

    width: int
    scheme: Scheme = "light"


OVERVIEW = GALLERY / "overview.webp"  # the README's picture: an issue that suits each theme, on a phone
PHONES: tuple[tuple[str, str, Scheme], ...] = (
    ("letter", "single", "light"),
    ("dense", "usual", "dark"),
    ("default", "usual", "light"),
    ("magazine", "pictures", "light"),
    ("list", "usual", "dark"),
)
BRIGHT = (View(width=700), View(width=375))
DARK = (*BRIGHT, View(width=375, scheme="dark"))
VIEWS = {"usual": DARK, "long": BRIGHT, "single": BRIGHT, "hebrew": BRIGHT, "pictures": DARK}


def message(theme: str, issue: str) -> str:
    """Return an issue of the gallery as HTML in a theme, with fonts that this machine has."""
    made, newsletter = ISSUES[issue]()
    newsletter = replace(newsletter, theme=replace(newsletter.theme, name=theme))
    shown = briefly(made) if theme in BRIEF else made
    html = fill_html(render(shown, newsletter, load_theme(GALLERY, newsletter)).html, READER)
    return with_stand_ins(html)


def with_stand_ins(text: str) -> str:
    """Return HTML or CSS that names the stand-in before each font."""
    for font, stand_in in STAND_INS.items():
        text = re.sub(rf"""(["']?){font}\1,""", f"{stand_in}, {font},", text)
    return text


def shot(browser: Browser, html: str, view: View, height: int = HEIGHT, scale: float = 1) -> Image.Image:
    """Return a screenshot of a message, at most ``height`` pixels high."""
    size: ViewportSize = {"width": view.width, "height": height}
    page = browser.new_page(viewport=size, color_scheme=view.scheme, device_scale_factor=scale)
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


def _shrunk(image: Image.Image) -> tuple[int, int]:
    return round(image.width * SHRUNK), round(image.height * SHRUNK)


def overview(browser: Browser) -> Image.Image:
    """Return a row of phones, each with another theme."""
    shots = (
        shot(browser, message(theme, issue), View(width=375, scheme=scheme), height=900, scale=1.6)
        for theme, issue, scheme in PHONES
    )
    return side_by_side(image.resize((360, 864), Image.Resampling.LANCZOS) for image in shots)


def renew(themes: Iterable[str]) -> None:
    """Write the gallery's pictures of these themes."""
    GALLERY.mkdir(parents=True, exist_ok=True)
    with launched() as browser:
        for theme in themes:
            for issue in ISSUES:
                html = message(theme, issue)
                board = side_by_side(shot(browser, html, view) for view in VIEWS[issue])
                board.resize(_shrunk(board), Image.Resampling.LANCZOS).save(
                    GALLERY / f"{theme}-{issue}.webp", quality=QUALITY, method=6
                )
        overview(browser).save(OVERVIEW, quality=QUALITY, method=6)


if __name__ == "__main__":
    renew(sys.argv[1:] or theme_names(GALLERY))
