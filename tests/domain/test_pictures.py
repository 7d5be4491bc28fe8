"""Addresses in place of the names of pictures."""

import pytest

from newsletter.domain.blocks import Block, BlockKind
from newsletter.domain.issue import Section
from newsletter.domain.pictures import Picture, UnusablePicture, is_local_picture, pictures_of, with_pictures
from tests import make

HARBOUR = Picture(name="0123456789abcdef-harbour.jpg", width=1104, height=700, original_width=2000)


def look_up(image: str) -> Picture | UnusablePicture:
    """Return the one picture that there is."""
    if image == "harbour.jpg":
        return HARBOUR
    return UnusablePicture(rule="image-missing", what="there is no such file", hint="put it there")


@pytest.mark.parametrize(
    "image",
    ["https://example.org/a.jpg", "http://example.org/a.jpg", "//example.org/a.jpg", "data:image/png,x", "", None],
)
def test_addresses_are_not_file_names(image: str | None) -> None:
    assert not is_local_picture(image)


@pytest.mark.parametrize("image", ["harbour.jpg", "spring/harbour.jpg", "www.example.org/a.jpg", "bild 1.png"])
def test_everything_else_is_a_file_name(image: str) -> None:
    assert is_local_picture(image)


def test_entries_and_blocks_get_addresses_and_sizes() -> None:
    remote = make.entry("remote", image="https://example.org/a.jpg")
    block = Block(kind=BlockKind.IMAGE, image="harbour.jpg", image_alt="A harbour")
    lost = make.entry("lost", image="lost.jpg")
    items = (make.entry(image="harbour.jpg"), block, remote, lost)
    issue = make.issue(sections=(Section(title=None, items=items),))

    first, image, other, none = with_pictures(issue, look_up, "https://news.example.org/images").sections[0].items

    for shown in (first, image):
        assert shown.image == "https://news.example.org/images/0123456789abcdef-harbour.jpg"
        assert shown.image_size == (1104, 700)
    assert other == remote
    assert (none.image, none.image_size) == (None, None)
    assert pictures_of(issue, look_up) == (HARBOUR,)


def test_an_issue_without_pictures_stays_the_same() -> None:
    issue = make.issue()

    assert with_pictures(issue, look_up, "https://news.example.org/images") is issue
