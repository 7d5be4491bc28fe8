"""`newsletter send` and `sends`: the plan, the question, the send, and refusals."""

import json
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from tests.command_line import Run, edit, files
from tests.databases import sqlite3


def outbox() -> list[str]:
    """Return the addresses that have a message in the outbox."""
    messages = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in Path("outbox").rglob("*.eml")]
    return sorted(str(message["To"]) for message in messages)


EVERYONE = ["ada@example.com", "ben@example.net", "cleo@example.org"]


def test_a_send_shows_its_plan_and_ends_with_a_summary(run: Run, readers: Path) -> None:
    edit("issues/2026-11-23.md", "number: 1\n", "number: 1\nsegments: [science, everyone]\n")
    sent = run("send", "latest", "--yes")
    assert sent.status == 0
    for phrase in (
        "science",
        "Recipients         3 (2 overlaps counted once)",
        "Provider           outbox",
        "Submitted   3",
    ):
        assert phrase in sent.stdout
    assert "outbox/2026-11-23" in sent.stderr
    assert outbox() == EVERYONE


def test_an_issue_in_a_language_goes_to_its_readers_in_their_language(run: Run, readers: Path) -> None:
    edit("newsletter.toml", 'language = "en"\n', 'languages = ["en", "de"]\n')
    edit("issues/2026-11-23.md", "number: 1\n", "number: 1\nlanguage: de\n")
    assert run("send", "latest", "--dry-run").stderr.startswith(
        "error: nobody would get issue 2026-11-23: no confirmed readers in everyone (3 reading another language)"
    )
    run("subscribers", "add", "dora@example.com", "--language", "de-AT")
    planned = run("send", "latest", stdin="n\n")
    plan = " ".join(planned.stdout.split())
    for phrase in ("Language de", "Recipients 1", "Get another language 3"):
        assert phrase in plan
    assert "to 1 reader in everyone whose language is de? [y/N]" in planned.stderr
    assert json.loads(run("editions", "latest", "--json").stdout)["readers"] == 1
    assert "everyone (de)" in run("issue", "list").stdout
    assert run("send", "latest", "--yes").status == 0
    assert outbox() == ["dora@example.com"]
    (message,) = Path("outbox").rglob("*.eml")
    html = message_from_bytes(message.read_bytes(), policy=policy.default).get_body(("html",))
    assert html is not None
    assert '<html lang="de" dir="ltr"' in html.get_content()
    assert "Montag, 23. November 2026" in html.get_content()


def test_a_segment_with_a_rule_is_counted_listed_and_sent_to(run: Run, readers: Path) -> None:
    edit(
        "newsletter.toml",
        "[segments.science]\n",
        "[segments.germans]\nwhere = 'language = \"de\"'\n\n[segments.science]\n",
    )
    edit("issues/2026-11-23.md", "number: 1\n", "number: 1\nsegments: [germans]\n")
    run("subscribers", "add", "dora@example.com", "--language", "de-AT")
    counts = {row["slug"]: row["readers"] for row in json.loads(run("segments", "--json").stdout)}
    assert (counts["everyone"], counts["germans"]) == (4, 1)
    (listed,) = json.loads(run("subscribers", "list", "--segment", "germans", "--json").stdout)
    assert listed["language"] == "de-AT"
    assert "dora@example.com" in run("subscribers", "export", "--segment", "germans").stdout
    assert run("send", "latest", "--yes").status == 0
    assert outbox() == ["dora@example.com"]


