"""Parse an issue file by itself; ``resolving`` adds its entries and blocks. No I/O."""

import datetime
from dataclasses import dataclass, replace

from newsletter.content.fields import Fields, is_empty
from newsletter.content.frontmatter import Table, parse_front_matter
from newsletter.content.listings import ListedItems, listed_items
from newsletter.domain.issue import Correction, Issue, Otherwise, TailoringFields
from newsletter.errors import Finding

FIELDS = (
    "date",
    "number",
    "subject",
    "preheader",
    "language",
    "segments",
    "entries",
    "sections",
    "tailored",
    "pinned",
    "digest",
    "overrides",
    "corrections",
)
_UNKNOWN_DATE = datetime.date.min


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An issue as its own file describes it, without the entries and blocks that have files."""

    issue: Issue
    listed: tuple[ListedItems, ...] = ()
    overrides: Table | None = None
    findings: tuple[Finding, ...] = ()


def empty_issue(slug: str, path: str) -> Issue:
    """Return an issue for a file that can't be read; its name may give the date."""
    try:
        date = datetime.date.fromisoformat(slug[:10])
    except ValueError:
        date = _UNKNOWN_DATE
    return Issue(slug=slug, date=date, subject="", path=path)


def parse_draft(text: str, *, slug: str, path: str) -> Draft:
    """Return an issue's own file, as far as it can be read, with its findings."""
    file = parse_front_matter(text, path=path)
    findings = list(file.findings)
    issue = replace(empty_issue(slug, path), note=file.body.strip("\n"))
    if file.fields is None:
        return Draft(issue=issue, findings=tuple(findings))
    fields = Fields(file.fields, path=path, findings=findings)
    fields.report_unknown(FIELDS, "an issue")
    fields.require("date")
    date = fields.date("date", required=True)
    issue = replace(
        issue,
        date=date or issue.date,
        number=fields.count("number"),
        subject=fields.text("subject"),
        preheader=fields.text("preheader"),
        language=fields.language("language"),
        segments=tuple(word.text for word in fields.words("segments")),
        tailored=_tailored(fields),
        pinned=frozenset(word.text for word in fields.words("pinned")),
        digest=fields.switch("digest", default=False),
        corrections=_corrections(fields),
    )
    listed = listed_items(fields)
    first_line_of_note = file.body_line + len(file.body) - len(file.body.lstrip("\n"))
    overrides = fields.table_of("overrides")
    lines = {
        **fields.lines_of_words,
        **_lines_of_slugs(listed),
        **_lines_of_overrides(overrides),
        **file.fields.lines,
        "note": first_line_of_note,
    }
    issue = replace(issue, lines=lines)
    return Draft(issue=issue, listed=listed, overrides=overrides, findings=tuple(findings))


def _corrections(fields: Fields) -> tuple[Correction, ...]:
    corrections = []
    for item in fields.items("corrections"):
        if not isinstance(item, Table):
            hint = "write - date: … and below it, indented, text: …"
            fields.report("field-type", item.line, "a correction is a table with date and text", hint)
            continue
        table = Fields(item, path=fields.path, findings=fields.findings)
        table.report_unknown(("date", "text", "entry"), "a correction")
        table.require("date", "text")
        date, text, entry = table.date("date", required=True), table.text("text", required=True), table.text("entry")
        if entry:
            fields.lines_of_words.setdefault(f"corrections.{entry}", table.line("entry"))
        if date and text:
            corrections.append(Correction(date=date, text=text, entry=entry))
    return tuple(corrections)


def _tailored(fields: Fields) -> TailoringFields:
    if "tailored" not in fields or is_empty(fields.table.values["tailored"]):
        return TailoringFields()
    plain = fields.boolean("tailored")
    if plain is not None:
        return TailoringFields(always=plain)
    value = fields.table.values["tailored"]
    if not isinstance(value, Table):
        hint = "write tailored: true, tailored: false, or a table with minimum, maximum or otherwise"
        fields.report("field-type", value.line, "tailored is neither true nor false, nor a table", hint)
        return TailoringFields()
    table = Fields(value, path=fields.path, findings=fields.findings)
    table.report_unknown(("minimum", "maximum", "otherwise"), "tailored")
    otherwise = table.choice("otherwise", Otherwise)
    return TailoringFields(
        always=True,
        minimum=table.count("minimum", least=0),
        maximum=table.count("maximum"),
        otherwise=Otherwise(otherwise) if otherwise else None,
    )


def _lines_of_slugs(listed: tuple[ListedItems, ...]) -> dict[str, int]:
    lines: dict[str, int] = {}
    for section in listed:
        for slug in section.slugs:
            lines.setdefault(f"entries.{slug.text}", slug.line)
    return lines


def _lines_of_overrides(overrides: Table | None) -> dict[str, int]:
    """Return lines by names such as ``overrides.night-train`` and ``overrides.night-train.title``."""
    if overrides is None:
        return {}
    tables = {slug: table.lines for slug, table in overrides.values.items() if isinstance(table, Table)}
    lines = {f"overrides.{slug}": line for slug, line in overrides.lines.items()}
    return lines | {f"overrides.{slug}.{name}": line for slug, names in tables.items() for name, line in names.items()}
