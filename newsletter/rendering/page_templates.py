"""The Jinja environment of web pages: the preview's, the readers' and the report's."""

from collections.abc import Callable, Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from newsletter.rendering.themes import default_templates

_FOLDER = "pages"


def page_environment(*overrides: Path, filters: Mapping[str, Callable[..., object]] | None = None) -> Environment:
    """Return an environment of the page templates in ``overrides``, folders of templates, or else the packaged ones.

    Templates in ``overrides`` are the publisher's own, but may be copied from elsewhere: the sandbox keeps them from
    reading the environment and files.
    """
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader([folder / _FOLDER for folder in (*overrides, default_templates())]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= filters or {}
    return environment
