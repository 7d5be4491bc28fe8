"""Parse the fields of the readers' forms, and group topics for the forms.

The messages of errors are the catalogues', in English: pages translate them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import Depends

from newsletter.domain.addresses import parse_address
from newsletter.domain.clients import Client
from newsletter.domain.topics import Topic, Topics
from newsletter.translation import gettext_noop
from newsletter.web.http.client_address import client_of

ENTER_ADDRESS = gettext_noop("Please enter an email address, such as ada@example.org.")


RequestingClient = Annotated[Client, Depends(client_of)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicGroup:
    """A top-level topic and all topics below it."""

    head: Topic
    below: tuple[Topic, ...]


def topic_groups(topics: Topics) -> list[TopicGroup]:
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
    return tuple(sorted({topic.slug for topic in map(topics.resolve, names) if topic.declared}))


def parse_typed_address(text: str) -> str:
    """Return an address that can be mailed. Raise ValueError with a message for the reader."""
    try:
        return parse_address(text)
    except ValueError as err:
        raise ValueError(ENTER_ADDRESS) from err


def parse_typed_date(text: str) -> date | None:
    """Return a date, or None for an empty field. Raise ValueError with a message for the reader."""
    if not text:
        return None
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        raise ValueError(gettext_noop("Please write the date as year-month-day, such as 2026-12-24."))
    try:
        return date.fromisoformat(text)
    except ValueError as err:
        raise ValueError(gettext_noop("That date doesn’t exist.")) from err
