"""What an editor wants to know of a tailored issue's editions: who reads what, and who would get little."""

from dataclasses import dataclass

from newsletter.domain.edition import Edition, EditionCounts, Tailor

FEW = 2  # entries; fewer look like a mistake


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The editions of an issue with their readers, the largest first, and ``entries``: the readers of each entry.

    ``left_out`` readers would get nothing, ``short`` ones fewer than ``few`` entries.
    """

    editions: tuple[tuple[Edition, int], ...]
    entries: tuple[int, ...]
    left_out: int
    few: int
    short: int

    @property
    def readers(self) -> int:
        """How many would get an edition."""
        return sum(readers for _, readers in self.editions)

    @property
    def unread(self) -> Edition:
        """The entries that nobody would get, by their positions."""
        return tuple(at for at, readers in enumerate(self.entries) if not readers)


def overview(counts: EditionCounts, tailor: Tailor) -> Overview:
    """What the counts say of an issue."""
    editions = tuple(sorted(counts.readers.items(), key=lambda pair: (-pair[1], pair[0])))
    few = min(max(FEW, tailor.tailoring.minimum if tailor.tailoring else 0), len(tailor.full))
    entries = [0] * len(tailor.full)
    for edition, readers in editions:
        for at in edition:
            entries[at] += readers
    return Overview(
        editions=editions,
        entries=tuple(entries),
        left_out=counts.left_out,
        few=few,
        short=sum(readers for edition, readers in editions if len(edition) < few),
    )
