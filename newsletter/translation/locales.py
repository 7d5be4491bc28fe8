"""A language's locale (CLDR): its writing direction, its own name and its way of writing numbers."""

from functools import lru_cache

import babel.core
from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal

from newsletter.domain.languages import bare_language


@lru_cache(maxsize=64)
def locale_of(language: str) -> Locale:
    """Return the locale of a BCP 47 tag, or of its language alone, or English if CLDR has neither."""
    return _known_locale(language) or Locale("en")


def is_known(language: str) -> bool:
    """Return whether CLDR has a BCP 47 tag or its language."""
    return _known_locale(language) is not None


def is_exact(tag: str) -> bool:
    """Return whether CLDR has a BCP 47 tag itself, with its region."""
    locale = _known_locale(tag)
    return locale is not None and str(locale).replace("_", "-").casefold() == tag.casefold()


def release_tables() -> None:
    """Drop Babel's tables of all territories and currencies: 2 MB that it reads again when it loads another locale."""
    babel.core._global_data = None  # noqa: SLF001  Babel offers nothing else


@lru_cache(maxsize=64)  # a miss may read the tables again
def _known_locale(language: str) -> Locale | None:
    for tag in (language, bare_language(language)):
        try:
            return Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return None


def direction_of(language: str) -> str:
    """Return the language's writing direction: ``ltr`` or ``rtl``."""
    return locale_of(language).text_direction


def own_name(language: str) -> str:
    """Return a language's name in that language: Deutsch."""
    name = locale_of(language).get_display_name() or language
    return name[:1].upper() + name[1:]


def number(value: int, language: str) -> str:
    """Return a whole number with its separators: 12,345."""
    return format_decimal(value, locale=locale_of(language))
