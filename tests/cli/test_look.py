"""`newsletter check`, `build`, `proof` and `preview`: an issue before it goes out."""

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from mjml import mjml2html

from tests.command_line import Run, edit, files
from tests.message_checklist import complaints

LEDGER = "issues/entries/lighthouse-ledger.md"


def test_all_findings_are_printed_in_one_pass_with_file_line_and_hint(run: Run, root: Path) -> None:
    edit("issues/2026-11-23.md", "tram-to-the-beach", "tram-to-the-beech")
    edit(LEDGER, "https://daily.example/harbour-review/lighthouse-ledger", "")
    edit(LEDGER, "topics: [Oceans]", "topics: [Lamps]")
    checked = run("check")
    assert checked.status == 1
    lines = checked.stdout.splitlines()
    assert any(
        re.match(r'issues/2026-11-23\.md:6: .*tram-to-the-beech.*did you mean "tram-to-the-beach"\?$', line)
        for line in lines
    )
    assert any(line.startswith(f"{LEDGER}:3: ") for line in lines)
    assert any(line.startswith(f"{LEDGER}:7: ") and line.endswith(" (warning)") for line in lines)
    assert re.fullmatch(r"\d errors?, \d warnings?\.", lines[-1])
    assert checked.stderr == ""


def test_a_missing_database_folder_and_an_empty_newsletter_are_reported(run: Run, root: Path) -> None:
    settings = Path("newsletter.toml")
    settings.write_text('database = "sqlite:///nowhere/readers.db"\n' + settings.read_text())
    shutil.rmtree("issues")
    checked = run("check")
    assert (checked.status, checked.stdout.splitlines()[0]) == (
        1,
        f"newsletter.toml:1: there is no folder {root / 'nowhere'}: create the folder, or name another file",
    )
    assert "There are no entries and no issues yet" in checked.stderr


def test_a_warning_fails_only_with_strict(run: Run, root: Path) -> None:
    edit(LEDGER, "topics: [Oceans]", "topics: [Lamps]")
    assert run("check").status == 0
    assert run("check", "--strict").status == 1


def test_findings_can_be_printed_as_json(run: Run, root: Path) -> None:
    edit(LEDGER, "source: The Harbour Review\n", "")
    checked = run("check", "--json")
    assert checked.status == 1
    (finding,) = [item for item in json.loads(checked.stdout) if item["severity"] == "error"]
    assert finding["path"] == LEDGER
    assert set(finding) == {"path", "line", "column", "severity", "rule", "what", "hint"}


def test_control_characters_in_a_file_never_reach_the_terminal(run: Run, root: Path) -> None:
    edit(LEDGER, "topics: [Oceans]", 'topics: ["\\e[2J\\u202Egnp.exe [bold]"]')
    checked = run("check")
    assert "\x1b" not in checked.stdout
    assert "\u202e" not in checked.stdout


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("malformed", b"---\ntitle: [\n---\nText\n"),
        ("wrong-type", b"---\ntitle: 7\nurl: https://example.org/\nsource: A\n---\nText\n"),
        ("bomb", b"---\na: &a [x, x]\nb: &b [*a, *a]\ntitle: *b\n---\nText\n"),
        ("large", b"---\ntitle: A\n---\n" + b"x" * 10_000_000),
        ("not-utf8", b"---\ntitle: \xff\n---\nText\n"),
        ("Upper", b"---\ntitle: A\nurl: https://example.org/\nsource: A\n---\nText\n"),
    ],
)
def test_an_unreadable_file_is_an_error_with_its_line(run: Run, root: Path, name: str, content: bytes) -> None:
    Path(f"issues/entries/{name}.md").write_bytes(content)
    checked = run("check")
    assert checked.status == 1
    assert re.search(rf"^issues/entries/{name}\.md:\d+: .+$", checked.stdout, re.MULTILINE)
    assert "Traceback" not in checked.stdout + checked.stderr


