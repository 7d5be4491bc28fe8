"""Parse submitted forms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Depends, HTTPException, Request

_FORM = "application/x-www-form-urlencoded"
_UPLOAD = "multipart/form-data"
_MOST_FIELDS = 2000


@dataclass(frozen=True, slots=True)
class Form:
    """A submitted form: its fields and their values."""

    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return the last value of a field, stripped; empty if the field is missing."""
        return (self.fields.get(name) or ("",))[-1].strip()

    def exact(self, name: str) -> str:
        """Return the last value of a field as it was typed, except for its line ends, which forms change."""
        return (self.exact_all(name) or ("",))[-1]

    def exact_all(self, name: str) -> tuple[str, ...]:
        """Return all values of a field as they were typed, except for their line ends."""
        return tuple(value.replace("\r\n", "\n").replace("\r", "\n") for value in self.fields.get(name, ()))

    def all(self, name: str) -> tuple[str, ...]:
        """Return all values of a field."""
        return tuple(self.fields.get(name, ()))


def one_line(text: str) -> str:
    """Return a text in one line, with single spaces between its words."""
    return " ".join(text.split())


def lines_of(text: str) -> list[str]:
    """Return the lines of a text that aren't empty, with single spaces between their words."""
    return [one_line(line) for line in text.split("\n") if line.strip()]


async def read_form(request: Request) -> Form:
    """Return the submitted form, empty if the body is not a form. Raise HTTPException if it can't be parsed."""
    kind = request.headers.get("content-type", "")
    if kind.startswith(_UPLOAD):
        return Form()  # without reading it: it may be a large file, which its route streams
    body = await request.body()
    if not kind.startswith(_FORM):
        return Form()
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as err:
        raise HTTPException(400) from err
    # No database stores NUL. Removing it before decoding would not do: "%%0000" would leave another.
    return Form({name: [value.replace("\0", "") for value in values] for name, values in fields.items()})


SubmittedForm = Annotated[Form, Depends(read_form)]
