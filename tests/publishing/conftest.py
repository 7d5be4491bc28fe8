"""Fixtures for tests of publishing: a newsletter's folder and store, and the command line of one with readers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter import bootstrap
from newsletter.settings import Settings
from newsletter.store import Store
from tests.command_line import _commands, _fresh, readers, root, run  # noqa: F401  fixtures
from tests.databases import new_sqlite
from tests.make import SECRET
from tests.newsletter_folder import write_settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of a newsletter without issues, whose outbox mails nobody; the secret is set."""
    monkeypatch.setenv("NEWSLETTER_SECRET", SECRET)
    monkeypatch.delenv("NEWSLETTER_EARLIER_SECRETS", raising=False)
    return write_settings(tmp_path)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """The newsletter's store, without readers."""
    new_sqlite(settings.root / "newsletter.db")
    with bootstrap.open_store(settings) as opened:
        yield opened
