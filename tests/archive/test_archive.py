"""The archive: sent issues, each entry once under its topics and their parents, and the search."""

import datetime
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from newsletter import archive as archiving
from newsletter.archive.model import ArchivedBlock, ArchivedEntry
from newsletter.archive.search import SearchIndex
from newsletter.domain.blocks import BlockKind
from newsletter.domain.issue import Correction, Passage, PassageKind
from newsletter.domain.send import PublishedIssue
from tests import make
from tests.archive import archives


def test_the_archive_has_only_sent_issues_newest_first() -> None:
    issues = [archives.issue(20, "a"), archives.issue(22, "c"), archives.issue(21, "b"), archives.issue(23, "draft")]
    sent = [PublishedIssue(issue=run.slug, at=make.WHEN) for run in issues[:3]]
    sent.append(PublishedIssue(issue="2026-11-19", at=make.WHEN))  # its file was deleted
    archive = archiving.collect(issues, sent, make.newsletter())
    assert [shown.issue.slug for shown in archive.issues] == ["2026-11-22", "2026-11-21", "2026-11-20"]
    middle = archive.issue("2026-11-21")
    assert middle is not None
    assert middle.earlier is issues[0]
    assert middle.later is issues[1]
    assert archive.issues[0].later is archive.issues[-1].earlier is None
    assert archive.issue("2026-11-23") is archive.issue("2026-11-19") is None
    assert [archived.entry.slug for archived in archive.entries] == ["c", "b", "a"]


def test_neighbours_are_in_the_same_language() -> None:
    english = [archives.issue(20, "a"), archives.issue(21, "b"), archives.issue(22, "c", language="en-GB")]
    german = [replace(issue, slug=f"{issue.slug}-de", language="de") for issue in (english[0], english[2])]
    archive = archives.archive(*english, *german, newsletter=make.newsletter(language="en", other_languages=("de",)))
    around = {shown.issue.slug: (shown.earlier, shown.later) for shown in archive.issues}
    assert around == {
        "2026-11-20": (None, english[1]),
        "2026-11-21": (english[0], english[2]),
        "2026-11-22": (english[1], None),
        "2026-11-20-de": (None, german[1]),
        "2026-11-22-de": (german[0], None),
    }


def test_entries_that_cannot_be_shown_are_left_out() -> None:
    empty = make.issue(slug="2026-11-20", sections=())
    nameless = archives.issue(21, "a", subject="")
    assert archives.archive(empty, nameless).issues == ()
    assert archives.archive().updated is None


def test_a_repeated_entry_is_archived_once_in_its_first_issue() -> None:
    archive = archives.archive(
        archives.issue(20, "a", "b"), archives.issue(21, "b", "c"), archives.issue(15, "a", "b", digest=True)
    )
    assert [(archived.entry.slug, archived.first_issue.issue.slug) for archived in archive.entries] == [
        ("c", "2026-11-21"),
        ("a", "2026-11-20"),
        ("b", "2026-11-20"),
    ]


def test_a_topic_includes_the_entries_of_its_subtopics() -> None:
    archive = archives.archive(
        archives.issue(20, "a", topics=("Afghanistan",)),
        archives.issue(21, "b", topics=("Asia", "asia", "Zoos & <gardens>")),
    )
    assert {slug: [archived.entry.slug for archived in under.entries] for slug, under in archive.topics.items()} == {
        "asia": ["b", "a"],
        "afghanistan": ["a"],
        "zoos-gardens": ["b"],
    }
    below = archive.topics["afghanistan"]
    assert [topic.name for topic in below.above] == ["Asia"]
    assert [topic.name for topic in archive.topics["asia"].below] == ["Afghanistan"]
    assert archive.topics["zoos-gardens"].topic.name == "Zoos & <gardens>"


