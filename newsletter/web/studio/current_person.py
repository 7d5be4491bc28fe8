"""The person who makes the request in progress, and their session.

The studio's guard sets both; pages read them as ``Studio.person`` and ``Studio.visit``.
"""

from contextvars import ContextVar

from newsletter.domain.people import NotSignedInError, Person
from newsletter.staff import Visit

current_person: ContextVar[Person | None] = ContextVar("current_person", default=None)
current_visit: ContextVar[Visit | None] = ContextVar("current_visit", default=None)


def visit_in_progress() -> Visit:
    """Return the visit that makes the request in progress. Raise NotSignedInError if there is none."""
    visit = current_visit.get()
    if visit is None:
        raise NotSignedInError()
    return visit
