"""The person who makes the request in progress, and their session.

The studio's guard sets both; pages read them as ``Studio.person`` and ``Studio.visit``.
"""

from contextvars import ContextVar

from newsletter.domain.people import Person
from newsletter.staff import Visit

current_person: ContextVar[Person | None] = ContextVar("current_person", default=None)
current_visit: ContextVar[Visit | None] = ContextVar("current_visit", default=None)
