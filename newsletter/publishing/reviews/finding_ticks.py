"""Tick warnings off with a reason, until the text that they are about changes."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from newsletter.domain.people import Act, Person, require
from newsletter.domain.plurals import counted
from newsletter.domain.reviews import TickedFinding
from newsletter.domain.staff import WorkStep
from newsletter.errors import Finding, NewsletterError, Severity
from newsletter.publishing.reviews.reasons import MissingReasonError, storable
from newsletter.store import Store

_LINE = re.compile(r":\d+\b")


class UntickableFindingError(NewsletterError):
    """A finding that can't be ticked off, since it is an error."""

    code = "finding-is-error"

    def __init__(self) -> None:
        super().__init__("errors can't be ticked off", hint="fix it: readers would get something broken or wrong")


class OpenFindingsError(NewsletterError):
    """An issue with findings that are neither fixed nor ticked off; ``number`` is how many there are."""

    code = "findings-open"

    def __init__(self, *, issue: str, number: int) -> None:
        self.issue, self.number = issue, number
        are = "is" if number == 1 else "are"
        super().__init__(
            f"{counted(number, 'finding')} of issue {issue} {are} open",
            hint="fix them, or tick warnings off with a reason",
        )


def tick_finding(person: Person, store: Store, root: Path, finding: Finding, reason: str, *, now: datetime) -> None:
    """Tick a warning off with a reason; it is open again once the text concerned has changed.

    Raise UntickableFindingError for an error, MissingReasonError and ForbiddenError.
    """
    require(person, Act.REVIEW)
    if finding.severity is Severity.ERROR:
        raise UntickableFindingError()
    if not storable(reason):
        raise MissingReasonError("say why this warning is all right")
    ticked = TickedFinding(
        fingerprint=fingerprint_of(finding, root),
        reason=storable(reason),
        at=now,
        by=person.address,
        name=person.name or person.address,
    )
    store.ticked_findings.tick(ticked)
    detail = {"rule": finding.rule, "what": finding.what, "reason": ticked.reason}
    store.audit.add(person, WorkStep.TICKED, finding.place.path or "newsletter", now=now, detail=detail)


def untick_finding(person: Person, store: Store, fingerprint: str, *, now: datetime) -> None:
    """Open a finding again that was ticked off. Raise ForbiddenError."""
    require(person, Act.REVIEW)
    ticked = store.ticked_findings.among([fingerprint]).get(fingerprint)
    if ticked is not None:
        store.ticked_findings.untick(fingerprint)
        detail = {"reason": ticked.reason, "ticked_by": ticked.by}
        store.audit.add(person, WorkStep.UNTICKED, "newsletter", now=now, detail=detail)


def fingerprint_of(finding: Finding, root: Path) -> str:
    """Return a finding's fingerprint: the same if its line has only moved, another if the text there has changed."""
    parts = (finding.rule, finding.place.path, _LINE.sub("", finding.what), _text_at(finding, root))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def ticked_among(store: Store, findings: Iterable[Finding], root: Path) -> Mapping[str, TickedFinding]:
    """Return those of the findings that were ticked off, by their fingerprints."""
    return store.ticked_findings.among([fingerprint_of(finding, root) for finding in findings])


def _text_at(finding: Finding, root: Path) -> str:
    """Return the paragraph that a finding is about, or in front matter its line; "" if it has no line."""
    if not finding.place.line or not finding.place.path:
        return ""
    try:
        lines = (root / finding.place.path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ""
    at = finding.place.line - 1
    if at >= len(lines):
        return ""
    fences = [number for number, line in enumerate(lines) if line.strip() == "---"][:2]
    if not finding.place.path.endswith(".md") or (len(fences) == 2 and at <= fences[1]):
        return " ".join(lines[at].split())
    first = last = at
    while first > 0 and lines[first - 1].strip() and lines[first - 1].strip() != "---":
        first -= 1
    while last + 1 < len(lines) and lines[last + 1].strip():
        last += 1
    return " ".join(" ".join(lines[first : last + 1]).split())


def open_among(store: Store, findings: Sequence[Finding], root: Path) -> tuple[Finding, ...]:
    """Return the findings that are errors, or warnings that nobody has ticked off."""
    ticked = ticked_among(store, findings, root)
    return tuple(
        finding
        for finding in findings
        if finding.severity is Severity.ERROR or fingerprint_of(finding, root) not in ticked
    )
