"""Entries that run twice, and names with two meanings."""

from datetime import date

from newsletter.checks import (
    Calendar,
    CheckContext,
    archive_findings,
    findings_across,
    findings_of_issue,
    findings_of_items,
    ordered_findings,
    segment_findings,
    topic_findings,
)
from newsletter.domain.issue import Entry, Issue, Section
from newsletter.domain.reader_rules import AnyOf, Clicked, Follows, Not
from newsletter.domain.segment import EVERYONE, Segment
from newsletter.domain.topics import Topic, Topics
from newsletter.errors import Finding, Place, Severity
from tests import make


def issue(day: int, *entries: Entry, **changes: object) -> Issue:
    values: dict[str, object] = {
        "slug": f"2026-11-{day:02}",
        "date": date(2026, 11, day),
        "number": day,
        "path": f"issues/2026-11-{day:02}.md",
    }
    return make.issue(*entries, **(values | changes))


def findings_in(checked: Issue) -> list[Finding]:
    return list(findings_of_issue(checked, make.newsletter(), {}, CheckContext(), make.no_picture))


def test_a_repeated_entry_is_reported_at_its_line_in_the_later_issue() -> None:
    entry = make.entry("a")
    later = issue(23, make.entry("b"), entry, lines={"entries": 5, "entries.a": 8})

    (finding,) = archive_findings([entry], [issue(20, entry), later])

    assert (finding.rule, finding.severity) == ("entry-run-before", Severity.WARNING)
    assert finding.place == Place(path="issues/2026-11-23.md", line=8)
    assert finding.what == '"a" is also in issues/2026-11-20.md (2026-11-20)'


def test_an_entry_counts_as_repeated_only_if_the_earlier_issue_was_sent() -> None:
    entry = make.entry("a")
    issues = [issue(20, entry), issue(23, entry)]

    for sent, path, what in (
        ("2026-11-20", "issues/2026-11-23.md", '"a" has already run in issues/2026-11-20.md (2026-11-20)'),
        ("2026-11-23", "issues/2026-11-20.md", '"a" has already run in issues/2026-11-23.md (2026-11-23)'),
    ):
        calendar = Calendar(today=date(2026, 11, 23), sent=frozenset({sent}))
        (finding,) = archive_findings([entry], issues, calendar)
        assert (finding.place.path, finding.what) == (path, what)


def test_issues_with_the_same_date_or_number_are_reported_at_the_later_one() -> None:
    first, second = issue(20, make.entry("a")), issue(21, make.entry("b"), number=20, lines={"number": 3})
    third = issue(22, make.entry("c"), date=date(2026, 11, 21), lines={"date": 2})

    findings = list(archive_findings([], [first, second, third]))

    assert [(finding.rule, finding.place) for finding in findings] == [
        ("issue-number-repeated", Place(path="issues/2026-11-21.md", line=3)),
        ("issue-date-repeated", Place(path="issues/2026-11-22.md", line=2)),
    ]


def test_an_issue_in_another_language_may_repeat_date_number_entries_and_links() -> None:
    entry, same_link = make.entry("a"), make.entry("a-de", url=make.entry("a").url)
    english, german = issue(20, entry, language="en"), issue(20, entry, same_link, slug="2026-11-20-de", language="de")
    assert [finding.rule for finding in archive_findings([entry], [english, german])] == []
    assert {finding.rule for finding in archive_findings([entry, same_link], [german])} == {"url-repeated"}


def test_issues_with_unreadable_dates_do_not_share_a_date() -> None:
    undated = [issue(day, make.entry(f"e{day}"), date=date.min) for day in (1, 2)]

    assert list(archive_findings([], undated)) == []


def test_the_same_url_under_two_slugs_is_reported_in_the_later_issue() -> None:
    ran = make.entry("z-ran", url="https://www.example.org/piece/?utm_source=x")
    picked = make.entry("a-new", url="https://example.org/piece#top", lines={"url": 3})

    (finding,) = archive_findings([picked, ran], [issue(20, ran)])

    assert finding.place == Place(path="issues/entries/a-new.md", line=3)
    assert finding.what == "issues/entries/z-ran.md, which is in issues/2026-11-20.md, has the same url"


