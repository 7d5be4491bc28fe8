"""What tests of sends share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sending.faults import folder_in_memory


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in which no write waits for a disk."""
    with folder_in_memory() as folder:
        yield folder
