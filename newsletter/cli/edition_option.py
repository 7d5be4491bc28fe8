"""The options that choose an edition of an issue: a list of entries, or one reader."""

import re
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli import output, resources
from newsletter.errors import UsageError

if TYPE_CHECKING:
    from newsletter.composing import Composed
    from newsletter.domain.edition import Edition
    from newsletter.domain.subscriber import Subscriber
    from newsletter.settings import Settings

AsReader = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="ADDRESS",
        help="The edition this reader gets, with the reason for each entry and each block with topics.",
        show_default=False,
    ),
]


def parse_edition(text: str, composed: "Composed") -> "Edition":
    """Return the edition with the entries and blocks at the given positions, such as ``0,3,5``.

    Raises UsageError if the issue has no such edition.
    """
    issue, tailor = composed.issue, composed.tailor
    if tailor.tailoring is None or not tailor.full:
        hint = "write `tailored: true` in its file to change that"
        raise UsageError(f"issue {issue.slug} isn't tailored, so it has only one edition", hint=hint)
    last = tailor.full[-1]
    positions = [part.strip() for part in text.split(",")]
    numbers = [int(part) for part in positions if re.fullmatch(r"[0-9]{1,4}", part) and int(part) <= last]
    without_entries = issue.entries and not tailor.entries_in(tuple(numbers))
    if len(numbers) < len(positions) or without_entries:
        hint = f"give positions from 0 to {last}, such as 0,{last}; `newsletter editions {issue.slug}` lists them"
        raise UsageError(f'issue {issue.slug} has no edition "{text}"', hint=hint)
    return tuple(sorted(set(numbers)))


def edition_of_reader(settings: "Settings", composed: "Composed", address: str) -> "tuple[Subscriber, Edition]":
    """Return a reader and their edition, after printing why each item of the issue is included or not.

    Raises UsageError if no reader has the address, NothingForReaderError if the issue has no entries for them.
    """
    from newsletter.publishing.audience import NothingForReaderError, reader_copy

    issue = composed.issue
    with resources.open_store(settings) as store:
        copy = reader_copy(settings, store, composed, address, now=store.now())
    if copy is None:
        raise UsageError(f"no reader has the address {address}", hint="`newsletter subscribers list` shows them")
    reader, edition = copy.reader, copy.edition
    output.say(f"Issue {issue.slug} for {reader.address}", style="italic")
    output.table(
        ["", "Entry", "Included", "Reason"],
        [
            (at, item.name, "✓" if at in (edition or ()) else None, reason.value)
            for at, (item, reason) in enumerate(zip(issue.by_position, copy.reasons, strict=True))
        ],
    )
    for obstacle in copy.obstacles:
        output.note(f"warning: a send would skip {reader.address}: {obstacle}", style="yellow")
    if edition is None:
        raise NothingForReaderError(issue=issue.slug, address=reader.address, follows=reader.topics)
    return reader, edition
