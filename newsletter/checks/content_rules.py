"""Rules about entries, issues and rendered emails, which this package checks."""

from newsletter.checks.rule import error, warning

ENTRIES = (
    warning(
        "entry-run-before",
        "An entry has already run in a sent issue, or is also in another issue.",
        "remove it from one of the two issues",
        "Readers of both issues would get it twice.",
    ),
    warning(
        "entry-empty",
        "An entry has neither framing nor quotation.",
        "write why you picked it",
        "A bare title and link is usually an unfinished entry.",
    ),
    warning(
        "entry-date-later",
        "The piece is dated more than a day after the issue that has it.",
        "fix the year or the day",
        "Nobody can recommend a piece before it is published, so one of the dates is a typo.",
    ),
    warning(
        "entry-merge-field",
        "An entry has a merge field, or a block that is neither a note nor a sponsor.",
        "move it into the subject, the preheader or a note",
        "They are the same for every reader, so the braces would be printed as they stand.",
    ),
    warning(
        "label-long",
        "The `label` of an entry's link has more than 24 characters.",
        "write a verb: read, listen, watch",
        "It stands before the source, and both have to fit on a phone's line.",
    ),
    warning(
        "entry-language",
        "The `language` of an entry is unknown.",
        "write a language tag such as en, pt-BR or zh-Hant-TW",
        "The direction and the hyphenation of its words would be those of English.",
    ),
    warning(
        "minutes-many",
        "An entry's `minutes` are more than a day.",
        "write minutes, not words or seconds",
        "Readers see the number beside the link.",
    ),
    warning(
        "gift-paywall",
        "An entry has a `gift` link but no `paywall: true`.",
        "add paywall: true, or remove the gift link",
        "The link leads past a paywall, and readers are told so only if the entry says there is one.",
    ),
    warning(
        "title-capitals",
        "A title is mostly capitals, or has several words in capitals.",
        "write it as a sentence or a headline",
        "It looks like shouting, and screen readers may spell it out.",
    ),
    warning(
        "title-long",
        "A title has more than 150 characters.",
        "shorten it, or move its subtitle into the framing",
        "It fills a phone's screen, and usually a sentence of the text was pasted with it.",
    ),
    warning(
        "title-reply",
        "A title begins with “Re:”, “Fwd:” or the same in another language (AW, WG, SV, Antw).",
        "remove it",
        "It comes from the subject of a message.",
    ),
    warning(
        "topics-none",
        "An entry has no topics, though `newsletter.toml` declares some.",
        "add `topics: […]`",
        "Readers and segments find entries by their topics.",
    ),
    warning(
        "topic-undeclared",
        "An entry or a segment names a topic that newsletter.toml doesn't declare.",
        "use the topic that is suggested, or declare a new one",
        "An undeclared topic works, but nobody follows a misspelled one.",
    ),
    warning(
        "topic-repeated",
        "An entry names the same topic twice.",
        "remove one of them",
        "“More about” would name it twice.",
    ),
    warning(
        "topic-clash",
        "A name or alias belongs to two topics in newsletter.toml.",
        "remove it from one of them",
        "Entries and imports that use the name get the topic declared first.",
    ),
)

