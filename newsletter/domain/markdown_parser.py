"""Set up the Markdown parser for rendering, checks and content, so that all of them see the same links. No I/O."""

from markdown_it import MarkdownIt

from newsletter.domain.autolinks import may_be_link, with_autolinks


def commonmark() -> MarkdownIt:
    """Return a new parser of CommonMark without HTML, where only targets that work in an email are links."""
    parser = MarkdownIt("commonmark", {"html": False})
    parser.validateLink = may_be_link  # type: ignore[method-assign]  # the documented hook
    return parser


def authors_markdown() -> MarkdownIt:
    """Return a new parser of authors' Markdown: ``commonmark``, tables as on GitHub, and bare addresses become links.

    It has no headings (they would break the email's outline), no images (their size is unknown) and no indented code.
    """
    return with_autolinks(commonmark().enable("table").disable(["heading", "lheading", "image", "code"]))