def test_a_link_to_outside_and_a_repeated_slug_are_errors(run: Run, root: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("---\ntitle: A secret\n---\n")
    Path("issues/entries/link.md").symlink_to(secret)
    Path("issues/entries/more").mkdir()
    Path("issues/entries/more/lighthouse-ledger.md").write_text(Path(LEDGER).read_text())
    checked = run("check")
    assert checked.status == 1
    assert "issues/entries/link.md:1: " in checked.stdout
    assert "issues/entries/more/lighthouse-ledger.md:1: " in checked.stdout
    assert "A secret" not in checked.stdout


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('base_url = "https://news.daily.example"', "base_url = ", "newsletter.toml:"),
        ('time_zone = "UTC"', 'time_zon = "UTC"', 'did you mean "time_zone"?'),
        ('any = ["science"]', 'any = "science"', "newsletter.toml:"),
        ('parent = "cities"', 'parent = "citys"', 'did you mean "cities"?'),
    ],
)
def test_a_wrong_setting_is_reported_with_its_line(run: Run, root: Path, old: str, new: str, message: str) -> None:
    edit("newsletter.toml", old, new)
    checked = run("check")
    assert (checked.status, checked.stdout) == (1, "")
    assert re.match(r"error: newsletter\.toml:\d+: ", checked.stderr)
    assert message in checked.stderr


def test_all_wrong_settings_are_reported_in_one_pass(run: Run, root: Path) -> None:
    edit("newsletter.toml", 'time_zone = "UTC"', 'time_zone = "UCT+1"')
    edit("newsletter.toml", 'any = ["science"]', 'any = "science"')
    lines = run("check").stderr.splitlines()
    assert len(lines) == 2
    assert all(re.match(r"error: newsletter\.toml:\d+: ", line) for line in lines)


def test_commands_outside_a_newsletter_are_refused_with_a_hint(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    refused = run("check")
    assert refused.status == 1
    assert "newsletter init DIR" in refused.stderr


def test_an_issue_is_built_as_html_text_and_message(run: Run, root: Path) -> None:
    built = run("build", "2026-11-23", "--out", "built/deep")
    assert built.status == 0
    assert built.stdout.split() == [f"built/deep/2026-11-23.{ending}" for ending in ("html", "txt", "eml")]
    raw = Path("built/deep/2026-11-23.eml").read_bytes()
    assert complaints(raw) == []
    message = message_from_bytes(raw, policy=policy.default)
    html = message.get_body(("html",))
    assert html is not None
    assert html.get_content().replace("\r\n", "\n") == Path("built/deep/2026-11-23.html").read_text()
    assert "Good morning, reader." in Path("built/deep/2026-11-23.txt").read_text()
    assert "{{" not in Path("built/deep/2026-11-23.html").read_text()


@pytest.mark.parametrize("name", ["2026-11-23", "issues/2026-11-23.md", "latest"])
def test_the_same_files_are_built_to_the_same_bytes_however_the_issue_is_named(run: Run, root: Path, name: str) -> None:
    assert run("build", "2026-11-23", "--out", "one").status == 0
    assert run("build", name, "--out", "two").status == 0
    assert files(root / "one") == files(root / "two")


def test_an_issue_with_an_error_is_not_built(run: Run, root: Path) -> None:
    edit(LEDGER, "https://daily.example/harbour-review/lighthouse-ledger", "")
    edit(LEDGER, "source: The Harbour Review\n", "")
    refused = run("build", "latest", "--out", "built")
    assert refused.status == 1
    assert refused.stderr.count(f"error: {LEDGER}:") == 2
    assert not Path("built").exists()


def test_the_mjml_of_an_issue_can_be_printed_even_if_it_does_not_compile(run: Run, root: Path) -> None:
    built = run("build", "latest", "--out", "built", "--mjml")
    assert built.status == 0
    source = Path("built/2026-11-23.mjml").read_text(encoding="utf-8")
    assert source.startswith("<mjml ")
    for words in ("The lamp was automated long ago", "{{ subscriber.first_name }}", "{{ links.unsubscribe }}"):
        assert words in source
    assert not re.search("k[0-9a-f]{16}", source)
    assert mjml2html(source)

    head = run("theme", "new", "own", "head.mjml").stdout.split()[-1]
    edit(head, "<mj-preview>", "<mj-preview><b>!</b>")
    edit("newsletter.toml", 'name = "default"', 'name = "own"')
    refused = run("build", "latest", "--out", "again", "--mjml")
    assert refused.status == 1
    assert "head.mjml:" in refused.stderr
    assert [path.name for path in Path("again").iterdir()] == ["2026-11-23.mjml"]
    assert "<b>!</b>" in Path("again/2026-11-23.mjml").read_text(encoding="utf-8")


def test_warnings_are_printed_with_the_built_files(run: Run, root: Path) -> None:
    edit(LEDGER, "topics: [Oceans]", "topics: [Lamps]")
    built = run("build", "latest", "--out", "built")
    assert built.status == 0
    assert built.stderr.startswith(f"warning: {LEDGER}:7: ")


def test_an_unknown_issue_is_a_usage_error(run: Run, root: Path) -> None:
    refused = run("build", "2026-11-32", "--out", "built")
    assert refused.status == 2
    assert 'did you mean "2026-11-23"?' in refused.stderr
    assert run("build", "latest").status == 2


def test_a_proof_is_sent_by_the_provider_and_marked_as_a_proof(run: Run, root: Path) -> None:
    proved = run("proof", "latest", "--to", "me@example.org", "--to", "you@example.net")
    assert proved.status == 0
    paths = list(Path("outbox").rglob("*.eml"))
    messages = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]
    assert sorted(message["To"] for message in messages) == ["me@example.org", "you@example.net"]
    for message in messages:
        assert message["Subject"].startswith("[Proof] A lighthouse")
    assert not Path("newsletter.db").exists()