LINKS = (
    warning(
        "link-dead",
        "A link that is still to be sent leads to a page that doesn't exist (checked only on request).",
        "find the piece's new address, or take the link out",
        "Readers would get an error.",
    ),
    warning(
        "link-unreachable",
        "The page of a link that is still to be sent can't be loaded now (checked only on request).",
        "open it in a browser, and try again later",
        "The server may be down for a moment, or for good.",
    ),
    warning(
        "link-moved",
        "A link that is still to be sent now leads to the front page of its site (checked only on request).",
        "find the piece's new address",
        "Sites send readers there when a page is gone.",
    ),
    warning(
        "gift-expired",
        "A gift link leads to a page that has to be paid for (checked only on request).",
        "make a new gift link, or remove it",
        "Gift links last for some days only, and readers were promised the whole piece.",
    ),
    error(
        "url-unfit",
        "A link doesn't work from an email: it has no scheme, begins with `//`, has a scheme other than https"
        " or http, has no host, or has spaces or hidden characters.",
        "paste the whole address, beginning with https://",
        "An email has no page that a link could be relative to, and mail clients refuse other schemes.",
    ),
    error(
        "url-userinfo",
        "A link has a user name or password before its host.",
        "remove everything up to the @",
        "`https://review.example.org@other.example.net` goes to the second host. Filters know the trick.",
    ),
    warning(
        "url-http",
        "A link or image is http://, not https://.",
        "try the same address with https://",
        "Browsers warn about it, mail filters count it, and anybody on the network can change the page.",
    ),
    warning(
        "url-detour",
        "A link doesn't lead straight to the page: it has tracking parameters (`utm_…`, `fbclid`), or goes "
        "through a shortener or redirect (`google.com/url`, `list-manage.com/track`), to an AMP copy, or to "
        "this computer (`localhost`).",
        "open the page and paste its own address",
        "Filters distrust shorteners, redirects and copies don't last, and the parameters tell the "
        "page about your readers.",
    ),
    warning(
        "url-repeated",
        "Two entries have the same link under different slugs.",
        "keep one of them",
        "A piece could run twice unnoticed.",
    ),
    error(
        "link-disguised",
        "The text of a link is an address, but the link goes to another host.",
        "name the host that it goes to, or use words",
        "Phishing looks like this, to filters and to readers.",
    ),
    warning(
        "link-host",
        "The text of a link mentions a host, but the link goes to another.",
        "name the host that it goes to, or don't mention hosts",
        "Filters count it against a message (SpamAssassin: 1.9 points of 5).",
    ),
)

WORDS = (
    error(
        "control-character",
        "Text has a control character or another forbidden one.",
        "delete it, or retype the word",
        "Usually it was pasted. Some mail clients show a box, and some mail servers refuse the message.",
    ),
    error(
        "bidi-control",
        "Text has a character that forces its direction, or one that starts a direction without ending it.",
        "delete it",
        "It reverses the words after it, and can make an address look like another.",
    ),
    warning(
        "bidi-mark",
        "Text without a right-to-left letter has an invisible direction mark.",
        "delete it",
        "It has no use there and breaks searching and copying. Usually it was pasted.",
    ),
    warning(
        "character-invisible",
        "Text has an invisible character that its script doesn't need: a zero-width space, a byte order mark,"
        " or a soft hyphen in a short word.",
        "delete it, or retype the words beside it",
        "It was pasted. It breaks searching and copying, and some mail clients show a box.",
    ),
    warning(
        "space-no-break",
        "A no-break space is between two common words, beside another space, or at the end of a line.",
        "type a normal space instead",
        "It was pasted. Lines break in odd places, worst on a phone.",
    ),
    warning(
        "word-doubled",
        "A word is typed twice: “the the”. Only words that good sentences hardly ever repeat are reported: "
        "short ones in English, German, French, Spanish and Russian, and those of five letters or more in all"
        " of these but Spanish.",
        "remove one of them; write [sic] after it if the author wrote it that way",
        "Writers overlook it, and readers don't.",
    ),
    warning(
        "text-mangled",
        "Text was decoded with the wrong encoding (`â€™`, U+FFFD, `&amp;`, `=?utf-8?…?=`).",
        "paste it again from the source",
        "Readers would see the garbled characters too.",
    ),
    warning(
        "placeholder-left",
        "A placeholder is still there: TODO, TBD, TK, FIXME, XXX, lorem ipsum.",
        "replace it with the text that belongs there",
        "It was meant to be replaced before the issue goes out.",
    ),
    warning(
        "markdown-left",
        "Markdown or HTML would be printed as it stands: `](`, `**`, `<br>`, `~~`, `[^1]`, `[[…]]`, a table without a"
        " line below its head, or an address without `https://`.",
        "close the link or the emphasis; write Markdown and no HTML",
        "HTML in manuscripts is printed as text, and so is unfinished Markdown.",
    ),
    warning(
        "table-wide",
        "A table has more than four columns.",
        "leave columns out, write it as a list, or link to the table",
        "On a phone each column would be a few letters wide, and the text part prints it row by row.",
    ),
)

