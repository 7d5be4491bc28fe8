"""Time for tests: it passes only where somebody waits, and then at once."""

from dataclasses import dataclass, field

from newsletter.providers.smtp_pool import Timer


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
