"""A team's studio with its database on PostgreSQL: a send from its undo to its end, and all pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from newsletter import bootstrap, settings
from newsletter.domain.people import Role
from newsletter.domain.send import SendStatus
from newsletter.domain.subscriber import Subscriber
from newsletter.fetching import WebClient
from newsletter.staff import begin_session
from newsletter.store import Store
from tests.clock import MovedClock
from tests.make import SECRET
from tests.postgresql_databases import Databases
from tests.smtp_server import smtp_server
from tests.web.preview.running_preview import morning, write_newsletter
from tests.web.studio.permissions.route_table import RULES
from tests.web.studio.permissions.test_routes import NIGHT, path_of
from tests.web.studio.sending.test_send_page import PAGE, TODAY, press, seen, start
from tests.web.studio.signed_in import PEOPLE, add_member
from tests.web.studio.working_studio import WorkingStudio, working_studio

READER = "rail@example.com"


@pytest.fixture
def root(tmp_path: Path, databases: Databases) -> Iterator[Path]:
    """Write a newsletter whose readers and team are in PostgreSQL."""
    write_newsletter(tmp_path)
    settings_file = tmp_path / "newsletter.toml"
    for file in (settings_file, *tmp_path.rglob("*.md")):  # real mail has no examples of documentation
        file.write_text(file.read_text(encoding="utf-8").replace("example.org", "daily.example"), encoding="utf-8")
    with databases.lent() as url:
        text = settings_file.read_text(encoding="utf-8")
        settings_file.write_text(f'database = "{url}"\n{text}{NIGHT}', encoding="utf-8")
        with bootstrap.open_store(settings.load(tmp_path)) as store:
            store.subscribers.add(Subscriber(address=READER, topics=("railways",)), morning())
            for person in PEOPLE.values():
                add_member(store, person, morning())
        yield tmp_path


@contextmanager
def _client(studio: WorkingStudio, store: Store, role: Role) -> Iterator[httpx.Client]:
    """Sign in a member, who has just used their passkey."""
    member = store.staff.of_address(PEOPLE[role].address)
    assert member is not None
    secret = begin_session(store, member, by_link=False, client="Firefox", now=studio.clock.now, is_confirmed=True)
    headers = {"Origin": studio.origin, "Cookie": f"newsletter-studio-{urlsplit(studio.origin).port}={secret}"}
    with httpx.Client(base_url=studio.origin, headers=headers, timeout=30) as client:
        yield client


def test_a_send_and_all_pages(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLETTER_SECRET", SECRET)
    clock, loaded = MovedClock(morning()), settings.load(root)
    with (
        smtp_server() as server,
        bootstrap.open_store(loaded) as store,
        working_studio(root, clock, server, WebClient(), monkeypatch) as studio,
    ):
        with _client(studio, store, Role.PUBLISHER) as publisher:
            _send(publisher, studio, store)
        assert _unshown(studio, store) == []


def _send(publisher: httpx.Client, studio: WorkingStudio, store: Store) -> None:
    """Start a send and undo it, then start it again and wait for its end."""
    assert start(publisher, seen=seen(publisher)).status_code == 200
    assert press(publisher, "undo").status_code == 200
    studio.clock.move(seconds=61)
    assert start(publisher, seen=seen(publisher)).status_code == 200
    with publisher.stream("GET", f"{PAGE}/live") as live:
        studio.clock.move(seconds=61)
        assert any('data-stage=\\"sent\\"' in line for line in live.iter_lines())
    assert len(studio.mail.of(READER)) == 1
    send = store.sends.of_issue(TODAY)
    assert send is not None
    assert send.status is SendStatus.FINISHED


def _unshown(studio: WorkingStudio, store: Store) -> list[str]:
    """Return the pages that the lowest role that may see them can't see, or an admin."""
    wrong = []
    for role in Role:
        with _client(studio, store, role) as client:
            for name, rule in RULES.items():
                if not name.startswith("GET") or role not in (rule.lowest, Role.ADMIN):
                    continue
                with client.stream("GET", f"{path_of(name, rule)}?{rule.query}") as answer:  # some never end
                    if answer.status_code in (401, 403) or answer.status_code >= 500:
                        wrong.append(f"{role}: {name}: {answer.status_code}")
    return wrong
