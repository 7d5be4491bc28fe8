"""Write a theme's inline CSS into style attributes, with premailer set to change nothing else.

Premailer's defaults delete a lowercase doctype, strip ``!important`` from dark mode, drop ``@supports`` and
``[data-ogsc]``, turn image widths into percentages and fetch style sheets from the network.
"""

import logging
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
    """A Premailer that caches rules. Premailer itself makes rules from its parsed style sheets for each document."""

    def _parse_style_rules(self, css_body: str, ruleset_index: int) -> tuple[list[Any], list[Any]]:
        rules, leftover = _rules(css_body, ruleset_index)
        return list(rules), list(leftover)


@lru_cache(maxsize=32)
def _rules(css: str, ruleset_index: int) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    parser = Premailer(disable_validation=True, strip_important=False, cssutils_logging_level=logging.CRITICAL)
    rules, leftover = parser._parse_style_rules(css, ruleset_index)  # noqa: SLF001 # no public way; premailer is finished
    return tuple(rules), tuple(leftover)
