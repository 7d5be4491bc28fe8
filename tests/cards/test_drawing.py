"""Cards as pictures: their size, what they show in each script, and what they leave out."""

import hashlib
import io
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from newsletter.cards import Card, CardCache, CardColors, CardsBusyError, cache, drawing
from newsletter.cards.cache import FOLDER
from newsletter.cards.drawing import DrawnCard

COLORS = CardColors(background="#fdfbf6", title="#171411", muted="#6b6358", accent="#963a1c")
CARD = Card(name="The Daily Test", headline="Night trains and other things", footer="23 November 2026", colors=COLORS)
FONTS = Path(drawing.__file__).parent / "fonts"


def opened(card: DrawnCard) -> Image.Image:
    picture = Image.open(io.BytesIO(card.png))
    assert picture.size == (1200, 630)
    return picture.convert("RGB")


def drawn(card: Card) -> Image.Image:
    return opened(drawing.draw(card))


def ink(picture: Image.Image, box: tuple[int, int, int, int]) -> int:
    """Return how many pixels of a part of a picture are not its background."""
    colors = picture.crop(box).getcolors(256) or []
    return sum(number for number, color in colors if color != picture.getpixel((2, 300)))


LEFT, RIGHT = (84, 180, 400, 510), (800, 180, 1116, 510)


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("Żółć Việt", "ltr"),
        ("Поезд", "ltr"),
        ("Τρένο", "ltr"),
        ("רכבת", "rtl"),
        ("قطار", "rtl"),
    ],
)
def test_a_headline_begins_at_its_own_edge(text: str, direction: str) -> None:
    card = replace(CARD, headline=text, direction=direction)
    result = drawing.draw(card)
    assert result.complete
    picture = opened(result)
    begins, ends = (RIGHT, LEFT) if direction == "rtl" else (LEFT, RIGHT)
    assert ink(picture, begins) > ink(picture, ends) == 0


@pytest.mark.parametrize("text", ["x" * 10_000, "word " * 60, "A" * 30 + " " + "B" * 60, "i"])
def test_every_headline_stays_inside_the_card(text: str) -> None:
    picture = drawn(replace(CARD, headline=text, name=text, text=text, footer=text))
    for margin in ((0, 20, 70, 630), (1130, 20, 1200, 630), (0, 600, 1200, 630)):
        assert ink(picture, margin) == 0


DRAWABLE = "aŻé Яς אב سم 09 -–/&\u00a0\n\t\x00\U0001f682\ufe0f"
STRANGE = "夜\u0301\u200d\u202e\u0378\ue000\ud800"  # not in the fonts, or combining, invisible, turning or unassigned


@settings(max_examples=8, deadline=None)
@given(text=st.text(alphabet=DRAWABLE + STRANGE, max_size=30), direction=st.sampled_from(["ltr", "rtl"]))
def test_any_text_makes_a_card_which_is_complete_if_the_fonts_have_its_letters(text: str, direction: str) -> None:
    card = drawing.draw(replace(CARD, headline=text, name=text, text=text, footer=text, direction=direction))
    assert Image.open(io.BytesIO(card.png)).size == (1200, 630)
    assert card.complete or not set(text) <= set(DRAWABLE)
    assert not (card.complete and "夜" in text)


def test_what_the_fonts_lack_is_left_out() -> None:
    emoji = drawing.draw(replace(CARD, headline="Night trains 🚂\ufe0f and other things"))
    assert emoji == drawing.draw(CARD)
    assert emoji.complete
    chinese = drawing.draw(replace(CARD, headline="夜行列车"))
    assert not chinese.complete
    picture = opened(chinese)
    assert ink(picture, LEFT) == ink(picture, RIGHT) == 0
    nothing = drawn(replace(CARD, headline="夜行列车", name="", footer=""))
    assert ink(nothing, (480, 200, 720, 440)) > 0, "the mark stands in for words"


