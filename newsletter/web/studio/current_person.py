"""The person who makes the request in progress. The studio's guard sets it; pages read it as ``Studio.person``."""

from contextvars import ContextVar

from newsletter.domain.people import Person

current_person: ContextVar[Person | None] = ContextVar("current_person", default=None)
