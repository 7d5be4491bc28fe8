"""Sends begin by the database's clock, whatever time it is by that of the studio's machine."""

from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from newsletter.domain.subscriber import Subscriber
from newsletter.store import open_store
from newsletter.store.database import Database
from newsletter.web.studio.context import machine_time
from tests.make import SECRET
from tests.web.preview.running_preview import TOKEN, write_newsletter
from tests.web.studio.running_studio import listening_studio

AHEAD = timedelta(hours=2)


def test_a_minute_is_one_by_the_databases_clock(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSLETTER_SECRET", SECRET)
    now = Database.now
    monkeypatch.setattr(Database, "now", lambda database: now(database) + AHEAD)
    folder = write_newsletter(tmp_path / "newsletter")
    toml = folder.root / "newsletter.toml"
    toml.write_text(f'database = "{database_url}"\n{toml.read_text("utf-8")}', "utf-8")
    with open_store(database_url) as store, listening_studio(folder.root, clock=machine_time) as studio:
        store.subscribers.add(Subscriber(address="ada@example.com"), store.now())
        issue = f"{store.now().date()}-extra"
        folder.issue(issue, "night-train", subject="Now", date=store.now().date())
        with httpx.Client(base_url=studio.base, headers={"Origin": studio.base}, timeout=30) as client:
            client.get("/", params={"token": TOKEN})
            answer = client.post(
                f"/issues/{issue}/send/start",
                data={"kind": "soon", "any_date": "yes"},
                headers={"Accept": "application/json"},
            )
            assert answer.json()["announce"].startswith("Goes out in 1 minute"), answer.text
            assert 'data-stage="counting down"' in client.get(f"/issues/{issue}/send").text
        send = store.sends.of_issue(issue)
        assert send is not None
        assert isinstance(send.begins, datetime)
        assert timedelta(0) < send.begins - store.now() <= timedelta(seconds=60)
