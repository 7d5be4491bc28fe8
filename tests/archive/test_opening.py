"""The beginning of an issue: its note, its first picks, and a quotation that reads well in large type."""

from pathlib import Path

import pytest

from newsletter import rendering
from newsletter.archive.opening import opening
from newsletter.domain.blocks import Block, BlockKind, ListedLink
from newsletter.domain.issue import Entry, Passage, PassageKind, Section
from newsletter.domain.picks import first_picks
from newsletter.rendering import PageText
from tests import make
from tests.archive import archives

OWN = ("https://news.example.org/",)
LONG = "A night train does something odd. It takes the hours that you were not using. " + "And so on and on. " * 20


@pytest.fixture
def prose(tmp_path: Path) -> PageText:
    newsletter = make.newsletter()
    return PageText(newsletter, rendering.load_theme(tmp_path, newsletter))


def quoting(slug: str, *quotations: str) -> Entry:
    passages = (Passage(kind=PassageKind.QUOTATION, markdown=text, line=9) for text in quotations)
    return make.entry(slug, passages=tuple(passages))


def test_the_first_quotation_that_fits_is_chosen(prose: PageText) -> None:
    fits = "An *aeroplane* gives you back the hours that it did not use."
    issue = make.issue(quoting("short", "Too short."), quoting("long", LONG), quoting("fits", fits))
    chosen = opening(issue, prose, OWN).quotation
    assert chosen
    assert (chosen.slug, chosen.words) == ("fits", fits.replace("*", ""))


def test_a_long_quotation_is_cut_after_a_sentence(prose: PageText) -> None:
    chosen = opening(make.issue(quoting("long", LONG)), prose, OWN).quotation
    assert chosen
    assert chosen.words.startswith("A night train does something odd. It takes")
    assert chosen.words.endswith("and on.")
    assert len(chosen.words) <= 260


def test_the_front_page_keeps_an_ellipsis_in_a_quotation_together_and_dates_in_its_own_language() -> None:
    words = "An aeroplane gives you back the hours . . . . that it did not use. <b>"
    german = archives.issue(20, "a", language="de")
    newest = make.issue(quoting("q", words))
    newsletter = make.newsletter(language="en", other_languages=("de",))
    with archives.pages(archives.archive(newest, german, newsletter=newsletter)) as pages:
        front = pages.front().body.decode()
        listed = pages.month("2026-11")
    assert 'hours <span class="nowrap">. . . .</span> that it did not use.' in front
    assert listed
    for page in (front, listed.body.decode()):
        assert '<time lang="en" dir="ltr" datetime="2026-11-20">Nov 20</time>' in page


def test_no_quotation_is_better_than_a_bad_one(prose: PageText) -> None:
    for quotation in ("Too short.", "x" * 300, ""):
        assert opening(make.issue(quoting("a", quotation)), prose, OWN).quotation is None


def test_an_issue_of_blocks_begins_with_its_own_note_and_quote(prose: PageText) -> None:
    links = (ListedLink(title="One", url="https://example.org/1"), ListedLink(title="Two", url="javascript:alert(1)"))
    words = "The map was made for walkers, and walkers never asked for it."
    blocks = (
        Block(kind=BlockKind.NOTE, text="Good morning, *all*."),
        Block(kind=BlockKind.LINKS, links=links),
        Block(kind=BlockKind.QUOTE, text=words, who="Ada Writer", where="The Review"),
    )
    issue = make.issue(sections=(Section(title=None, items=blocks),), note="")
    assert [pick.title for pick in first_picks(issue, 5).picks] == ["One"]
    begun = opening(issue, prose, OWN)
    assert "Good morning, <em>all</em>." in begun.note
    assert begun.quotation
    assert (begun.quotation.words, begun.quotation.title, begun.quotation.slug) == (words, "Ada Writer", "")


@pytest.mark.parametrize(
    ("note", "shown", "hidden"),
    [
        ("Good morning.\n\nOne " + "word " * 40 + "\n\nLater.", "One word", "Later"),
        ("One " + "word " * 40 + "\n\nLater.", "One word", "Later"),
        ("Only this.", "Only this.", "nothing"),
        ("Morning.\n\n- a list\n- of things", "a list", "nothing"),
    ],
)
def test_a_notes_first_paragraphs_are_shown(prose: PageText, note: str, shown: str, hidden: str) -> None:
    begun = opening(make.issue(note=note), prose, OWN)
    assert shown in begun.note
    assert hidden not in begun.note
    assert begun.note.count("<p") == begun.note.count("</p>")


def test_the_first_picture_of_its_own_leads(prose: PageText) -> None:
    remote = make.entry("remote", image="https://elsewhere.example.org/a.jpg")
    sponsor = Block(kind=BlockKind.SPONSOR, image="https://news.example.org/images/b.jpg")
    own = make.entry("own", image="https://news.example.org/images/c.jpg", image_alt="A lamp")
    issue = make.issue(sections=(Section(title=None, items=(remote, sponsor, own)),))
    assert opening(issue, prose, OWN).pictured is own
    assert opening(make.issue(remote), prose, OWN).pictured is None
    with archives.pages(archives.archive(issue)) as pages:
        front = pages.front().body.decode()
    assert 'href="/issues/2026-11-23/#own"><p><img class="picture" src="https://news.example.org/images/c.jpg"' in front


def test_the_front_page_shows_them(prose: PageText) -> None:
    fits = "An aeroplane gives you back the hours that it did not use."
    issue = make.issue(quoting("fits", fits), *(make.entry(f"e{number}") for number in range(30)))
    about = {"description": "One long <read>.", "frequency": "Every day at 7"}
    with archives.pages(archives.archive(issue, newsletter=make.newsletter(**about))) as pages:
        front = pages.front().body.decode()
    assert fits in front
    assert "One long &lt;read&gt;." in front
    assert "Every day at 7" in front
    assert "Good morning, <bdi>reader</bdi>." in front
    assert "with 22 more picks" in front
