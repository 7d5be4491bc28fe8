"""`newsletter entry` and `newsletter issue`: files written, listed, imported."""

import json
from pathlib import Path

from tests.command_line import Run, files

PICKS = """\
The bell on the mudflat

Nobody rings it but the sea, and nobody can say when:

In calm weather it strikes once or twice, like somebody who has thought better of it. . . .

Read more at The Breakwater Almanac

More about: Oceans, Railways

A second pick

It is short:

So is this.

Read more at Slow Lines
"""


def test_a_new_entry_has_the_given_fields_and_its_path_is_printed(run: Run, root: Path) -> None:
    made = run(
        *("entry", "new", "Two clocks: a quarrel", "--url", "https://example.org/clocks", "--source", "The Review"),
        *("--author", "Ada Writer", "--date", "2026-11-02", "-t", "Science", "--topic", "The sea"),
    )
    assert (made.status, made.stdout) == (0, "issues/entries/two-clocks-a-quarrel.md\n")
    entries = {entry["slug"]: entry for entry in json.loads(run("entry", "list", "--json").stdout)}
    assert entries["two-clocks-a-quarrel"] == {
        "slug": "two-clocks-a-quarrel",
        "title": "Two clocks: a quarrel",
        "url": "https://example.org/clocks",
        "source": "The Review",
        "author": "Ada Writer",
        "date": "2026-11-02",
        "topics": ["science", "oceans"],
        "latest_issue": None,
        "path": "issues/entries/two-clocks-a-quarrel.md",
    }


def test_an_existing_entry_is_not_overwritten(run: Run, root: Path) -> None:
    before = files(root)
    refused = run("entry", "new", "Tram to the beach", "--slug", "tram-to-the-beach")
    assert refused.status == 2
    assert 'entry "tram-to-the-beach" already exists' in refused.stderr
    assert files(root) == before


def test_a_slug_that_leaves_the_folder_is_refused(run: Run, root: Path) -> None:
    before = files(root)
    for slug in ("../escape", "a/b", "UPPER", ""):
        assert run("entry", "new", "Title", "--slug", slug).status == 2
        assert run("issue", "new", "2026-11-30", "--slug", slug).status == 2
    assert files(root) == before


def test_an_invalid_date_is_a_usage_error(run: Run, root: Path) -> None:
    assert run("entry", "new", "Title", "--date", "yesterday").status == 2
    assert run("issue", "new", "2026-02-30").status == 2


def test_entries_are_listed_by_topic_unused_first(run: Run, root: Path) -> None:
    run("entry", "new", "Another harbour", "-t", "Oceans")
    run("entry", "new", "Without a topic")
    listed = json.loads(run("entry", "list", "--json").stdout)
    assert [(entry["slug"], entry["latest_issue"]) for entry in listed] == [
        ("another-harbour", None),
        ("lighthouse-ledger", "2026-11-23"),
        ("map-for-walkers", "2026-11-23"),
        ("tram-to-the-beach", "2026-11-23"),
        ("without-a-topic", None),
    ]
    table = run("entry", "list").stdout
    assert "Latest issue" in table
    assert "used" not in table.lower()
    assert table.index("Another harbour") < table.index("What a lighthouse writes down")


def test_a_topic_lists_its_entries_and_those_of_subtopics(run: Run, root: Path) -> None:
    run("entry", "new", "Another harbour", "-t", "The sea")
    listed = json.loads(run("entry", "list", "--topic", "Science", "--json").stdout)
    assert [entry["slug"] for entry in listed] == ["another-harbour", "lighthouse-ledger"]
    unused = json.loads(run("entry", "list", "-t", "science", "--unused", "--json").stdout)
    assert [entry["slug"] for entry in unused] == ["another-harbour"]
    nothing = run("entry", "list", "--topic", "Oceanss", "--json")
    assert (nothing.status, nothing.stdout) == (0, "[]\n")
    assert nothing.stderr == 'warning: there is no topic "Oceanss" in newsletter.toml\n'


def test_picks_are_imported_without_questions_if_there_is_no_terminal(run: Run, root: Path) -> None:
    Path("picks.txt").write_text(PICKS)
    imported = run("entry", "import", "picks.txt")
    assert imported.status == 0
    assert imported.stdout.split() == ["issues/entries/the-bell-on-the-mudflat.md", "issues/entries/a-second-pick.md"]
    text = Path("issues/entries/the-bell-on-the-mudflat.md").read_text()
    assert "source: The Breakwater Almanac\n" in text
    assert "topics: [Oceans, Railways]\n" in text
    assert "\n> In calm weather" in text
    checked = run("check")
    assert checked.status == 1
    assert "issues/entries/the-bell-on-the-mudflat.md:3: url is empty" in checked.stdout


def test_on_a_terminal_a_missing_url_is_asked_for(run: Run, root: Path) -> None:
    Path("picks.txt").write_text(PICKS)
    imported = run("entry", "import", "picks.txt", stdin="https://example.org/bell\n\n")
    assert imported.status == 0
    assert "URL of “The bell on the mudflat” (The Breakwater Almanac)" in imported.stderr
    assert "url: https://example.org/bell\n" in Path("issues/entries/the-bell-on-the-mudflat.md").read_text()
    assert "url:\n" in Path("issues/entries/a-second-pick.md").read_text()


