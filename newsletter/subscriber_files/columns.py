"""The mapping of CSV columns to fields and attributes, and the quoting of cells that a spreadsheet would execute."""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from unicodedata import combining, normalize

from newsletter.domain.topics import slug_of
from newsletter.errors import UsageError

FIELDS = (
    "email", "first_name", "last_name", "name", "topics", "excluded_topics", "status", "language", "time_zone",
    "suppressed", "frequency", "paused_until", "since", "consents",
)  # fmt: skip
REFUSED = (
    "refused_line",
    "refused_reason",
    "refused_from",
)  # columns of a file of refused lines; ignored on import
IGNORED = "-"  # the meaning of a column that is not imported
VERBATIM = "attribute."  # prefix for attributes whose names would otherwise mean a field

_ALSO_CALLED = {  # in English, German, French and Spanish, as ``plain`` returns them
    "email": (
        "e_mail", "email_address", "e_mail_address", "address", "mail",
        "mail_adresse", "mailadresse", "email_adresse", "emailadresse", "e_mail_adresse",
        "courriel", "adresse_mail", "adresse_email", "adresse_e_mail", "adresse_electronique", "adresse_courriel",
        "correo", "correo_electronico", "direccion_de_correo", "direccion_de_correo_electronico",
    ),
    "first_name": ("firstname", "given_name", "vorname", "rufname", "prenom", "nombre"),
    "last_name": (
        "lastname", "surname", "family_name", "nachname", "familienname", "nom", "nom_de_famille", "apellido",
        "apellidos",
    ),
    "name": (
        "full_name", "vollstandiger_name", "nom_complet", "prenom_et_nom", "nombre_completo",
        "nombre_y_apellidos",
    ),
    "topics": ("topic",),
    "excluded_topics": ("excluded_topic", "excludes"),
    "time_zone": ("timezone", "tz"),
}  # fmt: skip
_FIELD_OF = {name: field for field in FIELDS for name in (field, *_ALSO_CALLED.get(field, ()))}

# Spreadsheets take a cell that begins with one of these for a formula; some convert the full-width forms first.
# https://owasp.org/www-community/attacks/CSV_Injection
_RUN = r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
_RISKY = re.compile(rf"'*{_RUN}")
_QUOTED = re.compile(rf"'+{_RUN}")


def quoted(value: str) -> str:
    """Return a cell that no spreadsheet executes: risky and already quoted values get an apostrophe in front."""
    return f"'{value}" if _RISKY.match(value) else value


def unquoted(cell: str) -> str:
    """Return the value of a cell without surrounding white space; for stripped values the inverse of ``quoted``."""
    cell = cell.strip()
    return cell[1:].strip() if cell[:1] == "'" and _QUOTED.match(cell) else cell


MOST_COLUMNS = 1_000
"""A file with more columns than this is no list of readers, or its cells are separated by something else."""


