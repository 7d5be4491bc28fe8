"""Rules about entries, issues and rendered emails, which this package checks."""

from newsletter.checks.rule import error, warning

ENTRIES = (
    warning(
        "entry-run-before",
        "An entry has already run in an issue that was sent, or is also in another one, which is named.",
        "take it out of one of the two issues",
        "Readers of both issues get it twice.",
    ),
    warning(
        "entry-empty",
        "An entry has neither framing nor quotation.",
        "write why it was picked",
        "A bare title and link is most often an entry that somebody began and did not finish.",
    ),
    warning(
        "entry-date-later",
        "The piece is dated more than a day after the issue that picks it.",
        "fix the year or the day",
        "Nobody can recommend what has not appeared; it is a slip of the keyboard.",
    ),
    warning(
        "entry-merge-field",
        "An entry has a merge field.",
        "move it into the subject, the preheader or the note",
        "Entries are the same for every reader: the braces would be printed as they stand.",
    ),
    warning(
        "title-capitals",
        "A title is mostly capitals, or has several words in capitals.",
        "write it as a sentence or a headline",
        "It reads as shouting, and screen readers may spell it out.",
    ),
    warning(
        "title-long",
        "A title has more than 150 characters.",
        "shorten it, or move its subtitle into the framing",
        "It fills a phone's screen; most often a sentence of the text was pasted with it.",
    ),
    warning(
        "title-reply",
        "A title begins with “Re:”, “Fwd:” or the same in another language (AW, WG, SV, Antw).",
        "take it out",
        "It is the subject of a message that the piece came in.",
    ),
    warning(
        "topics-none",
        "An entry has no topics.",
        "add `topics: […]`",
        "Topics are how readers and segments find an entry.",
    ),
    warning(
        "topic-undeclared",
        "newsletter.toml does not declare a topic that an entry, or a segment, names.",
        "take the topic that is suggested, or declare a new one",
        "It works by its own slug, but nobody follows a misspelled topic.",
    ),
    warning(
        "topic-repeated",
        "Two names of an entry's topics mean the same topic.",
        "take one of them out",
        "“More about” would name it twice.",
    ),
    warning(
        "topic-clash",
        "A name or alias means two topics in newsletter.toml.",
        "take it from one of them",
        "Entries and imports that use it go to the one declared first.",
    ),
)

LINKS = (
    error(
        "url-unfit",
        "A link is not a web address that works from an email: no scheme, `//host`, a scheme other than https or "
        "http, no host, spaces or hidden characters.",
        "paste the whole address, beginning with https://",
        "A message has no page of its own to start from, and mail clients refuse other schemes.",
    ),
    error(
        "url-userinfo",
        "A link has a user name or password before its host.",
        "take out everything up to the @",
        "`https://review.example.org@other.example.net` goes to the second host: a trick that filters know.",
    ),
    warning(
        "url-http",
        "A link or image is http:// and not https://.",
        "try the same address with https://",
        "Browsers warn of it, mail filters count it, and anybody on the way can change the page.",
    ),
    warning(
        "url-detour",
        "A link does not lead straight to the page: tracking parameters (`utm_…`, `fbclid`), a shortener, a redirect "
        "(`google.com/url`, `list-manage.com/track`), an AMP copy, or this computer (`localhost`).",
        "open the page, and paste its own address",
        "Filters distrust shorteners, redirects and copies end one day, and the parameters tell the page about your "
        "readers.",
    ),
    warning(
        "url-repeated",
        "Two entries pick the same address under different slugs.",
        "keep one of them",
        "It is how a piece runs twice without being noticed.",
    ),
    error(
        "link-disguised",
        "The text of a link is an address on one host, its target is on another.",
        "let the text name the host it goes to, or put it in words",
        "It is what phishing looks like, to filters and to readers.",
    ),
    warning(
        "link-host",
        "The text of a link mentions a host, and its target is on another.",
        "name the host it goes to, or leave hosts out of the text",
        "Filters count it against a message (SpamAssassin: 1.9 points of 5).",
    ),
)

