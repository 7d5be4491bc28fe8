"""The gallery's pictures: they are drawn as the documents show them."""

import io
import re
from typing import TYPE_CHECKING

from PIL import Image

from newsletter.rendering import theme_chain, theme_names
from tests.rendering.gallery_issues import ISSUES, briefly, usual
from tests.rendering.gallery_pictures import picture
from tests.rendering.renew_gallery import GALLERY, OVERVIEW, View, message, shot, side_by_side

DOCS = GALLERY.parents[1]

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_every_theme_renders_every_issue_of_the_gallery() -> None:
    for theme in theme_names(GALLERY):
        for name, made in ISSUES.items():
            issue, newsletter = made()
            html = message(theme, name)
            assert f'dir="{"rtl" if newsletter.language == "he" else "ltr"}"' in html
            for entry in issue.entries:
                assert f'href="{entry.url}"' in html


def test_the_documents_show_every_theme_with_every_issue_and_list_every_option() -> None:
    themes = theme_names(GALLERY)
    drawn = {f"{theme}-{issue}.webp" for theme in themes for issue in ISSUES}
    assert {path.name for path in GALLERY.iterdir()} == drawn | {OVERVIEW.name}
    assert sum(path.stat().st_size for path in GALLERY.iterdir()) < 3_000_000
    shown = (DOCS / "gallery.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\(images/gallery/([^)]*)\)", shown)) == drawn
    text = (DOCS / "themes.md").read_text(encoding="utf-8")
    table = text[text.index("**Options**") : text.index("Write **colours**")]
    options = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", table, re.MULTILINE))
    for theme in themes:
        for name in theme_chain(GALLERY, theme).settings.options:
            assert options[name].startswith("all") or f"`{theme}`" in options[name], (theme, name)


def test_a_picture_shows_the_message_with_its_pictures(browser: "Browser") -> None:
    shots = [shot(browser, message("magazine", "pictures"), View(width=width), height=1100) for width in (375, 320)]
    board = side_by_side(shots)
    assert [image.size for image in shots] == [(375, 1100), (320, 1100)]
    assert board.size == (375 + 320 + 3 * 36, 1100 + 2 * 36)
    assert shots[0].getpixel((5, 5)) == (196, 40, 29)  # the band at the top
    moon = (243, 233, 198)
    assert moon in {color for _, color in shots[0].getcolors(1 << 24) or []}


def test_drawn_pictures_are_the_same_every_time_and_small() -> None:
    assert Image.open(io.BytesIO(picture("night-wide.jpg"))).size == (1104, 690)
    assert len(picture("night-wide.jpg")) < 50_000
    picture.cache_clear()
    first = picture("sea-tall.jpg")
    picture.cache_clear()
    assert picture("sea-tall.jpg") == first


def test_a_brief_issue_has_a_sentence_for_each_entry() -> None:
    issue, _ = usual()
    for entry in briefly(issue).entries:
        (framing,) = entry.passages
        assert len(framing.markdown) < 200
        assert framing.markdown[-1] in ".?"
