"""The language of a reader's pages and service mail."""

from newsletter import translation
from newsletter.domain.languages import bare_language, language_for
from newsletter.domain.publication import Newsletter


def page_language(tag: str, newsletter: Newsletter) -> str:
    """Return the language of pages and service mail for a reader with this language tag, which may be empty.

    It is the newsletter's that suits them, or else their own (without its region) if the program speaks it, or else
    the newsletter's first.
    """
    best, bare = language_for(tag, newsletter.languages), bare_language(tag)
    return bare if bare_language(best) != bare and bare in translation.languages() else best
