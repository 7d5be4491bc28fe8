"""``newsletter studio`` in its own process."""

import signal
import subprocess
import sys
from pathlib import Path

import httpx

from tests.web.preview.running_preview import NewsletterFolder, write_newsletter

REPOSITORY = Path(__file__).parents[3]


def _git(folder: NewsletterFolder, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder.root, check=True, capture_output=True, text=True).stdout


def test_the_studio_stops_at_once_with_open_pages_and_commits_what_was_changed(tmp_path: Path) -> None:
    folder = write_newsletter(tmp_path)
    _git(folder, "init", "--quiet")
    _git(folder, "config", "user.name", "Ada Lovelace")
    _git(folder, "config", "user.email", "ada@example.org")
    _git(folder, "add", "newsletter.toml", "issues")
    _git(folder, "commit", "--quiet", "--message", "Begin")
    command = [sys.executable, "-m", "newsletter", "-C", str(tmp_path), "studio", "--no-open"]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY) as process,
        httpx.Client(follow_redirects=True, headers={"Accept": "application/json"}, timeout=30) as client,
    ):
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            address = next(word for word in process.stdout.readline().split() if word.startswith("http"))
            base = address.partition("/?")[0]
            assert "The Daily Test" in client.get(address).text
            form = {"value": "Night train, again", "seen": "About night-train"}
            answer = client.post(f"{base}/entries/night-train/fields/title", data=form, headers={"Origin": base})
            assert answer.json()["value"] == "Night train, again"
            with client.stream("GET", f"{base}/changes") as stream:
                next(stream.iter_lines())
                process.send_signal(signal.SIGINT)
                assert process.wait(30) == 0
            assert process.stderr.read() == ""
        finally:
            process.kill()
    assert _git(folder, "log", "-1", "--format=%an: %s").startswith("Ada Lovelace: Edit Night train, again")
    assert _git(folder, "status", "--porcelain", "issues") == ""