def test_a_proof_needs_an_address_and_the_secret(run: Run, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("proof", "latest", "--to", "me").status == 2
    assert run("proof", "latest").status == 2
    monkeypatch.delenv("NEWSLETTER_SECRET")
    refused = run("proof", "latest", "--to", "me@example.org")
    assert refused.status == 1
    assert refused.stderr.startswith("error: NEWSLETTER_SECRET is not set")
    assert not Path("outbox").exists()


@contextmanager
def previewing(root: Path) -> Iterator[tuple[http.client.HTTPConnection, str]]:
    """Run `newsletter preview` as a process until Ctrl-C; yield a connection to it and the path that it printed."""
    command = [sys.executable, "-m", "newsletter", "preview", "--no-open"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            match = re.search(r"http://(127\.0\.0\.1:\d+)(/\S*)", line)
            assert match, line
            yield http.client.HTTPConnection(match[1], timeout=30), match[2]
        finally:
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=30)
    assert process.returncode in (0, 130)
    assert "Traceback" not in err


def test_the_preview_answers_only_with_its_token_and_stops_with_ctrl_c(root: Path) -> None:
    with previewing(root) as (connection, path):
        connection.request("GET", path)
        assert connection.getresponse().status in (200, 302, 303, 307)
        connection.close()
        connection.request("GET", "/")
        assert connection.getresponse().status in (401, 403)


def test_the_preview_starts_with_broken_settings_and_shows_their_errors(root: Path) -> None:
    (root / "newsletter.toml").write_text("name = 7\n", encoding="utf-8")
    with previewing(root) as (connection, path):
        connection.request("GET", path)
        opened = connection.getresponse()
        cookie = opened.headers["set-cookie"].partition(";")[0]
        connection.close()
        connection.request("GET", "/", headers={"Cookie": cookie})
        assert b"newsletter.toml" in connection.getresponse().read()


def test_an_invalid_port_is_a_usage_error(run: Run, root: Path) -> None:
    assert run("preview", "--port", "99999").status == 2
