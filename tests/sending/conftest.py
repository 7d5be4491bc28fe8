"""Fixtures of the tests of sends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.sending import circuit_breaker
from tests.sending.faults import folder_in_memory
from tests.sending.kills import Processes, prepare

READERS, SOME, FEW = 2_000, 1_500, 12


@pytest.fixture(autouse=True)
def quick_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the waits between the probes of an outage."""
    monkeypatch.setattr(circuit_breaker, "FIRST_WAIT", 0.001)


@pytest.fixture(scope="session", autouse=True)
def warm_process() -> None:
    """Warm up this process, so that the first send is as fast as later ones."""
    from tests.sending import warm_up  # noqa: F401


@pytest.fixture
def memory() -> Iterator[Path]:
    """Return a folder in memory, where writes don't wait for a disk."""
    with folder_in_memory() as folder:
        yield folder


@pytest.fixture(scope="session")
def processes() -> Processes:
    """Return a starter of processes that send."""
    return Processes()


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a database of 2,000 readers: on average a hundred messages between two kills, and 40 in flight."""
    return _database(tmp_path_factory, READERS)


@pytest.fixture(scope="session")
def some(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a database of 1,500 readers: the SES stub is as strict as SES, and slow."""
    return _database(tmp_path_factory, SOME)


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a database of a dozen readers, in three batches."""
    return _database(tmp_path_factory, FEW)


def _database(tmp_path_factory: pytest.TempPathFactory, readers: int) -> bytes:
    path = tmp_path_factory.mktemp("readers") / "newsletter.db"
    prepare(path, readers)
    return path.read_bytes()
