"""Load the catalogues, each at its first use."""

import gettext
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path

from newsletter.domain.languages import bare_language
from newsletter.translation.locales import direction_of, is_exact

FOLDER = Path(__file__).parent / "catalogues"
_FORMER = {"iw": "he"}  # ISO 639-1 had another code for Hebrew until 1989, which some systems still send


class Catalogue:
    """The program's words in one language. A message without a translation stays English.

    ``language`` is a BCP 47 tag. Messages have named values, as in ``gettext("Page %(number)s", number=2)``. Write a
    percent sign as ``%%``.
    """

    def __init__(self, language: str, translations: gettext.NullTranslations) -> None:
        self.language, self._translations = language, translations

    @property
    def direction(self) -> str:
        """The language's writing direction: ``ltr`` or ``rtl``."""
        return direction_of(self.language)

    def gettext(self, message: str, /, **values: object) -> str:
        """Return a message with its values."""
        return self._translations.gettext(message) % values

    def label(self, message: str) -> str:
        """Return a theme's label. Its values have braces, ``{source}``, and are filled in by the theme."""
        return self._translations.pgettext("label", message)

    def install(self) -> dict[str, object]:
        """Return the functions for Jinja's i18n extension, which fills in the values itself."""
        own = self._translations
        return {
            "gettext": own.gettext,
            "ngettext": own.ngettext,
            "pgettext": own.pgettext,
            "npgettext": own.npgettext,
        }


ENGLISH = Catalogue("en", gettext.NullTranslations())


def gettext_noop(text: str) -> str:
    """Mark a message for the catalogues where its language isn't known yet. Translate it with ``gettext`` later."""
    return text


@lru_cache(maxsize=1)
def languages() -> tuple[str, ...]:
    """Return the languages that have a catalogue, and English."""
    return tuple(sorted({"en", *(path.stem for path in FOLDER.glob("*.po"))}))


def catalogue(language: str) -> Catalogue:
    """Return the catalogue for a BCP 47 tag: in its language, or in English if that has none.

    It has the tag's region as well, for dates: ``en-GB``.
    """
    language = language.replace("_", "-")
    bare, rest = bare_language(language), language.partition("-")[2]
    bare = _FORMER.get(bare, bare)
    if bare not in languages():
        return ENGLISH
    tag = f"{bare}-{rest}" if rest else bare
    return _of_tag(tag if is_exact(tag) else bare)


@lru_cache(maxsize=64)  # a reader's tag may come from an import, with any region
def _of_tag(tag: str) -> Catalogue:
    return ENGLISH if tag == "en" else Catalogue(tag, _translations(bare_language(tag)))


@cache
def _translations(language: str) -> gettext.NullTranslations:
    if language == "en":
        return gettext.NullTranslations()
    from babel.messages.mofile import write_mo  # English needs neither
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    with (FOLDER / f"{language}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
