"""Find an issue's sections and items in its file, with the keys that changes name them by. No I/O."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from newsletter.content.blocks import KINDS
from newsletter.content.edit_errors import MissingItemError, MissingSectionError, UneditableError
from newsletter.content.field_types import meaning
from newsletter.content.fields import is_empty, one_line
from newsletter.content.file_kinds import FileKind
from newsletter.content.front_edits import Manuscript
from newsletter.content.frontmatter import Listing, Scalar, Table, Value
from newsletter.content.list_edits import ListPlace, item_lines
from newsletter.content.table_edits import TablePlace, column

_NUMBER = re.compile(r"#[0-9]+")
_STEP = 2  # columns by which the dashes of a list are indented, if the file has no other list


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlinedItem:
    """An item of an issue: ``slug`` if it has a file, ``block_kind`` if it is a block that stands in the issue."""

    key: str
    slug: str = ""
    block_kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlinedSection:
    """A section of an issue. ``title`` is empty for one without a title, and for an issue without sections."""

    key: str
    title: str
    items: tuple[OutlinedItem, ...]


NO_SECTION = OutlinedSection(key="#1", title="", items=())


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionPlace:
    """A section in a file. ``number`` counts the items of ``sections``; None is the list of an issue without sections.

    ``positions`` has the index of each outlined item in the list.
    """

    outlined: OutlinedSection
    number: int | None
    table: Table
    positions: tuple[int, ...]

    @property
    def key(self) -> str:
        """Return its key."""
        return self.outlined.key


class IssueLists:
    """An issue's sections and items, and their places in its file."""

    def __init__(self, manuscript: Manuscript) -> None:
        self.manuscript = manuscript
        self.top = manuscript.top(FileKind.ISSUE)
        table = manuscript.table
        sections: list[tuple[int | None, Table, str]] = [(None, table, "")] if "entries" in table.values else []
        self.listing = table.values.get("sections")
        for number, item in enumerate(self.listing.items if isinstance(self.listing, Listing) else ()):
            if isinstance(item, Table):
                sections.append((number, item, _title(item)))
        titles = Counter(title for _, _, title in sections)
        used: Counter[str] = Counter()
        self.sections = tuple(
            _section(number, section, title, _section_key(title, at, titles), used)
            for at, (number, section, title) in enumerate(sections)
        )

    @property
    def is_flat(self) -> bool:
        """Return whether the issue has no list of sections."""
        return not isinstance(self.listing, Listing) or not self.listing.items

    @property
    def outline(self) -> tuple[OutlinedSection, ...]:
        """Return the sections and items. An issue without lists has one empty section, too."""
        return tuple(section.outlined for section in self.sections) or (NO_SECTION,)

    def section(self, key: str) -> SectionPlace:
        """Return a section by its key. Raise MissingSectionError."""
        for section in self.sections:
            if section.key == key:
                return section
        raise MissingSectionError(section=key)

    def item(self, key: str) -> tuple[SectionPlace, int]:
        """Return an item's section, and its number among the section's items. Raise MissingItemError."""
        for section in self.sections:
            for number, item in enumerate(section.outlined.items):
                if item.key == key:
                    return section, number
        raise MissingItemError(item=key)

    def position(self, section: SectionPlace, before: str | None) -> int:
        """Return the position in a section's list of the item ``before``, or its end. Raise MissingItemError."""
        if before is None:
            return len(self.entries(section).items)
        for item, position in zip(section.outlined.items, section.positions, strict=True):
            if item.key == before:
                return position
        raise MissingItemError(item=before)

    def sections_place(self) -> ListPlace:
        """Return the list of sections."""
        return self._list(self.top, "sections")

    def table_place(self, section: SectionPlace) -> TablePlace:
        """Return a section's table."""
        if section.number is None:
            return self.top
        place = self.sections_place()
        limit = place.value.span[1] if place.in_brackets else item_lines(place)[section.number].end
        order = ("title", "entries")
        return TablePlace(text=self.top.text, table=section.table, limit=limit, order=order, margin=self.top.indent)

    def entries(self, section: SectionPlace) -> ListPlace:
        """Return the list of a section's items. Raise UneditableError if it has none."""
        return self._list(self.table_place(section), "entries")

    def _list(self, place: TablePlace, name: str) -> ListPlace:
        value = place.table.values.get(name)
        if value is None or isinstance(value, Table) or (isinstance(value, Scalar) and not is_empty(value)):
            raise UneditableError(field=name)
        limit = value.span[1] if place.table.flow else place.field_end(name)
        names = place.table.names[name]
        return ListPlace(
            text=place.text,
            field=name,
            name=names,
            value=value,
            limit=limit,
            step=self._step(names[0]),
            within_flow=place.table.flow,
        )

    def _step(self, own: int) -> int:
        """Return by how much the dashes of other lists of items are indented, or of the list of sections."""
        text = self.top.text
        tables = [*(section.table for section in self.sections), self.top.table]
        for table, name in ((table, name) for name in ("entries", "sections") for table in tables):
            value = table.values.get(name)
            if isinstance(value, Listing) and not value.flow and value.items and table.names[name][0] != own:
                return column(text, value.span[0]) - column(text, table.names[name][0])
        return _STEP


def slugs(outline: Iterable[OutlinedSection]) -> list[str]:
    """Return the slugs of all items with files."""
    return [item.slug for section in outline for item in section.items if item.slug]


def _title(table: Table) -> str:
    value = table.values.get("title")
    return one_line(value.text) if isinstance(value, Scalar) and not is_empty(value) else ""


def _section_key(title: str, at: int, titles: Counter[str]) -> str:
    is_clear = title and titles[title] == 1 and not _NUMBER.fullmatch(title)
    return title if is_clear else f"#{at + 1}"


def _section(number: int | None, table: Table, title: str, key: str, used: Counter[str]) -> SectionPlace:
    value = table.values.get("entries")
    items = []
    positions = []
    for position, item in enumerate(value.items if isinstance(value, Listing) else ()):
        if isinstance(item, Scalar) and is_empty(item):
            continue
        items.append(_item(item, used))
        positions.append(position)
    outlined = OutlinedSection(key=key, title=title, items=tuple(items))
    return SectionPlace(outlined=outlined, number=number, table=table, positions=tuple(positions))


def _item(value: Value, used: Counter[str]) -> OutlinedItem:
    slug = value.text if isinstance(value, Scalar) else ""
    key, kind = (slug, "") if slug else block_key(value)
    used[key] += 1
    return OutlinedItem(key=key if used[key] == 1 else f"{key}#{used[key]}", slug=slug, block_kind=kind)


def block_key(value: Value) -> tuple[str, str]:
    """Return the key of a block that stands in an issue, from what it says, and its kind."""
    kind = next(iter(value.values), "") if isinstance(value, Table) else ""
    content = json.dumps(meaning(value), ensure_ascii=True)
    digest = hashlib.sha256(content.encode()).hexdigest()[:8]
    return f"{kind or 'item'}:{digest}", kind if kind in KINDS else ""


def key_at(items: Sequence[OutlinedItem], number: int) -> str | None:
    """Return the key of an item by its number, or None behind the last one."""
    return items[number].key if number < len(items) else None
