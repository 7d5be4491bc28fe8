"""Parse what an issue lists under ``entries`` or ``sections``: slugs, and blocks that stand there. No I/O."""

from dataclasses import dataclass

from newsletter.content.blocks import inline_block
from newsletter.content.fields import Fields, is_empty
from newsletter.content.frontmatter import Scalar, Table
from newsletter.domain.blocks import Block


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedItems:
    """A list in an issue's file, with or without a heading: slugs of entries and blocks, and blocks themselves."""

    title: str | None
    items: tuple[Scalar | Block, ...]

    @property
    def slugs(self) -> tuple[Scalar, ...]:
        """Return the slugs."""
        return tuple(item for item in self.items if isinstance(item, Scalar))


def listed_items(fields: Fields) -> tuple[ListedItems, ...]:
    """Return the lists of an issue, and report those that are empty."""
    listed = []
    if "entries" in fields:
        listed.append(ListedItems(title=None, items=_items(fields)))
    for item in fields.items("sections"):
        if not isinstance(item, Table):
            hint = "write - title: … and below it, indented, entries: […]"
            fields.report("field-type", item.line, "a section is a table with title and entries", hint)
            continue
        section = Fields(item, path=fields.path, findings=fields.findings)
        section.report_unknown(("title", "entries"), "a section")
        listed.append(ListedItems(title=section.text_or_none("title", None), items=_items(section)))
        if not listed[-1].items:
            section.report("section-empty", item.line, "a section without entries", "add entries, or remove it")
    if "entries" in fields and "sections" in fields:
        hint = "move the entries into a section without a title, or remove one of the two"
        fields.report("issue-two-lists", fields.line("sections"), "an issue has entries or sections, not both", hint)
    if not any(section.items for section in listed):
        line = min((fields.line(name) for name in ("entries", "sections") if name in fields), default=1)
        fields.report("issue-empty", line, "an issue without entries", "add a line entries: [a-slug, another]")
    return tuple(listed)


def _items(fields: Fields) -> tuple[Scalar | Block, ...]:
    items: list[Scalar | Block] = []
    for item in fields.items("entries"):
        if isinstance(item, Scalar) and not is_empty(item):
            items.append(item)
        elif isinstance(item, Table):
            if block := inline_block(item, path=fields.path, findings=fields.findings):
                items.append(block)
        else:
            hint = "write the name of its file without .md"
            fields.report("field-type", item.line, "not the slug of an entry or block", hint)
    return tuple(items)
