"""Text that an editor had selected on a page: as Markdown, and without invisible characters."""

import re

from newsletter.capture.cleaning import visible
from newsletter.content.markdown import escape_markdown

_LONGEST = 20_000  # characters
_BLANK = re.compile(r"\n\s*\n")


def markdown_of_selection(text: str) -> str:
    """Return Markdown that shows plain text letter for letter; blank lines separate its paragraphs."""
    paragraphs = (" ".join(paragraph.split()) for paragraph in _BLANK.split(visible(text[:_LONGEST])))
    return "\n\n".join(escape_markdown(paragraph) for paragraph in paragraphs if paragraph)


def clean_selection(markdown: str) -> str:
    """Return selected text in Markdown without invisible characters, its paragraphs apart by one blank line."""
    lines = (" ".join(line.split()) for line in visible(markdown[:_LONGEST]).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