def test_missing_urls_are_not_the_same_url() -> None:
    assert list(archive_findings([make.entry("a", url=""), make.entry("b", url="")], [])) == []


def test_an_alias_of_two_topics_is_reported_in_the_settings() -> None:
    topics = Topics([Topic(slug="music", name="Music"), Topic(slug="radio", name="Radio", aliases=("music",))])
    settings = 'name = "x"\n\n[topics.music]\nname = "Music"\n\n[topics.radio]\nname = "Radio"\naliases = ["music"]\n'

    (finding,) = topic_findings(topics, settings)

    assert finding.place == Place(path="newsletter.toml", line=8)
    assert finding.what == '"music" is a name of two topics, music and radio'
    assert next(topic_findings(topics, "")).place == Place(path="newsletter.toml")


def test_all_findings_are_reported_once_and_sorted_by_place() -> None:
    entry = make.entry("a", topics=(), url="http://example.org/", lines={"url": 3})
    first, second = issue(20, entry, preheader=""), issue(21, entry, subject="", lines={"subject": 4})

    findings = ordered_findings(
        [
            *findings_of_items([entry, entry], make.topics(), make.no_picture),
            *findings_across([entry], [first, second], CheckContext()),
            *findings_in(first),
            *findings_in(second),
        ]
    )

    assert [(finding.place.path, finding.place.line, finding.rule) for finding in findings] == [
        ("issues/2026-11-20.md", 1, "preheader-none"),
        ("issues/2026-11-21.md", 1, "entry-run-before"),
        ("issues/2026-11-21.md", 4, "subject-empty"),
        ("issues/entries/a.md", 1, "topics-none"),
        ("issues/entries/a.md", 3, "url-http"),
    ]


def test_an_issue_with_a_thousand_sections_can_be_checked() -> None:
    sections = tuple(Section(title=f"TODO {n}", items=()) for n in range(1000))

    assert {finding.rule for finding in findings_in(issue(20, sections=sections))} == {"placeholder-left"}


def test_an_undeclared_topic_in_a_segment_is_reported_at_its_line() -> None:
    topics = Topics([Topic(slug="asia", name="Asia"), Topic(slug="nepal", name="Nepal", parent="asia")])
    settings = '[topics.asia]\n[topics.nepal]\nparent = "asia"\n[segments.east]\nall = ["Nepal"]\nnone = ["Asai"]\n'
    east = Segment(slug="east", name="East", all=(topics.related("nepal"),), none=(topics.related("asai"),))

    (finding,) = segment_findings([EVERYONE, east], topics, settings)

    assert (finding.rule, finding.severity) == ("topic-undeclared", Severity.WARNING)
    assert finding.place == Place(path="newsletter.toml", line=6)
    assert (finding.what, finding.hint) == ('the topic "asai" is not declared', 'did you mean "Asia"?')


def test_an_undeclared_topic_in_a_segments_rule_is_reported_at_its_line() -> None:
    topics = Topics([Topic(slug="asia", name="Asia"), Topic(slug="nepal", name="Nepal", parent="asia")])
    rule = AnyOf(
        rules=(
            Follows(topics=topics.related("nepal") | topics.related("asai")),
            Not(rule=Clicked(topics=frozenset({"asai"}), times=3)),
        )
    )
    east = Segment(slug="east", name="East", where=rule)
    (finding,) = segment_findings([east], topics, "[segments.east]\nwhere = '…'\n")
    assert (finding.rule, finding.place.line) == ("topic-undeclared", 2)
    assert (finding.what, finding.hint) == ('the topic "asai" is not declared', 'did you mean "Asia"?')


def test_an_undeclared_topic_of_many_entries_is_reported_once() -> None:
    entries = {slug: make.entry(slug, topics=("Bees", "NATO"), lines={"topics": 7}) for slug in ("c", "a", "b")}
    entries["d"] = make.entry("d", topics=("bees", "Wasps"), lines={"topics": 5})

    findings = findings_of_items(entries.values(), make.topics(), make.no_picture)

    assert [(str(finding.place), finding.what) for finding in findings] == [
        ("issues/entries/a.md:7", 'the topic "Bees" is not declared, here and in 3 other entries'),
        ("issues/entries/d.md:5", 'the topic "Wasps" is not declared'),
    ]
