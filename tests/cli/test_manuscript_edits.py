"""`newsletter entry set` and `newsletter issue add`, `move` and `remove`: one change of a file, and a word about it."""

import json
from pathlib import Path

import pytest

from newsletter.files import newsletter_lock as lock
from tests.command_line import Run, files

ENTRY = "issues/entries/lighthouse-ledger.md"
ISSUE = "issues/2026-11-23.md"


@pytest.fixture
def before(root: Path) -> dict[str, bytes]:
    """Return the newsletter's files as they are before a command."""
    return files(root)


def items(run: Run) -> list[tuple[str | None, list[str]]]:
    """Return the issue's sections with their items, from a command that changes nothing."""
    shown = json.loads(run("issue", "remove", "2026-11-23", "not-there", "--json").stdout)
    return [(section["title"], section["items"]) for section in shown["sections"]]


def test_a_field_is_set_and_every_other_byte_stays(run: Run, root: Path, before: dict[str, bytes]) -> None:
    set_ = run("entry", "set", "lighthouse-ledger", "minutes", "12")
    assert (set_.status, set_.stdout, set_.stderr) == (0, f"{ENTRY}\n", "")
    assert files(root) == before | {ENTRY: files(root)[ENTRY]}
    assert "\nminutes: 12\n" in (root / ENTRY).read_text()
    assert run("entry", "set", "lighthouse-ledger", "minutes", "").status == 0
    assert files(root) == before
    again = run("entry", "set", "lighthouse-ledger", "minutes", "")
    assert (again.status, again.stderr) == (0, "It already was like this; nothing was changed.\n")


def test_a_text_is_read_from_standard_input(run: Run, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = run("entry", "set", "lighthouse-ledger", "framing", "-", "--json", stdin="One.\n\nTwo:\n")
    values = json.loads(shown.stdout)
    assert (values["path"], values["changed"], values["field"], values["merged"]) == (ENTRY, True, "framing", False)
    assert values["value"] == "One.\n\nTwo:"
    assert "\nOne.\n\nTwo:\n\n>" in (root / ENTRY).read_text()


def test_a_value_that_does_not_fit_is_refused(run: Run, root: Path, before: dict[str, bytes]) -> None:
    for arguments, words in (
        (("lighthouse-ledger", "date", "yesterday"), "date must be a date"),
        (("lighthouse-ledger", "titel", "New"), 'did you mean "title"?'),
        (("lighthouse-leger", "title", "New"), 'did you mean "lighthouse-ledger"?'),
    ):
        refused = run("entry", "set", *arguments)
        assert refused.status == 2
        assert words in refused.stderr
    assert files(root) == before


def test_a_field_that_has_another_value_than_seen_is_a_conflict(run: Run, root: Path, before: dict[str, bytes]) -> None:
    refused = run("entry", "set", "lighthouse-ledger", "title", "Mine", "--seen", "Another title")
    assert refused.status == 1
    assert refused.stderr.startswith(f"error: {ENTRY}: somebody else has changed title meanwhile; nothing was saved: ")
    assert "--seen" in refused.stderr
    assert files(root) == before


def test_a_file_that_cannot_be_read_is_left_alone(run: Run, root: Path) -> None:
    (root / ENTRY).write_text("---\ntitle: [\n---\n")
    before = files(root)
    refused = run("entry", "set", "lighthouse-ledger", "title", "Mine")
    assert refused.status == 1
    assert refused.stderr.startswith(f"error: {ENTRY}:3: ")
    assert files(root) == before


def test_another_program_is_waited_for_and_named(run: Run, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def held(handle: int, path: Path, seconds: float, end: float) -> None:
        raise lock.LockedError(seconds=seconds, process=4711)

    before = files(root)
    monkeypatch.setattr(lock, "_wait", held)
    refused = run("entry", "set", "lighthouse-ledger", "title", "Mine")
    assert refused.status == 1
    assert "another program (process 4711) has kept this newsletter's files locked for 10 seconds" in refused.stderr
    assert "`newsletter studio`" in refused.stderr
    assert files(root) == before


def test_items_are_added_moved_and_removed(run: Run, root: Path) -> None:
    (everything,) = items(run)
    first, *rest = everything[1]
    for slug in ("moss", "bell"):
        run("entry", "new", slug, "--slug", slug)
    before = files(root)
    assert run("issue", "add", "2026-11-23", "moss", "bell", "--before", first).stdout == f"{ISSUE}\n"
    assert items(run) == [(None, ["moss", "bell", first, *rest])]
    assert run("issue", "move", "2026-11-23", "moss").status == 0
    assert items(run) == [(None, ["bell", first, *rest, "moss"])]
    assert run("issue", "move", "next", "moss", first, "--before", "bell").status == 0
    assert items(run) == [(None, ["moss", first, "bell", *rest])]
    again = run("issue", "add", "2026-11-23", "bell")
    assert (again.status, again.stderr) == (0, "“bell” was already in this issue.\n")
    assert run("issue", "remove", ISSUE, "moss", "bell").status == 0
    assert files(root) == before


def test_sections_are_made_moved_and_removed(run: Run, root: Path) -> None:
    ((_, everything),) = items(run)
    first, second, *rest = everything
    made = run("issue", "move", "2026-11-23", second, "--new-section", "By the sea")
    assert made.status == 0
    assert items(run) == [(None, [first, *rest]), ("By the sea", [second])]
    assert run("issue", "move", "2026-11-23", "--section", "By the sea", "--before", "#1").status == 0
    assert items(run) == [("By the sea", [second]), (None, [first, *rest])]
    run("issue", "move", "2026-11-23", first, "--section", "By the sea", "--before", second)
    assert items(run) == [("By the sea", [first, second]), (None, rest)]
    shown = run("issue", "remove", "2026-11-23", "--section", "#2", "--json")
    assert json.loads(shown.stdout)["sections"] == [
        {"key": "By the sea", "title": "By the sea", "items": [first, second, *rest]}
    ]


def test_what_does_not_fit_the_issue_is_refused_with_a_suggestion(
    run: Run, root: Path, before: dict[str, bytes]
) -> None:
    ((_, (first, *_)),) = items(run)
    run("entry", "new", "Moss")
    before = files(root)
    for arguments, words in (
        (("add", "2026-11-23", "mos"), 'no entry "mos": did you mean "moss"?'),
        (("add", "2026-11-23"), "there is nothing to add"),
        (("add", "2026-11-32", "moss"), "did you mean"),
        (("add", "2026-11-23", "moss", "--section", "Gone"), 'the issue has no section "Gone"'),
        (("add", "2026-11-23", "moss", "--before", "gone"), '"gone" is not in this issue'),
        (("add", "2026-11-23", "moss", "--section", "#1", "--new-section", "A"), "exclude each other"),
        (("add", "2026-11-23", "moss", "--new-section", "A", "--before", first), f'"{first}" is not in that section'),
        (("move", "2026-11-23", "moss"), '"moss" is not in this issue: `newsletter issue list --json` lists'),
        (("move", "2026-11-23"), "there is nothing to move"),
        (("remove", "2026-11-23"), "there is nothing to remove"),
        (("remove", "2026-11-23", "--section", "Gone"), 'the issue has no section "Gone"'),
    ):
        refused = run("issue", *arguments)
        assert refused.status == 2, arguments
        assert words in refused.stderr
    assert files(root) == before
