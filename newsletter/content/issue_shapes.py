"""Compare what an issue's file says before and after a change to its lists. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.content.edit_errors import UneditableError
from newsletter.content.field_types import meaning
from newsletter.content.front_edits import Manuscript
from newsletter.content.frontmatter import Listing, Scalar, Table, Value
from newsletter.content.issue_lists import IssueLists, SectionPlace
from newsletter.content.source_text import Piece


@dataclass(slots=True)
class SectionShape:
    """A section without its places: what it says besides its items, and what each item says."""

    rest: object
    items: list[object]


def section_shapes(lists: IssueLists) -> list[SectionShape]:
    """Return what an issue's sections say, in order."""
    return [SectionShape(rest=rest_of_section(section), items=_items(section)) for section in lists.sections]


def rest_of_section(section: SectionPlace) -> dict[str, object]:
    """Return what a section says besides its items; an empty title says nothing."""
    if section.number is None:
        return {}
    rest = {name: content_of(value) for name, value in section.table.values.items() if name != "entries"}
    return {name: content for name, content in rest.items() if name != "title" or content}


def _items(section: SectionPlace) -> list[object]:
    value = section.table.values.get("entries")
    return [content_of(item) for item in value.items] if isinstance(value, Listing) else []


def content_of(value: Value) -> object:
    """Return what an item says, however it is written."""
    return value.text if isinstance(value, Scalar) else meaning(value)


def verified_change(
    lists: IssueLists, pieces: Sequence[Piece], shapes: Sequence[SectionShape], between: Manuscript | None = None
) -> Manuscript:
    """Return the file with pieces replaced, if its sections and items are then as expected, and all else as before."""
    changed = (between or lists.manuscript).changed(pieces) if pieces or between is None else between
    before, after = lists.manuscript, changed
    same = _others(before.table) == _others(after.table) and before.file.body == after.file.body
    if (
        not same
        or len(before.file.findings) != len(after.file.findings)
        or section_shapes(IssueLists(after)) != list(shapes)
    ):
        raise UneditableError(field="entries")
    return changed


def _others(table: Table) -> object:
    return {name: meaning(value) for name, value in table.values.items() if name not in ("entries", "sections")}
