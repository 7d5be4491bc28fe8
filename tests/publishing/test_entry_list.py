"""The entries of a newsletter, by topic and use."""

import os
from datetime import date

from newsletter.content import read_manuscripts
from newsletter.domain.topics import Topic, Topics
from newsletter.publishing.entry_list import ListedEntry, entries_about, list_entries, unused_entries
from newsletter.settings import Settings
from tests import make
from tests.newsletter_folder import write_issue

TOPICS = Topics(
    [
        Topic(slug="oceans", name="Oceans", parent="science"),
        Topic(slug="science", name="Science", aliases=("Research",)),
    ]
)
TIDE, ATOM, TRAM, NOTE = (
    make.entry("tide", topics=("Oceans",)),
    make.entry("atom", topics=("Research", "Oceans")),
    make.entry("tram", topics=("Transport",)),
    make.entry("note", topics=()),
)


def listed() -> list[ListedEntry]:
    issues = [
        make.issue(TIDE, slug="monday", date=date(2026, 11, 23)),
        make.issue(TIDE, slug="tuesday", date=date(2026, 11, 24)),
    ]
    return list_entries([TIDE, ATOM, TRAM, NOTE], issues, TOPICS)


def test_entries_are_listed_in_the_order_of_topics_with_undeclared_ones_last() -> None:
    assert [(item.entry.slug, item.first_topic) for item in listed()] == [
        ("tide", "Oceans"),
        ("atom", "Science"),
        ("note", ""),
        ("tram", "Transport"),
    ]


def test_an_entry_names_the_latest_issue_that_includes_it() -> None:
    assert {item.entry.slug: item.latest_issue for item in listed()} == {
        "tide": "tuesday",
        "atom": "",
        "note": "",
        "tram": "",
    }


def test_unused_entries_of_a_topic_come_first() -> None:
    wave = make.entry("wave", topics=("Oceans",))
    entries = list_entries([TIDE, wave], [make.issue(TIDE)], TOPICS)
    assert [item.entry.slug for item in entries] == ["wave", "tide"]


def test_entries_about_a_topic_include_those_about_its_subtopics() -> None:
    assert {item.entry.slug for item in entries_about(listed(), TOPICS, "Research")} == {"tide", "atom"}
    assert {item.entry.slug for item in entries_about(listed(), TOPICS, "oceans")} == {"tide", "atom"}
    assert {item.entry.slug for item in entries_about(listed(), TOPICS, "Transport")} == {"tram"}


def test_entries_in_no_issue_are_listed_with_the_latest_saved_first(settings: Settings) -> None:
    write_issue(settings.root, date(2026, 11, 24), "tide")
    for seconds, slug in enumerate(("moss", "bell")):
        file = settings.root / f"issues/entries/{slug}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"---\ntitle: {slug}\nurl: https://example.org/{slug}\nsource: The Line\ntopics: []\n---\n")
        os.utime(file, (4_000_000_000 + seconds,) * 2)
    unused = [entry.slug for entry in unused_entries(settings.root, read_manuscripts(settings.root))]
    assert unused == ["bell", "moss"]
