"""Errors of pydantic and tomllib are explained in the program's own words."""

import re
import socket
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateError
from jinja2.sandbox import SandboxedEnvironment
from pydantic import ValidationError

from newsletter import settings
from newsletter.errors import FindingsError
from newsletter.files import library_errors
from newsletter.settings import SettingsFile

TOML = """name = "The Daily Test"
from = "Editors <editors@daily.example>"
postal_address = "1 Test Street"
base_url = "https://news.daily.example"

[topics.science]
name = "Science"
"""
THEIRS = re.compile(
    r"Input should|String should|valid (string|integer|number|list)|at line \d|column \d|Expected|Illegal|key/value"
)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('name = "The', "name The", 1, "there is no = after the name of a setting"),
        ('Street"', "Street", 3, "a quotation mark is missing at the end of text"),
        ("[topics.science]", "[topics.science", 6, "] is missing after the name of a table"),
        ("[topics.science]", "attributes = [1", 7, "a list is not closed"),
        ('name = "Science"', "name = Science", 7, "put text in quotes"),
        ('name = "Science"', 'name = "Science"\nname = "Again"', 8, '"name" is given twice'),
        ('name = "Science"', 'name = "Science" and more', 7, "there is something after the value"),
        ('name = "Science"', 'name = "Science"\n[topics.science]', 8, "a table is given twice"),
        ('"Science"', '"C:\\Users"', 7, "a backslash in text must be written twice"),
    ],
)
def test_broken_toml_is_explained_at_its_line(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    assert old in TOML
    (tmp_path / "newsletter.toml").write_text(TOML.replace(old, new))
    with pytest.raises(FindingsError) as raised:
        settings.load(tmp_path)
    (finding,) = raised.value.findings
    assert finding.place.line == line
    assert words in finding.what
    assert not THEIRS.search(str(raised.value))


@given(st.integers(0, len(TOML) - 1), st.text(st.sampled_from("\"'[]{}=\\#\n,.x1 \t"), max_size=3))
def test_errors_in_settings_never_show_a_librarys_words(at: int, put: str) -> None:
    message = ""
    try:
        tomllib.loads(TOML[:at] + put + TOML[at + 1 :])
    except tomllib.TOMLDecodeError as err:
        message = library_errors.of_toml(str(err))
    assert not THEIRS.search(message)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10**6) | st.floats(allow_nan=True) | st.text(max_size=8),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text("abc", max_size=3), below, max_size=3),
    max_leaves=6,
)
_TABLES = {
    name: list(field.annotation.model_fields)
    for name, field in SettingsFile.model_fields.items()
    if hasattr(field.annotation, "model_fields") and field.annotation is not None
}


@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(SettingsFile.model_fields, _VALUES)
        | {name: st.fixed_dictionaries({}, optional=dict.fromkeys(keys, _VALUES)) for name, keys in _TABLES.items()},
    )
)
def test_refused_settings_never_show_a_librarys_words(raw: dict[str, object]) -> None:
    errors = []
    try:
        SettingsFile.model_validate(raw)
    except ValidationError as err:
        errors = [each for each in err.errors() if each["type"] not in ("missing", "extra_forbidden")]
    assert not [each for each in errors if THEIRS.search(library_errors.of_value(each))]
    assert not [each for each in errors if "{" in library_errors.of_value(each) and each["type"] != "value_error"]


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{ # }}", "# can't be used between {{ and }} or {% and %}"),
        ("{% foo %}", "there is no tag {% foo %}"),
        ("{% endif %}", "{% endif %} has no {% if %} before it"),
        ("{% if a %}{% endfor %}", "{% endfor %} has no {% for %} before it"),
        ("{% if a %}", "{% if %} has no {% endif %}"),
        ("{{ a b }}", 'there is "b" where }} should be'),
        ("{{ a | foo }}", 'there is no filter "foo"'),
        ("{{ 1 / 0 }}", "a division by zero"),
        ("{{ 1() }}", "this value is not a function: leave the brackets out"),
        ("{{ 1 | length }}", "this value is not a list"),
        ("{{ range(10 ** 9) }}", "the range is too large"),
        ("{{ 'a' | int('x') | round('x') }}", "a filter or an operation here doesn't fit its value"),
    ],
)
def test_a_templates_mistake_is_explained_in_plain_words(template: str, words: str) -> None:
    with pytest.raises((TemplateError, ArithmeticError, TypeError)) as raised:
        SandboxedEnvironment().from_string(template).render()
    assert library_errors.of_jinja(str(getattr(raised.value, "message", None) or raised.value)) == words


TEMPLATE = "{% for a in [1] %}{{ a | default('x') }}{% if a %}b{% endif %}{# c #}{% endfor %}"
JINJAS = re.compile(r"Encountered|Unexpected|expected token|object is|end of (print|statement)|Missing end")


@given(st.integers(0, len(TEMPLATE) - 1), st.text(st.sampled_from("{}%#|()'\"a =.,"), max_size=3))
def test_errors_in_templates_never_show_a_librarys_words(at: int, put: str) -> None:
    message = ""
    try:
        SandboxedEnvironment().from_string(TEMPLATE[:at] + put + TEMPLATE[at + 1 :])
    except TemplateError as err:
        message = library_errors.of_jinja(err.message or "")
    assert not JINJAS.search(message)


def test_reasons_of_the_system_have_no_error_numbers() -> None:
    assert (
        library_errors.of_system(FileNotFoundError(2, "No such file or directory")) == "there is no such file or folder"
    )
    assert library_errors.of_system(socket.gaierror(-2, "Name or service not known")) == "there is no such host"
    assert library_errors.of_system(TimeoutError()) == "no answer in time"
    assert library_errors.of_system(OSError("[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)")) == (
        "wrong version number"
    )
