"""`newsletter topics`."""

import json
from pathlib import Path
from typing import Any

from tests.command_line import Run


def listed(run: Run) -> dict[str, Any]:
    return {topic["slug"]: topic for topic in json.loads(run("topics", "list", "--json").stdout)}


def test_a_topic_is_renamed_with_its_followers(readers: Path, run: Run) -> None:
    before = listed(run)
    settings = (readers / "newsletter.toml").read_text()
    dry = json.loads(run("topics", "rename", "science", "research", "--name", "Research", "--dry-run", "--json").stdout)
    assert (dry["changed"], dry["segments"], dry["into"]) == (False, ["science"], ["research"])
    assert ((readers / "newsletter.toml").read_text(), listed(run)) == (settings, before)
    outcome = run("topics", "rename", "science", "research", "--name", "Research")
    assert outcome.status == 0
    assert "science is renamed to research." in outcome.stdout
    after = listed(run)
    assert "science" not in after
    assert after["research"]["name"] == "Research"
    for name in ("followers", "excluding", "entries", "last_printed"):
        assert after["research"][name] == before["science"][name]
    assert run("topics", "rename", "science", "research").stdout == "Nothing to do: it is done already.\n"
    assert "research" in run("topics", "list").stdout


def test_a_topic_is_merged_and_its_entries_are_rewritten(readers: Path, run: Run) -> None:
    outcome = run("topics", "merge", "Transport", "science", "--rewrite-entries", "--json")
    facts = json.loads(outcome.stdout)
    assert facts["changed"]
    assert "transport" not in listed(run)
    for slug in facts["entries"]:
        text = next((readers / "issues/entries").rglob(f"{slug}.md")).read_text()
        assert "ransport" not in text.partition("---\n")[2].partition("---\n")[0]


def test_a_topic_is_split(readers: Path, run: Run) -> None:
    outcome = run("topics", "split", "science", "--into", "Stage & screen", "--into", "oceans")
    assert outcome.status == 0, outcome.stderr
    after = listed(run)
    assert after["stage-screen"]["name"] == "Stage & screen"
    assert "science" in after["stage-screen"]["aliases"]
    assert after["stage-screen"]["followers"] <= after["oceans"]["followers"]


def test_what_can_not_be_done_is_refused(readers: Path, run: Run) -> None:
    for arguments, message in (
        (("rename", "science", "cities"), "`newsletter topics merge`"),
        (("merge", "scienze", "cities"), 'did you mean "science"?'),
        (("split", "cities", "--into", "oceans"), "at least two"),
    ):
        outcome = run("topics", *arguments)
        assert outcome.status == 2
        assert message in outcome.stderr
