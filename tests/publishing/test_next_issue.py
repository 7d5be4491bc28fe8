"""The next issue's date, number and entries."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from newsletter.content import NewIssue, read_manuscripts
from newsletter.content.writing import UnknownEntryError
from newsletter.domain.skeletons import Skeleton, SkeletonSection
from newsletter.publishing.next_issue import EmptyWeekError, UnavailableLanguageError, create_digest, create_issue
from newsletter.settings import Settings
from tests.newsletter_folder import write_issue

MONDAY = date(2026, 11, 23)
TUESDAY = MONDAY + timedelta(days=1)


def test_the_first_issue_is_number_one_and_dated_today(settings: Settings) -> None:
    path = create_issue(settings.root, NewIssue(subject="Slow water"), today=MONDAY)
    (issue,) = read_manuscripts(settings.root).issues
    assert (path, issue.slug) == (settings.root / "issues" / "2026-11-23.md", "2026-11-23")
    assert (issue.date, issue.number, issue.subject) == (MONDAY, 1, "Slow water")


def test_the_next_issue_follows_the_latest_one(settings: Settings) -> None:
    write_issue(settings.root, TUESDAY, "train", more="number: 7\n")
    create_issue(settings.root, NewIssue(), today=MONDAY)
    assert [(issue.date, issue.number) for issue in read_manuscripts(settings.root).issues][1:] == [
        (TUESDAY + timedelta(days=1), 8)
    ]


def test_the_next_issue_after_a_break_is_dated_today(settings: Settings) -> None:
    write_issue(settings.root, MONDAY - timedelta(days=9), "train", more="number: 7\n")
    assert create_issue(settings.root, NewIssue(), today=MONDAY).stem == "2026-11-23"


def test_a_date_and_a_number_that_are_given_are_used(settings: Settings) -> None:
    write_issue(settings.root, TUESDAY, "train", more="number: 7\n")
    create_issue(settings.root, NewIssue(number=3), today=MONDAY, date=MONDAY)
    assert [(issue.date, issue.number) for issue in read_manuscripts(settings.root).issues] == [
        (MONDAY, 3),
        (TUESDAY, 7),
    ]


def test_a_newsletter_without_numbers_stays_without(settings: Settings) -> None:
    write_issue(settings.root, MONDAY, "train")
    create_issue(settings.root, NewIssue(), today=MONDAY)
    assert [issue.number for issue in read_manuscripts(settings.root).issues] == [None, None]


def test_issues_that_are_created_at_the_same_time_follow_each_other(settings: Settings) -> None:
    with ThreadPoolExecutor(4) as threads:
        made = [threads.submit(create_issue, settings.root, NewIssue(), today=MONDAY) for _ in range(4)]
    days = [MONDAY + timedelta(days=number) for number in range(4)]
    assert sorted(path.result().stem for path in made) == [str(day) for day in days]
    issues = read_manuscripts(settings.root).issues
    assert [(issue.date, issue.number) for issue in issues] == list(zip(days, range(1, 5), strict=True))


def test_an_entry_named_twice_is_included_once(settings: Settings) -> None:
    write_issue(settings.root, MONDAY, "train", "clock")
    create_issue(settings.root, NewIssue(entries=("clock", "train", "clock")), today=MONDAY)
    assert [entry.slug for entry in read_manuscripts(settings.root).issues[1].entries] == ["clock", "train"]


def test_an_entry_that_does_not_exist_is_refused_and_nothing_is_written(settings: Settings) -> None:
    with pytest.raises(UnknownEntryError, match='no entry "tram"'):
        create_issue(settings.root, NewIssue(entries=("tram",)), today=MONDAY)
    assert not read_manuscripts(settings.root).issues


def test_a_digest_has_the_entries_of_the_last_seven_days_and_no_number(settings: Settings) -> None:
    for days, entry in ((7, "old"), (6, "oldest"), (1, "train"), (0, "clock"), (-1, "tomorrow")):
        write_issue(settings.root, MONDAY - timedelta(days=days), entry)
    path = create_digest(settings.root, NewIssue(entries=("clock",)), date=MONDAY)
    digest = read_manuscripts(settings.root).issue(path.stem)
    assert (digest.slug, digest.digest, digest.number) == ("digest-2026-11-23", True, None)
    assert [entry.slug for entry in digest.entries] == ["clock", "oldest", "train"]


def test_a_digest_is_not_followed_by_an_issue_and_not_repeated_by_the_next_digest(settings: Settings) -> None:
    write_issue(settings.root, MONDAY - timedelta(days=6), "train", more="number: 7\n")
    create_digest(settings.root, NewIssue(), date=MONDAY)
    assert create_issue(settings.root, NewIssue(), today=MONDAY).stem == "2026-11-23"
    with pytest.raises(EmptyWeekError, match="no issues in the seven days up to 2026-11-30"):
        create_digest(settings.root, NewIssue(slug="another"), date=MONDAY + timedelta(days=7))


def test_issues_in_each_language_follow_each_other(settings: Settings) -> None:
    two = ("en", "de-AT")

    def made(language: str = "") -> tuple[str, str, int | None]:
        path = create_issue(settings.root, NewIssue(language=language), today=MONDAY, languages=two)
        issue = read_manuscripts(settings.root).issue(path.stem)
        return issue.slug, issue.language, issue.number

    assert made() == ("2026-11-23", "", 1)  # nobody has stated a language yet
    assert made("DE-at") == ("2026-11-23-de-at", "de-AT", 1)
    assert made() == ("2026-11-24", "en", 2)
    assert made("de-AT") == ("2026-11-24-de-at", "de-AT", 2)
    with pytest.raises(UnavailableLanguageError, match='no issues in "de": there are: en, de-AT'):
        made("de")


def test_a_digest_in_a_language_has_the_entries_of_its_issues(settings: Settings) -> None:
    write_issue(settings.root, MONDAY, "train", more="language: en\n")
    write_issue(settings.root, MONDAY, "clock", slug="2026-11-23-de", more="language: de\n")
    path = create_digest(settings.root, NewIssue(language="de"), date=MONDAY, languages=("en", "de"))
    digest = read_manuscripts(settings.root).issue(path.stem)
    assert (digest.slug, digest.language) == ("digest-2026-11-23-de", "de")
    assert [entry.slug for entry in digest.entries] == ["clock"]


SKELETONS = {
    "default": Skeleton(segments=("everyone",)),
    "monday": Skeleton(sections=(SkeletonSection(title="In brief: today"), SkeletonSection(title="Long", limit=1))),
}


def test_a_new_issue_begins_with_its_weekdays_skeleton(settings: Settings) -> None:
    write_issue(settings.root, MONDAY - timedelta(days=1), "train")
    path = create_issue(settings.root, NewIssue(entries=("train",)), today=MONDAY, skeletons=SKELETONS)
    assert path.read_text(encoding="utf-8").endswith(
        "sections:\n- title: 'In brief: today'\n  entries: [train]\n- title: Long\n  entries: []\n---\n"
    )
    read = read_manuscripts(settings.root)
    issue = read.issue(path.stem)
    assert [(section.title, len(section.entries)) for section in issue.sections] == [
        ("In brief: today", 1),
        ("Long", 0),
    ]
    assert [finding.rule for finding in read.findings_of(issue)] == ["section-empty"]
    other = create_issue(settings.root, NewIssue(sections=("Mine",)), today=MONDAY, skeletons=SKELETONS)
    other_issue = read_manuscripts(settings.root).issue(other.stem)
    assert (other_issue.segments, [section.title for section in other_issue.sections]) == (("everyone",), ["Mine"])
