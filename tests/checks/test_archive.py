"""What runs twice, and what means two things."""

from datetime import date

from newsletter.checks import Calendar, archive_findings, content, segment_findings, topic_findings
from newsletter.domain.issue import Entry, Issue, Section
from newsletter.domain.segment import EVERYONE, Segment
from newsletter.domain.topics import Topic, Topics
from newsletter.errors import Place, Severity
from tests import make


def issue(day: int, *entries: Entry, **changes: object) -> Issue:
    values: dict[str, object] = {
        "slug": f"2026-11-{day:02}",
        "date": date(2026, 11, day),
        "number": day,
        "path": f"issues/2026-11-{day:02}.md",
    }
    return make.issue(*entries, **(values | changes))


def test_an_entry_that_has_run_is_found_in_the_later_issue_at_its_line() -> None:
    entry = make.entry("a")
    later = issue(23, make.entry("b"), entry, lines={"entries": 5, "entries.a": 8})

    (finding,) = archive_findings([entry], [issue(20, entry), later])

    assert (finding.rule, finding.severity) == ("entry-run-before", Severity.WARNING)
    assert finding.place == Place(path="issues/2026-11-23.md", line=8)
    assert finding.what == '"a" is also in issues/2026-11-20.md (2026-11-20)'


def test_an_entry_has_run_only_in_an_issue_that_was_sent() -> None:
    entry = make.entry("a")
    issues = [issue(20, entry), issue(23, entry)]

    for sent, path, what in (
        ("2026-11-20", "issues/2026-11-23.md", '"a" has already run in issues/2026-11-20.md (2026-11-20)'),
        ("2026-11-23", "issues/2026-11-20.md", '"a" has already run in issues/2026-11-23.md (2026-11-23)'),
    ):
        calendar = Calendar(today=date(2026, 11, 23), sent=frozenset({sent}))
        (finding,) = archive_findings([entry], issues, calendar)
        assert (finding.place.path, finding.what) == (path, what)


def test_two_issues_of_one_date_or_number_are_found_at_the_later() -> None:
    first, second = issue(20, make.entry("a")), issue(21, make.entry("b"), number=20, lines={"number": 3})
    third = issue(22, make.entry("c"), date=date(2026, 11, 21), lines={"date": 2})

    found = list(archive_findings([], [first, second, third]))

    assert [(one.rule, one.place) for one in found] == [
        ("issue-number-repeated", Place(path="issues/2026-11-21.md", line=3)),
        ("issue-date-repeated", Place(path="issues/2026-11-22.md", line=2)),
    ]


def test_issues_whose_date_could_not_be_read_are_no_issues_of_one_date() -> None:
    undated = [issue(day, make.entry(f"e{day}"), date=date.min) for day in (1, 2)]

    assert list(archive_findings([], undated)) == []


def test_one_address_under_two_slugs_is_found_where_it_runs_later() -> None:
    ran = make.entry("z-ran", url="https://www.example.org/piece/?utm_source=x")
    picked = make.entry("a-new", url="https://example.org/piece#top", lines={"url": 3})

    (finding,) = archive_findings([picked, ran], [issue(20, ran)])

    assert finding.place == Place(path="issues/entries/a-new.md", line=3)
    assert finding.what == "issues/entries/z-ran.md, which is in issues/2026-11-20.md, has the same url"


def test_missing_addresses_are_not_one_address() -> None:
    assert list(archive_findings([make.entry("a", url=""), make.entry("b", url="")], [])) == []


def test_an_alias_that_two_topics_claim_is_found_in_the_settings() -> None:
    topics = Topics([Topic(slug="music", name="Music"), Topic(slug="radio", name="Radio", aliases=("music",))])
    settings = 'name = "x"\n\n[topics.music]\nname = "Music"\n\n[topics.radio]\nname = "Radio"\naliases = ["music"]\n'

    (finding,) = topic_findings(topics, settings)

    assert finding.place == Place(path="newsletter.toml", line=8)
    assert finding.what == '"music" is a name of two topics, music and radio'
    assert next(topic_findings(topics, "")).place == Place(path="newsletter.toml")


def test_all_findings_come_in_one_pass_by_place_and_each_once() -> None:
    entry = make.entry("a", topics=(), url="http://example.org/", lines={"url": 3})
    first, second = issue(20, entry, preheader=""), issue(21, entry, subject="", lines={"subject": 4})

    found = content({"a": entry}, [first, second], topics=make.topics(), segments={})

    assert [(one.place.path, one.place.line, one.rule) for one in found] == [
        ("issues/2026-11-20.md", 1, "preheader-none"),
        ("issues/2026-11-21.md", 1, "entry-run-before"),
        ("issues/2026-11-21.md", 4, "subject-empty"),
        ("issues/entries/a.md", 1, "topics-none"),
        ("issues/entries/a.md", 3, "url-http"),
    ]


def test_an_issue_of_a_thousand_sections_is_checked() -> None:
    sections = tuple(Section(title=f"TODO {n}", entries=()) for n in range(1000))

    assert {one.rule for one in content({}, [issue(20, sections=sections)], topics=Topics(), segments={})} == {
        "placeholder-left"
    }


def test_a_topic_of_a_segment_that_is_not_declared_is_found_at_its_line() -> None:
    topics = Topics([Topic(slug="asia", name="Asia"), Topic(slug="nepal", name="Nepal", parent="asia")])
    settings = '[topics.asia]\n[topics.nepal]\nparent = "asia"\n[segments.east]\nall = ["Nepal"]\nnone = ["Asai"]\n'
    east = Segment(slug="east", name="East", all=(topics.kin("nepal"),), none=(topics.kin("asai"),))

    (finding,) = segment_findings([EVERYONE, east], topics, settings)

    assert (finding.rule, finding.severity) == ("topic-undeclared", Severity.WARNING)
    assert finding.place == Place(path="newsletter.toml", line=6)
    assert (finding.what, finding.hint) == ('the topic "asai" is not declared', 'did you mean "Asia"?')


def test_a_topic_that_many_entries_name_is_found_once() -> None:
    entries = {slug: make.entry(slug, topics=("Bees", "NATO"), lines={"topics": 7}) for slug in ("c", "a", "b")}
    entries["d"] = make.entry("d", topics=("bees", "Wasps"), lines={"topics": 5})

    found = content(entries, [], topics=make.topics(), segments={})

    assert [(str(one.place), one.what) for one in found] == [
        ("issues/entries/a.md:7", 'the topic "Bees" is not declared, here and in 3 other entries'),
        ("issues/entries/d.md:5", 'the topic "Wasps" is not declared'),
    ]
