"""Fixtures for tests of what readers do themselves: an empty SQLite store, public pages and a visitor.

The store's own tests run on PostgreSQL too.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.store import Store, open_store
from tests.databases import new_sqlite
from tests.web.conftest import newsletter, pages, visitor  # noqa: F401  fixtures


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    with open_store(new_sqlite(tmp_path / "newsletter.db")) as opened:
        yield opened
