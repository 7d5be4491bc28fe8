"""Templates: constant text with slots for readers' values. No I/O."""

import html
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from newsletter.message.encoding import without_controls


@dataclass(frozen=True, slots=True)
class Slot:
    """A placeholder for a reader's value such as ``subscriber.first_name``; ``default`` replaces an empty value."""

    name: str
    default: str = ""

    def value(self, values: Mapping[str, str]) -> str:
        """Return the reader's value, or the default."""
        return values.get(self.name) or self.default


Template = tuple[str | Slot, ...]


def fill_text(template: Template, values: Mapping[str, str]) -> str:
    """Return the template as plain text for one reader."""
    return "".join(part.value(values) if isinstance(part, Slot) else part for part in template)


def fill_html(template: Template, values: Mapping[str, str]) -> str:
    """Return the template as HTML for one reader, with values escaped for text and for quoted attributes."""
    return "".join(
        html.escape(without_controls(part.value(values))) if isinstance(part, Slot) else part for part in template
    )


def join_constants(template: Iterable[str | Slot]) -> Iterator[str | Slot]:
    """Yield the parts of a template with adjacent constants joined."""
    for constant, parts in groupby(template, lambda part: isinstance(part, str)):
        if constant:
            yield "".join(part for part in parts if isinstance(part, str))
        else:
            yield from parts
