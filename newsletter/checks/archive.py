"""Checks across files: repeated entries, dates and numbers; ambiguous and undeclared topics."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from newsletter.checks.dates import Calendar
from newsletter.checks.places import at, is_dated
from newsletter.checks.rules import make_finding
from newsletter.checks.topics import closest_topic
from newsletter.domain.issue import Entry, Issue
from newsletter.domain.reader_rules import Clicked, Excludes, Follows, parts_of
from newsletter.domain.segment import Segment
from newsletter.domain.topics import Topics
from newsletter.domain.web_addresses import canonical_address
from newsletter.errors import Finding, Place
from newsletter.files.toml_lines import setting_place


def archive_findings(
    entries: Iterable[Entry], issues: Sequence[Issue], calendar: Calendar | None = None
) -> Iterator[Finding]:
    """Yield findings about repeated entries, dates, numbers and links. ``issues`` are ordered by date.

    An issue in another language may repeat them.
    """
    dated = [issue for issue in issues if is_dated(issue)]
    daily = [issue for issue in dated if not issue.digest]  # a digest repeats entries, on a day that has an issue
    sent = calendar.sent if calendar and calendar.sent else frozenset()
    yield from _repeated_entries(daily, sent)
    yield from _repeated_dates_and_numbers(daily)
    yield from _repeated_links(entries, dated, sent)


def topic_findings(topics: Topics, settings: str) -> Iterator[Finding]:
    """Yield names that belong to two topics. ``settings`` is the text of newsletter.toml, for the line numbers."""
    for name, meant, wanted in topics.clashes:
        what = f'"{name}" is a name of two topics, {meant} and {wanted}'
        place = setting_place(settings, "topics", wanted, "aliases")
        yield make_finding("topic-clash", place, what, f'remove "{name}" from {meant} or from {wanted}')


def segment_findings(segments: Iterable[Segment], topics: Topics, settings: str) -> Iterator[Finding]:
    """Yield undeclared topics of segments. Nobody follows a misspelled topic, so its segment would be empty."""
    for segment in segments:
        ruled = (
            [part.topics for part in parts_of(segment.where) if isinstance(part, Follows | Excludes | Clicked)]
            if segment.where
            else []
        )
        for slug in sorted(frozenset().union(*ruled)):
            if not topics.resolve(slug).declared:
                yield _undeclared(slug, topics, setting_place(settings, "segments", segment.slug, "where"))
        for rule in ("any", "all", "none"):
            for group in getattr(segment, rule):
                # A group is a topic and its kin. An undeclared topic is alone in its group.
                if not any(topics.resolve(slug).declared for slug in group):
                    (slug,) = group
                    yield _undeclared(slug, topics, setting_place(settings, "segments", segment.slug, rule))


def _undeclared(slug: str, topics: Topics, place: Place) -> Finding:
    hint = closest_topic(slug, topics) or f"declare it: [topics.{slug}]"
    return make_finding("topic-undeclared", place, f'the topic "{slug}" is not declared', hint)


def _repeated_entries(issues: Sequence[Issue], sent: Collection[str]) -> Iterator[Finding]:
    first: dict[object, Issue] = {}
    for issue in sorted(issues, key=lambda issue: issue.slug not in sent):  # report the draft, not the sent issue
        for entry in issue.entries:
            earlier = first.setdefault((entry.slug, issue.language), issue)
            if earlier is not issue:
                was_sent = earlier.slug in sent
                where = "has already run in" if was_sent else "is also in"
                what = f'"{entry.slug}" {where} {earlier.path} ({earlier.date})'
                hint = "remove it from this issue" if was_sent else ""
                yield make_finding(
                    "entry-run-before", at(issue, f"entries.{entry.slug}", "entries", "sections"), what, hint
                )


def _repeated_dates_and_numbers(issues: Sequence[Issue]) -> Iterator[Finding]:
    dates: dict[object, Issue] = {}
    numbers: dict[object, Issue] = {}
    for issue in issues:
        earlier = dates.setdefault((issue.date, issue.language), issue)
        if earlier is not issue:
            yield make_finding("issue-date-repeated", issue.place("date"), f"{earlier.path} is dated {issue.date} too")
        if issue.number is None:
            continue
        earlier = numbers.setdefault((issue.number, issue.language), issue)
        if earlier is not issue:
            yield make_finding(
                "issue-number-repeated", issue.place("number"), f"{earlier.path} is number {issue.number} too"
            )


def _repeated_links(entries: Iterable[Entry], issues: Sequence[Issue], sent: Collection[str]) -> Iterator[Finding]:
    """Yield repeated links, at the entry that runs later or doesn't run."""
    runs = {entry.slug: number for number, issue in reversed(list(enumerate(issues))) for entry in issue.entries}
    languages = {entry.slug: issue.language for issue in issues for entry in issue.entries}
    first: dict[object, Entry] = {}

    def run(entry: Entry) -> str:
        if entry.slug not in runs:
            return ""
        issue = issues[runs[entry.slug]]
        return f", which {'ran' if issue.slug in sent else 'is'} in {issue.path},"

    for entry in sorted(entries, key=lambda entry: (runs.get(entry.slug, len(issues)), entry.path)):
        address = canonical_address(entry.url)
        key = address, languages.get(entry.slug, "")
        earlier = first.setdefault(key, entry) if address else entry
        if earlier.slug != entry.slug:
            yield make_finding("url-repeated", entry.place("url"), f"{earlier.path}{run(earlier)} has the same url")
