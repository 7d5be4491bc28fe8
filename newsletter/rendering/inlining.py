"""Write a theme's inline CSS into style attributes, with premailer set to change nothing else.

Premailer's defaults delete a lowercase doctype, strip ``!important`` from dark mode, drop ``@supports`` and
``[data-ogsc]``, turn image widths into percentages and fetch style sheets from the network.
"""

import logging
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from cssselect import SelectorError
from lxml import etree

from newsletter.rendering.left_out_modules import without_modules
from newsletter.rendering.theme_faults import ThemeFault

with without_modules("requests"):  # for style sheets from the network, which no theme may have; it takes 7 MB
    from premailer import Premailer

_HIDDEN = '<style data-premailer="ignore"'
OPTIONS: Mapping[str, Any] = {
    "allow_network": False,
    "allow_loading_external_files": False,
    "keep_style_tags": False,
    "disable_leftover_css": True,
    "strip_important": False,
    "disable_validation": True,
    "align_floating_images": False,
    "remove_unset_properties": False,
    "disable_link_rewrites": True,
    "disable_basic_attributes": ["width", "height", "align", "valign", "bgcolor"],
    "cssutils_logging_level": logging.CRITICAL,
}


def inlined(html: str, css: str) -> str:
    """Return the document with ``css`` in its style attributes and its ``<style>`` elements unchanged.

    Raise ThemeFault if the CSS has invalid selectors.
    """
    hidden = html.replace("<!doctype html>", "<!DOCTYPE html>", 1).replace("<style", _HIDDEN)
    root = etree.fromstring(hidden.strip(), etree.HTMLParser())
    try:
        tree = _Inliner(root, css_text=[css], **OPTIONS).transform(root)
    except (SelectorError, ValueError, TypeError, LookupError, AttributeError) as err:  # all that cssselect raises
        what = "a selector of inline.css can't be read"
        raise ThemeFault(what, "use plain selectors: a tag, a .class, or several of them") from err
    transformed: str = etree.tostring(tree, method="html", encoding="utf-8").decode()
    return transformed.replace(_HIDDEN, "<style")  # those in conditional comments


class _Inliner(Premailer):  # type: ignore[misc] # premailer has no types
    """A Premailer that caches rules, leaves out those that match nothing in a document, and finds elements faster.

    Premailer itself makes rules from its parsed style sheets for each document, and searches it for each of them.
    """

    def __init__(self, root: etree._Element, **options: Any) -> None:
        super().__init__(**options)
        self._tags = {str(element.tag) for element in root.iter(etree.Element)}
        self._directions = {str(direction) for direction in root.xpath("//@dir")}
        self._tags_by_class: dict[str, set[str]] = {}
        for element in root.xpath("//*[@class]"):
            for name in element.get("class", "").split():
                self._tags_by_class.setdefault(name, set()).add(str(element.tag))

    def _parse_style_rules(self, css_body: str, ruleset_index: int) -> tuple[list[Any], list[Any]]:
        rules, leftover = _rules(css_body, ruleset_index)
        matching = [
            (weight, self._with_tags(selector), style) for weight, selector, style in rules if self._may_match(selector)
        ]
        return matching, list(leftover)

    def _may_match(self, selector: str) -> bool:
        needed = _needed(selector)
        return (
            self._tags >= needed.tags
            and self._directions >= needed.directions
            and self._tags_by_class.keys() >= needed.classes
        )

    def _with_tags(self, selector: str) -> str:
        """Return a selector with the tag of each class that only one kind of elements has: a quarter of the time."""
        return _BARE_CLASS.sub(lambda match: self._tag_of(match[1]) + match[0], selector)

    def _tag_of(self, name: str) -> str:
        tags = self._tags_by_class.get(name, set())
        return next(iter(tags)) if len(tags) == 1 else ""


class _Needed(NamedTuple):
    """The tags, classes and directions that a selector needs."""

    tags: frozenset[str]
    classes: frozenset[str]
    directions: frozenset[str]


_BARE_CLASS = re.compile(r"(?<![^\s>+~])\.([\w-]+)")  # without a tag before it
_PARTS = re.compile(r"(?:^|[\s>+~])([a-z]\w*)|\.([\w-]+)|\[dir=[\"']?(\w+)")


@lru_cache(maxsize=1024)
def _needed(selector: str) -> _Needed:
    parts = _PARTS.findall(selector)
    return _Needed(*(frozenset(part[at] for part in parts if part[at]) for at in range(3)))


@lru_cache(maxsize=32)
def _rules(css: str, ruleset_index: int) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    parser = Premailer(disable_validation=True, strip_important=False, cssutils_logging_level=logging.CRITICAL)
    rules, leftover = parser._parse_style_rules(css, ruleset_index)  # noqa: SLF001 # no public way; premailer is finished
    return tuple(rules), tuple(leftover)