class MissingColumnError(UsageError):
    """A column with a given meaning that a file doesn't have; ``columns`` are the file's."""

    code = "column-missing"

    def __init__(self, *, name: str, columns: Sequence[str]) -> None:
        self.name, self.columns = name, tuple(columns)
        super().__init__(f"there is no column {name!r}", hint=f"the columns are: {listed(columns)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """A parsed header: the positions of ``FIELDS`` (``sys.maxsize`` for missing ones) and of attributes."""

    names: tuple[str, ...]
    fields: tuple[int, ...]
    attributes: tuple[tuple[str, int], ...]

    @property
    def meanings(self) -> tuple[str, ...]:
        """Return what each column means: a field, ``attribute.`` with a name, or "" if it isn't imported."""
        by_position = dict(zip(self.fields, FIELDS, strict=True)) | {
            at: f"{VERBATIM}{name}" for name, at in self.attributes
        }
        return tuple(by_position.get(at, "") for at in range(len(self.names)))

    def values(self, cells: Sequence[str]) -> list[str]:
        """Return a row's values for ``FIELDS``; a value is empty if its column is missing or the row is too short."""
        return [unquoted(cells[position]) if position < len(cells) else "" for position in self.fields]

    def attribute_values(self, cells: Sequence[str]) -> dict[str, str]:
        """Return a row's attributes that aren't empty."""
        values = {name: unquoted(cells[position]) for name, position in self.attributes if position < len(cells)}
        return {name: value for name, value in values.items() if value}


def columns_of(header: Sequence[str], meant: Mapping[str, str]) -> Columns:
    """Return the columns of a header; ``meant`` maps names of columns to a field, an attribute or ``IGNORED``.

    Raises ValueError if no column has the address or two columns have the same meaning, and MissingColumnError if
    ``meant`` names a missing column.
    """
    names = tuple(unquoted(name) for name in header)
    for name in meant:
        if name not in names:
            raise MissingColumnError(name=name, columns=names)
    read = [_named(meant[name]) if name in meant else _meaning(name) for name in names]
    read = [
        field if name in meant else beside
        for name, field, beside in zip(names, read, _in_context(names, read), strict=True)
    ]
    if read.count("email") > 1:  # "address" is then the postal one
        read = [
            _named(attribute_name(name)) if plain(name) == "address" else field
            for name, field in zip(names, read, strict=True)
        ]
    positions: dict[str, int] = {}
    for position, what in enumerate(read):
        if what and positions.setdefault(what, position) != position:
            both = f"{names[positions[what]]!r} and {names[position]!r}"
            raise ValueError(f"the columns {both} both mean {what.removeprefix(VERBATIM)!r}")
    if "email" not in positions:
        if any("@" in name for name in names):
            raise ValueError('the first line is a reader: write the names of the columns above it, such as "email"')
        raise ValueError(f'no column contains the address: name it "email"; the columns are: {listed(names)}')
    return Columns(
        names=names,
        fields=tuple(positions.get(field, sys.maxsize) for field in FIELDS),
        attributes=tuple((what.removeprefix(VERBATIM), at) for what, at in positions.items() if what not in FIELDS),
    )


def attribute_column(name: str) -> str:
    """Return the name of an attribute's column in an export."""
    return name if _meaning(name) == f"{VERBATIM}{name}" else f"{VERBATIM}{name}"


def _named(what: str) -> str:
    """Return the name of a field, or of an attribute with its prefix; empty for a column that is ignored."""
    if what == IGNORED:
        return ""
    return what if what in FIELDS else f"{VERBATIM}{what}"


def _meaning(name: str) -> str:
    """Return a field, an attribute as ``attribute.<name>``, or an empty string for a column without a name."""
    if name.startswith(VERBATIM):
        return name
    written = plain(name)
    if not written or written in REFUSED:
        return ""
    return _FIELD_OF.get(written) or _named(attribute_name(name))


def _in_context(names: Sequence[str], fields: Sequence[str]) -> list[str]:
    """Return what columns mean beside each other, where a language has one word for a name and for a part of it."""
    written = [plain(name) for name in names]
    means = {
        "nom": "last_name" if "first_name" in fields else "name",
        "nombre": "first_name" if "last_name" in fields else "name",
        "name": "last_name" if "vorname" in written and "last_name" not in fields else "name",
    }
    return [means.get(name, field) for name, field in zip(written, fields, strict=True)]


def plain(name: str) -> str:
    """Return the name of a column, normalised for case, accents and punctuation."""
    letters = "".join(sign for sign in normalize("NFKD", name.casefold()) if not combining(sign))
    return re.sub(r"[\W_]+", "_", letters).strip("_")


def attribute_name(name: str) -> str:
    """Return the name of a column in the form that a merge field can use."""
    return slug_of(name).replace("-", "_")


def listed(names: Sequence[str]) -> str:
    """Return names for an error message, shortened if there are many."""
    return ", ".join(name[:40] for name in names[:20]) + (", …" if len(names) > 20 else "")
