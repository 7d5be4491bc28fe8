"""A small newsletter for tests of editing, its people, and shorthands for what they do."""

from datetime import UTC, datetime
from pathlib import Path

from newsletter.domain.people import Person, Role

NOW = datetime(2026, 11, 23, 7, 41, tzinfo=UTC)
ADA = Person(name="Ada", address="ada@example.org", role=Role.EDITOR)
BEN = Person(name="Ben", address="ben@example.org", role=Role.EDITOR)
WRITER = Person(name="Wim", address="wim@example.org", role=Role.WRITER)
ENTRY = "issues/entries/night-train.md"
ISSUE = "issues/2026-11-30.md"
FRAMING = "The sleeper is back.\n\nIt leaves at nine.\n\nBring a book:"
ENTRY_TEXT = f"""\
---
title: "The night train returns"  # shortened
url: https://example.org/night-train
source: The Slow Line
topics: [Railways, Cities]
minutes: 7
---
{FRAMING}

> In calm weather it hums.
"""
ISSUE_TEXT = """\
---
date: 2026-11-30
subject: Slow water
preheader:
sections:
  # what opens the day
  - title: On the move
    entries:
      - night-train
      - tram
  - title: By the sea
    entries: [bell, tide]
---
Good morning.
"""


def newsletter(root: Path) -> Path:
    """Write the newsletter's files and return its folder."""
    (root / "issues/entries").mkdir(parents=True)
    (root / ENTRY).write_text(ENTRY_TEXT)
    (root / ISSUE).write_text(ISSUE_TEXT)
    for slug in ("tram", "bell", "tide", "moss"):
        fields = f"title: {slug}\nurl: https://example.org/{slug}\nsource: The Slow Line\ntopics: []\n"
        (root / f"issues/entries/{slug}.md").write_text(f"---\n{fields}---\nRead it.\n")
    return root
