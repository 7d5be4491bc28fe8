"""Rules about polls."""

from newsletter.checks.rule import error, warning

POLLS = (
    error(
        "poll-uncounted",
        "An issue has a poll, but newsletter.toml doesn't count clicks.",
        'set clicks = "aggregate" in [counting], or remove the poll',
        "Readers were told that nothing they do is counted.",
    ),
    warning(
        "poll-single",
        "A poll has only one answer.",
        "add another answer, or link to a page",
        "Readers have nothing to choose from.",
    ),
    warning(
        "poll-alike",
        "Two answers of a poll are almost the same, or a link votes for another answer than its text says.",
        "write the same answer in the same way, and different answers differently",
        "It was copied and not changed, or its votes are counted apart.",
    ),
    warning(
        "poll-second",
        "An issue asks two questions in different places.",
        "ask one of them in another issue",
        "A reader has one answer in each issue: the last one counts.",
    ),
    warning(
        "poll-tailored",
        "A tailored issue's poll is in a block that not every edition has.",
        "move it into the issue's note, or into a section without a heading, without topics",
        "Only some readers are asked, and those who follow other topics can't answer.",
    ),
)
