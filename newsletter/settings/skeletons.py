"""The skeletons of newsletter.toml."""

from newsletter.domain.local_times import parse_local_time
from newsletter.domain.skeletons import Skeleton, SkeletonSection
from newsletter.settings.file import SkeletonSectionTable, SkeletonTable


def parse_skeleton(table: SkeletonTable) -> Skeleton:
    """Return a skeleton."""
    return Skeleton(
        sections=tuple(
            SkeletonSection(title=section.title, limit=section.limit)
            for section in table.sections
            if isinstance(section, SkeletonSectionTable)
        ),
        segments=tuple(table.segments),
        entries=table.entries,
        minutes=table.minutes,
        deadline=parse_local_time(table.deadline) if table.deadline else None,
    )
