"""Load the catalogues, each at its first use."""

import gettext
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent / "catalogues"
_FORMER = {"iw": "he"}  # ISO 639-1 had another code for Hebrew until 1989, which some systems still send


class Catalogue:
    """The program's words in one language. A message without a translation stays English.

    Messages have named values, as in ``gettext("Page %(number)s", number=2)``. Write a percent sign as ``%%``.
    """

    def __init__(self, language: str, translations: gettext.NullTranslations) -> None:
        self.language, self._translations = language, translations

    @property
    def direction(self) -> str:
        """The language's writing direction: ``ltr`` or ``rtl``."""
        return Locale.parse(self.language, sep="-").text_direction

    def gettext(self, message: str, /, **values: object) -> str:
        """Return a message with its values."""
        return self._translations.gettext(message) % values

    def ngettext(self, singular: str, plural: str, number: int, /, **values: object) -> str:
        """Return the form of a message for a number, which it names ``%(num)s``."""
        return self._translations.ngettext(singular, plural, number) % {"num": number, **values}

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


@lru_cache(maxsize=1)
def languages() -> tuple[str, ...]:
    """Return the languages that have a catalogue, and English."""
    return tuple(sorted({"en", *(path.stem for path in FOLDER.glob("*.po"))}))


def catalogue(language: str) -> Catalogue:
    """Return the catalogue of a BCP 47 tag: its language's, or the English one if that has none."""
    bare = language.replace("_", "-").partition("-")[0].lower()
    bare = _FORMER.get(bare, bare)
    return _loaded(bare) if bare in languages() else ENGLISH


@cache
def _loaded(language: str) -> Catalogue:
    if language == "en":
        return ENGLISH
    compiled = BytesIO()
    with (FOLDER / f"{language}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Catalogue(language, gettext.GNUTranslations(compiled))
