"""The table of an issue's editions: a row for each edition, with a mark for each entry and each block with topics."""

from typing import TYPE_CHECKING

from newsletter.cli import output
from newsletter.domain.plurals import counted

if TYPE_CHECKING:
    from newsletter.domain.edition import Edition
    from newsletter.domain.issue import Issue
    from newsletter.sending import EditionOverview


def print_editions(issue: "Issue", overview: "EditionOverview", *, largest: int) -> None:
    """Print the largest editions, a summary of the others, and warnings for the editor."""
    items, entries = issue.by_position, len(issue.entries)
    width = len(str(len(items) - 1))
    marked = [
        (readers, sum(at < entries for at in edition), _marks(edition, overview, width))
        for edition, readers in overview.editions
    ]
    tail = marked[largest:]
    rows: list[tuple[object, ...]] = [*marked[:largest]]
    if tail:
        rows.append((sum(readers for readers, _, _ in tail), None, counted(len(tail), "more edition")))
    heading = " ".join(f"{at:>{width}}" for at in range(len(items)))
    output.say(f"Editions of issue {issue.slug}", style="italic")
    output.table(["Readers", "Entries", heading], rows)
    output.table(
        ["", "Entry", "Readers", "Title", "Pinned"],
        [
            (at, item.name, overview.parts[at], item.title, "pinned" if item.slug in issue.pinned else None)
            for at, item in enumerate(items)
        ],
    )
    editions = counted(len(overview.editions), "edition")
    output.say(f"{editions} for {counted(overview.readers, 'reader')}.")
    for line in _notes(issue, overview):
        output.say(line, style="yellow")


def as_json_values(issue: "Issue", overview: "EditionOverview") -> dict[str, object]:
    """Return the same figures as JSON values."""
    items, slugs = issue.by_position, [entry.slug for entry in issue.entries]
    entries = len(slugs)
    return {
        "issue": issue.slug,
        "language": issue.language or None,
        "readers": overview.readers,
        "left_out": overview.left_out,
        "fewer": {"than": overview.few, "readers": overview.short},
        "entries": [
            {"slug": slug, "pinned": slug in issue.pinned, "readers": readers}
            for slug, readers in zip(slugs, overview.parts, strict=False)
        ],
        "blocks": [
            {"name": item.name, "readers": readers}
            for item, readers in zip(items[entries:], overview.parts[entries:], strict=True)
        ],
        "editions": [
            {
                "positions": edition,
                "entries": [slugs[at] for at in edition if at < entries],
                "blocks": [items[at].name for at in edition if at >= entries],
                "readers": readers,
            }
            for edition, readers in overview.editions
        ],
    }


def _marks(edition: "Edition", overview: "EditionOverview", width: int) -> str:
    return " ".join(f"{'✓' if at in edition else '·':>{width}}" for at in range(len(overview.parts)))


def _notes(issue: "Issue", overview: "EditionOverview") -> list[str]:
    notes = []
    if overview.readers:
        notes += [f"Nobody would get {issue.by_position[at].name}." for at in overview.unread]
    if overview.short:
        entries = counted(overview.few, "entry")
        notes.append(f"{counted(overview.short, 'reader')} would get fewer than {entries}.")
    if overview.left_out:
        notes.append(f"{counted(overview.left_out, 'reader')} would get nothing: no entry matches their topics.")
    return notes
