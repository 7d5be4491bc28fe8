"""The README's picture, the sample issue in light and dark: ``python -m tests.rendering.renew_picture``."""

from base64 import b64encode
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser

from newsletter import composing, settings
from newsletter.content import read_manuscripts
from newsletter.message.template import fill_html
from newsletter.pictures import picture_library
from tests.browser import launched

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "images" / "issue.png"
PAGE = """<!doctype html><style>
body {{ margin: 0; width: 1280px; height: 900px; overflow: hidden; background: #d9d4c7; position: relative }}
img {{ position: absolute; border-radius: 10px; box-shadow: 0 18px 50px rgba(40, 30, 10, .28) }}
.wide {{ left: 70px; top: 60px; width: 700px }}
.phone {{ right: 70px; top: 110px; width: 375px; border-radius: 28px }}
</style><img class="wide" src="{wide}"><img class="phone" src="{phone}">"""


def renew() -> None:
    """Write the picture."""
    loaded = settings.load(ROOT)
    latest = read_manuscripts(ROOT).issues[-1]
    composed = composing.compose(ROOT, loaded.newsletter, latest.slug, segments=tuple(loaded.segments))
    html = fill_html(composed.email.html, {"subscriber.first_name": "Ada"})
    for picture in composed.pictures:
        content = picture_library(ROOT).content(picture.name) or b""
        html = html.replace(f"{loaded.newsletter.pictures_url}/{picture.name}", _data(content, "image/jpeg"))
    html = html.replace("'Palatino Linotype'", "P052, 'Palatino Linotype'")  # what a Linux machine has for Palatino
    with launched() as browser:
        wide, phone = _shot(browser, html, 700, "light"), _shot(browser, html, 375, "dark")
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_content(PAGE.format(wide=wide, phone=phone))
        page.screenshot(path=PICTURE)


def _shot(browser: Browser, html: str, width: int, colors: Literal["light", "dark"]) -> str:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=colors)
    page.set_content(html)
    return _data(page.screenshot(), "image/png")


def _data(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{b64encode(content).decode('ascii')}"


if __name__ == "__main__":
    renew()
