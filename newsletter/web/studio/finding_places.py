"""Sort an issue's findings by the field or item of the compose page that each is about."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from newsletter.domain.issue import Issue, Item
from newsletter.errors import Finding, Severity

SHOWN_FIELDS = ("subject", "preheader", "note", "date", "number", "segments", "list")
"""The issue's fields that the page has, and its list of items; findings about others are shown above them."""

_LISTS = ("entries", "sections")
# Rules about a field, by the beginnings of their names: a field that is missing has no line of its own.
_RULES = {
    "subject-": "subject",
    "preheader-": "preheader",
    "issue-date": "date",
    "issue-number": "number",
    "issue-empty": "list",
    "issue-two-lists": "list",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedFindings:
    """Findings by the name of a field and by the key of an item, errors first, and the ``others``.

    ``empty_sections`` has those about sections without items, in the issue's order.
    """

    fields: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    items: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    empty_sections: tuple[Finding, ...] = ()
    others: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A line of the issue's file at which a field or an item begins."""

    line: int
    field: str = ""
    item: str = ""


def placed_findings(findings: Iterable[Finding], issue: Issue, items: Mapping[str, Item | None]) -> PlacedFindings:
    """Return the findings by their fields and items. ``items`` has the issue's items by their keys, if they exist."""
    anchors = sorted(_anchors(issue, items), key=lambda anchor: anchor.line)
    keys = {item.path: key for key, item in items.items() if item is not None and item.path != issue.path}
    fields: dict[str, list[Finding]] = {}
    of_items: dict[str, list[Finding]] = {}
    empty: list[Finding] = []
    others: list[Finding] = []
    for finding in sorted(findings, key=lambda finding: finding.severity is not Severity.ERROR):
        anchor = _Anchor(0, item=keys.get(finding.place.path, ""))
        if finding.place.path == issue.path:
            anchor = _nearest(finding, anchors)
        if finding.place.path == issue.path and finding.rule == "section-empty":
            empty.append(finding)
        elif anchor.item:
            of_items.setdefault(anchor.item, []).append(finding)
        elif anchor.field in SHOWN_FIELDS:
            fields.setdefault(anchor.field, []).append(finding)
        else:
            others.append(finding)
    return PlacedFindings(
        fields={name: tuple(findings) for name, findings in fields.items()},
        items={key: tuple(findings) for key, findings in of_items.items()},
        empty_sections=tuple(sorted(empty, key=lambda finding: finding.place.line or 0)),
        others=tuple(others),
    )


def _anchors(issue: Issue, items: Mapping[str, Item | None]) -> Iterator[_Anchor]:
    for name, line in issue.lines.items():
        head, _, rest = name.partition(".")
        slug = rest.partition(".")[0]
        if head in ("entries", "overrides", "pinned") and slug in items:
            yield _Anchor(line, item=slug)
        else:
            yield _Anchor(line, field="list" if head in _LISTS else head)
    for key, item in items.items():
        if item is not None and item.path == issue.path:
            yield from (_Anchor(line, item=key) for line in set(item.lines.values()))


def _nearest(finding: Finding, anchors: list[_Anchor]) -> _Anchor:
    """Return the anchor of the field that the finding's rule is about, or else the last one up to its line.

    Of several on that line, as in ``entries: [one, another]``, it is the item that the finding names.
    """
    for beginning, name in _RULES.items():
        if finding.rule.startswith(beginning):
            return _Anchor(0, field=name)
    line = finding.place.line or 0
    before = [anchor for anchor in anchors if anchor.line <= line]
    nearest = [anchor for anchor in before if anchor.line == before[-1].line]
    words = set(finding.what.replace('"', " ").replace(":", " ").split())
    named = (anchor for anchor in nearest if anchor.item in words)
    plain = (anchor for anchor in nearest if not anchor.item)
    return next(named, None) or (nearest[0] if len(nearest) == 1 else next(plain, _Anchor(0)))
