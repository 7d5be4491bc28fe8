"""Add, remove and move the items of an issue in its file. No I/O."""

from collections.abc import Sequence

from newsletter.content.edit_errors import InvalidValueError, RepeatedItemError
from newsletter.content.files import for_message
from newsletter.content.front_edits import Manuscript
from newsletter.content.frontmatter import Listing, Scalar, Value, parse_front_matter
from newsletter.content.issue_lists import NO_SECTION, IssueLists, block_key, key_at, slugs
from newsletter.content.issue_shapes import SectionShape, content_of, section_shapes, verified_change
from newsletter.content.list_edits import insert_items, item_source, remove_item
from newsletter.content.scalar_writing import Written
from newsletter.content.source_text import Piece, with_line_feeds
from newsletter.content.table_edits import add_field
from newsletter.domain.changes import AddItem, Change, MoveItem, RemoveItem
from newsletter.domain.topics import SLUG, slug_of

ItemChange = AddItem | RemoveItem | MoveItem


def change_items(manuscript: Manuscript, change: ItemChange) -> tuple[Manuscript, Change]:
    """Return the file with an item added, removed or moved. Raise InvalidValueError and RepeatedItemError too."""
    match change:
        case AddItem():
            return _add_item(manuscript, change)
        case RemoveItem():
            return _remove_item(manuscript, change)
        case MoveItem():
            return _move_item(manuscript, change)


def _add_item(manuscript: Manuscript, change: AddItem) -> tuple[Manuscript, Change]:
    lists = IssueLists(manuscript)
    source, value = _source(change)
    slug = value.text if isinstance(value, Scalar) else ""
    if slug and slug in slugs(lists.outline):
        raise RepeatedItemError(item=for_message(slug))
    shapes = section_shapes(lists)
    if not lists.sections and change.section == NO_SECTION.key:
        written = Written(head="", lines=tuple("  " + line if line else "" for line in source.split("\n")))
        if change.before is not None:
            lists.item(change.before)
        shapes.append(SectionShape(rest={}, items=[content_of(value)]))
        return verified_change(lists, add_field(lists.top, "entries", written), shapes), RemoveItem(
            item=slug or change.item
        )
    section = lists.section(change.section)
    if "entries" not in section.table.values:
        table = lists.table_place(section)
        lines = tuple(" " * (table.indent + 2) + line if line else "" for line in source.split("\n"))
        pieces = add_field(table, "entries", Written(head="", lines=lines))
        at = 0
    else:
        at = lists.position(section, change.before)
        pieces = insert_items(lists.entries(section), at, [source])
    shapes[lists.sections.index(section)].items.insert(at, content_of(value))
    changed = verified_change(lists, pieces, shapes)
    return changed, RemoveItem(item=_new_key(changed, slug or block_key(value)[0], change.section, at))


def _new_key(changed: Manuscript, key: str, section: str, at: int) -> str:
    """Return the key that an item got."""
    after = IssueLists(changed).section(section)
    return after.outlined.items[after.positions.index(at)].key if at in after.positions else key


def _source(change: AddItem) -> tuple[str, Value]:
    """Return a new item's source and what it says. Raise InvalidValueError if it isn't one item."""
    source = with_line_feeds(change.source).strip("\n")
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
    shapes = section_shapes(lists)
    del shapes[lists.sections.index(section)].items[at]
    source = item_source(place, at)
    item = section.outlined.items[number]
    changed = verified_change(lists, remove_item(place, at), shapes)
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
    shapes = section_shapes(lists)
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
        changed = verified_change(lists, [*insertion, *removal], shapes)
    else:
        between = IssueLists(manuscript.changed(removal))
        place = between.entries(between.sections[lists.sections.index(target)])
        changed = verified_change(lists, insert_items(place, to - behind, [source]), shapes, between.manuscript)
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
        (left.start < right.end and right.start < left.end)
        or (left.start == right.start and left.end == right.end and left.start == left.end)
        for left in first
        for right in second
    )
