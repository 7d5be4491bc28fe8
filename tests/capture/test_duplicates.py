"""Find what a link repeats: by its address in any spelling, or by a similar title."""

import datetime
import time

import pytest

from newsletter.capture import Candidate, entry_candidates, find_duplicates
from newsletter.content import Manuscripts
from newsletter.domain.issue import Issue, Section
from tests import make

DAY = datetime.date(2026, 11, 23)
PIECE = Candidate(url="https://example.org/2026/night-train", title="The night train returns", name="night-train")


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/2026/night-train",
        "http://www.example.org/2026/night-train/",
        "https://m.example.org/2026/night-train?utm_source=rss#top",
        "https://amp.example.org/2026/night-train",
        "https://example.org/2026/night-train/amp",
        "https://example.org/2026/night-train.amp.html",
        "https://example.org/amp/2026/night-train",
        "https://example.org/2026/night-train?outputType=amp",
        "https://example-org.cdn.ampproject.org/c/s/example.org/2026/night-train",
        "https://www.google.com/url?q=https%3A%2F%2Fexample.org%2F2026%2Fnight-train",
    ],
)
def test_an_address_is_recognised_in_any_spelling(url: str) -> None:
    found = find_duplicates(url, "Something else entirely", [PIECE])

    assert [(item.candidate.name, item.same_address) for item in found.waiting] == [("night-train", True)]


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/2026/night-trains",
        "https://example.org/2026/night-train?page=2",
        "https://other.example.org/2026/night-train",
        "https://example.net/2026/night-train",
        "not an address",
        "",
    ],
)
def test_another_address_is_another_one(url: str) -> None:
    assert not find_duplicates(url, "Something else entirely", [PIECE])


def test_without_addresses_nothing_is_the_same() -> None:
    assert not find_duplicates("", "", [Candidate(url="", title="")])


@pytest.mark.parametrize(
    ("title", "other"),
    [
        ("The night train returns", "Night train returns!"),
        ("The night train returns to Vienna", "‘The Night Train’ Returns to Vienna | Slow Lines"),
        ("Who owns the sand on Europe’s beaches?", "Who Owns the Sand on Europe's Beaches"),
        ("Der Nachtzug fährt wieder nach Wien", "Nachtzug fahrt wieder nach Wien"),
        ("Tides", "Tides!"),
        ("夜行列車が帰ってくる", "夜行列車が帰ってくる"),
    ],
)
def test_similar_titles_are_recognised(title: str, other: str) -> None:
    found = find_duplicates("https://example.org/x", title, [Candidate(url="https://example.net/y", title=other)])

    assert [item.same_address for item in found] == [False]


@pytest.mark.parametrize(
    ("title", "other"),
    [
        ("The night train returns", "The night train is cancelled"),
        ("How to read a tide table", "How to write a time table"),
        ("Tides", "Tides of the North Sea"),
        ("What we know about the harbour fire", "What we know about the bridge collapse"),
        ("Regatta: day 1", "Regatta: day 2"),
        ("Five books about the sea", "Five books about the desert"),
        ("", "Untitled"),
    ],
)
def test_titles_of_other_pieces_are_not(title: str, other: str) -> None:
    assert not find_duplicates("https://example.org/x", title, [Candidate(url="https://example.net/y", title=other)])


def test_entries_that_ran_come_with_their_latest_issue_and_the_others_wait() -> None:
    ran, waiting = make.entry("ran", url="https://example.org/a"), make.entry("waiting", url="https://example.org/a/")
    issues = tuple(
        Issue(
            slug=f"issue-{day}", date=DAY.replace(day=day), subject="x", sections=(Section(title=None, items=(ran,)),)
        )
        for day in (2, 9)
    )
    manuscripts = Manuscripts(entries={"ran": ran, "waiting": waiting}, blocks={}, issues=issues, findings=())

    found = find_duplicates("https://example.org/a", "", entry_candidates(manuscripts))

    assert [(item.candidate.issue, item.candidate.date) for item in found.ran] == [("issue-9", DAY.replace(day=9))]
    assert [item.candidate.name for item in found.waiting] == ["waiting"]
    assert found.ran[0].candidate.when(DAY) == "already ran on 2026-11-09 in issue-9"
    assert found.ran[0].candidate.when(DAY.replace(day=9)) == "is planned for 2026-11-09 in issue-9"
    assert found.waiting[0].candidate.when(DAY) == "is in no issue yet"


def test_a_thousand_entries_are_compared_at_once() -> None:
    entries = [
        Candidate(
            url=f"https://example.org/2026/piece-{n}?id={n}", title=f"Piece {n} about the harbour and its {n * 7}"
        )
        for n in range(1000)
    ]
    start = time.process_time()
    for _ in range(10):  # the first time, their keys are made
        find_duplicates("https://example.org/2026/piece-7?id=7", "A similar title about the harbour", entries)
    seconds = (time.process_time() - start) / 10

    assert seconds <= 0.03