def test_a_correction_changes_when_an_issue_was_updated() -> None:
    same_day, later = datetime.date(2026, 11, 20), datetime.date(2026, 11, 25)
    plain = archives.issue(19, "a")
    once = archives.issue(20, "b", "c", corrections=(Correction(date=same_day, text="It was ten.", entry="b"),))
    twice = archives.issue(21, "d", corrections=(Correction(date=later, text="Eleven."), *once.corrections))
    archive = archives.archive(plain, once, twice)
    sent = {archived.issue.slug: archived.sent for archived in archive.issues}
    updated = {archived.issue.slug: archived.updated for archived in archive.issues}
    assert updated["2026-11-19"] == sent["2026-11-19"]
    assert updated["2026-11-20"] == sent["2026-11-20"] + datetime.timedelta(seconds=1)
    assert updated["2026-11-21"].date() == later
    assert archive.updated == updated["2026-11-21"]
    by_slug = {archived.entry.slug: archived for archived in archive.entries}
    assert [bool(by_slug[slug].corrections) for slug in "abcd"] == [False, True, False, False]
    assert by_slug["c"].updated == sent["2026-11-20"]
    assert by_slug["b"].updated == updated["2026-11-20"]


def test_a_search_finds_parts_of_words_without_case_or_accents() -> None:
    framing = Passage(kind=PassageKind.FRAMING, markdown="Über den *Dächern* von Málaga, 1931.")
    archive = archives.archive(
        make.issue(
            make.entry("roofs", title="On roofs", passages=(framing,)),
            make.entry("malaga", title="Málaga by night", author="Zoë Quill"),
        )
    )
    index = SearchIndex(archive)

    def slugs(query: str) -> list[str]:
        return [item.entry.slug for item in index.search(query) if isinstance(item, ArchivedEntry)]

    assert slugs("malaga") == ["malaga", "roofs"]
    assert slugs("DACH 1931") == ["roofs"]
    assert slugs("zoe") == ["malaga"]
    assert slugs("nato") == ["roofs", "malaga"]
    assert slugs("roof night") == []
    assert slugs("   ") == []


@given(st.text(max_size=300))
def test_a_query_finds_only_entries_with_all_its_words(query: str) -> None:
    archive = archives.archive(archives.issue(20, "a", "b"), archives.issue(21, "c"))
    assert set(SearchIndex(archive).search(query)) <= {*archive.entries, *archive.blocks}


def test_a_search_ignores_the_merge_fields_of_a_note() -> None:
    poll = make.block(text='Moss? [Yes]({{ links.vote("never") }}) {{ subscriber.city }}')
    index = SearchIndex(archives.archive(make.issue(poll)))
    assert [len(index.search(word)) for word in ("moss", "never", "city")] == [1, 0, 0]


def test_a_search_finds_blocks_but_no_sponsors() -> None:
    shared = make.block(BlockKind.LINKS, slug="also-seen", path="issues/blocks/also-seen.md")
    first = archives.issue(20, "a")
    second = make.issue(make.entry("b"), shared, make.block(BlockKind.SPONSOR, text="Gloves!"), slug="2026-11-23")
    third = make.issue(shared, make.block(topics=("Moss",)), slug="2026-11-24", date=datetime.date(2026, 11, 24))
    archive = archives.archive(first, second, third)
    index = SearchIndex(archive)
    assert [archived.issue.slug for archived in archive.issues] == ["2026-11-24", "2026-11-23", "2026-11-20"]
    (links,) = index.search("MUSEUM gloves")
    assert isinstance(links, ArchivedBlock)
    assert (links.block, links.first_issue.issue.slug) == (shared, "2026-11-23")
    assert [item.first_issue.issue.slug for item in index.search("moss")] == ["2026-11-24"]
    assert index.search("gloves!") == []
    assert [type(item).__name__ for item in index.search("review")] == [
        "ArchivedEntry",
        "ArchivedBlock",
        "ArchivedEntry",
    ]


def test_of_issues_of_the_same_day_the_one_in_the_newsletters_own_language_comes_first() -> None:
    newsletter = make.newsletter(language="en", other_languages=("he",))
    english = archives.issue(20, "a", language="en")
    hebrew = replace(english, slug="2026-11-20-he", language="he")
    unstated = replace(english, slug="2026-11-20-a", language="")
    listed = archives.archive(hebrew, english, unstated, newsletter=newsletter).issues
    assert [archived.issue.slug for archived in listed] == ["2026-11-20-a", "2026-11-20", "2026-11-20-he"]
