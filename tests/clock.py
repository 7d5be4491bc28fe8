"""Time for tests: clocks that advance only when code waits or a test moves them, and a host whose clock is wrong."""

import sys
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Self

import pytest

from newsletter.providers.smtp.pool import Timer


@dataclass
class Clock:
    """A clock that advances only when code sleeps. ``waits`` lists the seconds of each sleep."""

    now: float = 0
    waits: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Advance the clock without waiting."""
        self.waits.append(seconds)
        self.now += seconds

    def timer(self) -> Timer:
        """Return this clock as the SMTP provider's timer."""
        return Timer(clock=lambda: self.now, sleep=self.sleep)


class MovedClock:
    """A clock that stands still until a test moves it, which sets the event ``moved``."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.moved = threading.Event()

    def __call__(self) -> datetime:
        return self.now

    def move(self, **times: float) -> None:
        """Move the clock forward by a timedelta's arguments."""
        self.now += timedelta(**times)
        self.moved.set()


class _Ahead(datetime):
    """A clock that is three hours ahead."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return cls.fromtimestamp((datetime.now(UTC) + timedelta(hours=3)).timestamp(), tz)


def set_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set this process's clock three hours ahead."""
    for name, module in list(sys.modules.items()):
        if name.startswith("newsletter.") and getattr(module, "datetime", None) is datetime:
            monkeypatch.setattr(module, "datetime", _Ahead)
