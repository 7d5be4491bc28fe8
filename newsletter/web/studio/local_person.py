"""The person who works in a studio on their own computer: as git knows them, or as the computer does."""

import getpass
import socket

from newsletter.domain.people import Person
from newsletter.git import NoRepository, Repository


def local_person(repository: Repository | NoRepository) -> Person:
    """Return the person whose computer this is: the name and address of git's configuration, if it has them."""
    identity = repository.user() if isinstance(repository, Repository) else None
    if identity is not None:
        return Person(name=identity.name, address=identity.address)
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a process without a user name
        name = "editor"
    return Person(name=name, address=f"{name}@{socket.gethostname() or 'localhost'}")
