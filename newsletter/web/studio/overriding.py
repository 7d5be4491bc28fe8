"""The fields of an entry that an issue may change for itself."""

from collections.abc import Callable
from dataclasses import dataclass

from newsletter.domain.issue import Entry, PassageKind

_FIELDS = (
    ("title", "Title", "line"),
    ("source", "Source", "line"),
    ("author", "Author", "line"),
    ("framing", "Framing", "text"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverridingField:
    """A field: its value in the issue, empty for the entry's own, which is the ``placeholder``."""

    name: str
    label: str
    kind: str
    value: str
    placeholder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overriding:
    """The item with this ``key``, and its fields in an issue."""

    key: str
    fields: tuple[OverridingField, ...]


def overriding(entry: Entry, value: Callable[[str], str]) -> Overriding:
    """Return the fields of an entry; ``value`` returns what the issue has in place of one, by the override's name."""
    return Overriding(
        key=entry.slug,
        fields=tuple(
            OverridingField(
                name=name,
                label=label,
                kind=kind,
                value=value(f"overrides.{entry.slug}.{name}"),
                placeholder=_own(entry, name),
            )
            for name, label, kind in _FIELDS
        ),
    )


def _own(entry: Entry, name: str) -> str:
    if name == "framing":
        return "\n\n".join(part.markdown for part in entry.passages if part.kind is PassageKind.FRAMING)
    return str(getattr(entry, name) or "")
