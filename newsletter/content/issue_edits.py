"""Add, remove and move the items and sections of an issue in its file. No I/O.

Each function returns the changed file and the change that undoes the change. All of them raise MissingItemError or
MissingSectionError for keys that the issue hasn't got, and UneditableError if the result would not read as meant.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.content.edit_errors import InvalidValueError, RepeatedItemError, UneditableError
from newsletter.content.field_types import meaning, typed
from newsletter.content.field_writing import write_value
from newsletter.content.files import for_message
from newsletter.content.front_edits import Manuscript
from newsletter.content.frontmatter import Listing, Scalar, Table, Value, parse_front_matter
from newsletter.content.issue_lists import NO_SECTION, IssueLists, SectionPlace, block_key, key_at, slugs
from newsletter.content.list_edits import insert_items, item_source, remove_item
from newsletter.content.scalar_writing import Written
from newsletter.content.section_edits import with_sections
from newsletter.content.source_text import Piece
from newsletter.content.table_edits import add_field, remove_field, value_pieces
from newsletter.domain.changes import (
    AddItem,
    AddSection,
    Change,
    MoveItem,
    MoveSection,
    RemoveItem,
    RemoveSection,
    RenameSection,
    Several,
)
from newsletter.domain.topics import SLUG, slug_of

ItemChange = AddItem | RemoveItem | MoveItem
SectionChange = AddSection | RenameSection | MoveSection | RemoveSection


@dataclass(slots=True)
class _Shape:
    """A section without its places: what it says besides its items, and what each item says."""

    rest: object
    items: list[object]


def change_items(manuscript: Manuscript, change: ItemChange) -> tuple[Manuscript, Change]:
    """Return the file with an item added, removed or moved. Raise InvalidValueError and RepeatedItemError too."""
    match change:
        case AddItem():
            return _add_item(manuscript, change)
        case RemoveItem():
            return _remove_item(manuscript, change)
        case MoveItem():
            return _move_item(manuscript, change)


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


def _add_item(manuscript: Manuscript, change: AddItem) -> tuple[Manuscript, Change]:
    lists = IssueLists(manuscript)
    source, value = _source(change)
    slug = value.text if isinstance(value, Scalar) else ""
    if slug and slug in slugs(lists.outline):
        raise RepeatedItemError(item=for_message(slug))
    shapes = _shapes(lists)
    if not lists.sections and change.section == NO_SECTION.key:
        written = Written(head="", lines=tuple("  " + line if line else "" for line in source.split("\n")))
        if change.before is not None:
            lists.item(change.before)
        shapes.append(_Shape(rest={}, items=[_said(value)]))
        return _checked(lists, add_field(lists.top, "entries", written), shapes), RemoveItem(item=slug or change.item)
    section = lists.section(change.section)
    if "entries" not in section.table.values:
        table = lists.table_place(section)
        lines = tuple(" " * (table.indent + 2) + line if line else "" for line in source.split("\n"))
        pieces = add_field(table, "entries", Written(head="", lines=lines))
        at = 0
    else:
        at = lists.position(section, change.before)
        pieces = insert_items(lists.entries(section), at, [source])
    shapes[lists.sections.index(section)].items.insert(at, _said(value))
    changed = _checked(lists, pieces, shapes)
    return changed, RemoveItem(item=_new_key(changed, slug or block_key(value)[0], change.section, at))


def _new_key(changed: Manuscript, key: str, section: str, at: int) -> str:
    """Return the key that an item got."""
    after = IssueLists(changed).section(section)
    return after.outlined.items[after.positions.index(at)].key if at in after.positions else key


def _source(change: AddItem) -> tuple[str, Value]:
    """Return a new item's source and what it says. Raise InvalidValueError if it isn't one item."""
    source = change.source.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    if not source:
        if not SLUG.fullmatch(change.item):
            what = f'"{for_message(change.item)}" is not the slug of an entry or block'
            raise InvalidValueError(what, field="entries", hint=f"write {slug_of(change.item)}")
        source = f"- {change.item}"
    elif not source.startswith(("-", "#")):
        source = "- " + source.replace("\n", "\n  ")
    file = parse_front_matter(f"---\nk:\n{source}\n---\n", path="")
    listing = file.fields.values.get("k") if file.fields and len(file.fields.values) == 1 else None
    if not isinstance(listing, Listing) or len(listing.items) != 1 or file.findings:
        what = "the YAML of the new block is not an item of a list"
        raise InvalidValueError(what, field="entries", hint="begin it with - and indent its other lines by two spaces")
    return source, listing.items[0]


def _remove_item(manuscript: Manuscript, change: RemoveItem) -> tuple[Manuscript, Change]:
    lists = IssueLists(manuscript)
    section, number = lists.item(change.item)
    place, at = lists.entries(section), section.positions[number]
    shapes = _shapes(lists)
    del shapes[lists.sections.index(section)].items[at]
    source = item_source(place, at)
    item = section.outlined.items[number]
    changed = _checked(lists, remove_item(place, at), shapes)
    inverse = AddItem(
        item=item.slug or item.key,
        section=section.key,
        before=key_at(IssueLists(changed).section(section.key).outlined.items, number),
        source="" if source == f"- {item.slug}" and SLUG.fullmatch(item.slug) else source,
    )
    return changed, inverse


def _move_item(manuscript: Manuscript, change: MoveItem) -> tuple[Manuscript, Change]:
    lists = IssueLists(manuscript)
    section, number = lists.item(change.item)
    target = lists.section(change.section)
    next_key = key_at(section.outlined.items, number + 1)
    if target is section and change.before in (change.item, next_key):
        return manuscript, MoveItem(item=change.item, section=section.key, before=next_key)
    place, at = lists.entries(section), section.positions[number]
    source = item_source(place, at)
    to = lists.position(target, change.before) if "entries" in target.table.values or change.before else 0
    shapes = _shapes(lists)
    moved = shapes[lists.sections.index(section)].items.pop(at)
    behind = target is section and to > at
    shapes[lists.sections.index(target)].items.insert(to - behind, moved)
    if "entries" not in target.table.values:
        lines = tuple(" " * (lists.table_place(target).indent + 2) + line for line in source.split("\n"))
        insertion = add_field(lists.table_place(target), "entries", Written(head="", lines=lines))
    else:
        insertion = insert_items(lists.entries(target), to, [source])
    removal = remove_item(place, at)
    if not _overlap(insertion, removal):
        changed = _checked(lists, [*insertion, *removal], shapes)
    else:
        between = IssueLists(manuscript.changed(removal))
        place = between.entries(between.sections[lists.sections.index(target)])
        changed = _checked(lists, insert_items(place, to - behind, [source]), shapes, between.manuscript)
    return changed, _move_back(lists, IssueLists(changed), change)


def _move_back(before: IssueLists, after: IssueLists, change: MoveItem) -> MoveItem:
    """Return the change that undoes a move, with the keys that the items have now: those of equal blocks may differ."""
    keys = [[item.key for item in section.items] for section in before.outline]
    section, number = before.item(change.item)
    at = before.sections.index(section)
    follower = key_at(section.outlined.items, number + 1)
    own = keys[before.sections.index(before.section(change.section))]
    keys[at].remove(change.item)
    own.insert(len(own) if change.before is None else own.index(change.before), change.item)
    new_keys = [item.key for moved in after.outline for item in moved.items]
    now = dict(zip((key for moved in keys for key in moved), new_keys, strict=True))
    return MoveItem(item=now[change.item], section=section.key, before=now[follower] if follower else None)


def _overlap(first: Sequence[Piece], second: Sequence[Piece]) -> bool:
    return any(
        (one.start < other.end and other.start < one.end)
        or (one.start == other.start and one.end == other.end and one.start == one.end)
        for one in first
        for other in second
    )


def _add_section(manuscript: Manuscript, change: AddSection) -> tuple[Manuscript, Change]:
    lists = IssueLists(manuscript)
    shapes = _shapes(lists)
    title = str(typed("title", change.title))
    said: dict[str, object] = {"title": title} if title else {}
    is_new = not lists.sections and change.before == NO_SECTION.key
    before = lists.section(change.before) if change.before is not None and not is_new else None
    at = lists.sections.index(before) if before else len(shapes)
    source = f"- title: {write_value(('sections', 'title'), title, None, flow=False, indent=4).head}\n  entries: []"
    if not title:
        source = "- entries: []"
    if lists.is_flat and len(lists.sections) == 1 and not shapes[0].items:
        shapes, at = [], 0
        now = with_sections(manuscript, source)
    else:
        between = IssueLists(with_sections(manuscript) if lists.is_flat and lists.sections else manuscript)
        if "sections" in between.manuscript.table.values:
            first = 1 if between.sections and between.sections[0].number is None else 0
            place = between.sections_place()
            index = len(place.items) if before is None else between.sections[max(at, first)].number or 0
            now = between.manuscript.changed(insert_items(place, index, [source]))
            at = max(at, first)
        else:
            lines = tuple(f"  {line}" for line in source.split("\n"))
            now = between.manuscript.changed(add_field(between.top, "sections", Written(head="", lines=lines)))
    shapes.insert(at, _Shape(rest=said, items=[]))
    changed = _checked(lists, [], shapes, now)
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
    shapes = _shapes(lists)
    rest = {name: said for name, said in _rest(section).items() if name != "title"}
    shapes[at].rest = {**rest, "title": title} if title else rest
    between = IssueLists(with_sections(manuscript)) if section.number is None else lists
    place = between.table_place(between.sections[at])
    old = place.table.values.get("title")
    written = write_value(("sections", "title"), title, old, flow=place.table.flow, indent=place.indent + 2)
    if old is None:
        pieces = add_field(place, "title", written)
    elif title:
        pieces = value_pieces(place.text, place.table.names["title"], old, written, flow=place.table.flow)
    else:
        pieces = remove_field(place, "title")
    changed = _checked(lists, pieces, shapes, between.manuscript)
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
    shapes = _shapes(lists)
    shapes.insert(to - (to > at), shapes.pop(at))
    pieces = [*insert_items(place, index, [source]), *remove_item(place, section.number)]
    changed = _checked(lists, pieces, shapes)
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
    shapes = _shapes(lists)
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
    changed = _checked(lists, [*pieces, *remove_item(lists.sections_place(), section.number)], shapes)
    return changed, _section_again(IssueLists(changed), section, at)


def _section_again(after: IssueLists, section: SectionPlace, at: int) -> Change:
    """Return the change that makes a section again that was at such a place, and moves its items back."""
    follower = after.sections[at].key if at < len(after.sections) else None
    titles = [other.outlined.title for other in after.sections]
    title = section.outlined.title
    key = title if title and titles.count(title) == 0 and not title.startswith("#") else f"#{at + 1}"
    moves = [MoveItem(item=item.key, section=key) for item in section.outlined.items]
    return Several(changes=(AddSection(title=title, before=follower), *moves))


def _shapes(lists: IssueLists) -> list[_Shape]:
    return [_Shape(rest=_rest(section), items=_items(section)) for section in lists.sections]


def _rest(section: SectionPlace) -> dict[str, object]:
    if section.number is None:
        return {}
    rest = {name: _said(value) for name, value in section.table.values.items() if name != "entries"}
    return {name: said for name, said in rest.items() if name != "title" or said}


def _items(section: SectionPlace) -> list[object]:
    value = section.table.values.get("entries")
    return [_said(item) for item in value.items] if isinstance(value, Listing) else []


def _said(value: Value) -> object:
    return value.text if isinstance(value, Scalar) else meaning(value)


def _checked(
    lists: IssueLists, pieces: Sequence[Piece], shapes: Sequence[_Shape], between: Manuscript | None = None
) -> Manuscript:
    """Return the file with pieces replaced, if its sections and items are then as expected, and all else as before."""
    changed = (between or lists.manuscript).changed(pieces) if pieces or between is None else between
    before, after = lists.manuscript, changed
    same = _others(before.table) == _others(after.table) and before.file.body == after.file.body
    if not same or len(before.file.findings) != len(after.file.findings) or _shapes(IssueLists(after)) != list(shapes):
        raise UneditableError(field="entries")
    return changed


def _others(table: Table) -> object:
    return {name: meaning(value) for name, value in table.values.items() if name not in ("entries", "sections")}
