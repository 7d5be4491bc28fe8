"""Jinja environments for themes: autoescaped for MJML, plain for text and CSS, sandboxed, and strict about names.

Themes are the publisher's own code, but a copied theme must not read the environment or write files. So templates run
in a sandbox and get plain values only.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    nodes,
    pass_context,
)
from jinja2.ext import Extension
from jinja2.filters import do_default
from jinja2.parser import Parser
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from newsletter.errors import Place
from newsletter.files import library_errors
from newsletter.rendering.bidi import direction_of_title, isolated, marked, marked_line
from newsletter.rendering.compiled_templates import COMPILED
from newsletter.rendering.picture_size import dimensions
from newsletter.rendering.theme_faults import broken
from newsletter.rendering.theme_files import BASE_SEPARATOR, ThemeFiles
from newsletter.rendering.translated import EXTENSION, translate
from newsletter.rendering.views import VIEWS, MergeValue, Namespace, Part
from newsletter.translation import catalogue

PLACED = "data-placed"


_SUGGESTED = ": did you mean "


class _Missing(StrictUndefined):
    @property
    def _undefined_message(self) -> str:
        known: Collection[str] = ()
        if isinstance(self._undefined_obj, Namespace):
            known = self._undefined_obj.names
        elif isinstance(self._undefined_obj, VIEWS):
            known = [field.name for field in fields(self._undefined_obj)]
        close = get_close_matches(str(self._undefined_name), known, 1, 0.6)
        return f'a theme has no "{self._undefined_name}"' + (f'{_SUGGESTED}"{close[0]}"?' if close else "")


class _Sandbox(ImmutableSandboxedEnvironment):
    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if isinstance(obj, VIEWS):  # a shortcut, used some 200 times per issue: views have plain values only
            return not attr.startswith("_")
        return super().is_safe_attribute(obj, attr, value)


class _Placing(Extension):
    """An extension that adds its place in the source to every tag of an MJML template. Checks use it, builds don't."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002 # Jinja's own
        return _TAG.sub(
            lambda match: f'{match[0]} {PLACED}="{name}:{match.start()}"' if match["tag"] else match[0], source
        )


class _Parts(Extension):
    """An extension for ``{% part entry %} … {% endpart %}``: editions include or leave out all of it."""

    tags = {"part"}  # noqa: RUF012 # as Jinja declares it

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        subject = parser.parse_expression()
        body = parser.parse_statements(("name:endpart",), drop_needle=True)
        call = self.call_method("_marked", [subject, nodes.ContextReference()])
        return nodes.CallBlock(call, [], [], body).set_lineno(line)

    def _marked(self, subject: Part, context: Context, caller: Callable[[], str]) -> str:
        marked: str = context["mark"](subject, caller())
        return marked


_TAG = re.compile(
    r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|<!--.*?-->|(?P<tag><[A-Za-z][\w-]*(?:\{\{[^}]*\}\}[\w-]*)*)", re.DOTALL
)


def _default(value: Any, default_value: Any = "", boolean: bool = False) -> Any:  # as Jinja calls it
    if isinstance(value, MergeValue):
        return value.or_default(str(default_value))
    return do_default(value, default_value, boolean)


@pass_context
def _isolated(context: Context, text: str, own: str = "") -> str:
    """Return text for ``{{ entry.source | isolated }}``: runs against the newsletter's direction are isolated.

    ``isolated(own)`` is for a title on a line of its own, set in the direction ``own``.
    """
    direction: str = own or context["direction"]
    if context.eval_ctx.autoescape:
        return isolated(str(text), direction, marks=True)
    return marked_line(str(text), direction) if own else marked(str(text), direction)


@pass_context
def _title_direction(context: Context, text: str) -> str:
    """Return ``ltr`` or ``rtl`` for ``{{ entry.title | title_direction }}``, by the title and the newsletter."""
    return direction_of_title(str(text), context["direction"])


@lru_cache(maxsize=32)
def theme_environment(
    folders: tuple[Path, ...], *, markup: bool, placed: bool = False, language: str = "en"
) -> ImmutableSandboxedEnvironment:
    """Return an environment that searches the folders in order and caches compiled templates of unchanged files.

    ``language`` is a BCP 47 tag: the program's own words are in it, if there is a catalogue.
    """
    jinja = _Sandbox(
        loader=ChoiceLoader([FileSystemLoader(folders), PrefixLoader(_bases(folders), BASE_SEPARATOR)]),
        autoescape=markup,  # explicitly, because Jinja doesn't escape .mjml files otherwise
        undefined=_Missing,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,  # so that an included entry.txt ends its last line
        extensions=[EXTENSION, _Parts, *([_Placing] if placed else [])],
        bytecode_cache=COMPILED,
    )
    translate(jinja, catalogue(language))
    jinja.filters["isolated"] = _isolated
    jinja.filters["dimensions"] = dimensions
    jinja.filters["title_direction"] = _title_direction
    jinja.filters["default"] = jinja.filters["d"] = _default
    return jinja


def _bases(folders: tuple[Path, ...]) -> dict[str, BaseLoader]:
    """Return loaders for ``{% include "default:style.css" %}``: the file that a base theme has, or one below it."""
    return {folder.name: FileSystemLoader(folders[at:]) for at, folder in enumerate(folders)}


def render_template(
    environment: ImmutableSandboxedEnvironment, name: str, values: Mapping[str, Any], files: ThemeFiles
) -> str:
    """Return a template rendered with values. Raise FindingsError with the file and line where it fails."""
    try:
        return environment.get_template(name).render(values)
    except TemplateSyntaxError as err:
        place = Place(path=files.shown(err.name or name), line=err.lineno)
        raise broken(library_errors.of_jinja(err.message or ""), hint="fix the template", place=place) from err
    except TemplateNotFound as err:
        place = files.place_of(err, name)
        what = f'there is no template "{err.name}"'
        raise broken(what, hint="add the file to the theme's folder", place=place) from err
    except UnicodeDecodeError as err:
        raise broken("the file is not UTF-8", hint="save it as UTF-8", place=files.place_of(err, name)) from err
    except RecursionError as err:
        what, hint = "the template includes itself", "remove the {% include %} that leads back to it"
        raise broken(what, hint=hint, place=files.place_of(err, name)) from err
    except (TemplateError, ArithmeticError, LookupError, RuntimeError, TypeError, ValueError, AttributeError) as err:
        what, suggested, meant = str(err).partition(_SUGGESTED)
        hint = f"did you mean {meant}" if suggested else "docs/themes.md lists what a template sees"
        raise broken(library_errors.of_jinja(what), hint=hint, place=files.place_of(err, name)) from err
