"""Fixtures and helpers of the providers' tests."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.message.mime import Recipient, Wire
from tests import make
from tests.smtp_server import Certificate, make_certificate


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Return a certificate for localhost and 127.0.0.1."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def wire() -> Wire:
    """Return a compiled email with values of the reader in every part."""
    return Wire(make.email(), make.WHEN)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a newsletter's folder."""
    return tmp_path


def readers(count: int) -> list[Recipient]:
    """Return recipients 1 to ``count``."""
    return [make.recipient(number, first_name=f"Reader {number}") for number in range(1, count + 1)]


def statuses(receipts: Sequence[Receipt]) -> dict[int, DeliveryStatus]:
    """Return each recipient's status, and assert that each has one receipt."""
    by_reader = {receipt.subscriber: receipt.status for receipt in receipts}
    assert len(by_reader) == len(receipts)
    return by_reader
