"""`newsletter studio --host` and `newsletter studio invite`: a team that signs in."""

import email
import re
import signal
import subprocess
from pathlib import Path

import httpx
import pytest

from newsletter.cli.studio import _worker_command
from newsletter.store import open_store
from tests.cli.server_process import served
from tests.command_line import Run

ADA = "ada.stern@example.org"


def visitor(origin: str) -> httpx.Client:
    host = origin.removeprefix("http://")
    base = origin.replace("localhost", "127.0.0.1")
    return httpx.Client(base_url=base, headers={"Host": host, "Origin": origin}, timeout=60)


def test_the_first_admin_comes_by_a_printed_link_and_others_by_mail(root: Path, run: Run) -> None:
    with served("studio", "--host", "localhost", "--no-worker", host="localhost") as (process, origin):
        printed = run("studio", "invite", ADA, "--role", "admin", "--name", "Ada Stern", "--host", origin[7:])
        assert printed.status == 0
        link = printed.stdout.strip()
        assert link.startswith(f"{origin}/sign-in/link/")
        with visitor(origin) as scanner:  # whatever it opens, nothing happens
            assert scanner.get(link.removeprefix(origin)).status_code == 200
            assert "Set-Cookie" not in scanner.get(link.removeprefix(origin)).headers
        with visitor(origin) as ada:
            assert ada.post(link.removeprefix(origin), data={"next": ""}).headers["Location"] == "/new-passkey"
            assert "Hello <b" in ada.get("/new-passkey").text
        with visitor(origin) as other:
            assert other.post(link.removeprefix(origin), data={"next": ""}).status_code == 422
            assert "Check your inbox" in other.post("/sign-in/link", data={"address": ADA.upper()}).text
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0  # once the mail is out
        assert process.stderr is not None
        assert process.stderr.read() == ""
    (sent,) = (root / "outbox").rglob("*.eml")
    message = email.message_from_bytes(sent.read_bytes())
    assert message["To"] == ADA
    assert "Your link to sign in" in str(message["Subject"])
    assert message.get("List-Unsubscribe") is None
    assert re.search(rf"{origin}/sign-in/link/\S+", str(message.get_payload(decode=True).decode()))  # type: ignore[union-attr]
    with open_store(f"sqlite:///{root / 'newsletter.db'}") as store:
        acts = [(entry.person, entry.act) for entry in reversed(store.audit.entries())]
    assert acts == [(0, "invited"), (0, "link-printed"), (1, "signed-in")]


def test_a_lost_passkey_gets_another_link_and_the_role_stays(root: Path, run: Run) -> None:
    toml = root / "newsletter.toml"
    toml.write_text(toml.read_text("utf-8") + '\n[studio]\nhost = "studio.example.org"\n', "utf-8")
    first = run("studio", "invite", ADA, "--role", "writer").stdout
    second = run("studio", "invite", f" {ADA.upper()} ".strip()).stdout
    assert first.startswith("https://studio.example.org/sign-in/link/")
    assert first != second
    refused = run("studio", "invite", ADA, "--role", "admin")
    assert refused.status == 2
    assert "is on the team as writer" in refused.stderr


def test_a_link_to_try_a_studio_out_has_the_port_of_that_studio(root: Path, run: Run) -> None:
    invite = ("studio", "invite", ADA, "--role", "admin")
    assert run(*invite, "--host", "localhost").stdout.startswith("http://localhost:8027/")
    assert run(*invite, "--host", "localhost", "--port", "9000").stdout.startswith("http://localhost:9000/")
    toml = root / "newsletter.toml"
    toml.write_text(toml.read_text("utf-8") + '\n[studio]\nhost = "localhost"\n', "utf-8")
    assert run(*invite, "--port", "9000").stdout.startswith("http://localhost:9000/")
    assert run(*invite, "--host", "studio.example.org", "--port", "9000").stdout.startswith(
        "https://studio.example.org/"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((ADA,), "isn't on the team yet: add --role"),
        (("nobody", "--role", "admin"), "“nobody” is not an email address (no @)"),
        ((ADA, "--role", "chief"), "chief"),
        ((ADA, "--role", "admin", "--name", "x" * 81), "this can’t be a name"),
    ],
)
def test_an_invitation_that_cannot_be_is_refused_with_the_reason(
    root: Path, run: Run, arguments: tuple[str, ...], message: str
) -> None:
    outcome = run("studio", "invite", *arguments, "--host", "studio.example.org")
    assert outcome.status == 2
    assert message in outcome.stderr


def test_a_link_needs_a_host_name(root: Path, run: Run) -> None:
    assert "needs the studio's host name: add --host" in run("studio", "invite", ADA, "--role", "admin").stderr
    outcome = run("studio", "invite", ADA, "--role", "admin", "--host", "10.0.0.1")
    assert outcome.status == 2
    assert "passkeys need a host name" in outcome.stderr
    assert "can't be the studio's host" in run("studio", "--host", "https://studio.example.org").stderr


def test_a_worker_runs_no_code_of_the_newsletters_folder(root: Path) -> None:
    for module in ("newsletter", "sqlalchemy"):
        (root / f"{module}.py").write_text("raise SystemExit('code that somebody has pushed')")
    *command, child_of, _ = _worker_command(root)
    assert child_of == "--child-of"
    done = subprocess.run([*command, "--help"], cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
