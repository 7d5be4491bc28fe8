"""Custom templates of the public pages replace the packaged ones and reach only the values they are given."""

import os
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import jinja2
import pytest
from markupsafe import Markup

from newsletter import rendering
from newsletter.domain.consent import Consent, ConsentEvent
from newsletter.store import Store
from newsletter.tokens import Purpose, Signer
from newsletter.web.public.local_pages import LocalPages
from newsletter.web.public.pages import PageTemplates, Site
from tests import make
from tests.rows import execute
from tests.web.public.public_pages import Public

CANARY = "canary-4711"
ESCAPES = [
    "{{ cycler.__init__.__globals__.os.environ }}",
    "{{ joiner.__init__.__globals__.os.environ }}",
    "{{ namespace.__init__.__globals__.os.environ }}",
    "{{ lipsum.__globals__['os'].environ }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context.environment.loader.searchpath }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ prose.day.__func__.__globals__ }}",
    "{{ prose._theme.files.folders }}",
    "{{ newsletter.__class__.__init__.__globals__ }}",
    "{{ newsletter | attr('__class__') }}",
    "{{ [prose] | map(attribute='_newsletter.__class__') | list }}",
    "{{ '{0.__class__.__init__.__globals__}'.format(newsletter) }}",
    "{{ '{x.__class__.__init__.__globals__}'.format_map({'x': newsletter}) }}",
    "{% include '/proc/self/environ' %}",
    "{% include '../../../../../../../../proc/self/environ' %}",
    "{% include 'public/../../../../../../../../proc/self/environ' %}",
    "{% import 'os' as os %}{{ os.environ }}",
]


def _pages(root: Path, **templates: str) -> PageTemplates:
    folder = root / "templates/pages/public"
    folder.mkdir(parents=True)
    for name, text in templates.items():
        stem, _, ending = name.rpartition("__")
        (folder / f"{stem}.{ending}").write_text(text, encoding="utf-8")
    newsletter = make.newsletter()
    return PageTemplates(root, newsletter, rendering.load_theme(root, newsletter))


@pytest.mark.parametrize("escape", ESCAPES)
def test_the_environment_cannot_be_read_from_a_page(
    escape: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSLETTER_SECRET", CANARY)
    newsletter = make.newsletter()
    prose = rendering.PageText(newsletter, rendering.load_theme(tmp_path, newsletter))
    outputs = []
    for at, file in enumerate(("help__html", "public__css", "wording__txt")):
        try:
            pages = _pages(tmp_path / str(at), **{file: escape})
            outputs += [pages.own.render("help", prose=prose), pages.css, pages.own.wording]
            outputs.append(pages.own.render("help", prose=prose))  # what the sandbox remembers is safe as well
        except (jinja2.TemplateError, TypeError, KeyError, IndexError) as err:
            outputs.append(f"{err!r}")
    assert CANARY not in "".join(outputs)


def test_without_the_sandbox_the_environment_could_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLETTER_SECRET", CANARY)
    for escape in ESCAPES[:4]:
        assert CANARY in jinja2.Environment(autoescape=True).from_string(escape).render()


def test_values_for_a_page_do_not_lead_to_files_secrets_or_the_database(
    pages: Public, visitor: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Mapping[str, object]] = []
    render = LocalPages.render

    def noted(local: LocalPages, page: str, /, **values: object) -> str:
        given.append(values)
        return render(local, page, **values)

    monkeypatch.setattr(LocalPages, "render", noted)
    reader = pages.reader(topics=("asia",))
    for path in ("/subscribe", "/preferences", "/help", "/nowhere", "/", "/search?q=x", "/topics/"):
        visitor.get(path)
    for path in (pages.visit(reader), *(pages.link(purpose, reader) for purpose in Purpose)):
        visitor.get(path)
    assert len(given) > 8
    consent = Consent(at=pages.clock(), event=ConsentEvent.ASKED)
    reached = list(_reachable([*given, consent, pages.site.pages.own._environment.globals, reader]))
    assert reader in reached
    assert not [
        value for value in reached if isinstance(value, ModuleType | Path | Store | Signer | Site | PageTemplates)
    ]
    assert not [value for value in reached if value is os.environ]


def _reachable(value: Any, seen: set[int] | None = None) -> Iterator[Any]:
    """Yield a value and everything that the sandbox lets a template reach from it without calls."""
    seen = set() if seen is None else seen
    if id(value) in seen:
        return
    seen.add(id(value))
    yield value
    if isinstance(value, str | int | float | bytes | date | datetime | Markup | None):
        return
    if isinstance(value, Mapping):
        for item in (*value.keys(), *value.values()):
            yield from _reachable(item, seen)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from _reachable(item, seen)
    for name in dir(value):
        if not name.startswith("_"):  # as in jinja2.sandbox
            attribute = getattr(value, name, None)
            yield from _reachable(getattr(attribute, "__self__", attribute), seen)


def test_an_internal_error_is_logged_with_its_place_but_no_request_data(pages: Public, visitor: httpx.Client) -> None:
    reader = pages.reader()
    link = pages.visit(reader)
    execute(pages.store, "DROP TABLE consent")
    answer = visitor.get(link)
    assert (answer.status_code, "It’s our fault" in answer.text) == (500, True)
    (line,) = pages.logged
    assert "preferences.py" in line
    for word in ("ada", link.rpartition("/")[2], reader.key):
        assert word not in line
        assert word not in answer.text


def test_a_custom_template_replaces_the_packaged_one(tmp_path: Path) -> None:
    pages = _pages(tmp_path, help__html="{% extends 'public/base.html' %}{% block main %}My own.{% endblock %}")
    assert "My own." in pages.own.render("help")
    assert make.newsletter().postal_address in pages.own.render("help")


def test_a_custom_template_may_have_plain_words_and_the_programs_own_messages(tmp_path: Path) -> None:
    own = "{% extends 'public/base.html' %}{% block main %}Servus. {{ _('Save') }} {{ _('Beyond') }}{% endblock %}"
    pages = _pages(tmp_path, help__html=own)
    for language, words in (
        ("de", "Servus. Speichern Beyond"),
        ("he", "Servus. שמירה Beyond"),
        ("nl", "Servus. Save Beyond"),
    ):
        page = pages.in_language(language).render("help")
        assert words in page
        assert ("Skip to the content" in page) == (language == "nl")
