"""Plural forms of a phrase, in CLDR's order: zero, one, two, few, many, other."""

from functools import lru_cache

from newsletter.translation.locales import locale_of

SEPARATOR = "|"
_ORDER = ("zero", "one", "two", "few", "many", "other")


@lru_cache(maxsize=64)
def categories(language: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return a language's plural categories of whole numbers below 200, and the index of each number's category."""
    rule = locale_of(language).plural_form
    by_number = [rule(number) for number in range(200)]
    used = tuple(name for name in _ORDER if name in {*by_number, "other"})
    return used, tuple(used.index(name) for name in by_number)


def plural_forms(phrase: str, language: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the forms of ``{number} pick | {number} picks``, and the index of the form for each number below 200.

    If it has fewer forms than the language, the last one stands for the rest. If it has more, it isn't translated.
    """
    forms = tuple(form.strip() for form in phrase.split(SEPARATOR))
    names, form_of = categories(language)
    if len(forms) > len(names):
        _, form_of = categories("en")
    return forms, tuple(min(form, len(forms) - 1) for form in form_of)
