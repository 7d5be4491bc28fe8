"""An editor's files for tests, and the findings of reading them."""

from pathlib import Path

from newsletter.content import read_manuscripts
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
    """Write a file below issues/, with its folders, and return its path."""
    path = root / "issues" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def put_entries(root: Path, *slugs: str) -> None:
    """Write valid entries with these slugs."""
    for slug in slugs:
        put(root, f"entries/{slug}.md", ENTRY)


def findings(root: Path) -> tuple[Finding, ...]:
    """Return all findings, and assert that each is an error with a hint and a line."""
    problems = read_manuscripts(root).findings
    for finding in problems:
        assert finding.severity is Severity.ERROR
        assert finding.hint
        assert finding.place.line
    return problems


def only_finding(root: Path) -> Finding:
    """Return the only finding."""
    problems = findings(root)
    assert len(problems) == 1, [str(finding) for finding in problems]
    return problems[0]
