"""Collect the program's messages from its code, templates and themes, and update the catalogues with them."""

import tomllib
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.pofile import read_po, write_po

from newsletter.domain.leaving import REASONS
from newsletter.translation.loading import FOLDER

TEMPLATES = ("templates/pages/public", "templates/email/*/service")
_KEYWORDS = {**DEFAULT_KEYWORDS, "gettext_noop": None}
_TEMPLATE_OPTIONS = {"newstyle_gettext": "true", "trimmed": "true", "silent": "false"}
_WIDTH = 120
_HEADER = """msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plurals}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def messages(root: Path) -> Catalog:
    """Return all messages of the program in a checkout's folder, in a catalogue without translations."""
    collected = Catalog(project="newsletter", charset="utf-8")
    for path, (_, message, comments, context) in sorted(_extracted(root), key=lambda pair: pair[0]):
        place = [(path.relative_to(root).as_posix(), 0)]
        collected.add(message, locations=place, auto_comments=comments, context=context)
    return collected


_Message = tuple[int, str | tuple[str, ...], list[str], str | None]


def _extracted(root: Path) -> Iterator[tuple[Path, _Message]]:
    for path in (root / "newsletter").rglob("*.py"):
        yield from _with_path(path, extract_from_file("python", path, _KEYWORDS, ("For translators:",)))
    for folder in TEMPLATES:
        for path in (file for parent in root.glob(folder) for file in parent.iterdir()):
            if path.suffix in (".html", ".txt"):
                extracted = extract_from_file("jinja2.ext:babel_extract", path, _KEYWORDS, (), _TEMPLATE_OPTIONS)
                yield from _with_path(path, extracted)
    for path in root.glob("templates/email/*/theme.toml"):
        labels = tomllib.loads(path.read_text(encoding="utf-8")).get("labels", {})
        for name, text in labels.items():
            if isinstance(text, str):
                yield path, (0, text, [name], "label")
    reasons = root / "newsletter" / "domain" / "leaving.py"
    if reasons.exists():
        yield from _with_path(reasons, ((0, text, [], None) for text in REASONS.values()))


def _with_path(path: Path, extracted: Iterable[_Message]) -> Iterator[tuple[Path, _Message]]:
    return ((path, message) for message in extracted)


def update(root: Path, folder: Path = FOLDER) -> dict[str, int]:
    """Bring the catalogues in a folder up to date, and return how many messages each still has to translate.

    A message that has gone is removed, and a new one is left empty: a guess would look like a translation.
    """
    current = messages(root)
    missing = {}
    for path in sorted(folder.glob("*.po")):
        catalogue = read_catalogue(path)
        catalogue.update(current, no_fuzzy_matching=True, update_creation_date=False)
        catalogue.obsolete.clear()
        missing[path.stem] = sum(not is_translated(message.string) for message in catalogue if message.id)
        body = BytesIO()
        write_po(body, catalogue, width=_WIDTH, sort_output=True, include_lineno=False, omit_header=True)
        header = _HEADER.format(language=path.stem, plurals=catalogue.plural_forms)
        path.write_bytes(header.encode() + body.getvalue())
    return missing


def read_catalogue(path: Path) -> Catalog:
    """Return a catalogue from its file, which is named for its language."""
    with path.open("rb") as file:
        return read_po(file, locale=path.stem)


def is_translated(string: str | tuple[str, ...] | list[str] | None) -> bool:
    """Return whether a message has its translation, in all plural forms."""
    return all(string) if isinstance(string, tuple | list) and string else bool(string)
