"""Time for tests: it passes only where somebody waits, and then at once; and a host that has another time."""

import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Self

import pytest

from newsletter.providers.smtp.pool import Timer


@dataclass
class Clock:
    """``waits`` is how long somebody waited each time."""

    now: float = 0
    waits: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self.waits.append(seconds)
        self.now += seconds

    def timer(self) -> Timer:
        """For the SMTP provider."""
        return Timer(clock=lambda: self.now, sleep=self.sleep)


class _Ahead(datetime):
    """The clock of a host that is three hours ahead."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return cls.fromtimestamp((datetime.now(UTC) + timedelta(hours=3)).timestamp(), tz)


def set_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put this process on such a host."""
    for name, module in list(sys.modules.items()):
        if name.startswith("newsletter.") and getattr(module, "datetime", None) is datetime:
            monkeypatch.setattr(module, "datetime", _Ahead)
