"""A newsletter that requires an approval: its settings, and the day and the hour of its issue."""

from datetime import UTC, date, datetime

from newsletter.settings import Settings, load

MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
APPROVAL = "\n[approval]\nrequired = true\n"


def changed_settings(settings: Settings, more: str) -> Settings:
    """Return the settings after adding lines to newsletter.toml."""
    file = settings.root / "newsletter.toml"
    file.write_text(file.read_text() + more)
    return load(settings.root)
