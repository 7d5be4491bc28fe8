"""Which of many issues to render for a check, since rendering costs far more than reading and mostly shows the same."""

from collections.abc import Iterator, Sequence

from newsletter.issue import Entry, Issue

_NEWEST = 3
_FIXED, _PER_ENTRY, _PER_SECTION, _PER_PARAGRAPH, _PER_LINK = 12_000, 2_000, 500, 150, 200  # bytes of HTML around words


def representatives(issues: Sequence[Issue]) -> list[Issue]:
    """The newest issues, and as many others as it takes to have every shape of issue and entry once.

    A template may fail over an entry without an author, but it does so over each of them. ``issues`` are by date.
    """
    seen: set[object] = set()
    chosen: list[Issue] = []
    for number, issue in enumerate(reversed(issues)):
        features = set(_features(issue))
        if number < _NEWEST or not features <= seen:
            seen |= features
            chosen.append(issue)
    return chosen


def weight(issue: Issue) -> int:
    """About how many bytes of HTML an issue makes; only good for comparing issues with one theme."""
    return (
        _FIXED
        + _PER_SECTION * len(issue.sections)
        + _markdown_weight(issue.note)
        + sum(_entry_weight(entry) for entry in issue.entries)
    )


def _features(issue: Issue) -> Iterator[object]:
    yield "number", issue.number is None
    yield "preheader", not issue.preheader
    yield "note", not issue.note
    yield "tailored", issue.tailored.always
    yield "entries", min(len(issue.entries), 2)
    for section in issue.sections:
        yield "section", section.title is None, not section.entries
    for entry in issue.entries:
        fields = (entry.author, entry.date, entry.image, entry.image_alt, entry.topics)
        yield (*map(bool, fields), tuple(block.kind for block in entry.blocks))


def _entry_weight(entry: Entry) -> int:
    words = (entry.title, entry.url, entry.url, entry.source, entry.author or "", *entry.topics)
    return _PER_ENTRY + sum(map(_bytes, words)) + sum(_markdown_weight(block.markdown) for block in entry.blocks)


def _markdown_weight(markdown: str) -> int:
    return _bytes(markdown) + _PER_PARAGRAPH * (1 + markdown.count("\n\n")) + _PER_LINK * markdown.count("](")


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else 3 * len(text.encode()) - 2 * len(text)  # =E2=80=9C: each octet is three
