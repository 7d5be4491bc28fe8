"""The merge fields that a note's picker offers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from newsletter.domain.subscriber import SUBSCRIBER_FIELDS, SUBSCRIBER_SLOT
from newsletter.message.edition_slots import COUNT_SLOT, PICKS_SLOT, title_slot
from newsletter.message.link_slots import BROWSER, PREFERENCES, UNSUBSCRIBE
from newsletter.message.merge_fields import merge_field
from newsletter.message.template import Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedMergeField:
    """A merge field on offer: what it stands for, and how it is written."""

    label: str
    written: str


def offered_merge_fields(attributes: Iterable[str]) -> tuple[OfferedMergeField, ...]:
    """Return the merge fields for a note. ``attributes`` are the names of subscribers' custom fields."""
    return tuple(OfferedMergeField(label=label, written=written) for label, written in _offered(attributes))


def _offered(attributes: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in (*SUBSCRIBER_FIELDS, *attributes):
        if name != "email":  # an address in a text looks like a mistake
            yield f"Reader’s {name.replace('_', ' ')}", merge_field(Slot(f"{SUBSCRIBER_SLOT}{name}", "reader"))
    yield "Number of entries", merge_field(Slot(COUNT_SLOT))
    yield "Number of entries and links, in words", merge_field(Slot(PICKS_SLOT))
    yield "Title of the first entry", merge_field(Slot(title_slot(0)))
    yield "Link to the reader’s topics", f"[your topics]({merge_field(Slot(PREFERENCES))})"
    yield "Link to the issue in a browser", f"[read in your browser]({merge_field(Slot(BROWSER))})"
    yield "Link to unsubscribe", f"[unsubscribe]({merge_field(Slot(UNSUBSCRIBE))})"
