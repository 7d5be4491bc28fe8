"""Every catalogue is complete: all messages of the code, the templates and the themes, with their values and tags."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message

from newsletter.translation import languages
from newsletter.translation.loading import FOLDER
from newsletter.translation.plurals import SEPARATOR, categories
from tests.translation import extraction

ROOT = Path(__file__).parents[2]
TRANSLATED = [language for language in languages() if language != "en"]
_VALUE = re.compile(r"%\(\w+\)s|%%|\{\w+\}")
_TAG = re.compile(r"<[^>]*>")
_STRAIGHT = re.compile(r"""(?<!=)"|'""")
_LETTERS = {"he": "\u05d0-\u05ea", "ar": "\u0621-\u064a"}
# A value for a number in a plural form that has exactly one number may be written as a word: "one entry".
_MAY_LACK = {"%(num)s", "%(count)s"}


@pytest.fixture(scope="module")
def current() -> Catalog:
    """Return the messages of this checkout."""
    return extraction.messages(ROOT)


@pytest.fixture(scope="module", params=TRANSLATED)
def translated(request: pytest.FixtureRequest) -> Catalog:
    """Return a catalogue."""
    return extraction.read_catalogue(FOLDER / f"{request.param}.po")


def _forms(message: Message) -> Iterator[tuple[str, str]]:
    """Yield each form of a translation with the English text that it translates."""
    if isinstance(message.id, str):
        assert isinstance(message.string, str)
        yield message.id, message.string
    else:
        for at, form in enumerate(message.string or ()):
            yield message.id[min(at, 1)], form


def _messages(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def test_the_extraction_is_up_to_date(current: Catalog, translated: Catalog) -> None:
    """``make messages`` brings a catalogue up to date."""
    assert {(message.context, str(message.id)) for message in _messages(translated)} == {
        (message.context, str(message.id)) for message in _messages(current)
    }


def test_every_message_is_translated_in_all_plural_forms(translated: Catalog) -> None:
    lacking = [
        message.id
        for message in _messages(translated)
        if not extraction.is_translated(message.string)
        or message.fuzzy
        or (message.pluralizable and len(message.string or ()) != translated.num_plurals)
    ]
    assert lacking == []


def test_a_translation_has_the_values_and_tags_of_its_message(translated: Catalog) -> None:
    for message in _messages(translated):
        for english, form in _forms(message):
            values, wanted = sorted(_VALUE.findall(form)), sorted(_VALUE.findall(english))
            if message.pluralizable:
                values, wanted = ([value for value in some if value not in _MAY_LACK] for some in (values, wanted))
            if SEPARATOR in english:  # a label with all its plural forms, of which some say the number in words
                values, wanted = sorted(set(values)), sorted(set(wanted))
            assert values == wanted, form
            assert sorted(_TAG.findall(form)) == sorted(_TAG.findall(english)), form


def test_a_label_with_a_number_has_a_form_for_each_plural_of_its_language(translated: Catalog) -> None:
    counted = [message for message in _messages(translated) if SEPARATOR in str(message.id)]
    assert len(counted) == 2
    for message in counted:
        names, _ = categories(str(translated.locale))
        assert len(str(message.string).split(SEPARATOR)) == len(names), message.string


def test_a_translation_is_set_like_a_printed_text(translated: Catalog) -> None:
    """Typographic quotes, since a straight one would end an attribute; and the language's own letters."""
    for message in _messages(translated):
        for english, form in _forms(message):
            assert not _STRAIGHT.search(_TAG.sub("", form)), form
            assert form.strip() == form or english.strip() != english, form
            letters = _LETTERS.get(str(translated.locale))
            words = _VALUE.sub("", _TAG.sub("", english))
            if letters and re.search("[A-Za-z]", words):
                assert re.search(f"[{letters}]", form), form


def test_updating_adds_new_messages_and_removes_old_ones(tmp_path: Path) -> None:
    (tmp_path / "newsletter").mkdir()
    (tmp_path / "newsletter/page.py").write_text('words.gettext("New")\ngettext_noop("Kept")\n', encoding="utf-8")
    catalogue = tmp_path / "de.po"
    catalogue.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "Kept"\nmsgstr "Geblieben"\n\nmsgid "Old"\nmsgstr "Alt"\n',
        encoding="utf-8",
    )
    assert extraction.update(tmp_path, tmp_path) == {"de": 1}
    after = catalogue.read_text(encoding="utf-8")
    assert '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"' in after
    assert [line for line in after.splitlines() if line.startswith("msgid")] == [
        'msgid ""',
        'msgid "Kept"',
        'msgid "New"',
    ]
    assert 'msgstr "Geblieben"' in after
    extraction.update(tmp_path, tmp_path)
    assert catalogue.read_text(encoding="utf-8") == after
