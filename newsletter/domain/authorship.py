"""Whose work an act is about: apart from the roles, which `--help` loads without the rules of addresses."""

from collections.abc import Iterable

from newsletter.domain.addresses import address_key
from newsletter.domain.people import Person, Work


def work_by(person: Person, authors: Iterable[str], *, own_allowed: bool = False) -> Work:
    """Return the work of some authors, with the person's own address spelt as they have it."""
    own = address_key(person.address)
    by = frozenset(person.address if address_key(author) == own else author for author in authors)
    return Work(by=by, own_allowed=own_allowed)