WORDS = (
    error(
        "control-character",
        "A word has a control character, or one that no text may have.",
        "delete it, or type the word anew",
        "It comes from copying; some mail clients show a box, some mail servers refuse the message.",
    ),
    error(
        "bidi-control",
        "A word has a character that forces its direction, or one that begins a direction and never ends it.",
        "delete it",
        "It turns round the words after it, and it is how an address is made to read like another.",
    ),
    warning(
        "bidi-mark",
        "Text without a right-to-left letter has an invisible direction mark.",
        "delete it",
        "It does nothing there but break searching and copying; it most often came with a paste.",
    ),
    warning(
        "character-invisible",
        "Text has a character without a width that its script does not need, a zero-width space, a byte order mark, or "
        "a soft hyphen in a short word.",
        "delete it, or type the words beside it anew",
        "It came with a paste; it breaks searching and copying, and some mail clients show a box.",
    ),
    warning(
        "space-no-break",
        "A no-break space stands between two common words, beside another space, or at the end of a line.",
        "type a space in its place",
        "It came with a paste; lines break in odd places, least well on a phone.",
    ),
    warning(
        "word-doubled",
        "A word is there twice: “the the”. Only words that hardly a sentence has twice in a row are reported: short "
        "ones in English, German, French, Spanish and Russian, and those of five letters or more, in all of these but "
        "Spanish.",
        "take one out; write [sic] after it if the author wrote it so",
        "Nobody sees it while writing, and every reader does.",
    ),
    warning(
        "text-mangled",
        "Text was decoded wrongly on its way here (`â€™`, U+FFFD, `&amp;`, `=?utf-8?…?=`).",
        "paste it again from the source",
        "Readers see the same signs.",
    ),
    warning(
        "placeholder-left",
        "A placeholder is left: TODO, TBD, TK, FIXME, XXX, lorem ipsum.",
        "write what belongs there",
        "It was meant to be replaced before the issue goes out.",
    ),
    warning(
        "markdown-left",
        "Markdown or HTML would be printed as it stands: `](`, `**`, `<br>`, `~~`, `[^1]`, `[[…]]`, a table, or an "
        "address without `https://`.",
        "close the link or the emphasis; write Markdown and no HTML",
        "HTML in manuscripts is shown and never run, and unfinished Markdown is text.",
    ),
)

QUOTATIONS = (
    warning(
        "quotation-unbalanced",
        "A bracket in a quotation, or a double quotation mark in a quotation, the framing or the note, opens and never "
        "closes, or closes and never opened.",
        "put its partner where it belongs",
        "Readers cannot tell the author's words from the editor's.",
    ),
    warning(
        "ellipsis-mixed",
        "Ellipses are written in different ways in one quotation, or in the quotations of one issue.",
        "take one form: `. . .`, `...` or `…`",
        "It reads as if two people had cut the text.",
    ),
    warning(
        "ellipsis-broken",
        "An ellipsis has two dots, or more than four.",
        "write three, or four at the end of a sentence",
        "A dot was lost or typed twice.",
    ),
    warning(
        "quotation-missing",
        "The framing ends with a colon and no quotation follows.",
        "put `> ` before each line of the quotation, or end with a full stop",
        "The quotation was forgotten, or it lost its `>` and reads as the editor's own words.",
    ),
)

