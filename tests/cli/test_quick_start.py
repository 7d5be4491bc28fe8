"""docs/quick-start.md from the first command to the last: everything happens as described, and mailed links work."""

import re
import shlex
import time
from email import message_from_bytes, policy
from pathlib import Path

import httpx
import pytest

from tests.cli.server_process import served
from tests.cli.test_documentation import DOCS
from tests.command_line import Run, edit
from tests.make import SECRET
from tests.smtp_server import smtp_server

COMMAND = re.compile(r"^ {4}(newsletter [^#\n]*|rm [^#\n]*)", re.MULTILINE)
BEGIN, PAGES, REHEARSE, SEND = "## 2. Begin", "## 5. Serve the pages", "## 6. Rehearse", "## 7. Send"
LINK = re.compile(r"http://localhost:\d+(/[^\s>\"]*)")


def commands(begin: str, end: str) -> list[list[str]]:
    """Return the commands between two headings."""
    text = (DOCS / "quick-start.md").read_text()
    return [shlex.split(line) for line in COMMAND.findall(text[text.index(begin) : text.index(end)])]


def follow(run: Run, begin: str, end: str, *, without: tuple[str, ...] = ()) -> None:
    """Run the documented commands, except those in ``without``."""
    for program, *arguments in commands(begin, end):
        if program == "rm":
            for pattern in arguments:
                for path in Path().glob(pattern):
                    path.unlink()
        elif arguments[0] not in without:
            done = run(*arguments, stdin="y\n")
            assert done.status == (1 if "--resume" in arguments else 0), f"{arguments}: {done.stderr}"


def wait_for(pattern: str) -> Path:
    deadline = time.monotonic() + 60
    while not (paths := sorted(Path().glob(pattern))) and time.monotonic() < deadline:
        time.sleep(0.05)
    return paths[0]


def texts(message: bytes) -> str:
    body = message_from_bytes(message, policy=policy.default).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_the_quick_start_works_from_beginning_to_end(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEWSLETTER_SECRET", SECRET)
    (_, *init), *_ = commands(BEGIN, PAGES)
    assert init[0] == "init"
    assert run(*init).status == 0
    monkeypatch.chdir(tmp_path / "lantern")
    edit("newsletter.toml", "editors@example.org", "editors@lantern.example")
    edit("newsletter.toml", "1 Example Street", "12 Wharf Lane")
    edit("newsletter.toml", "https://news.example.org", "http://localhost:8026")
    Path("readers.csv").write_text("email\nben@lantern.example\n")
    follow(run, BEGIN, PAGES, without=("init", "studio"))
    (entry,) = Path("issues/entries").glob("*.md")
    edit(str(entry), "https://example.org/", "https://pieces.example/")
    entry.write_text(f"{entry.read_text()}\nSleeper services are back:\n\n> One goes to bed in one language.\n")
    with (
        served() as (_, address),
        smtp_server() as server,
        httpx.Client(base_url=address, headers={"Host": "localhost:8026"}, timeout=60) as client,
    ):
        assert client.get("/subscribe").status_code == 200
        assert client.post("/api/sign-ups", json={"address": "ada@lantern.example"}).status_code == 202
        (confirm,) = LINK.findall(texts(wait_for("outbox/service/*.eml").read_bytes()))
        assert "Welcome" in client.post(confirm).text
        follow(run, PAGES, REHEARSE, without=("serve",))
        follow(run, REHEARSE, SEND)
        assert len(list(Path("outbox/rehearsal").rglob("*.eml"))) == 2
        relay = f'name = "smtp"\nhost = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\n'
        edit("newsletter.toml", 'name = "outbox"\npath = "outbox"\n', relay)
        follow(run, SEND, "## 8. Every day")
        proof, *messages = [(mail.recipients, mail.content) for mail in server.received]
        assert proof[0] == ("you@example.org",)
        assert {recipients for recipients, _ in messages} == {("ada@lantern.example",), ("ben@lantern.example",)}
        for _, content in messages:
            links = [link for link in LINK.findall(texts(content)) if link != "/"]
            assert len(links) == 4  # to subscribe, and the reader's own three
            for link in links:
                assert client.get(link).status_code == 200
        deadline = time.monotonic() + 60  # the server looks for newly sent issues every few seconds
        while "Night trains" not in client.get("/").text and time.monotonic() < deadline:
            time.sleep(0.1)
        assert "Night trains" in client.get("/").text
