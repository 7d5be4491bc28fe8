"""Times on pages are those of the newsletter's clock, whatever the server's is."""

import subprocess
from pathlib import Path

import pytest

from tests import event_loop
from tests.make import SECRET
from tests.people import EDITOR
from tests.web.preview.running_preview import write_newsletter
from tests.web.studio.permissions.asked import asked_studio

KATHMANDU = 'time_zone = "Asia/Kathmandu"  # 5 hours and 45 minutes ahead\n'
COMMITTED = "2026-11-01T12:00:00+0000"


def test_comments_and_versions_have_the_newsletters_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLETTER_SECRET", SECRET)
    write_newsletter(tmp_path).entry("gloves")
    toml = tmp_path / "newsletter.toml"
    toml.write_text(KATHMANDU + toml.read_text())
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_DATE", COMMITTED)
    for arguments in (
        ("init", "-q"),
        ("add", "issues"),
        ("-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "-qm", "Begin"),
    ):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    with asked_studio(tmp_path) as studio:

        def ask(method: str, path: str, **form: str) -> str:
            return event_loop.run(studio.ask(method, path, form=form, secret=studio.session(EDITOR))).text

        ask("POST", "/comments", about="gloves", text="Hello")
        assert "13:26</time>" in ask("GET", "/entries/gloves")
        assert "17:45</time>" in ask("GET", "/history/issues/entries/gloves.md")
