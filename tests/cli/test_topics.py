"""A topic gets another slug: its followers are kept or reported."""

import json
from pathlib import Path

from tests.command_line import Run, edit


def followed(run: Run) -> list[str]:
    """Return the findings of check about followers of undeclared topics."""
    findings = json.loads(run("check", "--json").stdout)
    return [finding["what"] for finding in findings if finding["rule"] == "topic-followed"]


def test_followers_of_a_renamed_topic_are_kept_by_its_alias_and_reported_without_one(readers: Path, run: Run) -> None:
    segment = ("subscribers", "list", "--segment", "science", "--json")
    before = [reader["address"] for reader in json.loads(run(*segment).stdout)]
    assert before == ["ada@example.com", "cleo@example.org"]
    assert not any("science" in what for what in followed(run))
    edit("newsletter.toml", '[topics.science]\nname = "Science"', '[topics.research]\nname = "Research"')
    edit("newsletter.toml", 'parent = "science"', 'parent = "research"')
    edit("newsletter.toml", 'any = ["science"]', 'any = ["research"]')
    assert '1 reader named the topic "science", which is not declared' in followed(run)
    assert [reader["address"] for reader in json.loads(run(*segment).stdout)] == ["cleo@example.org"]
    edit("newsletter.toml", 'name = "Research"', 'name = "Research"\naliases = ["science"]')
    assert not any("science" in what for what in followed(run))
    readers_now = json.loads(run(*segment).stdout)
    assert [reader["address"] for reader in readers_now] == before
    assert readers_now[0]["topics"] == ["research"]
    assert "research" in run("subscribers", "list").stdout
    assert "science" not in run("subscribers", "list").stdout
