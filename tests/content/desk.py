"""An editor's desk: files as the tests want them, and what reading says of them."""

from pathlib import Path

from newsletter.content import read
from newsletter.errors import Finding, Severity

ENTRY = """\
---
title: The quiet return of the night train
url: https://example.org/review/night-train
source: The Review
author: Ada Writer
date: 2026-11-17
topics: [Railways, Politics & Current Affairs]
---
Why lie awake in a couchette? She writes:

> [The] words, . . . as they stood.
"""

ISSUE = """\
---
date: 2026-11-23
number: 7
subject: Night trains
entries: [night-train]
---
Good morning.
"""


def put(root: Path, name: str, text: str) -> Path:
    """A file below issues/, with its folders."""
    path = root / "issues" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def put_entries(root: Path, *slugs: str) -> None:
    """Valid entries by these slugs."""
    for slug in slugs:
        put(root, f"entries/{slug}.md", ENTRY)


def findings(root: Path) -> tuple[Finding, ...]:
    """All that is wrong, each of which has to be an error with a hint and a line."""
    found = read(root).findings
    for finding in found:
        assert finding.severity is Severity.ERROR
        assert finding.hint
        assert finding.place.line
    return found


def only_finding(root: Path) -> Finding:
    """The one thing that is wrong."""
    found = findings(root)
    assert len(found) == 1, [str(finding) for finding in found]
    return found[0]