def test_importing_the_same_picks_again_changes_nothing(run: Run, root: Path) -> None:
    Path("picks.txt").write_text(PICKS)
    run("entry", "import", "picks.txt")
    before = files(root)
    again = run("entry", "import", "picks.txt", "picks.txt")
    assert (again.status, again.stdout) == (0, "")
    assert "Skipped: issues/entries/a-second-pick.md already has this pick." in again.stderr
    assert files(root) == before


def test_a_file_without_picks_stops_the_whole_import(run: Run, root: Path) -> None:
    Path("picks.txt").write_text(PICKS)
    Path("broken.txt").write_bytes(b"Title\n\n\xff\xfe\n")
    before = files(root)
    refused = run("entry", "import", "picks.txt", "broken.txt")
    assert refused.status == 1
    assert refused.stderr.startswith("error: broken.txt:3: ")
    assert run("entry", "import", "picks.txt", "nowhere.txt").status == 1
    assert files(root) == before


def test_a_new_issue_has_the_next_date_and_number(run: Run, root: Path) -> None:
    before = json.loads(run("issue", "list", "--json").stdout)
    made = run("issue", "new", "--subject", "Slow water", "-e", "tram-to-the-beach", "-e", "lighthouse-ledger")
    assert made.status == 0
    after = json.loads(run("issue", "list", "--json").stdout)
    assert after[:-1] == before
    assert after[-1]["date"] > before[-1]["date"]
    assert made.stdout == f"issues/{after[-1]['date']}.md\n"
    assert after[-1]["number"] == 2
    assert after[-1]["subject"] == "Slow water"
    assert after[-1]["entries"] == ["tram-to-the-beach", "lighthouse-ledger"]


def test_the_first_issue_has_number_1_and_later_ones_have_none_if_it_has_none(run: Run, root: Path) -> None:
    (first,) = (root / "issues").glob("*.md")
    first.unlink()
    path = root / run("issue", "new", "2026-12-24").stdout.strip()
    assert "number: 1\n" in path.read_text()
    path.write_text(path.read_text().replace("number: 1\n", ""))
    assert "number:" not in (root / run("issue", "new", "2026-12-25").stdout.strip()).read_text()


def test_an_issues_date_number_and_slug_can_be_given(run: Run, root: Path) -> None:
    assert run("issue", "new", "2026-12-24", "--number", "99", "--slug", "christmas").stdout == "issues/christmas.md\n"
    listed = json.loads(run("issue", "list", "--json").stdout)
    assert (listed[-1]["slug"], listed[-1]["date"], listed[-1]["number"]) == ("christmas", "2026-12-24", 99)
    assert "christmas" in run("issue", "list").stdout


def test_an_issue_with_an_unknown_entry_is_refused_with_a_suggestion(run: Run, root: Path) -> None:
    before = files(root)
    refused = run("issue", "new", "-e", "tram-to-the-beech")
    assert refused.status == 2
    assert 'did you mean "tram-to-the-beach"?' in refused.stderr
    assert files(root) == before


def test_an_entry_has_the_fields_that_it_is_given(run: Run, root: Path) -> None:
    options = ["--label", "listen", "--language", "de", "--kind", "audio", "--minutes", "40", "--paywall"]
    created = run("entry", "new", "Tides", *options, "--gift", "https://example.org/gift")
    assert created.status == 0
    text = Path(created.stdout.strip()).read_text()
    for line in ("label: listen", "language: de", "kind: audio", "minutes: 40", "paywall: true"):
        assert f"\n{line}\n" in text
    assert "\ngift: https://example.org/gift\n" in text
    assert "label" not in Path(run("entry", "new", "Waves").stdout.strip()).read_text()
    assert run("entry", "new", "Winds", "--minutes", "0").status == 2


def test_an_entrys_kind_is_written_as_check_accepts_it(run: Run, root: Path) -> None:
    created = run("entry", "new", "Tides", "--kind", "Audio")
    assert "\nkind: audio\n" in Path(created.stdout.strip()).read_text()
    refused = run("entry", "new", "Waves", "--kind", "Long read")
    assert refused.status == 2
    assert "use long-read" in refused.stderr
    assert not Path("issues/entries/waves.md").exists()


def test_an_issue_may_name_a_block_and_no_entry_takes_its_slug(run: Run, root: Path) -> None:
    Path("issues/blocks").mkdir()
    Path("issues/blocks/tea.md").write_text("---\nblock: note\n---\nTea at four.\n")
    assert 'block "tea" already exists' in run("entry", "new", "Tea").stderr
    assert run("issue", "new", "2027-01-04", "-e", "lighthouse-ledger", "-e", "tea").status == 0
    (issue,) = (issue for issue in json.loads(run("issue", "list", "--json").stdout) if issue["slug"] == "2027-01-04")
    assert (issue["entries"], issue["blocks"]) == (["lighthouse-ledger"], ["tea"])
    assert "Blocks" in run("issue", "list").stdout
