"""What a form sent, and what it offers: fields by name, topics in groups."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Annotated
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from fastapi import Depends, HTTPException, Request

from newsletter.domain.addresses import parse_address
from newsletter.domain.issue import Topic, Topics
from newsletter.subscriptions import Client

_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 2000
LONGEST_PAUSE = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Form:
    """Fields and their values, as they were sent."""

    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The last value of a field, without white space around it; empty where there is none."""
        return (self.fields.get(name) or ("",))[-1].strip()

    def all(self, name: str) -> tuple[str, ...]:
        """All values of a field."""
        return tuple(self.fields.get(name, ()))


async def read_form(request: Request) -> Form:
    """What was sent, empty where it is not a form. Raises HTTPException where it cannot be read."""
    body = await request.body()
    if not request.headers.get("content-type", "").startswith(_FORM):
        return Form()
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as err:
        raise HTTPException(400) from err
    # No database has a NUL. Taken out earlier, it would be back: "%%0000" has another one in it.
    return Form({name: [value.replace("\0", "") for value in values] for name, values in fields.items()})


def client_of(request: Request) -> Client:
    """Who asks."""
    return Client(request.client.host if request.client else "")


Sent = Annotated[Form, Depends(read_form)]
From = Annotated[Client, Depends(client_of)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicGroup:
    """A topic at the top, and all below it."""

    head: Topic
    below: tuple[Topic, ...]


def groups(topics: Topics) -> list[TopicGroup]:
    """The declared topics, as they are declared, under those at the top."""
    return [
        TopicGroup(head=head, below=tuple(one for one in topics if topics.ancestors(one.slug)[-1:] == (head.slug,)))
        for head in topics
        if head.parent is None
    ]


def known_topics(names: Iterable[str], topics: Topics) -> tuple[str, ...]:
    """The slugs of the declared topics among these names, slugs and aliases."""
    return tuple(sorted({found.slug for name in names for found in [topics.find(name)] if found.declared}))


def parse_typed_address(text: str) -> str:
    """An address that can be mailed. Raises ValueError with what to do, in words for a reader."""
    try:
        return parse_address(text)[0]
    except ValueError as err:
        raise ValueError("Please write an address such as ada@example.org.") from err


def parse_pause(text: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Until when somebody wants nothing: the beginning of a day; None for no pause. Raises ValueError in words."""
    if not text:
        return None
    today = now.astimezone(zone).date()
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        raise ValueError("Please write the date as year, month and day, such as 2026-12-24.")
    try:
        until = date.fromisoformat(text)
    except ValueError as err:
        raise ValueError("There is no such day.") from err
    if not today < until <= today + LONGEST_PAUSE:
        raise ValueError("Please choose a day after today, within a year.")
    return datetime.combine(until, time(), zone)
