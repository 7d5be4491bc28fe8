"""Parse blocks: files in ``issues/blocks``, and tables in an issue's list. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from newsletter.content.fields import Fields, is_empty
from newsletter.content.files import for_message
from newsletter.content.frontmatter import Table, parse_front_matter
from newsletter.content.link_lists import LinkList, listed_links, parse_link_list
from newsletter.content.markdown import split_passages
from newsletter.domain.blocks import Block, BlockKind
from newsletter.domain.issue import PassageKind
from newsletter.errors import Finding, did_you_mean

KINDS = tuple(kind.value for kind in BlockKind)
FIELDS: Mapping[BlockKind, tuple[str, ...]] = {
    BlockKind.NOTE: ("title", "url", "topics"),
    BlockKind.LINKS: ("title", "url", "topics"),
    BlockKind.QUOTE: ("who", "where", "url", "topics"),
    BlockKind.SPONSOR: ("title", "url", "image", "image_alt", "topics", "feeds"),
    BlockKind.IMAGE: ("image", "image_alt", "url", "topics"),
}
"""The fields of a block's file, besides ``block``. Its body is the text."""

_OWNERS = {kind: f"{'an' if kind is BlockKind.IMAGE else 'a'} {kind} block" for kind in BlockKind} | {
    BlockKind.LINKS: "a block of links"
}
_WORDS = {BlockKind.NOTE: "text", BlockKind.QUOTE: "words", BlockKind.LINKS: "links"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """Field names that differ between block files and inline blocks. In a file the body is the text."""

    title: str = "title"
    text: str = ""


_IN_FILE = _Form()
_INLINE = {
    BlockKind.NOTE: _Form(text="note"),
    BlockKind.LINKS: _Form(text="text"),
    BlockKind.QUOTE: _Form(text="quote"),
    BlockKind.SPONSOR: _Form(title="sponsor", text="text"),
    BlockKind.IMAGE: _Form(text="caption"),
}


def empty_block(slug: str, path: str) -> Block:
    """Return a block for a file that can't be read."""
    return Block(kind=BlockKind.NOTE, slug=slug, path=path)


def parse_block(text: str, *, slug: str, path: str) -> tuple[Block, tuple[Finding, ...]]:
    """Return a block from its own file, and the findings in it. Unreadable fields stay empty."""
    file = parse_front_matter(text, path=path)
    findings = list(file.findings)
    if file.fields is None:
        return empty_block(slug, path), tuple(findings)
    fields = Fields(file.fields, path=path, findings=findings)
    kind = _kind_of_file(fields)
    if kind is None:
        return empty_block(slug, path), tuple(findings)
    _report_unknown(fields, ("block", *FIELDS[kind]), kind)
    body = file.body.strip("\n")
    line = file.body_line + len(file.body) - len(file.body.lstrip("\n"))
    is_list = kind is BlockKind.LINKS
    listed = parse_link_list(body, line=line, report=fields.report) if is_list else LinkList(text=_words(kind, body))
    block = replace(_block(kind, fields, _IN_FILE, listed), slug=slug)
    return replace(block, lines={**block.lines, "text": line}), tuple(findings)


def inline_block(table: Table, *, path: str, findings: list[Finding]) -> Block | None:
    """Return a block that stands in an issue's list as a table whose first field is its kind, or None if it isn't."""
    fields = Fields(table, path=path, findings=findings)
    first = next(iter(table.values), "")
    if first not in KINDS:
        hint = did_you_mean(first, KINDS) or f"begin it with one of: {', '.join(KINDS)}"
        what = f'"{for_message(first)}" is not a kind of block' if first else "an empty table among the entries"
        fields.report("block-kind", fields.line(first), what, hint)
        return None
    kind = BlockKind(first)
    form = _INLINE[kind]
    known = [first, *(name for name in FIELDS[kind] if name != first and (name != "title" or form.title == name))]
    if form.text != first:
        known.append(form.text)
    _report_unknown(fields, known, kind)
    text = fields.lines(form.text).strip("\n") if form.text in fields else ""
    listed = LinkList(text=_words(kind, text))
    if kind is BlockKind.LINKS:
        links = LinkList() if is_empty(table.values[first]) else listed_links(fields, first)
        listed = LinkList(text=text or links.text, links=links.links)
    block = _block(kind, fields, form, listed)
    written = table.values.get(form.text)
    return replace(block, lines={**block.lines, "text": written.line if written else table.line})


def _report_unknown(fields: Fields, known: Sequence[str], kind: BlockKind) -> None:
    if "image_alt" in known and "alt" in fields:
        fields.report("field-unknown", fields.line("alt"), 'unknown field "alt"', "write image_alt:")
        known = (*known, "alt")
    fields.report_unknown(known, _OWNERS[kind])


def _words(kind: BlockKind, text: str) -> str:
    """Return a block's text; a quote needs no ``>`` before its lines, but may have them."""
    passages = split_passages(text) if kind is BlockKind.QUOTE and text.lstrip().startswith(">") else ()
    return passages[0].markdown if [passage.kind for passage in passages] == [PassageKind.QUOTATION] else text


def _kind_of_file(fields: Fields) -> BlockKind | None:
    if "block" in fields and not is_empty(fields.table.values["block"]):
        kind = fields.choice("block", KINDS)
        return BlockKind(kind) if kind else None
    hint = f"add a line block: with one of {', '.join(KINDS)}"
    if "source" in fields:
        hint += "; an entry belongs in issues/entries"
    fields.report("block-kind", fields.line("block"), "no kind of block", hint)
    return None


def _block(kind: BlockKind, fields: Fields, form: _Form, listed: LinkList) -> Block:
    """Return a block with the fields that its kind has."""
    known = FIELDS[kind]
    block = Block(
        kind=kind,
        title=fields.text(form.title) if "title" in known else "",
        text=listed.text,
        who=fields.text("who") if "who" in known else "",
        where=fields.text("where") if "where" in known else "",
        url=fields.text("url") if "url" in known else "",
        links=listed.links,
        image=fields.text("image") or None if "image" in known else None,
        image_alt=fields.text("image_alt") or None if "image_alt" in known else None,
        topics=tuple(word.text for word in fields.words("topics")),
        in_feeds=kind is not BlockKind.SPONSOR or fields.switch("feeds", default=False),
        path=fields.path,
    )
    _report_missing(block, fields, form)
    table = fields.table
    lines = {**fields.lines_of_words, **table.lines, "": table.line}
    if form.title in table.lines:
        lines["title"] = table.lines[form.title]
    return replace(block, lines=lines)


def _report_missing(block: Block, fields: Fields, form: _Form) -> None:
    kind, line = block.kind, fields.table.line
    unread = any(finding.place.line and finding.place.line >= line for finding in fields.findings)
    words = block.links if kind is BlockKind.LINKS else block.text.strip()
    if kind in _WORDS and not words and not unread:
        what = f"{_OWNERS[kind]} without {_WORDS[kind]}"
        fields.report("block-unfinished", line, what, "fill it in, or remove it")
    if kind is BlockKind.SPONSOR:
        for name, text, example in ((form.title, block.title, "the sponsor's name"), ("url", block.url, "https://…")):
            if not text:
                fields.report("block-unfinished", fields.line(name), f"no {name}", f"add a line {name}: {example}")
    if kind is BlockKind.IMAGE and not block.image:
        fields.report("block-unfinished", fields.line("image"), "no image", "add a line image: https://…")
