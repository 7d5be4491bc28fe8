"""Add, rename, move and remove the sections of an issue in its file. No I/O."""

from newsletter.content.edit_errors import UneditableError
from newsletter.content.field_types import typed
from newsletter.content.field_writing import write_value
from newsletter.content.front_edits import Manuscript
from newsletter.content.frontmatter import Listing
from newsletter.content.issue_lists import NO_SECTION, IssueLists, SectionPlace
from newsletter.content.issue_shapes import SectionShape, rest_of_section, section_shapes, verified_change
from newsletter.content.list_edits import insert_items, item_source, remove_item
from newsletter.content.scalar_writing import Written
from newsletter.content.source_text import Piece
from newsletter.content.table_edits import add_field, column, line_end, remove_field, value_pieces
from newsletter.domain.changes import (
    AddSection,
    Change,
    MoveItem,
    MoveSection,
    RemoveSection,
    RenameSection,
    Several,
)

SectionChange = AddSection | RenameSection | MoveSection | RemoveSection


def change_sections(manuscript: Manuscript, change: SectionChange) -> tuple[Manuscript, Change]:
    """Return the file with a section added, renamed, moved or removed."""
    match change:
        case AddSection():
            return _add_section(manuscript, change)
        case RenameSection():
            return _rename_section(manuscript, change)
        case MoveSection():
            return _move_section(manuscript, change)
        case RemoveSection():
            return _remove_section(manuscript, change)


def _add_section(manuscript: Manuscript, change: AddSection) -> tuple[Manuscript, Change]:
    lists = IssueLists(manuscript)
    shapes = section_shapes(lists)
    title = str(typed("title", change.title))
    content: dict[str, object] = {"title": title} if title else {}
    is_new = not lists.sections and change.before == NO_SECTION.key
    before = lists.section(change.before) if change.before is not None and not is_new else None
    at = lists.sections.index(before) if before else len(shapes)
    source = f"- title: {write_value(('sections', 'title'), title, None, flow=False, indent=4).head}\n  entries: []"
    if not title:
        source = "- entries: []"
    if lists.is_flat and len(lists.sections) == 1 and not shapes[0].items:
        shapes, at = [], 0
        now = _with_sections(manuscript, source)
    else:
        between = IssueLists(_with_sections(manuscript) if lists.is_flat and lists.sections else manuscript)
        if "sections" in between.manuscript.table.values:
            first = 1 if between.sections and between.sections[0].number is None else 0
            place = between.sections_place()
            index = len(place.items) if before is None else between.sections[max(at, first)].number or 0
            now = between.manuscript.changed(insert_items(place, index, [source]))
            at = max(at, first)
        else:
            lines = tuple(f"  {line}" for line in source.split("\n"))
            now = between.manuscript.changed(add_field(between.top, "sections", Written(head="", lines=lines)))
    shapes.insert(at, SectionShape(rest=content, items=[]))
    changed = verified_change(lists, [], shapes, now)
    return changed, RemoveSection(section=IssueLists(changed).sections[at].key)


def _rename_section(manuscript: Manuscript, change: RenameSection) -> tuple[Manuscript, Change]:
    lists = IssueLists(manuscript)
    if not lists.sections and change.section == NO_SECTION.key:
        return _add_section(manuscript, AddSection(title=change.title)) if change.title else (manuscript, change)
    section = lists.section(change.section)
    at = lists.sections.index(section)
    title = str(typed("title", change.title))
    if title == section.outlined.title:
        return manuscript, RenameSection(section=section.key, title=title)
    shapes = section_shapes(lists)
    rest = {name: content for name, content in rest_of_section(section).items() if name != "title"}
    shapes[at].rest = {**rest, "title": title} if title else rest
    between = IssueLists(_with_sections(manuscript)) if section.number is None else lists
    place = between.table_place(between.sections[at])
    old = place.table.values.get("title")
    written = write_value(("sections", "title"), title, old, flow=place.table.flow, indent=place.indent + 2)
    if old is None:
        pieces = add_field(place, "title", written)
    elif title:
        pieces = value_pieces(place.text, place.table.names["title"], old, written, flow=place.table.flow)
    else:
        pieces = remove_field(place, "title")
    changed = verified_change(lists, pieces, shapes, between.manuscript)
    key = IssueLists(changed).sections[at].key
    return changed, RenameSection(section=key, title=section.outlined.title)


