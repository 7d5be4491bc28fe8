"""The rules about issues' own fields: dates, subject, audience, tailoring."""

from newsletter.checks.rule import error, warning

ISSUES = (
    error(
        "entry-embargoed",
        "An entry's `not_before` is after the date of the unsent issue that has it.",
        "take the entry out, or date the issue later",
        "The piece is under an embargo until then. A send compares the time too, and refuses.",
    ),
    warning(
        "skeleton-entries",
        "An unsent issue, or one of its sections, has more entries than the skeleton of its weekday allows.",
        "take some out, or raise the limit in newsletter.toml",
        "The limit is the editors' own promise to readers.",
    ),
    warning(
        "skeleton-minutes",
        "Reading an unsent issue takes longer than the skeleton of its weekday allows.",
        "shorten it, or raise the minutes in newsletter.toml",
        "The limit is the editors' own promise to readers.",
    ),
    warning(
        "entry-best-before",
        "An unsent issue is dated after an entry's `best_before`.",
        "take the entry out, or change its best_before",
        "The editor expected the piece to be out of date by then.",
    ),
    error(
        "subject-empty",
        "An issue has no subject, or only merge fields.",
        "write one",
        "Mail clients show “(no subject)”, and filters count it.",
    ),
    warning(
        "subject-long",
        "The subject has more than 78 characters.",
        "shorten it",
        "Inboxes cut it, most phones at 40 characters; RFC 5322 §2.1.1 recommends lines of 78 at most.",
    ),
    warning(
        "subject-shouting",
        "The subject is mostly capitals or has several exclamation marks.",
        "write it as a sentence",
        "Readers and filters take it for an advertisement.",
    ),
    warning(
        "subject-reply",
        "The subject begins with “Re:”, “Fwd:” or the same in another language (AW, WG, SV, Antw).",
        "remove it",
        "It pretends to answer the reader's message. Filters count it, and some laws forbid it.",
    ),
    warning(
        "boilerplate-left",
        "The subject, preheader, note or an entry tells how to view the message: “Having trouble viewing this email?”.",
        "remove it; the theme prints the link to the browser version",
        "It was pasted from another tool, and isn't about your issue.",
    ),
    warning(
        "preheader-none",
        "An issue has no preheader.",
        "write a sentence that continues from the subject",
        "Inboxes show it beside the subject. Without it they show the beginning of the message.",
    ),
    warning(
        "merge-field-default",
        "A merge field in the subject, the preheader or the note has no default.",
        'write the text for readers without the value: {{ subscriber.first_name | default("reader") }}',
        "Readers who gave no name would get “Good morning, .”, and not every edition has a third entry.",
    ),
    warning(
        "preheader-long",
        "The preheader has more than 140 characters.",
        "shorten it",
        "No inbox shows more.",
    ),
    warning(
        "preheader-subject",
        "The preheader repeats the subject.",
        "write something that the subject doesn't say",
        "Inboxes show them side by side.",
    ),
    warning(
        "issue-date-repeated",
        "Two issues have the same date.",
        "fix the date of one",
        "Usually the file was copied.",
    ),
    warning(
        "issue-number-repeated",
        "Two issues have the same number.",
        "fix the number of one",
        "The number is printed in the header, and readers notice.",
    ),
    warning(
        "issue-date-name",
        "An unsent issue's file name has one date and the issue another.",
        "write the file name's date, or rename the file",
        "One of them is a mistake, and `today` and `next` use the issue's date.",
    ),
    warning(
        "issue-date-year",
        "An unsent issue has the wrong year: its date is a year or more away, on a day close to today.",
        "write this year",
        "It wouldn't be sent on its day.",
    ),
    warning(
        "issue-date-past",
        "An issue's date has passed and it hasn't been sent. Issues before the first sent one are reported "
        "once, and only those of the last 14 days.",
        "send it after all, or give it another date",
        "It was forgotten, or its date is wrong.",
    ),
    warning(
        "issue-date-ahead",
        "An unsent issue is dated more than 60 days ahead.",
        "check the month and the year",
        "Usually it's a typo.",
    ),
    error(
        "segment-unknown",
        "An issue names a segment that newsletter.toml does not have.",
        "use the name that is suggested, or add the segment",
        "It is unclear who should get the issue.",
    ),
    error(
        "issue-language",
        "An issue is in a language that newsletter.toml does not have.",
        "use one of the newsletter's languages, or add it to `languages`",
        "No reader has that language, so nobody would get the issue.",
    ),
    warning(
        "issue-language-unstated",
        "An unsent issue states no language, while other unsent issues do.",
        "add a line language: …, with one of the newsletter's languages",
        "An issue without a language goes to readers of every language.",
    ),
)

TAILORED = (
    error(
        "digest-unset",
        "An issue has `digest: true`, but newsletter.toml doesn't have `weekly_digest = true`.",
        "set weekly_digest = true in newsletter.toml, or remove digest: true from the issue",
        "Readers can't choose the digest, so it can't be sent.",
    ),
    error(
        "tailored-limits",
        "A tailored issue's minimum of entries is higher than its maximum (its own or newsletter.toml's).",
        "lower the minimum or raise the maximum",
        "The two contradict each other.",
    ),
    warning(
        "tailored-pinned",
        "A tailored issue pins more entries than its maximum.",
        "pin fewer, or raise the maximum",
        "Every reader would get just the pinned entries, whatever they follow.",
    ),
    warning(
        "tailored-topics",
        "A tailored issue has no entry with topics, or no entries and no block with topics.",
        "give the entries topics, or remove `tailored`",
        "No entry can match a reader's topics: everybody gets the full issue, or only readers who follow no topics do.",
    ),
)
