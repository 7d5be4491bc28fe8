"""Parse an entry file into an ``Entry``. No I/O."""

from dataclasses import replace

from newsletter.content.fields import Fields
from newsletter.content.files import for_message
from newsletter.content.frontmatter import Listing, parse_front_matter
from newsletter.content.markdown import split_passages
from newsletter.domain.issue import ACCESS_FIELDS, TIMING_FIELDS, Entry, Passage, PassageKind
from newsletter.domain.topics import SLUG, slug_of
from newsletter.errors import Finding

FIELDS = (
    *("title", "url", "source", "author", "date", "topics", "image", "image_alt"),
    *ACCESS_FIELDS,
    *TIMING_FIELDS,
    "by",
)
OVERRIDES = ("title", "author", "source", "image", "image_alt", "topics", *ACCESS_FIELDS, "framing")


def empty_entry(slug: str, path: str) -> Entry:
    """Return an entry for a file that can't be read."""
    return Entry(slug=slug, title="", url="", source="", path=path)


def parse_entry(text: str, *, slug: str, path: str) -> tuple[Entry, tuple[Finding, ...]]:
    """Return an entry, as far as it can be read, and the findings in its file."""
    file = parse_front_matter(text, path=path)
    findings = list(file.findings)
    entry = replace(empty_entry(slug, path), passages=split_passages(file.body, line=file.body_line))
    if file.fields is not None:
        fields = Fields(file.fields, path=path, findings=findings)
        if "block" in fields:
            what, hint = "a block among the entries", "move the file to issues/blocks, or remove the line block:"
            fields.report("block-misplaced", fields.line("block"), what, hint)
            return entry, tuple(findings)
        fields.report_unknown(FIELDS, "an entry")
        fields.require("title", "url", "source")
        entry = replace(_with_fields(entry, fields), by=fields.text("by"))
        entry = replace(entry, lines={**fields.lines_of_words, **file.fields.lines, "body": file.body_line})
    return entry, tuple(findings)


def overridden(entry: Entry, fields: Fields) -> Entry:
    """Return the entry with an issue's overrides. A framing replaces all framing and comes before the quotation."""
    fields.report_unknown(OVERRIDES, "an override")
    entry = _with_fields(entry, fields)
    if "framing" not in fields:
        return entry
    markdown = fields.lines("framing").strip("\n")
    framing = Passage(kind=PassageKind.FRAMING, markdown=markdown, line=fields.table.values["framing"].line)
    quotation = [passage for passage in entry.passages if passage.kind is PassageKind.QUOTATION]
    return replace(entry, passages=(framing, *quotation) if markdown.strip() else tuple(quotation))


def _with_fields(entry: Entry, fields: Fields) -> Entry:
    """Return the entry with the table's fields in place of its own."""
    return replace(
        entry,
        title=fields.text("title", entry.title, required=True),
        url=fields.text("url", entry.url, required=True),
        source=fields.text("source", entry.source, required=True),
        author=fields.text_or_none("author", entry.author),
        date=fields.date("date", entry.date),
        topics=tuple(word.text for word in fields.words("topics")) if "topics" in fields else entry.topics,
        image=_image(fields, entry.image),
        image_alt=fields.text_or_none("image_alt", entry.image_alt),
        label=fields.text("label", entry.label),
        language=fields.language("language") if "language" in fields else entry.language,
        kind=_kind(fields) if "kind" in fields else entry.kind,
        minutes=fields.count("minutes") if "minutes" in fields else entry.minutes,
        paywall=fields.switch("paywall", default=entry.paywall),
        gift=fields.text("gift", entry.gift),
        not_before=fields.local_time("not_before") if "not_before" in fields else entry.not_before,
        reserve=fields.switch("reserve", default=entry.reserve),
        best_before=fields.date("best_before", entry.best_before),
    )


def _image(fields: Fields, default: str | None) -> str | None:
    if isinstance(value := fields.table.values.get("image"), Listing):
        hint = "keep the best one, and put others into image blocks"
        fields.report("field-type", value.line, "image is a list, and an entry has one image", hint)
        return default
    return fields.text_or_none("image", default)


def _kind(fields: Fields) -> str:
    """Return the kind of what is linked: a word that themes may use in names of classes and icons."""
    kind = fields.text("kind")
    if not kind or SLUG.fullmatch(kind):
        return kind
    what = f'kind is "{for_message(kind)}", not a word of a-z, 0-9 and hyphens'
    fields.report("field-type", fields.line("kind"), what, f"write kind: {slug_of(kind)}")
    return ""
