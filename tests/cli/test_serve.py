"""`newsletter serve` as a process; the weekly digest; and erasures that an import respects."""

import base64
import gzip
import json
import re
import signal
import socket
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from newsletter.domain.subscriber import Frequency
from newsletter.store import open_store
from newsletter.tokens import Signer
from tests import make
from tests.cli.server_process import served
from tests.command_line import Run, edit
from tests.databases import WARNING
from tests.make import SECRET, WHEN

HOST = "news.daily.example"


def test_a_sign_up_is_mailed_by_the_server_and_it_stops_on_a_signal(root: Path) -> None:
    with served() as (process, address), httpx.Client(base_url=address, headers={"Host": HOST}) as client:
        assert client.post("/api/sign-ups", json={"address": "ada@example.com"}).status_code == 202
        deadline = time.monotonic() + 60
        while not (mails := list((root / "outbox" / "service").glob("*.eml"))) and time.monotonic() < deadline:
            client.get("/help")
        (mail,) = mails
        text = re.sub(r"=\r?\n", "", mail.read_text())
        link = re.search(r"<https://news\.daily\.example(/confirm/[^>]+)>", text)
        assert link
        welcome = client.post(link[1]).text
        assert "Welcome" in welcome
        (own,) = re.findall(r'href="(/my/[^"]+)"', welcome)
        (leave,) = re.findall(r'href="(/unsubscribe/[^"]+)"', client.get(own).text)
        # No part of a token in a URL is logged, damaged or not, whatever is requested.
        for path in (own, leave, f"{own}/download", f"{own}x", f"{leave}x", link[1]):
            for method in ("GET", "HEAD", "POST", "PUT"):
                client.request(method, path)
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=20) == ("", WARNING)
        assert process.returncode == 0
    with open_store("sqlite:///newsletter.db") as store:
        assert [reader.address for reader in store.subscribers.stream()] == ["ada@example.com"]


