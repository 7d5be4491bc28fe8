"""Compiled templates are shared where they are the same, and only there."""

from pathlib import Path

import pytest
from jinja2 import Environment

from newsletter.rendering import page_environment
from newsletter.rendering.templating import theme_environment
from newsletter.translation import catalogue


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages/a.html").write_text('{{ "<" }} {{ 1234 | number }}', encoding="utf-8")
    return tmp_path


def in_language(folder: Path, language: str) -> Environment:
    """Return an environment with a filter that depends on the language; Jinja applies it when it compiles."""
    return page_environment(folder, filters={"number": lambda _: language}, words=catalogue(language))


def test_each_language_and_kind_of_escaping_has_its_own_constants(folder: Path) -> None:
    english, german = in_language(folder, "en"), in_language(folder, "de")
    assert [each.get_template("a.html").render() for each in (english, german)] == ["&lt; en", "&lt; de"]
    assert german.overlay(autoescape=False).get_template("a.html").render() == "< de"
    (folder / "pages/a.html").write_text("changed", encoding="utf-8")
    assert in_language(folder, "en").get_template("a.html").render() == "changed"


def test_a_theme_is_compiled_once_for_all_languages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.mjml").write_text('{{ pgettext("label", "Advertisement") }}', encoding="utf-8")
    english, hebrew = (theme_environment((tmp_path,), markup=True, language=language) for language in ("en", "he"))
    assert english.get_template("a.mjml").render() == "Advertisement"
    monkeypatch.setattr(Environment, "compile", None)
    assert hebrew.get_template("a.mjml").render() == "מודעה"
