"""The person who works in a studio on their own computer: as git knows them, or as the computer does."""

import getpass
import socket

from newsletter.domain.people import Person


def local_person() -> Person:
    """Return the person whose computer this is."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a process without a user name
        name = "editor"
    return Person(name=name, address=f"{name}@{socket.gethostname() or 'localhost'}")
