"""A newsletter's folder with settings, entries and issues, for tests that need no command line."""

from datetime import date
from pathlib import Path

from newsletter.content import read_manuscripts
from newsletter.domain.issue import Issue
from newsletter.settings import Settings, load

SETTINGS = """\
name = "The Daily Test"
from = "The Daily Test <news@daily.example>"
postal_address = "1 Test Street"
base_url = "https://news.daily.example"
time_zone = "Europe/Vienna"
{more}
[topics.science]
name = "Science"

[segments.scientists]
any = ["Science"]
"""

ENTRY = """\
---
title: About {slug}
url: https://paper.example/{slug}
source: The Paper
topics: [Science]
---

Something about {slug}.
"""


def write_settings(root: Path, more: str = "") -> Settings:
    """Write newsletter.toml, with ``more`` lines before its tables, and return the settings."""
    (root / "newsletter.toml").write_text(SETTINGS.format(more=more))
    return load(root)


def write_issue(root: Path, day: date, *entries: str, slug: str = "", more: str = "") -> Issue:
    """Write an issue with these entries, and the entries; return the issue. Its slug is its date by default."""
    folder = root / "issues" / "entries"
    folder.mkdir(parents=True, exist_ok=True)
    for entry in entries:
        (folder / f"{entry}.md").write_text(ENTRY.format(slug=entry))
    name = slug or day.isoformat()
    listed = "".join(f"  - {entry}\n" for entry in entries)
    text = f"---\nsubject: Issue of {day}\ndate: {day}\n{more}entries:\n{listed}---\n"
    (root / "issues" / f"{name}.md").write_text(text)
    return read_manuscripts(root).issue(name)