def test_words_from_right_to_left_are_left_out_without_fribidi(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "_shapes", lambda: False)
    assert drawing.draw(CARD).complete
    assert not drawing.draw(replace(CARD, headline="רכבת הלילה", direction="rtl")).complete


def test_colors_that_pillow_does_not_know_do_not_fail() -> None:
    drawn(replace(CARD, colors=replace(COLORS, accent="color-mix(in srgb, red, blue)", title="#abc")))


def test_a_card_is_drawn_once(tmp_path: Path) -> None:
    cards = CardCache(tmp_path)
    first = cards.png(CARD)
    (file,) = (tmp_path / FOLDER).iterdir()
    assert (file.name, file.read_bytes()) == (f"{CARD.digest}.png", first)
    file.write_bytes(b"kept")
    assert CardCache(tmp_path).png(CARD) == b"kept"
    assert cards.png(replace(CARD, headline="Another")) != b"kept"


def test_a_card_is_drawn_by_one_of_the_threads_that_wait_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawings: list[Card] = []

    def draw(card: Card) -> drawing.DrawnCard:
        drawings.append(card)
        return drawing.DrawnCard(png=b"drawn", complete=True)

    monkeypatch.setattr(drawing, "draw", draw)
    cards = CardCache(tmp_path)
    with ThreadPoolExecutor(3) as threads:
        with cache._drawing:
            waiting = [threads.submit(cards.png, CARD) for _ in range(3)]
        assert [thread.result() for thread in waiting] == [b"drawn"] * 3
    assert drawings == [CARD]


def test_only_a_few_threads_wait_for_cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cards = CardCache(tmp_path)
    kept = cards.png(CARD)
    monkeypatch.setattr(cache, "_waiting", threading.BoundedSemaphore(1))
    with cache._waiting:
        with pytest.raises(CardsBusyError):
            cards.png(replace(CARD, headline="Another"))
        assert cards.png(CARD) == kept
    assert cards.png(replace(CARD, headline="Another"))


def test_a_card_replaces_the_earlier_one_of_its_page(tmp_path: Path) -> None:
    cache, changed = CardCache(tmp_path), replace(CARD, footer="24 November 2026")
    for page in ("", "2026-11-23", "2026-11-23-b"):
        cache.png(CARD, page)
    cache.png(changed, "2026-11-23")
    names = {path.name for path in (tmp_path / FOLDER).iterdir()}
    assert names == {f"{CARD.digest}.png", f"2026-11-23-{changed.digest}.png", f"2026-11-23-b-{CARD.digest}.png"}


@pytest.mark.parametrize("headline", ["Night trains, 2×", "Żółć ﬁ", "Поезд и Τρένο", "רכבת 🚂 قطار", ""])
def test_scripts_of_the_fonts_are_known_without_them(headline: str) -> None:
    assert replace(CARD, headline=headline).lettered
    assert not replace(CARD, headline=f"{headline} 夜").lettered


def test_a_card_without_its_words_is_not_kept(tmp_path: Path) -> None:
    CardCache(tmp_path).png(replace(CARD, headline="夜行列车"))
    assert not (tmp_path / FOLDER).exists()


def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / ".newsletter").write_text("in the way")
    assert CardCache(tmp_path).png(CARD) == drawing.draw(CARD).png


def test_the_fonts_are_those_of_the_list() -> None:
    listed = dict(
        re.findall(r"^\| `(headline\.ttf|text\.ttf)` \| `(\w+)` \|$", (FONTS / "README.md").read_text(), re.MULTILINE)
    )
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FONTS.glob("*.ttf")}
    assert files == listed
    assert sum(path.stat().st_size for path in FONTS.glob("*.ttf")) < 600_000
    assert "SIL OPEN FONT LICENSE" in (FONTS / "OFL.txt").read_text()


def test_a_plain_card_has_no_bold_letters() -> None:
    plain = replace(CARD, plain=True)
    assert plain.digest != CARD.digest
    headline = (84, 180, 1116, 510)
    assert 0 < ink(drawn(plain), headline) < ink(drawn(CARD), headline)
