"""No template of a page, a service mail or a theme has words of its own: all are messages of catalogues, or labels."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from newsletter.rendering import default_templates
from newsletter.rendering.templating import theme_environment

FOLDERS = sorted((default_templates() / "email").iterdir())
TEMPLATES = [
    path
    for folder in (default_templates() / "pages/public", *FOLDERS, *(folder / "service" for folder in FOLDERS))
    for path in sorted(folder.glob("*"))
    if path.suffix in (".html", ".txt", ".mjml")
]
_MESSAGES = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
_NOT_SHOWN = re.compile(r"<(script|style|mj-style|mj-attributes)\b.*?</\1>|<!--.*?-->", re.DOTALL)
_SHOWN = re.compile(r"""\b(?:alt|title|aria-label|placeholder)=["']([^"']*)""")
# Attributes of a tag that another block or macro has.
_ATTRIBUTE = re.compile(r"""\b[a-z-]+=(?:"[^"]*"|'[^']*')|\b(?:data-[a-z]+|autofocus)\b""")
_NAMES = re.compile(r"\b(?:Atom|RSS|JSON|Subject:)")  # of formats, and of a header
_WORD = re.compile(r"[^\W\d_]{2,}")
_PROSE = re.compile(r"[A-Z][a-z]+|[a-z]{2,} [a-z]{2,}")


def _environment() -> Environment:
    return theme_environment((default_templates() / "email/default",), markup=True)


def _own_words(source: str) -> list[str]:
    """Return the words that a template shows and no catalogue has."""
    tree = _environment().parse(_NOT_SHOWN.sub("", source))
    literal = "".join(node.data for node in tree.find_all(nodes.TemplateData))
    shown = [_ATTRIBUTE.sub(" ", re.sub(r"<[^>]*>", " ", literal)), *_SHOWN.findall(literal)]
    found = [word for text in shown for word in _WORD.findall(_NAMES.sub("", re.sub(r"&\w+;", "", text)))]
    return found + [text for text in _constants(tree) if _PROSE.search(text)]


def _constants(node: nodes.Node) -> Iterator[str]:
    """Yield the strings in a template's expressions that are no messages."""
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in _MESSAGES:
        children: Iterable[nodes.Node] = [keyword.value for keyword in node.kwargs]
    elif isinstance(node, nodes.Pair):
        children = [node.value]  # its key is shown to nobody
    else:
        children = node.iter_child_nodes()
    for child in children:
        yield from _constants(child)


@pytest.mark.parametrize(
    "path", TEMPLATES, ids=[path.relative_to(default_templates()).as_posix() for path in TEMPLATES]
)
def test_a_template_has_no_words_of_its_own(path: Path) -> None:
    assert _own_words(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "<p>Hello</p>",
        '<p title="Hello">{{ name }}</p>',
        '{{ pager("Other months") }}',
        '{{ _("%(a)s", a="Hello") }}',
        "{% if name %}Hello{% endif %}",
        "{% trans %}Good{% endtrans %} morning",
        '{{ "Corrections" if name else name }}',
    ],
)
def test_words_of_a_template_are_found(source: str) -> None:
    assert _own_words(source)
