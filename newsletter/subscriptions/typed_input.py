"""Validation of names that strangers type, and masking of addresses that are shown to them."""

import re

from newsletter.message.encoding import header_safe
from newsletter.translation import gettext_noop

LONGEST_NAME = 80
ENTER_SHORTER_NAME = gettext_noop("Please enter a name of at most 80 characters.")
_NO_NAME = re.compile(r"://|www\.|[@<>{}\[\]\\=]|\.(?:com|net|org|info|ru|io)\b", re.IGNORECASE)


def parse_name(text: str) -> tuple[str, str]:
    """Return the first and last name from a form's name field; both are empty if it was.

    Raise ValueError with a message of the catalogue for text that is not a name: it is printed in mail, where a link
    would be spam.
    """
    name = header_safe(text)
    if len(name) > LONGEST_NAME:
        raise ValueError(ENTER_SHORTER_NAME)
    if _NO_NAME.search(name):
        raise ValueError(gettext_noop("Please enter a name without an address or a link."))
    first, _, last = name.partition(" ")
    return first, last.strip()


def masked(address: str) -> str:
    """Return an address that only its owner can recognise: ``a•••@e•••.org``."""
    local, _, domain = address.rpartition("@")
    name, dot, top = domain.rpartition(".")
    return f"{local[:1]}•••@{name[:1]}•••{dot}{top}"