def test_the_server_does_not_start_without_a_secret_or_a_free_port(
    root: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = run("serve", "--port", str(taken.getsockname()[1]))
        assert (refused.status, "--port" in refused.stderr) == (2, True)
        assert f"port {taken.getsockname()[1]} is already in use" in refused.stderr
        assert "Errno" not in refused.stderr
    monkeypatch.delenv("NEWSLETTER_SECRET")
    refused = run("serve")
    assert (refused.status, "NEWSLETTER_SECRET is not set" in refused.stderr) == (1, True)


def test_an_invalid_proxy_address_is_an_error_with_its_line(root: Path, run: Run) -> None:
    edit("newsletter.toml", "[theme]", '[serving]\nproxies = ["not an address"]\n\n[theme]')
    refused = run("serve")
    assert refused.status == 1
    assert re.match(r"error: newsletter\.toml:\d+: ", refused.stderr)


def _recipients(root: Path, issue: str) -> set[str]:
    return {path.name.rpartition(".eml")[0].rpartition(".")[0] for path in (root / "outbox" / issue).glob("*.eml")}


def test_digests_and_issues_are_sent_to_the_readers_who_chose_them(readers: Path, run: Run) -> None:
    refused = run("issue", "new", "2026-11-22", "--digest")
    assert (refused.status, "seven days" in refused.stderr) == (2, True)
    made = run("issue", "new", "2026-11-25", "--digest", "--subject", "The week")
    assert made.stdout == "issues/digest-2026-11-25.md\n"
    edit(made.stdout.strip(), "preheader:", "preheader: What ran")
    text = Path(made.stdout.strip()).read_text()
    assert "digest: true" in text
    assert all(slug in text for slug in ("tram-to-the-beach", "lighthouse-ledger", "map-for-walkers"))
    refused = run("send", "digest-2026-11-25", "--yes")
    assert (refused.status, "weekly_digest = true" in refused.stderr) == (1, True)
    edit("newsletter.toml", "[provider]", "weekly_digest = true\n\n[provider]")
    assert run("check", "--strict").status == 0
    with open_store("sqlite:///newsletter.db") as store:
        ada = store.subscribers.get("ada@example.com")
        assert ada is not None
        store.self_service.save_preferences(ada.key, replace(ada, frequency=Frequency.WEEKLY), WHEN)
        ben = store.subscribers.get("ben@example.net")
        assert ben is not None
        store.self_service.save_preferences(
            ben.key, replace(ben, paused_until=datetime.now(UTC) + timedelta(days=9)), WHEN
        )
    sent = run("send", "2026-11-23", "--yes")
    assert sent.status == 0
    for fact in (r"Recipients +1\b", r"Paused +1\b", r"Chose another frequency +1\b"):
        assert re.search(fact, sent.stdout), sent.stdout
    shown = run("build", "2026-11-23", "--out", "built", "--as", "ada@example.com")
    assert "they are mailed the weekly digest only" in shown.stderr
    assert run("send", "digest-2026-11-25", "--yes", "--any-date").status == 0
    assert _recipients(readers, "2026-11-23") == {"cleo@example.org"}
    assert _recipients(readers, "digest-2026-11-25") == {"ada@example.com"}


def test_the_operator_can_export_and_erase_a_readers_data(readers: Path, run: Run) -> None:
    shown = run("subscribers", "show", "Ada@example.com")
    assert json.loads(shown.stdout)["address"] == "ada@example.com"
    assert run("subscribers", "remove", "ada@example.com", "--erase", "--suppress").status == 2
    (readers / "refused.csv").write_text("line,why,address\n7,no name,ADA@example.com\n")
    (readers / "granada.csv").write_text("address\ngranada@example.com\n")
    with gzip.open("worker.log.1.gz", "wb") as log:
        log.write(b'{"event": "delivery.refused", "address": "ada@example.com"}\n')
    (readers / "mail.b64").write_bytes(base64.encodebytes(b"To: <ada@example.com>\n"))
    (readers / ".venv").mkdir()
    (readers / ".venv" / "notes").write_text("ada@example.com")
    (readers / "broken.gz").write_bytes(gzip.compress(b"Words")[:-9])
    assert "erased-reader" not in run("check", "--json").stdout
    erased = run("subscribers", "remove", "ada@example.com", "--erase")
    assert "Erased ada@example.com" in erased.stdout
    assert erased.status == 0
    assert "broken.gz may still have the address, but can't be searched: it is a damaged archive" in erased.stderr
    left = {"readers.csv", "refused.csv", "worker.log.1.gz", "mail.b64"}
    assert {line.split()[0] for line in erased.stderr.splitlines() if "still has the address" in line} == left
    findings = json.loads(run("check", "--json").stdout)
    assert {finding["path"] for finding in findings if finding["rule"] == "erased-reader"} == {*left, "broken.gz"}
    for gone in (
        run("subscribers", "show", "ada@example.com"),
        run("subscribers", "remove", "ada@example.com", "--erase"),
    ):
        assert (gone.status, "is not a subscriber" in gone.stderr) == (1, True)
    run("subscribers", "import", "readers.csv")
    with open_store("sqlite:///newsletter.db") as store:
        assert store.subscribers.get("ada@example.com") is None


def test_an_erased_reader_is_not_imported_and_imports_need_the_secret_to_know(
    readers: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store("sqlite:///newsletter.db") as store:
        ada = store.subscribers.get("ada@example.com")
        assert ada is not None
        store.self_service.erase(ada.key, make.WHEN, Signer(SECRET).fingerprints)
    imported = run("subscribers", "import", "readers.csv")
    assert imported.status == 0
    refused = run("subscribers", "add", "ADA@example.com")
    assert (refused.status, "had their data deleted" in refused.stderr) == (1, True)
    for secret in ("", "another secret than it was"):
        monkeypatch.setenv("NEWSLETTER_SECRET", secret)
        assert run("subscribers", "import", "readers.csv").status == 1
    monkeypatch.setenv("NEWSLETTER_EARLIER_SECRETS", SECRET.replace(" ", ""))
    assert run("subscribers", "import", "readers.csv").status == 1
    with open_store("sqlite:///newsletter.db") as store:
        assert store.subscribers.get("ada@example.com") is None


def test_pages_follow_changed_settings_except_while_they_are_broken(root: Path) -> None:
    def until(phrase: str, client: httpx.Client) -> str:
        deadline = time.monotonic() + 60
        while phrase not in (text := client.get("/subscribe").text) and time.monotonic() < deadline:
            time.sleep(0.05)
        return text

    with served() as (process, address), httpx.Client(base_url=address, headers={"Host": HOST}) as client:
        assert process.stderr is not None
        assert process.stdout is not None
        assert "The Daily Test" in client.get("/subscribe").text
        edit("newsletter.toml", "[topics.science]", "[topics.science")
        assert process.stderr.read(len(WARNING)) == WARNING
        assert "error: can't apply the changes: newsletter.toml:" in process.stderr.readline()
        assert "The Daily Test" in client.get("/subscribe").text
        text = Path("newsletter.toml").read_text().replace("[topics.science", "[topics.science]")
        Path("newsletter.toml").write_text(text.replace("The Daily Test", "The Evening Test"))
        assert "The Evening Test" in until("The Evening Test", client)
        assert "Reloaded newsletter.toml" in process.stdout.readline()
        assert client.post("/api/sign-ups", json={"address": "ada@example.com"}).status_code == 202
        deadline = time.monotonic() + 60
        while not (mails := list((root / "outbox" / "service").glob("*.eml"))) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert "The Evening Test" in mails[0].read_text()
        page = Path("templates/pages/public")
        page.mkdir(parents=True)
        (page / "subscribe.html").write_text("A page of our own")
        assert until("A page of our own", client) == "A page of our own"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
