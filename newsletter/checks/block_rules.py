"""Rules about blocks, which ``content`` and this package check."""

from newsletter.checks.rule import error, warning

BLOCKS = (
    error(
        "block-kind",
        "A file in issues/blocks doesn't say what kind of block it is, or a table in an issue's list begins with"
        " another word than a kind.",
        "write note, links, quote, sponsor or image",
        "It can't be printed.",
    ),
    error(
        "block-misplaced",
        "A file in issues/entries is a block.",
        "move it to issues/blocks",
        "It has no title, link and source, which an entry needs.",
    ),
    error(
        "block-unfinished",
        "A block is incomplete: it lacks the text of a note, the words of a quote, links, the name and url of a"
        " sponsor, an image.",
        "fill it in, or remove it",
        "It would be an empty space.",
    ),
    error(
        "block-link",
        "An item in a block of links isn't a link with a title, perhaps followed by its source.",
        "write - [Title](https://…) Source",
        "It would be missing from the list.",
    ),
    warning(
        "quote-who",
        "A quote has neither `who` nor `where`.",
        "write who said it: `who: Ada Writer`",
        "Without a name, the words look like yours.",
    ),
    warning(
        "issue-unread",
        "An issue has nothing but sponsors and images.",
        "add entries, a list of links, a note or a quote",
        "The issue would have no text except advertisements.",
    ),
)
