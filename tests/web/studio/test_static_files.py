"""The studio's scripts, styles and templates fit each other and docs/studio-pages.md."""

import re
from pathlib import Path

import pytest

from newsletter.web.preview import app as preview
from tests.web.studio.modules import STATIC

_ROOT = Path(__file__).parents[3]
_DOCUMENT = (_ROOT / "docs/studio-pages.md").read_text("utf-8")
_TEMPLATES = "\n".join(path.read_text("utf-8") for path in sorted((_ROOT / "templates/pages/studio").rglob("*.html")))
_MODULES = {path.name: path.read_text("utf-8") for path in sorted(STATIC.glob("*.js"))}
_STYLES = {path.name: path.read_text("utf-8") for path in (*STATIC.glob("*.css"), preview.STATIC / "basics.css")}
_ATTRIBUTE = re.compile(r"\bdata-[a-z]+(?:-[a-z]+)*")


def test_every_script_is_in_the_map_and_begins_with_what_it_is_for() -> None:
    assert set(re.findall(r"`([a-z-]+\.js)`", _DOCUMENT)) == set(_MODULES)
    assert [name for name, text in _MODULES.items() if not text.startswith("// ")] == []


def test_every_attribute_is_documented_and_used() -> None:
    scripts = "\n".join(_MODULES.values())
    named = set(re.findall(r"\.dataset\.(\w+)", scripts)) | set(re.findall(r'"(\w+)" in [\w.]+\.dataset', scripts))
    in_scripts = set(_ATTRIBUTE.findall(scripts)) | {_hyphenated(name) for name in named}
    assert set(_ATTRIBUTE.findall(_DOCUMENT)) == set(_ATTRIBUTE.findall(_TEMPLATES)) | in_scripts


def _hyphenated(name: str) -> str:
    return "data-" + re.sub("[A-Z]", lambda upper: f"-{upper[0].lower()}", name)


@pytest.mark.parametrize("name", sorted(_STYLES))
def test_every_rule_of_the_styles_is_for_something(name: str) -> None:
    css = re.sub(r"/\*.*?\*/", "", _STYLES[name], flags=re.DOTALL)
    selectors = " ".join(re.findall(r"([^{}]+)\{", css))
    marks = set(re.findall(r"[.#]([a-z][\w-]*)", selectors))
    # The preview's templates use the shared styles, too; a name made of parts, such as mode-dark, has its first part.
    preview_templates = "\n".join(
        path.read_text("utf-8") for path in (_ROOT / "templates/pages/preview").glob("*.html")
    )
    used = "\n".join((_TEMPLATES, preview_templates, *_MODULES.values(), *_python()))
    assert sorted(mark for mark in marks if not re.search(rf"(?<![\w-]){_beginning(mark)}(?![a-z])", used)) == []


def _beginning(mark: str) -> str:
    return next((part for part in ("mode-", "part-", "tone-") if mark.startswith(part)), re.escape(mark))


def _python() -> list[str]:
    return [path.read_text("utf-8") for path in (_ROOT / "newsletter/web").rglob("*.py")]
