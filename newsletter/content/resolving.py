"""Give an issue the entries and blocks that it names, with its changes to them. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from newsletter.content.entries import overridden
from newsletter.content.fields import Fields
from newsletter.content.files import file_error, for_message
from newsletter.content.frontmatter import Scalar
from newsletter.content.issues import Draft
from newsletter.domain.blocks import Block
from newsletter.domain.issue import Entry, Issue, Item, Section
from newsletter.domain.topics import SLUG, slug_of
from newsletter.errors import Finding, did_you_mean

Named = Mapping[str, Item]
"""Entries and blocks by their slugs."""


_MOST = 4096  # issues
_resolved: dict[str, tuple[Draft, Named, Issue]] = {}  # the latest by path, those without findings


def resolve_items(draft: Draft, named: Named) -> tuple[Issue, list[Finding]]:
    """Return the issue with its entries and blocks, as far as they exist, and the findings about its use of them.

    An issue without findings is the same object as long as its draft and what it names are.
    """
    issue = draft.issue
    known = _resolved.get(issue.path)
    if known and known[0] is draft and all(named.get(slug) is item for slug, item in known[1].items()):
        return known[2], []
    findings: list[Finding] = []
    chosen: dict[str, Item] = {}
    for slug in (slug for listed in draft.listed for slug in listed.slugs):
        if finding := _finding(slug, named, chosen, issue.path):
            findings.append(finding)
        else:
            chosen[slug.text] = named[slug.text]
    own = dict(chosen)
    _override(draft, chosen, findings)
    findings.extend(_findings_of_pins(issue, chosen))
    findings.extend(_findings_of_corrections(issue, chosen))
    left = dict(chosen)  # a slug that is listed twice counts where it is first
    sections = []
    for listed in draft.listed:
        items = (left.pop(item.text, None) if isinstance(item, Scalar) else item for item in listed.items)
        sections.append(Section(title=listed.title, items=tuple(item for item in items if item is not None)))
    resolved = replace(issue, sections=tuple(sections))
    if not findings:
        if len(_resolved) >= _MOST:
            _resolved.clear()
        _resolved[issue.path] = (draft, own, resolved)
    return resolved, findings


def _finding(slug: Scalar, named: Named, chosen: Named, path: str) -> Finding | None:
    """Return what is wrong with a listed slug, if it doesn't name another entry or block."""
    name = for_message(slug.text)
    if slug.text in chosen:
        kind = "block" if isinstance(chosen[slug.text], Block) else "entry"
        return file_error("entry-repeated", path, slug.line, f'{kind} "{name}" is in this issue twice', "remove one")
    if slug.text in named:
        return None
    if SLUG.fullmatch(slug.text):
        hint = did_you_mean(slug.text, named) or "write the entry, or remove it from the issue"
        return file_error("entry-unknown", path, slug.line, f'no entry "{name}"', hint)
    meant = slug_of(PurePosixPath(slug.text).name.removesuffix(".md"))
    hint = did_you_mean(meant, named) or "write the name of its file without .md: a-z, 0-9 and hyphens"
    return file_error("slug-invalid", path, slug.line, f'"{name}" is not the slug of an entry', hint)


def _findings_of_pins(issue: Issue, chosen: Named) -> Iterable[Finding]:
    for slug in sorted(issue.pinned):
        item = chosen.get(slug)
        if isinstance(item, Entry):
            continue
        what = f'"{for_message(slug)}" is pinned and not in this issue'
        hint = did_you_mean(slug, chosen) or "add the entry to the issue, or stop pinning it"
        if item is not None:
            what = f'"{for_message(slug)}" is a block, and only entries are pinned'
            hint = (
                "remove its topics, so that readers get it whatever they follow" if item.topics else "stop pinning it"
            )
        yield file_error("pinned-unknown", issue.path, issue.place(f"pinned.{slug}").line or 1, what, hint)


def _findings_of_corrections(issue: Issue, chosen: Named) -> Iterable[Finding]:
    for slug in sorted({correction.entry for correction in issue.corrections if correction.entry}.difference(chosen)):
        hint = did_you_mean(slug, chosen) or "name an entry of the issue, or none"
        what = f'a correction of "{for_message(slug)}", which is not in this issue'
        line = issue.place(f"corrections.{slug}").line or 1
        yield file_error("correction-unknown", issue.path, line, what, hint)


def _override(draft: Draft, chosen: dict[str, Item], findings: list[Finding]) -> None:
    if draft.overrides is None:
        return
    fields = Fields(draft.overrides, path=draft.issue.path, findings=findings)
    for slug in draft.overrides.values:
        item = chosen.get(slug)
        if item is None:
            hint = did_you_mean(slug, chosen) or "add the entry to the issue, or remove the override"
            what = f'an override for "{for_message(slug)}", which is not in this issue'
            fields.report("override-unknown", fields.line(slug), what, hint)
        elif isinstance(item, Block):
            what = f'an override for "{for_message(slug)}", which is a block'
            fields.report("override-unknown", fields.line(slug), what, "write the block in the issue's list instead")
        elif table := fields.table_of(slug):
            chosen[slug] = overridden(item, Fields(table, path=draft.issue.path, findings=findings))
