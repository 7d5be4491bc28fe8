"""Issues with blocks at the command line, from the check to the archive and the report."""

import json
from email import message_from_bytes, policy
from pathlib import Path

from tests.command_line import Run, edit

ISSUE = "issues/2026-11-23.md"
ENTRIES = "entries: [lighthouse-ledger, tram-to-the-beach, map-for-walkers]"
LINKS = """\
entries:
  - links:
      - {title: A museum of gloves, url: 'https://gloves.example.net/', source: The Review}
    title: Also seen
  - note: For walkers only.
    topics: [Cities]
"""


def bodies(folder: Path) -> dict[str, str]:
    """Return the plain text of the messages in an outbox by recipient."""
    messages = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in folder.rglob("*.eml")]
    parts = {str(message["To"]): message.get_body(("plain",)) for message in messages}
    return {address: part.get_content() for address, part in parts.items() if part is not None}


def test_an_issue_of_blocks_only_is_checked_sent_archived_and_reported(readers: Path, run: Run) -> None:
    edit(ISSUE, ENTRIES, LINKS.strip())
    checked = run("check")
    assert (checked.status, checked.stdout.strip()) == (0, "No problems found.")
    assert run("editions", "latest").status == 0
    assert run("build", "latest", "--out", "built").status == 0
    assert "A museum of gloves" in (readers / "built/2026-11-23.txt").read_text()
    assert run("send", "latest", "--yes").status == 0
    assert all("For walkers only." in text for text in bodies(readers / "outbox").values())
    assert run("archive", "build", "public").status == 0
    assert "A museum of gloves" in (readers / "public/issues/2026-11-23/index.html").read_text()
    assert run("report", "latest").status == 0


def test_a_tailored_issue_of_blocks_only_goes_by_their_topics(readers: Path, run: Run) -> None:
    edit(ISSUE, ENTRIES, f"tailored: true\n{LINKS.strip()}")
    overview = json.loads(run("editions", "latest", "--json").stdout)
    assert {tuple(edition["positions"]): edition["entries"] for edition in overview["editions"]} == {(0,): []}
    edit(ISSUE, "tailored: true", "tailored: {otherwise: skip}")
    assert json.loads(run("editions", "latest", "--json").stdout)["left_out"] == 2
    assert run("send", "latest", "--yes").status == 0
    assert list(bodies(readers / "outbox")) == ["ben@example.net"]


def test_readers_get_the_blocks_of_their_topics(readers: Path, run: Run) -> None:
    blocks = "{note: For everyone.}, {note: For walkers only., topics: [Cities]}"
    edit(ISSUE, ENTRIES, f"tailored: true\n{ENTRIES[:-1]}, {blocks}]")
    shown = run("build", "latest", "--out", "built", "--as", "ben@example.net")
    assert "3 note ✓ followed" in [" ".join(line.split()) for line in shown.stdout.splitlines()]
    assert run("send", "latest", "--yes").status == 0
    texts = bodies(readers / "outbox")
    assert all("For everyone." in text for text in texts.values())
    ben, cleo = (text for name in ("ben", "cleo") for address, text in texts.items() if name in address)
    assert "For walkers only." in ben
    assert "For walkers only." not in cleo


def test_a_mistake_in_a_block_stops_the_build(root: Path, run: Run) -> None:
    Path("issues/blocks").mkdir()
    Path("issues/blocks/tea.md").write_text("---\nblock: sponsor\ntitle: Tea\n---\nTea at four.\n")
    edit(ISSUE, ENTRIES, f"{ENTRIES[:-1]}, tea]")
    refused = run("build", "latest", "--out", "built")
    assert refused.status == 1
    assert "issues/blocks/tea.md:2: no url: add a line url: https://…" in refused.stderr
    assert not Path("built").exists()
