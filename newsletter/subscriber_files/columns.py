"""What a cell of a file means: its column, and whether a spreadsheet would run it."""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsletter.domain.issue import slug_of
from newsletter.errors import UsageError

FIELDS = (
    "email", "first_name", "last_name", "name", "topics", "excluded_topics", "status", "language", "time_zone",
    "suppressed", "frequency", "paused_until", "since", "consents",
)  # fmt: skip
REFUSED = (
    "refused_line",
    "refused_reason",
    "refused_from",
)  # of a file of refused lines; passed over where it is imported
VERBATIM = "attribute."  # before the name of a further column that would otherwise be read as something else

_FIELD_OF = {field: field for field in FIELDS} | {
    "e_mail": "email",
    "email_address": "email",
    "e_mail_address": "email",
    "address": "email",
    "mail": "email",
    "firstname": "first_name",
    "given_name": "first_name",
    "lastname": "last_name",
    "surname": "last_name",
    "family_name": "last_name",
    "full_name": "name",
    "topic": "topics",
    "excluded_topic": "excluded_topics",
    "excludes": "excluded_topics",
    "timezone": "time_zone",
    "tz": "time_zone",
}

# A spreadsheet takes a cell that begins so for a formula; the wide forms are turned into the narrow ones by some.
# https://owasp.org/www-community/attacks/CSV_Injection
_RUN = r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
_RISKY = re.compile(rf"'*{_RUN}")
_QUOTED = re.compile(rf"'+{_RUN}")


def quoted(value: str) -> str:
    """A value as a cell that no spreadsheet runs: an apostrophe before whatever would be, or looks quoted already."""
    return f"'{value}" if _RISKY.match(value) else value


def unquoted(cell: str) -> str:
    """The value of a cell, without the white space around it: for stripped values the inverse of ``quoted``."""
    cell = cell.strip()
    return cell[1:].strip() if cell[:1] == "'" and _QUOTED.match(cell) else cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """A header understood: where each of ``FIELDS`` (``sys.maxsize`` if nowhere) and each attribute stands."""

    names: tuple[str, ...]
    fields: tuple[int, ...]
    attributes: tuple[tuple[str, int], ...]

    def values(self, cells: Sequence[str]) -> list[str]:
        """A row's values for ``FIELDS``; empty where the row ends before one or there is no such column."""
        return [unquoted(cells[position]) if position < len(cells) else "" for position in self.fields]

    def attribute_values(self, cells: Sequence[str]) -> dict[str, str]:
        """The attributes of a row that say something."""
        found = {name: unquoted(cells[position]) for name, position in self.attributes if position < len(cells)}
        return {name: value for name, value in found.items() if value}


def columns_of(header: Sequence[str], meant: Mapping[str, str]) -> Columns:
    """What the columns are; ``meant`` says of columns, by their name in the file, which field or attribute they are.

    Raises ValueError where no column has the address or two are the same, UsageError for a column that is not there.
    """
    names = tuple(unquoted(name) for name in header)
    for name in meant:
        if name not in names:
            raise UsageError(f"no column {name!r}", hint=f"the file has: {listed(names)}")
    read = [_named(meant[name]) if name in meant else _meaning(name) for name in names]
    if read.count("email") > 1:  # "address" is then the postal one
        read = [
            _named(attribute_name(name)) if plain(name) == "address" else field
            for name, field in zip(names, read, strict=True)
        ]
    positions: dict[str, int] = {}
    for position, what in enumerate(read):
        if what and positions.setdefault(what, position) != position:
            both = f"{names[positions[what]]!r} and {names[position]!r}"
            raise ValueError(f"the columns {both} are both {what.removeprefix(VERBATIM)!r}")
    if "email" not in positions:
        raise ValueError(f'no column has the address: name it "email"; there are: {listed(names)}')
    return Columns(
        names=names,
        fields=tuple(positions.get(field, sys.maxsize) for field in FIELDS),
        attributes=tuple((what.removeprefix(VERBATIM), at) for what, at in positions.items() if what not in FIELDS),
    )


def attribute_column(name: str) -> str:
    """The column of an attribute in an export."""
    return name if _meaning(name) == f"{VERBATIM}{name}" else f"{VERBATIM}{name}"


def _named(what: str) -> str:
    """A field, or else an attribute by its name."""
    return what if what in FIELDS else f"{VERBATIM}{what}"


def _meaning(name: str) -> str:
    """A field, an attribute as ``attribute.<name>``, or nothing for a column without a name."""
    if name.startswith(VERBATIM):
        return name
    written = plain(name)
    if not written or written in REFUSED:
        return ""
    return _FIELD_OF.get(written) or _named(attribute_name(name))


def plain(name: str) -> str:
    """The name of a column without regard to case and punctuation."""
    return re.sub(r"[\W_]+", "_", name.casefold()).strip("_")


def attribute_name(name: str) -> str:
    """As a merge field can name it."""
    return slug_of(name).replace("-", "_")


def listed(names: Sequence[str]) -> str:
    """The names of columns, as far as a message can have them."""
    return ", ".join(name[:40] for name in names[:20]) + (", …" if len(names) > 20 else "")