ISSUES = (
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
        "Inboxes cut it, most phones at 40; RFC 5322 §2.1.1 asks for lines of 78.",
    ),
    warning(
        "subject-shouting",
        "The subject is mostly capitals or has several exclamation marks.",
        "write it as a sentence",
        "Readers and filters take it for advertising.",
    ),
    warning(
        "subject-reply",
        "The subject begins with “Re:”, “Fwd:” or the same in another language (AW, WG, SV, Antw).",
        "take it out",
        "It pretends to answer a message of the reader's; filters count it, and some laws forbid it.",
    ),
    warning(
        "boilerplate-left",
        "The subject, preheader, note or an entry says how to view the message: “Having trouble viewing this email?”.",
        "take it out; the theme prints the link to the browser version",
        "It came with a paste from another tool, and is not about what your readers read.",
    ),
    warning(
        "preheader-none",
        "An issue has no preheader.",
        "write a sentence that goes on where the subject stops",
        "Inboxes show it beside the subject; without one they show whatever comes first in the message.",
    ),
    warning(
        "merge-field-default",
        "A merge field in the subject, the preheader or the note has no default.",
        'write what stands there for readers without the value: {{ subscriber.first_name | default("reader") }}',
        "“Good morning, .” greets everybody who gave no name, and not every edition has a third entry.",
    ),
    warning(
        "preheader-long",
        "The preheader has more than 140 characters.",
        "shorten it",
        "No inbox shows more.",
    ),
    warning(
        "preheader-subject",
        "The preheader is the subject again.",
        "say something that the subject does not",
        "They stand side by side in the inbox.",
    ),
    warning(
        "issue-date-repeated",
        "Two issues have one date.",
        "fix the date of one",
        "It is most often a file that was copied.",
    ),
    warning(
        "issue-number-repeated",
        "Two issues have one number.",
        "fix the number of one",
        "It is printed in the header and readers keep count.",
    ),
    warning(
        "issue-date-name",
        "An unsent issue's file is named for one date and dated another.",
        "write the date of the file's name, or rename the file",
        "One of them is a slip, and `today` and `next` go by the date.",
    ),
    warning(
        "issue-date-year",
        "An unsent issue has the wrong year: a year or more away, on a day close to today.",
        "write this year",
        "It would not be sent when its day comes.",
    ),
    warning(
        "issue-date-past",
        "An issue's date has passed and it has not been sent. Before the first issue that was sent, "
        "only those of the last 14 days count, in one finding.",
        "send it with --any-date, or give it another date",
        "It was forgotten, or its date is wrong.",
    ),
    warning(
        "issue-date-ahead",
        "An unsent issue is dated more than 60 days ahead.",
        "check the month and the year",
        "It is most often a slip of the keyboard.",
    ),
    error(
        "segment-unknown",
        "An issue names a segment that newsletter.toml does not have.",
        "take the one that is suggested, or add the segment",
        "Nobody would know whom the issue is for.",
    ),
)

TAILORED = (
    error(
        "digest-unset",
        "An issue has `digest: true`, and newsletter.toml does not have `weekly_digest = true`.",
        "set weekly_digest = true in newsletter.toml, or take digest: true out of the issue",
        "No reader can have chosen the digest, so it can't be sent.",
    ),
    error(
        "tailored-limits",
        "A tailored issue has a minimum of entries that is more than the maximum, its own or newsletter.toml's.",
        "lower the one or raise the other",
        "Both cannot hold.",
    ),
    warning(
        "tailored-pinned",
        "A tailored issue pins more entries than its maximum.",
        "pin fewer, or raise the maximum",
        "Pinned entries stay: every reader gets just these, whatever they follow.",
    ),
    warning(
        "tailored-topics",
        "An issue is tailored and none of its entries has topics.",
        "give the entries topics, or take `tailored` out",
        "No reader's topics can match: all get the full issue, or only those who follow nothing.",
    ),
)

IMAGES = (
    warning(
        "image-alt",
        "An image has no alternative text.",
        "add `image_alt:` or, in Markdown, text between `![` and `]`",
        "Many readers see no images, by choice or by nature.",
    ),
    warning(
        "image-alt-name",
        "An image's alternative text is the name of a file: `IMG_1234.jpg`.",
        "say what the picture shows",
        "Screen readers read it out letter by letter, and it says nothing.",
    ),
    warning(
        "image-large",
        "A remote image has more than 1,000,000 bytes (asked for only with `--images`).",
        "save it smaller: 1,200 pixels wide is enough",
        "On a phone it comes after the reader has gone.",
    ),
    warning(
        "image-unreachable",
        "A remote image can't be loaded, or what comes is not an image (asked for only with `--images`).",
        "open the address in a browser, and take another",
        "Readers would see a broken picture.",
    ),
)

EMAILS = (
    error(
        "email-broken",
        "The issue can't be rendered, through a fault in the program.",
        "report it, with the issue's file, its entries and the line that is named",
        "An issue that can't be rendered can't be sent. The check goes on with the other issues.",
    ),
    error(
        "email-large",
        "The HTML has more than 90,000 bytes, or more than 100,000 as it is encoded for the wire.",
        "take entries out, or shorten quotations",
        "Gmail clips a message at about 102 KB, and with its end goes the way to unsubscribe.",
    ),
    warning(
        "heading-order",
        "A heading skips a level, or the message has no heading of the first level or several.",
        "use the next level down",
        "Screen readers go through a message by its headings.",
    ),
    warning(
        "email-image-alt",
        "The rendered message has an image without an `alt` attribute.",
        'give it one; alt="" if it is an ornament',
        "Screen readers read out its file name.",
    ),
)
