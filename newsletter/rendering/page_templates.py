"""The Jinja environment of web pages: the preview's, the readers' and the report's."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from newsletter.rendering.compiled_templates import COMPILED
from newsletter.rendering.picture_size import dimensions
from newsletter.rendering.theme_chain import default_templates
from newsletter.rendering.translated import EXTENSION, translate
from newsletter.translation import ENGLISH, Catalogue

_FOLDER = "pages"
_MOST_ATTRIBUTES = 10_000  # that a sandbox remembers


class _PageSandbox(ImmutableSandboxedEnvironment):
    """A sandbox that remembers whether an attribute is safe: that depends on the type of its object and its name.

    A page reads thousands of attributes, and looking at each took a third of its time.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._safe: dict[tuple[type, str], bool] = {}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Return whether a template may read the attribute."""
        key = type(obj), attr
        is_safe = self._safe.get(key)
        if is_safe is None:
            is_safe = super().is_safe_attribute(obj, attr, value)
            if len(self._safe) < _MOST_ATTRIBUTES:  # a template can make up names
                self._safe[key] = is_safe
        return is_safe


def page_environment(
    *overrides: Path, filters: Mapping[str, Callable[..., object]] | None = None, words: Catalogue = ENGLISH
) -> Environment:
    """Return an environment of the page templates in ``overrides``, folders of templates, or else the packaged ones.

    Templates see the language of ``words`` as ``language`` and ``direction``, and their own words in it.

    Templates in ``overrides`` are the publisher's own, but may be copied from elsewhere: the sandbox keeps them from
    reading the environment and files.
    """
    environment = _PageSandbox(
        loader=FileSystemLoader([folder / _FOLDER for folder in (*overrides, default_templates())]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[EXTENSION],
        bytecode_cache=COMPILED,
    )
    translate(environment, words)
    environment.globals |= {"language": words.language, "direction": words.direction}
    environment.filters |= {"dimensions": dimensions, **(filters or {})}
    return environment
