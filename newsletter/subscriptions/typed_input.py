"""What strangers type: names that are names, and addresses that are not shown whole."""

import re

from newsletter.message.encoding import header_safe

LONGEST_NAME = 80
_NO_NAME = re.compile(r"://|www\.|[@<>{}\[\]\\=]|\.(?:com|net|org|info|ru|io)\b", re.IGNORECASE)


def parse_name(text: str) -> tuple[str, str]:
    """First and last name of what was typed as a name; both empty where nothing was.

    Raises ValueError for what is none: it will be printed in messages, and a link there would be somebody's advert.
    """
    name = header_safe(text)
    if len(name) > LONGEST_NAME:
        raise ValueError(f"a name has at most {LONGEST_NAME} characters")
    if _NO_NAME.search(name):
        raise ValueError("a name has no address and no link in it")
    first, _, last = name.partition(" ")
    return first, last.strip()


def masked(address: str) -> str:
    """An address so that its owner knows it and nobody else does: ``a•••@e•••.org``."""
    local, _, domain = address.rpartition("@")
    name, dot, top = domain.rpartition(".")
    return f"{local[:1]}•••@{name[:1]}•••{dot}{top}"
