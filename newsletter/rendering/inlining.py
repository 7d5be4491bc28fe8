"""Write a theme's inline CSS into style attributes, with premailer set to change nothing else.

Premailer's defaults delete a lowercase doctype, strip ``!important`` from dark mode, drop ``@supports`` and
``[data-ogsc]``, turn image widths into percentages and fetch style sheets from the network.
"""

import logging
import re
from functools import lru_cache
from typing import Any

from cssselect import SelectorError
from premailer import Premailer

from newsletter.rendering.theme_faults import ThemeFault

_HIDDEN = '<style data-premailer="ignore"'
_BASIC_ATTRIBUTES = ["width", "height", "align", "valign", "bgcolor"]


def inlined(html: str, css: str) -> str:
    """Return the document with ``css`` in its style attributes and its ``<style>`` elements unchanged.

    Raise ThemeFault if the CSS has invalid selectors.
    """
    hidden = html.replace("<!doctype html>", "<!DOCTYPE html>", 1).replace("<style", _HIDDEN)
    premailer = _Inliner(
        document=hidden,
        css_text=[css],
        method="html",
        allow_network=False,
        allow_loading_external_files=False,
        keep_style_tags=False,
        disable_leftover_css=True,
        strip_important=False,
        disable_validation=True,
        align_floating_images=False,
        remove_unset_properties=False,
        disable_link_rewrites=True,
        disable_basic_attributes=_BASIC_ATTRIBUTES,
        cssutils_logging_level=logging.CRITICAL,
    )
    try:
        transformed: str = premailer.transform(hidden, pretty_print=False)
    except (SelectorError, ValueError, TypeError, LookupError, AttributeError) as err:  # all that cssselect raises
        what = "a selector of inline.css can't be read"
        raise ThemeFault(what, "use plain selectors: a tag, a .class, or several of them") from err
    return transformed.replace(_HIDDEN, "<style")  # those in conditional comments


class _Inliner(Premailer):  # type: ignore[misc] # premailer has no types
    """A Premailer that caches rules, and leaves out those that can't match anything in the ``document``.

    Premailer itself makes rules from its parsed style sheets for each document, and searches it for each of them.
    """

    def __init__(self, *, document: str, **options: Any) -> None:
        super().__init__(**options)
        self._document = document.lower()
        found = (*_CLASSES.findall(self._document), *_DIRECTIONS.findall(self._document))
        self._names = {name for names in found for name in names.split()}

    def _parse_style_rules(self, css_body: str, ruleset_index: int) -> tuple[list[Any], list[Any]]:
        rules, leftover = _rules(css_body, ruleset_index)
        return [rule for rule in rules if self._may_match(rule[1])], list(leftover)

    def _may_match(self, selector: str) -> bool:
        tags, names = _needed(selector)
        return self._names >= names and all(tag in self._document for tag in tags)


_CLASSES = re.compile(r"""class\s*=\s*["']([^"']*)""")
_DIRECTIONS = re.compile(r"""dir\s*=\s*["']([^"']*)""")
_NEEDED = re.compile(r"(?:^|[\s>+~])([a-z]\w*)|\.([\w-]+)|\[dir=[\"']?(\w+)", re.IGNORECASE)


@lru_cache(maxsize=1024)
def _needed(selector: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return how the tags that a selector needs begin, and the names of classes and directions that it needs."""
    found = _NEEDED.findall(selector.lower())
    tags = frozenset(f"<{tag}" for tag, _, _ in found if tag)
    return tags, frozenset(name for _, *names in found for name in names if name)


@lru_cache(maxsize=32)
def _rules(css: str, ruleset_index: int) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    parser = Premailer(disable_validation=True, strip_important=False, cssutils_logging_level=logging.CRITICAL)
    rules, leftover = parser._parse_style_rules(css, ruleset_index)  # noqa: SLF001 # no public way; premailer is finished
    return tuple(rules), tuple(leftover)
