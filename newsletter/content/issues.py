"""Parse an issue file into an ``Issue``: first by itself, then with its entries. No I/O."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import PurePosixPath

from newsletter.content.entries import overridden
from newsletter.content.fields import Fields, is_empty
from newsletter.content.files import file_error, for_message
from newsletter.content.frontmatter import Scalar, Table, parse_front_matter
from newsletter.domain.issue import Correction, Entry, Issue, Otherwise, Section, TailoringFields
from newsletter.domain.topics import SLUG, slug_of
from newsletter.errors import Finding, did_you_mean

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
class ListedEntries:
    """A list of entries' slugs in an issue's file, with or without a heading."""

    title: str | None
    slugs: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An issue as its own file describes it, without its entries."""

    issue: Issue
    listed: tuple[ListedEntries, ...] = ()
    overrides: Table | None = None
    findings: tuple[Finding, ...] = ()


def empty_issue(slug: str, path: str) -> Issue:
    """Return an issue for a file that can't be read; its name may give the date."""
    try:
        date = datetime.date.fromisoformat(slug[:10])
    except ValueError:
        date = _UNKNOWN_DATE
    return Issue(slug=slug, date=date, subject="", path=path)


@lru_cache(maxsize=32_768)  # cached for the same reason as entries
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
        digest=_digest(fields),
        corrections=_corrections(fields),
    )
    listed = _listed(fields)
    first_line_of_note = file.body_line + len(file.body) - len(file.body.lstrip("\n"))
    overrides = fields.table_of("overrides")
    lines = {
        **fields.lines_of_words,
        **_lines(listed),
        **_lines_of_overrides(overrides),
        **file.fields.lines,
        "note": first_line_of_note,
    }
    issue = replace(issue, lines=lines)
    return Draft(issue=issue, listed=listed, overrides=overrides, findings=tuple(findings))


def resolve_entries(draft: Draft, entries: Mapping[str, Entry]) -> tuple[Issue, list[Finding]]:
    """Return the issue with those of its entries that exist, and the findings about its use of entries."""
    findings: list[Finding] = []
    issue = draft.issue
    chosen: dict[str, Entry] = {}
    slugs_by_section = [
        (listed.title, _known(listed.slugs, entries, chosen, issue.path, findings)) for listed in draft.listed
    ]
    _override(draft, chosen, findings)
    _check_pinned(issue, chosen, findings)
    _check_corrections(issue, chosen, findings)
    sections = tuple(
        Section(title=title, items=tuple(chosen[slug] for slug in slugs)) for title, slugs in slugs_by_section
    )
    return replace(issue, sections=sections), findings


def _digest(fields: Fields) -> bool:
    if "digest" not in fields or is_empty(fields.table.values["digest"]):
        return False
    plain = fields.boolean("digest")
    if plain is None:
        hint = "write digest: true, or remove it"
        fields.report("field-type", fields.line("digest"), "digest is neither true nor false", hint)
    return plain or False


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


def _listed(fields: Fields) -> tuple[ListedEntries, ...]:
    listed = []
    if "entries" in fields:
        listed.append(ListedEntries(title=None, slugs=_slugs(fields)))
    for item in fields.items("sections"):
        if not isinstance(item, Table):
            hint = "write - title: … and below it, indented, entries: […]"
            fields.report("field-type", item.line, "a section is a table with title and entries", hint)
            continue
        section = Fields(item, path=fields.path, findings=fields.findings)
        section.report_unknown(("title", "entries"), "a section")
        listed.append(ListedEntries(title=section.text_or_none("title", None), slugs=_slugs(section)))
        if not listed[-1].slugs:
            section.report("section-empty", item.line, "a section without entries", "add entries, or remove it")
    if "entries" in fields and "sections" in fields:
        hint = "move the entries into a section without a title, or remove one of the two"
        fields.report("issue-two-lists", fields.line("sections"), "an issue has entries or sections, not both", hint)
    if not any(section.slugs for section in listed):
        line = min((fields.line(name) for name in ("entries", "sections") if name in fields), default=1)
        fields.report("issue-empty", line, "an issue without entries", "add a line entries: [a-slug, another]")
    return tuple(listed)


def _slugs(fields: Fields) -> tuple[Scalar, ...]:
    slugs = []
    for item in fields.items("entries"):
        if isinstance(item, Scalar) and not is_empty(item):
            slugs.append(item)
        else:
            fields.report("field-type", item.line, "not the slug of an entry", "write the name of its file without .md")
    return tuple(slugs)


def _lines(listed: tuple[ListedEntries, ...]) -> dict[str, int]:
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


def _known(
    slugs: tuple[Scalar, ...],
    entries: Mapping[str, Entry],
    chosen: dict[str, Entry],
    path: str,
    findings: list[Finding],
) -> list[str]:
    """Return the slugs that name entries, and add those to ``chosen``; report the others."""
    known = []
    for slug in slugs:
        name = for_message(slug.text)
        if slug.text in chosen:
            what = f'entry "{name}" is in this issue twice'
            findings.append(file_error("entry-repeated", path, slug.line, what, "remove one"))
        elif slug.text in entries:
            chosen[slug.text] = entries[slug.text]
            known.append(slug.text)
        elif SLUG.fullmatch(slug.text):
            hint = did_you_mean(slug.text, entries) or "write the entry, or remove it from the issue"
            findings.append(file_error("entry-unknown", path, slug.line, f'no entry "{name}"', hint))
        else:
            meant = slug_of(PurePosixPath(slug.text).name.removesuffix(".md"))
            hint = did_you_mean(meant, entries) or "write the name of its file without .md: a-z, 0-9 and hyphens"
            findings.append(file_error("slug-invalid", path, slug.line, f'"{name}" is not the slug of an entry', hint))
    return known


def _check_pinned(issue: Issue, chosen: Mapping[str, Entry], findings: list[Finding]) -> None:
    for slug in sorted(issue.pinned.difference(chosen)):
        hint = did_you_mean(slug, chosen) or "add the entry to the issue, or stop pinning it"
        what = f'"{for_message(slug)}" is pinned and not in this issue'
        findings.append(file_error("pinned-unknown", issue.path, issue.place(f"pinned.{slug}").line or 1, what, hint))


def _check_corrections(issue: Issue, chosen: Mapping[str, Entry], findings: list[Finding]) -> None:
    for slug in sorted({correction.entry for correction in issue.corrections if correction.entry}.difference(chosen)):
        hint = did_you_mean(slug, chosen) or "name an entry of the issue, or none"
        what = f'a correction of "{for_message(slug)}", which is not in this issue'
        line = issue.place(f"corrections.{slug}").line or 1
        findings.append(file_error("correction-unknown", issue.path, line, what, hint))


def _override(draft: Draft, chosen: dict[str, Entry], findings: list[Finding]) -> None:
    if draft.overrides is None:
        return
    fields = Fields(draft.overrides, path=draft.issue.path, findings=findings)
    for slug in draft.overrides.values:
        if slug not in chosen:
            hint = did_you_mean(slug, chosen) or "add the entry to the issue, or remove the override"
            what = f'an override for "{for_message(slug)}", which is not in this issue'
            fields.report("override-unknown", fields.line(slug), what, hint)
        elif table := fields.table_of(slug):
            chosen[slug] = overridden(chosen[slug], Fields(table, path=draft.issue.path, findings=findings))
