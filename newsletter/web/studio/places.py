"""The places of the studio that its header and its palette list, and the keys that go there."""

from dataclasses import dataclass

from newsletter.domain.people import Act, Person, may

MAIN = "main"
MORE = "more"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudioPlace:
    """A place of the studio: its slug, its label, its path, and the keys that go there (see keys.js).

    The header shows places of the group *main* side by side, and those of *more* in a menu, to people who may do
    ``act``.
    """

    slug: str
    label: str
    path: str
    keys: str
    act: Act = Act.SEE
    group: str = MAIN


PLACES = (
    StudioPlace(slug="desk", label="Desk", path="/", keys="g d"),
    StudioPlace(slug="links", label="Links", path="/links", keys="g l"),
    StudioPlace(slug="capture", label="Capture", path="/capture", keys="c"),
    StudioPlace(slug="compose", label="Compose", path="/compose", keys="g c"),
    StudioPlace(slug="review", label="Review", path="/review", keys="g r"),
    StudioPlace(slug="send", label="Send", path="/send", keys="g s", act=Act.SEND),
    StudioPlace(slug="readers", label="Readers", path="/readers", keys="g a", act=Act.SEE_READERS, group=MORE),
    StudioPlace(slug="people", label="People", path="/people", keys="g p", act=Act.SEE_PEOPLE, group=MORE),
    StudioPlace(slug="reports", label="Reports", path="/reports", keys="g o", act=Act.SEE_REPORTS, group=MORE),
    StudioPlace(slug="segments", label="Segments", path="/segments", keys="g e", act=Act.SEE_REPORTS, group=MORE),
    StudioPlace(slug="topics", label="Topics", path="/topics", keys="g t", act=Act.SEE_REPORTS, group=MORE),
    StudioPlace(slug="settings", label="Settings", path="/settings", keys="g ,", act=Act.SEE_SETTINGS, group=MORE),
)


def places_for(person: Person) -> tuple[StudioPlace, ...]:
    """Return the places that a person may see."""
    return tuple(place for place in PLACES if may(person, place.act))