QUOTATIONS = (
    warning(
        "quotation-changed",
        "The page that a quotation is from has other words now (checked only on request). Cuts that an ellipsis"
        " marks, words in brackets, and punctuation don't count.",
        "quote what the page has now, or mark what you changed with brackets or an ellipsis",
        "The piece was corrected after you read it, or a word was lost in copying.",
    ),
    warning(
        "quotation-gone",
        "The page that a quotation is from doesn't have it now, nor anything similar (checked only on request).",
        "open the page and look for it",
        "Readers who follow the link won't find what you quote.",
    ),
    warning(
        "quotation-unbalanced",
        "A bracket in a quotation, or a double quotation mark in a quotation, the framing or the note, has no partner.",
        "add the missing one, or remove it",
        "Readers can't tell the author's words from the editor's.",
    ),
    warning(
        "ellipsis-mixed",
        "Ellipses are written in different ways in one quotation, or in the quotations of one issue.",
        "use one form: `. . .`, `...` or `…`",
        "It looks as if two people had cut the text.",
    ),
    warning(
        "ellipsis-broken",
        "An ellipsis has two dots, or more than four.",
        "write three dots, or four at the end of a sentence",
        "A dot is missing or was typed twice.",
    ),
    warning(
        "quotation-missing",
        "The framing ends with a colon but no quotation follows.",
        "put `> ` before each line of the quotation, or end with a full stop",
        "The quotation was forgotten, or it lost its `>` and reads as the editor's own words.",
    ),
)

IMAGES = (
    warning(
        "image-alt",
        "An image has no alternative text.",
        "add `image_alt:`",
        "Many readers don't see images.",
    ),
    warning(
        "image-alt-name",
        "An image's alternative text is a file name: `IMG_1234.jpg`.",
        "describe what the picture shows",
        "Screen readers spell it out, and it describes nothing.",
    ),
    warning(
        "image-large",
        "A remote image is larger than 1,000,000 bytes (checked only on request).",
        "make it smaller: 1,200 pixels wide is enough",
        "On a phone it loads after the reader has gone.",
    ),
    warning(
        "image-unreachable",
        "A remote image can't be loaded, or isn't an image (checked only on request).",
        "open the address in a browser, and use another if it doesn't work",
        "Readers would see a broken picture.",
    ),
    error(
        "image-missing",
        "There is no file of that name in `issues/images/`.",
        "use the name that is suggested, or put the file there",
        "Readers would see no picture.",
    ),
    error(
        "image-type",
        "A file in `issues/images/` isn't a JPEG, PNG, GIF or WebP picture, whatever its name says.",
        "export it as JPEG or PNG",
        "Mail clients show no others: HEIC, AVIF, SVG, TIFF, PDF.",
    ),
    error(
        "image-broken",
        "A picture is damaged or incomplete.",
        "copy or export the picture again",
        "Readers would see half of it, or nothing.",
    ),
    error(
        "image-huge",
        "A picture has more than 50 million pixels or 20,000 on a side, or its file more than 25 MB.",
        "make it smaller: 2,208 pixels wide is plenty",
        "It would take the memory of the whole machine. A few kilobytes can claim to be billions of pixels.",
    ),
    warning(
        "image-small",
        "A picture is narrower than 828 pixels, or than 552 once it is made to fit 4,416 pixels of height and 200 KB.",
        "use a larger original: 1,104 pixels wide or more",
        "Messages show it up to 552 pixels wide, and phones have two or three dots to each of them: it looks blurred.",
    ),
    warning(
        "image-animated",
        "A picture is animated. Only its first frame is shown.",
        "use a still picture",
        "Readers can't stop an animation, Outlook never starts it, and few are under 200 KB.",
    ),
)

EMAILS = (
    error(
        "email-broken",
        "The issue can't be rendered because of a bug in the program.",
        "report it, with the issue's file, its entries and the line named here",
        "An issue that can't be rendered can't be sent. The other issues are still checked.",
    ),
    error(
        "email-large",
        "The HTML is larger than 90,000 bytes, or 100,000 as encoded for sending.",
        "remove entries, or shorten quotations",
        "Gmail clips a message at about 102 KB, and the unsubscribe link is at its end.",
    ),
    warning(
        "heading-order",
        "A heading skips a level, or the message doesn't have exactly one first-level heading.",
        "use the next level down",
        "Screen reader users navigate a message by its headings.",
    ),
    warning(
        "email-image-alt",
        "The rendered message has an image without an `alt` attribute.",
        'add one; alt="" if the image is decoration',
        "Screen readers read out its file name.",
    ),
)
