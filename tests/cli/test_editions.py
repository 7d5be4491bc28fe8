"""Tailored issues at the command line: the table of editions, the plan, and a reader's edition."""

import json
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.command_line import Outcome, Run, edit

ISSUE = "issues/2026-11-23.md"


def tailor(rules: str = "tailored: true", *, pinned: str = "") -> None:
    """Tailor the starter's issue: lighthouse-ledger (oceans), … as written by ``newsletter init``."""
    edit(ISSUE, "number: 1\n", f"number: 1\n{rules}\n" + (f"pinned: [{pinned}]\n" if pinned else ""))


def read(path: str) -> EmailMessage:
    return message_from_bytes(Path(path).read_bytes(), policy=policy.default)


def text(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    words: str = part.get_content()
    return words


def lines(outcome: Outcome) -> list[str]:
    return [" ".join(line.split()) for line in outcome.stdout.splitlines()]


def test_the_table_has_a_line_for_each_edition_and_a_mark_for_each_entry(run: Run, readers: Path) -> None:
    tailor()
    run("subscribers", "add", "dan@example.com", "-t", "Cities")
    shown = run("editions", "latest")
    assert (shown.status, shown.stderr) == (0, "")
    shown_lines = lines(shown)
    at = shown_lines.index("Readers Entries 0 1 2")
    assert shown_lines[at + 2 : at + 5] == ["2 2 · ✓ ✓", "1 1 ✓ · ·", "1 3 ✓ ✓ ✓"]
    assert "0 lighthouse-ledger 2 What a lighthouse writes down" in shown_lines
    assert shown_lines[-2:] == ["3 editions for 4 readers.", "1 reader would get fewer than 2 entries."]


def test_unread_entries_and_readers_without_an_edition_are_reported(run: Run, root: Path) -> None:
    tailor("tailored: {otherwise: skip}")
    for name, topic in (("ben", "Cities"), ("dan", "Chess"), ("eve", "Chess")):
        run("subscribers", "add", f"{name}@example.com", "-t", topic)
    shown_lines = lines(run("editions", "latest"))
    assert shown_lines[-3:] == [
        "1 edition for 1 reader.",
        "Nobody would get lighthouse-ledger.",
        "2 readers would get nothing: no entry matches their topics.",
    ]


def test_the_json_has_every_edition(run: Run, readers: Path) -> None:
    tailor("tailored: {otherwise: skip}", pinned="lighthouse-ledger")
    run("subscribers", "add", "dan@example.com", "-t", "Chess")
    shown_lines = json.loads(run("editions", "latest", "--json").stdout)
    assert (shown_lines["issue"], shown_lines["readers"], shown_lines["left_out"]) == ("2026-11-23", 3, 1)
    assert shown_lines["fewer"] == {"than": 2, "readers": 1}
    assert shown_lines["entries"][0] == {"slug": "lighthouse-ledger", "pinned": True, "readers": 3}
    assert {"positions": [0], "entries": ["lighthouse-ledger"], "blocks": [], "readers": 1} in shown_lines["editions"]


def test_blocks_with_topics_have_a_mark_and_readers_but_do_not_count(run: Run, readers: Path) -> None:
    tailor("tailored: {otherwise: skip}")
    blocks = "{note: For walkers., topics: [Cities]}, {note: For all.}"
    edit(ISSUE, "entries: [", f"entries: [{blocks}, ")
    run("subscribers", "add", "dan@example.com", "-t", "Cities")
    shown_lines = lines(run("editions", "latest"))
    assert "3 note 2" in shown_lines
    shown = json.loads(run("editions", "latest", "--json").stdout)
    assert shown["blocks"] == [{"name": "note", "readers": 2}]
    (walker,) = (edition for edition in shown["editions"] if edition["positions"] == [1, 2, 3])
    assert (walker["entries"], walker["blocks"]) == (["tram-to-the-beach", "map-for-walkers"], ["note"])
    assert run("build", "latest", "--out", "built", "--edition", "3").status != 0


def test_many_editions_are_summarized(run: Run, root: Path) -> None:
    topics = [f"topic-{at}" for at in range(5)]
    for at, topic in enumerate(topics):
        run("entry", "new", f"Entry {at}", "--url", f"https://example.org/{at}", "--source", "A", "-t", topic)
    run("issue", "new", "2026-11-24", *(word for at in range(5) for word in ("-e", f"entry-{at}")))
    edit("issues/2026-11-24.md", "date:", "tailored: true\ndate:")
    rows = [
        f"r{mask}@example.com,{'; '.join(topic for at, topic in enumerate(topics) if mask >> at & 1)}"
        for mask in range(1, 32)
    ]
    Path("many.csv").write_text("\n".join(["address,topics", *rows, "twice@example.com,topic-4"]) + "\n")
    run("subscribers", "import", "many.csv")
    shown_lines = lines(run("editions", "latest"))
    assert "2 1 · · · · ✓" in shown_lines
    assert "11 11 more editions" in shown_lines
    assert "31 editions for 32 readers." in shown_lines


def test_an_untailored_issue_has_a_single_edition(run: Run, readers: Path) -> None:
    shown = run("editions", "latest")
    assert shown.status == 0
    assert "3 3 ✓ ✓ ✓" in lines(shown)
    assert "isn't tailored" in shown.stderr


def test_without_readers_there_are_no_editions(run: Run, root: Path) -> None:
    tailor()
    shown = run("editions", "latest")
    assert shown.status == 0
    assert "Nobody would get this issue yet" in shown.stderr
    assert "Nobody" not in shown.stdout


def test_the_plan_of_a_send_shows_the_editions(run: Run, readers: Path) -> None:
    tailor("tailored: {otherwise: skip}")
    run("subscribers", "add", "dan@example.com", "-t", "Chess")
    planned = run("send", "latest", "--dry-run")
    assert planned.status == 0
    assert "1 1 ✓ · ·" in lines(planned)
    assert "1 reader would get nothing: no entry matches their topics." in lines(planned)
    assert "Recipients 3" in lines(planned)


def test_a_send_without_an_entry_for_any_reader_is_refused(run: Run, root: Path) -> None:
    tailor("tailored: {otherwise: skip}")
    run("subscribers", "add", "dan@example.com", "-t", "Chess")
    refused = run("send", "latest", "--dry-run")
    assert refused.status == 1
    assert "no entry matches any of its 1 readers" in refused.stderr


def test_any_edition_can_be_built(run: Run, root: Path) -> None:
    tailor()
    edit(ISSUE, "subject: ", "subject: 'Now: {{ edition.titles[0] }}' #")
    built = run("build", "latest", "--out", "built", "--edition", "2,1,2")
    assert built.status == 0
    message = read("built/2026-11-23.eml")
    assert message["Subject"] == "Now: The tram that goes to the beach"
    assert "A map for people on foot" in text(message)
    assert "What a lighthouse writes down" not in text(message)


@pytest.mark.parametrize("edition", ["3", "-1", "0,", "", "one", "0;1", "²"])
def test_an_edition_with_unknown_entries_is_a_usage_error(run: Run, root: Path, edition: str) -> None:
    tailor()
    refused = run("build", "latest", "--out", "built", "--edition", edition)
    assert refused.status == 2
    assert "positions from 0 to 2" in refused.stderr
    assert not Path("built").exists()


def test_an_edition_of_an_untailored_issue_cannot_be_built(run: Run, root: Path) -> None:
    refused = run("build", "latest", "--out", "built", "--edition", "0")
    assert refused.status == 2
    assert "tailored: true" in refused.stderr


def test_a_readers_edition_is_built_and_explained(run: Run, readers: Path) -> None:
    tailor("tailored: {minimum: 2}")
    built = run("build", "latest", "--out", "built", "--as", "ADA@example.com")
    assert (built.status, built.stderr) == (0, "")
    assert "0 lighthouse-ledger ✓ followed" in lines(built)
    assert "1 tram-to-the-beach ✓ filled up to the minimum" in lines(built)
    assert "2 map-for-walkers no topic followed" in lines(built)
    message = read("built/2026-11-23.eml")
    assert message["To"] == "ada@example.com"
    assert {file.stat().st_mode & 0o777 for file in Path("built").iterdir()} == {0o600}
    assert "Good morning, Ada." in text(message)
    assert "A map for people on foot" not in text(message)


def test_a_reader_without_an_edition_gets_no_files(run: Run, root: Path) -> None:
    tailor("tailored: {otherwise: skip}")
    run("subscribers", "add", "dan@example.com", "-t", "Chess")
    refused = run("build", "latest", "--out", "built", "--as", "dan@example.com")
    assert refused.status == 1
    assert "has nothing for dan@example.com, who follows chess" in refused.stderr
    assert "0 lighthouse-ledger no topic followed" in lines(refused)
    assert not Path("built").exists()


def test_a_reader_left_out_of_the_send_is_reported(run: Run, readers: Path) -> None:
    tailor("segments: [science]\ntailored: true")
    built = run("build", "latest", "--out", "built", "--as", "ben@example.net")
    assert built.status == 0
    assert "they are not in the segment science" in built.stderr


def test_an_unknown_readers_address_is_a_usage_error(run: Run, readers: Path) -> None:
    for command in (["build", "latest", "--out", "built"], ["proof", "latest", "--to", "me@example.org"]):
        refused = run(*command, "--as", "nobody@example.com")
        assert refused.status == 2
        assert "no reader has the address nobody@example.com" in refused.stderr
    assert run("build", "latest", "--out", "built", "--as", "ada@example.com", "--edition", "0").status == 2


def test_a_proof_of_a_readers_edition_is_mailed_to_the_editor(run: Run, readers: Path) -> None:
    tailor()
    proved = run("proof", "latest", "--to", "me@example.org", "--as", "ada@example.com")
    assert proved.status == 0
    assert "0 lighthouse-ledger ✓ followed" in lines(proved)
    (path,) = Path("outbox").rglob("*.eml")
    message = read(str(path))
    assert message["To"] == "me@example.org"
    assert "Good morning, Ada." in text(message)
    assert "The tram that goes to the beach" not in text(message)
    assert "ada@example.com" not in str(message["To"])
