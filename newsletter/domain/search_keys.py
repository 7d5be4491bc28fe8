"""The form in which names are searched: without case, accents and repeated white space. No I/O."""

import unicodedata
from functools import lru_cache

LONGEST_KEY = 100  # characters; databases limit the size of an index's rows
_AFTER_EVERYTHING = "\U0010ffff"
_PLAIN = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "‘": "'", "’": "'"}
)  # these don't decompose


@lru_cache(maxsize=4096)
def search_key(text: str) -> str:
    """Return the form in which a name is stored for searches, and looked up.

    ``Émile  Müller`` becomes ``emile muller``: people who search type neither accents nor capitals.
    """
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text.casefold())
        text = "".join(character for character in decomposed if not unicodedata.combining(character)).translate(_PLAIN)
        text = text.encode(errors="ignore").decode()  # without surrogates, from bytes that another program stored
    return " ".join(text.casefold().split())[:LONGEST_KEY]


def end_of_prefix(prefix: str) -> str:
    """Return a text that is greater than every text that begins with a prefix, by their bytes in UTF-8."""
    return prefix + _AFTER_EVERYTHING
