"""Times on pages: on the newsletter's clock, or in UTC while newsletter.toml can't be read."""

from collections.abc import Callable
from datetime import UTC, datetime

from newsletter.errors import NewsletterError
from newsletter.web.studio.context import Studio


def local_clock(studio: Studio) -> Callable[[datetime], datetime]:
    """Return a function that puts a time on the newsletter's clock."""
    try:
        zone = studio.snapshot.settings.zone
    except NewsletterError:
        return lambda at: at.astimezone(UTC)
    return lambda at: at.astimezone(zone)