def _move_section(manuscript: Manuscript, change: MoveSection) -> tuple[Manuscript, Change]:
    lists = IssueLists(manuscript)
    section = lists.section(change.section)
    at = lists.sections.index(section)
    before = lists.section(change.before) if change.before is not None else None
    to = lists.sections.index(before) if before else len(lists.sections)
    follower = lists.sections[at + 1].key if at + 1 < len(lists.sections) else None
    if to in (at, at + 1):
        return manuscript, MoveSection(section=section.key, before=follower)
    if section.number is None or (before and before.number is None):
        raise UneditableError(field="entries")
    place = lists.sections_place()
    source = item_source(place, section.number)
    index = before.number if before and before.number is not None else len(place.items)
    shapes = section_shapes(lists)
    shapes.insert(to - (to > at), shapes.pop(at))
    pieces = [*insert_items(place, index, [source]), *remove_item(place, section.number)]
    changed = verified_change(lists, pieces, shapes)
    # Keys that are numbers change with the order.
    after = IssueLists(changed).sections
    new_at = to - (to > at)
    new_follower = (at if at < new_at else at + 1) if follower else None
    key = after[new_follower].key if new_follower is not None else None
    return changed, MoveSection(section=after[new_at].key, before=key)


def _remove_section(manuscript: Manuscript, change: RemoveSection) -> tuple[Manuscript, Change]:
    lists = IssueLists(manuscript)
    if not lists.sections and change.section == NO_SECTION.key:
        return manuscript, change
    section = lists.section(change.section)
    at = lists.sections.index(section)
    if len(lists.sections) == 1:  # its items stay where they are
        return _rename_section(manuscript, RenameSection(section=section.key, title=""))
    if section.number is None:
        raise UneditableError(field="entries")
    shapes = section_shapes(lists)
    gone = shapes.pop(at)
    target = lists.sections[at - 1] if at else lists.sections[1]
    into = shapes[max(at - 1, 0)].items
    into[:] = [*into, *gone.items] if at else [*gone.items, *into]
    has_items = "entries" in section.table.values and bool(gone.items)
    sources = [item_source(lists.entries(section), number) for number in range(len(gone.items))] if has_items else []
    pieces: list[Piece] = []
    if sources and "entries" in target.table.values:
        place = lists.entries(target)
        pieces = insert_items(place, len(place.items) if at else 0, sources)
    elif sources:
        table = lists.table_place(target)
        lines = [" " * (table.indent + 2) + line for source in sources for line in source.split("\n")]
        pieces = add_field(table, "entries", Written(head="", lines=tuple(lines)))
    changed = verified_change(lists, [*pieces, *remove_item(lists.sections_place(), section.number)], shapes)
    return changed, _section_again(IssueLists(changed), section, at)


def _section_again(after: IssueLists, section: SectionPlace, at: int) -> Change:
    """Return the change that makes a section again that was at such a place, and moves its items back."""
    follower = after.sections[at].key if at < len(after.sections) else None
    titles = [other.outlined.title for other in after.sections]
    title = section.outlined.title
    key = title if title and titles.count(title) == 0 and not title.startswith("#") else f"#{at + 1}"
    moves = [MoveItem(item=item.key, section=key) for item in section.outlined.items]
    return Several(changes=(AddSection(title=title, before=follower), *moves))


def _with_sections(manuscript: Manuscript, source: str = "") -> Manuscript:
    """Return the file of an issue without sections with its items in one section without a title.

    If it has no items, ``source`` is the source of the only section instead.
    """
    lists = IssueLists(manuscript)
    place = lists.entries(lists.sections[0])
    text, margin = place.text, column(place.text, place.name[0])
    name = Piece(start=place.name[0], end=place.name[1], text="sections")
    if source:
        return manuscript.changed([name, *insert_items(place, 0, [source])])
    below = line_end(text, place.name[1])
    if isinstance(place.value, Listing) and place.value.items and not place.value.flow:
        dash = column(text, place.value.span[0])
        step = dash - margin
        opening = Piece(start=below, end=below, text=f"{' ' * dash}- entries:\n")
    else:
        step = place.step
        name = Piece(start=place.name[0], end=place.name[1], text=f"sections:\n{' ' * (margin + step)}- entries")
        opening = Piece(start=below, end=below, text="")
    pieces = [name, opening]
    at = below
    while at < place.limit:
        if text[at] != "\n":
            pieces.append(Piece(start=at, end=at, text=" " * (step + 2)))
        at = line_end(text, at)
    return manuscript.changed(pieces)
