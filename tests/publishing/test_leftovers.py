"""Leftovers of a merge or of `newsletter init`, and unusable providers, are reported before a send."""

import json
import subprocess
from pathlib import Path

import pytest

from newsletter.checks import placeholder_settings
from tests import make
from tests.command_line import Run, edit, files
from tests.smtp_server import SmtpServer, smtp_server

ENTRY = "issues/entries/lighthouse-ledger.md"
ISSUE = "issues/2026-11-23.md"


def findings(run: Run) -> dict[str, str]:
    """Return the places of errors that `check` reports, by rule."""
    reported = json.loads(run("check", "--json").stdout)
    return {item["rule"]: f"{item['path']}:{item['line']}" for item in reported if item["severity"] == "error"}


def by_smtp(server: SmtpServer, more: str = "") -> None:
    relay = f'name = "smtp"\nhost = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\n{more}'
    edit("newsletter.toml", 'name = "outbox"\npath = "outbox"\n', relay)


@pytest.mark.parametrize(
    ("path", "marker"),
    [
        (ENTRY, "<<<<<<< HEAD"),
        (ISSUE, "======="),
        ("newsletter.toml", ">>>>>>> a branch"),
        ("templates/email/default/issue.mjml", "||||||| 1a2b3c4"),
        ("templates/pages/public/x.html", "<<<<<<<"),
    ],
)
def test_a_merge_marker_is_an_error_with_its_line(run: Run, readers: Path, path: str, marker: str) -> None:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    before = file.read_text() if file.exists() else "First\n"
    file.write_text(f"{before.rstrip()}\n{marker}\n")
    line = len(before.rstrip().splitlines()) + 1
    checked = run("check")
    assert checked.status == 1
    assert f"{path}:{line}: a merge conflict marker left by Git" in checked.stdout + checked.stderr
    refused = run("send", "today", "--yes")
    assert refused.status == 1
    assert f"{path}:{line}: " in refused.stderr
    assert not Path("outbox").exists()


def test_a_real_merge_conflict_is_reported(run: Run, root: Path) -> None:
    def git(*arguments: str) -> None:
        own = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main"]
        subprocess.run(["git", *own, *arguments], check=False, capture_output=True)

    git("init")
    git("add", ".")
    git("commit", "-m", "Begin")
    git("switch", "-c", "other")
    edit(ISSUE, "A lighthouse", "One lighthouse")
    git("commit", "-am", "One")
    git("switch", "main")
    edit(ISSUE, "A lighthouse", "The lighthouse")
    git("commit", "-am", "The")
    git("merge", "other")
    assert "<<<<<<<" in Path(ISSUE).read_text()
    assert findings(run) == {"conflict-marker": f"{ISSUE}:4"}


def test_quotations_and_underlines_are_not_merge_markers(run: Run, root: Path) -> None:
    before = findings(run)
    path = Path(ENTRY)
    path.write_text(path.read_text() + "\n> > > a quotation in a quotation\n\n<<<<<<<<\n\n========\n")
    assert findings(run) == before


def test_placeholders_of_init_are_errors_with_a_real_provider(run: Run, readers: Path) -> None:
    for path in (Path("newsletter.toml"), *Path("issues/entries").glob("*.md")):
        theirs = path.read_text().replace("daily.example", "example.org").replace("1 Test Street", "1 Example Street")
        path.write_text(theirs)
    assert findings(run) == {}  # the outbox mails no reader
    assert run("send", "today", "--rehearse").status == 0
    with smtp_server() as server:
        by_smtp(server)
        before = files(readers)
        checked = run("check")
        assert checked.status == 1
        for message in (
            "newsletter.toml:11: from is at example.org",
            'newsletter.toml:14: postal_address is still "1 Example Street, 12345 Exampleton"',
            "newsletter.toml:21: base_url is at news.example.org",
            "issues/entries/tram-to-the-beach.md:3: the entry links to example.org",
        ):
            assert message in checked.stdout
        for command in (
            ["send", "today", "--yes"],
            ["send", "today", "--dry-run"],
            ["proof", "today", "--to", "a@daily.example"],
        ):
            refused = run(*command)
            assert refused.status == 1
            assert refused.stderr.count("an example's domain") == 2
        assert not server.received
        assert files(readers) == before


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://localhost:8026", True),
        ("http://127.0.0.1:8026", True),
        ("https://localhost", True),
        ("https://news.localhost", True),
        ("https://127.8.0.1", True),
        ("https://[::1]", True),
        ("https://localhost.daily.example", False),
        ("https://203.0.113.7", False),
    ],
)
def test_pages_on_this_computer_are_a_warning_with_a_real_provider(run: Run, root: Path, url: str, local: bool) -> None:
    edit("newsletter.toml", "https://news.daily.example", url)
    assert "base_url is" not in run("check").stdout  # the outbox mails no reader
    with smtp_server() as server:
        by_smtp(server)
        checked = run("check")
        assert checked.status == 0
        assert (f"newsletter.toml:21: base_url is {url}" in checked.stdout) is local


def test_the_host_of_the_quick_start_is_a_placeholder() -> None:
    settings = '[provider]\nname = "smtp"\nhost = "smtp.example.org"'
    (finding,) = (each for each in placeholder_settings(make.newsletter(), settings) if each.place.line)
    assert (finding.rule, finding.place.line) == ("placeholder-setting", 3)


def test_a_real_page_of_example_org_and_sent_issues_are_not_placeholders(run: Run, readers: Path) -> None:
    edit(ENTRY, "https://daily.example/harbour-review/lighthouse-ledger", "https://example.org/")
    edit("issues/entries/tram-to-the-beach.md", "https://daily.example/", "https://example.org/")
    run("send", "today", "--yes")
    with smtp_server() as server:
        by_smtp(server)
        assert findings(run) == {}


def test_check_and_a_dry_run_check_the_options_of_the_provider(run: Run, readers: Path) -> None:
    with smtp_server() as server:
        by_smtp(server, 'secruity = "none"\n')
        assert findings(run) == {"provider-unfit": "newsletter.toml:24"}
        refused = run("send", "today", "--dry-run")
        assert refused.status == 1
        assert "did you mean security?" in refused.stderr
        edit("newsletter.toml", "secruity", "hello = 'daily.example'\n#")
        assert run("send", "today", "--dry-run").status == 0
        assert findings(run) == {}
    edit("newsletter.toml", 'name = "smtp"', 'name = "carrier-pigeon"')
    assert findings(run) == {"provider-unfit": "newsletter.toml:24"}


def test_a_missing_password_is_a_warning_if_nothing_is_sent(
    run: Run, readers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NEWSLETTER_SMTP_PASSWORD", raising=False)
    with smtp_server() as server:
        by_smtp(server, 'username = "lantern"\n')
        checked = run("check")
        assert checked.status == 0
        assert "NEWSLETTER_SMTP_PASSWORD is not" in checked.stdout
        planned = run("send", "today", "--dry-run")
        assert planned.status == 0
        assert "NEWSLETTER_SMTP_PASSWORD is not" in planned.stderr
        assert run("send", "today", "--yes").status == 1


def test_the_output_of_a_proof_over_smtp_is_a_complete_sentence(run: Run, readers: Path) -> None:
    with smtp_server(answers={("END", "ada@daily.example"): "250 OK"}) as server:
        by_smtp(server)
        proved = run("proof", "today", "--to", "ada@daily.example")
    assert proved.stdout == "Sent a proof of issue 2026-11-23 to ada@daily.example.\n"
