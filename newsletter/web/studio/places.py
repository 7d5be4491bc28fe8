"""The places of the studio that its header and its palette list, and the keys that go there."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StudioPlace:
    """A place of the studio: its slug, its label, its path, and the keys that go there (see keys.js)."""

    slug: str
    label: str
    path: str
    keys: str


PLACES = (
    StudioPlace(slug="desk", label="Desk", path="/", keys="g d"),
    StudioPlace(slug="links", label="Links", path="/links", keys="g l"),
    StudioPlace(slug="capture", label="Capture", path="/capture", keys="c"),
    StudioPlace(slug="compose", label="Compose", path="/compose", keys="g c"),
)
