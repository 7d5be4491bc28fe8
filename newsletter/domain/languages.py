"""Language tags (BCP 47), and the language of a newsletter that suits a reader. No I/O."""

import re
from collections.abc import Sequence

from newsletter.errors import UsageError

# RFC 5646 §2.1: a language, then optionally a script, a region and variants.
_TAG = re.compile(
    r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*", re.ASCII
)
WRITE_A_TAG = "write a language tag such as en, pt-BR or zh-Hant-TW"


class InvalidLanguageError(UsageError):
    """A ``text`` that isn't a language tag."""

    code = "language-invalid"

    def __init__(self, *, text: str) -> None:
        self.text = text
        super().__init__(f'"{text[:80]}" is not a language', hint=WRITE_A_TAG)


def parse_language(text: str) -> str:
    """Return a language tag as it is written. Raise ValueError that says what to write instead."""
    if not _TAG.fullmatch(text):
        raise ValueError(WRITE_A_TAG)
    return text


def covers(wide: str, tag: str) -> bool:
    """Return whether a tag is another or narrower (RFC 4647 §3.3.1): ``de`` covers ``de-AT``."""
    whole, prefix = tag.lower(), wide.lower()
    return whole == prefix or whole.startswith(f"{prefix}-")


def same_language(tag: str, other: str) -> bool:
    """Return whether two tags differ at most in case."""
    return tag.lower() == other.lower()


def language_for(tag: str, languages: Sequence[str]) -> str:
    """Return the one of a newsletter's languages for a reader whose language is ``tag``.

    It is the narrowest that covers the tag; else the first variety of the same language, as ``pt-BR`` for ``pt``; else
    the newsletter's first language, also for readers who have none.
    """
    covering = [language for language in languages if covers(language, tag)]
    if covering:
        return max(covering, key=len)
    bare = bare_language(tag)
    return next((language for language in languages if bare and bare_language(language) == bare), languages[0])


def bare_language(tag: str) -> str:
    """Return a tag's language without script, region and variants: ``pt`` for ``pt-BR``."""
    return tag.partition("-")[0].lower()