def test_a_dry_run_only_plans_and_needs_no_secret(run: Run, readers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEWSLETTER_SECRET")
    planned = run("send", "latest", "--dry-run")
    assert planned.status == 0
    assert "Recipients         3" in planned.stdout
    assert not Path("outbox").exists()
    assert json.loads(run("sends", "--json").stdout) == []


def test_a_send_is_not_begun_if_the_question_is_answered_with_no(run: Run, readers: Path) -> None:
    refused = run("send", "latest", stdin="n\n")
    assert refused.status == 0
    assert "Send “A lighthouse, a tram and a good map”, dated Monday 23 November 2026 (today)" in refused.stderr
    assert "to 3 readers in everyone? [y/N]" in refused.stderr
    assert not Path("outbox").exists()
    assert json.loads(run("sends", "--json").stdout) == []
    agreed = run("send", "latest", stdin="y\n")
    assert agreed.status == 0
    assert outbox() == EVERYONE


def test_a_send_without_a_terminal_needs_yes(run: Run, readers: Path) -> None:
    refused = run("send", "latest")
    assert refused.status == 2
    assert "--yes" in refused.stderr
    assert not Path("outbox").exists()


def test_a_second_send_is_refused_with_the_time_and_size_of_the_first(run: Run, readers: Path) -> None:
    run("send", "latest", "--yes")
    before = files(readers / "outbox")
    for arguments in (["--yes"], ["--dry-run"], ["--resume"]):
        again = run("send", "2026-11-23", *arguments)
        assert again.status == 1
        assert "issue 2026-11-23 was sent on 20" in again.stderr
        assert "to 3 of 3 readers" in again.stderr
    assert files(readers / "outbox") == before


def test_once_accepts_an_issue_that_was_sent_already(run: Run, readers: Path) -> None:
    assert run("send", "latest", "--yes", "--once").status == 0
    before = files(readers / "outbox")
    Path("issues/entries/lighthouse-ledger.md").unlink()  # a sent issue's files may have errors later
    again = run("send", "2026-11-23", "--yes", "--once")
    assert again.status == 0
    assert "has already been sent; nothing was sent now" in again.stdout
    assert files(readers / "outbox") == before


def test_an_interrupted_send_is_reported_and_can_be_resumed(run: Run, readers: Path) -> None:
    run("send", "latest", "--yes")
    with sqlite3.connect("newsletter.db") as database:  # as left by a kill between two batches
        database.execute("UPDATE send SET status = 'running', finished = NULL, counts = NULL")
        database.execute("UPDATE delivery SET status = 'queued' WHERE subscriber = 2")
        database.execute("UPDATE delivery SET status = 'submitting' WHERE subscriber = 3")
    database.close()
    for path in Path("outbox").rglob("*.eml"):
        if not path.name.startswith("ada"):
            path.unlink()
    interrupted = run("send", "latest", "--yes")
    assert interrupted.status == 1
    assert "newsletter send 2026-11-23 --resume" in interrupted.stderr
    resumed = run("send", "latest", "--resume")
    assert resumed.status == 0
    assert "Submitted   3" in resumed.stdout
    assert outbox() == EVERYONE


def test_a_send_that_stops_half_way_prints_a_summary(run: Run, readers: Path) -> None:
    Path("outbox").mkdir()
    Path("outbox/2026-11-23").write_text("a file in the place of the issue's folder")
    stopped = run("send", "latest", "--yes")
    assert stopped.status == 1
    assert "Queued      3" in stopped.stdout
    assert stopped.stderr.splitlines()[-1].startswith("error: the outbox cannot write")
    Path("outbox/2026-11-23").unlink()
    assert run("send", "latest", "--resume").status == 0
    assert outbox() == EVERYONE


def test_a_send_that_never_began_cannot_be_resumed(run: Run, readers: Path) -> None:
    refused = run("send", "2026-11-23", "--resume")
    assert refused.status == 1
    assert "has no send to resume" in refused.stderr
    assert "no issue has been sent yet" in run("send", "latest", "--resume").stderr
    assert run("send", "latest", "--resume", "--dry-run").status == 2


def test_a_missing_or_short_secret_stops_a_send_before_it_begins(
    run: Run, readers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for secret in (None, "short"):
        monkeypatch.delenv("NEWSLETTER_SECRET")
        if secret:
            monkeypatch.setenv("NEWSLETTER_SECRET", secret)
        refused = run("send", "latest", "--yes")
        assert refused.status == 1
        assert refused.stderr.startswith("error: NEWSLETTER_SECRET")
        assert "openssl rand" in refused.stderr
        monkeypatch.setenv("NEWSLETTER_SECRET", "short again")
    assert not Path("outbox").exists()
    assert json.loads(run("sends", "--json").stdout) == []


def test_an_unknown_segment_stops_a_send(run: Run, readers: Path) -> None:
    edit("issues/2026-11-23.md", "number: 1\n", "number: 1\nsegments: [sciense]\n")
    refused = run("send", "latest", "--yes")
    assert refused.status == 1
    assert "issues/2026-11-23.md:4: " in refused.stderr
    assert "sciense" in refused.stderr
    assert "science" in refused.stderr
    assert not Path("outbox").exists()


def test_an_empty_segment_stops_a_send(run: Run, root: Path) -> None:
    run("subscribers", "add", "ben@example.net", "-t", "Cities")
    edit("issues/2026-11-23.md", "number: 1\n", "number: 1\nsegments: [science]\n")
    for arguments in (["--yes"], ["--dry-run"]):
        refused = run("send", "latest", *arguments)
        assert refused.status == 1
        assert "nobody would get issue 2026-11-23" in refused.stderr
    assert not Path("outbox").exists()


def test_an_issue_with_errors_is_not_sent(run: Run, readers: Path) -> None:
    edit("issues/2026-11-23.md", "entries: [lighthouse-ledger, tram-to-the-beach, map-for-walkers]\n", "")
    before = files(readers)
    refused = run("send", "latest", "--yes")
    assert refused.status == 1
    assert refused.stderr.startswith("error: issues/2026-11-23.md:")
    assert files(readers) == before


def test_suppressed_readers_are_counted_and_not_mailed(run: Run, readers: Path) -> None:
    Path("bounced.csv").write_text("email,suppressed\nben@example.net,bounced\n")
    run("subscribers", "import", "bounced.csv")
    sent = run("send", "latest", "--yes")
    assert "Suppressed         1" in sent.stdout
    assert outbox() == ["ada@example.com", "cleo@example.org"]


def test_a_locked_database_is_reported(run: Run, readers: Path) -> None:
    edit("newsletter.toml", "[provider]", 'database = "sqlite:///newsletter.db?timeout=0.1"\n\n[provider]')
    holder = sqlite3.connect("newsletter.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        refused = run("send", "latest", "--yes")
    finally:
        holder.rollback()
        holder.close()
    assert refused.status == 1
    assert "is locked" in refused.stderr
    assert not Path("outbox").exists()
    assert run("send", "latest", "--yes").status == 0


def test_a_newer_database_is_refused_unchanged(run: Run, readers: Path) -> None:
    with sqlite3.connect("newsletter.db") as database:
        database.execute("UPDATE newsletter_revision SET version_num = '9999'")
    database.close()
    before = files(readers)
    for arguments in (["send", "latest", "--yes"], ["segments"], ["subscribers", "list"], ["sends"], ["db", "upgrade"]):
        refused = run(*arguments)
        assert refused.status == 1
        assert "newer version" in refused.stderr
    assert files(readers) == before


def test_an_unknown_or_failing_provider_stops_a_send(run: Run, readers: Path) -> None:
    Path("outbox").write_text("a file in the place of the folder")
    refused = run("send", "latest", "--yes")
    assert refused.status == 1
    assert "is not a folder" in refused.stderr
    assert json.loads(run("sends", "--json").stdout) == []
    edit("newsletter.toml", 'name = "outbox"', 'name = "carrier-pigeon"')
    unknown = run("send", "latest", "--yes")
    assert unknown.status == 1
    assert "carrier-pigeon" in unknown.stderr
    assert json.loads(run("sends", "--json").stdout) == []


def test_sends_and_deliveries_are_listed(run: Run, readers: Path) -> None:
    run("send", "latest", "--yes")
    (send,) = json.loads(run("sends", "--json").stdout)
    assert (send["issue"], send["status"], send["recipients"]) == ("2026-11-23", "finished", 3)
    assert send["counts"] == {"submitted": 3}
    assert "3 submitted" in run("sends").stdout
    deliveries = json.loads(run("sends", "deliveries", "latest", "--json").stdout)
    assert [delivery["address"] for delivery in deliveries] == EVERYONE
    assert json.loads(run("sends", "deliveries", "latest", "--status", "refused", "--json").stdout) == []
    assert "cleo@example.org" in run("sends", "deliveries", "1", "--status", "submitted").stdout
    assert run("sends", "deliveries", "latest", "--status", "lost").status == 2
    assert run("sends", "deliveries", "2026-11-23", "--csv").stdout.splitlines()[0] == "address,status,detail"


def test_deliveries_of_an_unsent_issue_are_refused(run: Run, readers: Path) -> None:
    refused = run("sends", "deliveries", "latest")
    assert refused.status == 2
    assert "no issue has been sent yet" in refused.stderr
