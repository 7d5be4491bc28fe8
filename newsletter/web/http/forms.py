"""Parse submitted forms, and group topics for the forms that list them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Annotated
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from fastapi import Depends, HTTPException, Request

from newsletter.domain.addresses import parse_address
from newsletter.domain.topics import Topic, Topics
from newsletter.subscriptions import Client

_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 2000
LONGEST_PAUSE = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Form:
    """A submitted form: its fields and their values."""

    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return the last value of a field, stripped; empty if the field is missing."""
        return (self.fields.get(name) or ("",))[-1].strip()

    def all(self, name: str) -> tuple[str, ...]:
        """Return all values of a field."""
        return tuple(self.fields.get(name, ()))


async def read_form(request: Request) -> Form:
    """Return the submitted form, empty if the body is not a form. Raise HTTPException if it can't be parsed."""
    body = await request.body()
    if not request.headers.get("content-type", "").startswith(_FORM):
        return Form()
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as err:
        raise HTTPException(400) from err
    # No database stores NUL. Removing it before decoding would not do: "%%0000" would leave another.
    return Form({name: [value.replace("\0", "") for value in values] for name, values in fields.items()})


def client_of(request: Request) -> Client:
    """Return the client that sent a request."""
    return Client(request.client.host if request.client else "")


Sent = Annotated[Form, Depends(read_form)]
From = Annotated[Client, Depends(client_of)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicGroup:
    """A top-level topic and all topics below it."""

    head: Topic
    below: tuple[Topic, ...]


def groups(topics: Topics) -> list[TopicGroup]:
    """Return the declared topics, in their order, grouped by top-level topic."""
    return [
        TopicGroup(
            head=head,
            below=tuple(topic for topic in topics if topics.ancestors(topic.slug)[-1:] == (head.slug,)),
        )
        for head in topics
        if head.parent is None
    ]


def known_topics(names: Iterable[str], topics: Topics) -> tuple[str, ...]:
    """Return the slugs of the declared topics among these names, slugs and aliases."""
    return tuple(sorted({topic.slug for topic in map(topics.find, names) if topic.declared}))


def parse_typed_address(text: str) -> str:
    """Return an address that can be mailed. Raise ValueError with a message for the reader."""
    try:
        return parse_address(text)[0]
    except ValueError as err:
        raise ValueError("Please enter an email address, such as ada@example.org.") from err


def parse_pause(text: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Return when a pause ends (the start of a day), or None for no pause.

    Raise ValueError with a message for the reader unless that is tomorrow or later, and within a year.
    """
    if not text:
        return None
    today = now.astimezone(zone).date()
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        raise ValueError("Please write the date as year-month-day, such as 2026-12-24.")
    try:
        until = date.fromisoformat(text)
    except ValueError as err:
        raise ValueError("That date doesn't exist.") from err
    if not today < until <= today + LONGEST_PAUSE:
        raise ValueError("Please choose a day after today, within a year.")
    return datetime.combine(until, time(), zone)
