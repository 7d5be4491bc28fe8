"""A page with three fields of an entry, to test saving by itself: it has nothing that the entry's own page adds."""

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from newsletter import content
from newsletter.content import FileKind
from newsletter.web.http.forms import SubmittedForm
from newsletter.web.studio.context import Studio
from newsletter.web.studio.replies import text_of
from newsletter.web.studio.saving import save_field

_PAGE = """{% extends "studio/base.html" %}
{% block main %}
<main id="main" tabindex="-1"><h1>Fields of {{ slug }}</h1>
<div id="fields" data-region class="stack">
{% for name, kind in (("title", "line"), ("date", "line"), ("framing", "text")) %}
{{ parts.field(name, name | capitalize, values[name], "/sample/" ~ slug ~ "/" ~ name, "/sample/" ~ slug, kind=kind) }}
{% endfor %}
</div><p><button type="button">Elsewhere</button></p></main>{% endblock %}
"""


def add_field_page(app: FastAPI) -> None:
    """Add the page ``/sample/<slug>`` to a studio."""
    studio: Studio = app.state.studio
    template = studio.environment.from_string(_PAGE)

    @app.get("/sample/{slug}", response_class=HTMLResponse)
    def page(slug: str) -> str:
        text = studio.editing.read(_path(slug)).text
        names = ("title", "date", "framing")
        values = {name: text_of(content.field_value(text, name, FileKind.ENTRY)) for name in names}
        return template.render(studio.header(), slug=slug, values=values)

    @app.post("/sample/{slug}/{name}")
    def save(slug: str, name: str, request: Request, form: SubmittedForm) -> Response:
        return save_field(studio, request, form, path=_path(slug), name=name, kind=FileKind.ENTRY)


def _path(slug: str) -> str:
    return f"issues/entries/{slug}.md"
