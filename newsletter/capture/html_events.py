"""Read a page element by element, without a tree of it.

A hostile page, with 100,000 nested elements for instance, then costs no more memory than its text.
"""

from collections.abc import Mapping

from lxml import etree


class HtmlTarget:
    """A target of lxml's parser that ignores everything (https://lxml.de/parsing.html#the-target-parser-interface)."""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Ignore the beginning of an element."""

    def end(self, tag: str) -> None:
        """Ignore the end of an element."""

    def data(self, data: str) -> None:
        """Ignore text."""

    def comment(self, text: str) -> None:
        """Ignore comments."""

    def pi(self, target: str, data: str | None = None) -> None:
        """Ignore processing instructions."""

    def close(self) -> None:
        """Ignore the end of the page."""


def parse_html(text: str, target: HtmlTarget) -> None:
    """Report the elements of a page to a target. Anything at all may be given; it is read as browsers do."""
    parser = etree.HTMLParser(target=target, recover=True, encoding="utf-8")
    try:
        parser.feed(text.replace("\0", "\ufffd").encode("utf-8", errors="replace"))
        parser.close()
    except (etree.LxmlError, ValueError, AssertionError):  # what was reported before is still right
        pass
