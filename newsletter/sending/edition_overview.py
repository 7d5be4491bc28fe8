"""A tailored issue's editions for its editor: how many readers get each part, and how many get little or nothing."""

from dataclasses import dataclass

from newsletter.domain.edition import Edition, EditionCounts, Tailor

FEW = 2  # entries; fewer look like a mistake


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionOverview:
    """A summary of an issue's editions: the readers of each edition, the largest first, and of each of its ``parts``.

    Parts are the entries and the blocks with topics, by position. ``left_out`` readers would get nothing, and ``short``
    readers fewer than ``few`` entries.
    """

    editions: tuple[tuple[Edition, int], ...]
    parts: tuple[int, ...]
    left_out: int
    few: int
    short: int

    @property
    def readers(self) -> int:
        """The number of readers who would get an edition."""
        return sum(readers for _, readers in self.editions)

    @property
    def unread(self) -> Edition:
        """The positions of parts that nobody would get."""
        return tuple(at for at, readers in enumerate(self.parts) if not readers)


def summarize_editions(counts: EditionCounts, tailor: Tailor) -> EditionOverview:
    """Return the overview of an issue from its counts."""
    editions = tuple(sorted(counts.readers.items(), key=lambda pair: (-pair[1], pair[0])))
    few = min(max(FEW, tailor.tailoring.minimum if tailor.tailoring else 0), tailor.entries_in(tailor.full))
    parts = [0] * len(tailor.full)
    for edition, readers in editions:
        for at in edition:
            parts[at] += readers
    return EditionOverview(
        editions=editions,
        parts=tuple(parts),
        left_out=counts.left_out,
        few=few,
        short=sum(readers for edition, readers in editions if tailor.entries_in(edition) < few),
    )
