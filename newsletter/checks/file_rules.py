"""Rules about files and settings, checked by ``content``, ``settings`` and ``composing`` as they read them."""

from newsletter.checks.rule import error, warning

FILES = (
    error(
        "file-unreadable",
        "A file cannot be read, or is none.",
        "fix the file or its permissions",
        "Its entry or issue would be missing.",
    ),
    error(
        "file-not-utf8",
        "A file is not UTF-8.",
        "save it as UTF-8",
        "Every letter beyond ASCII would be guessed at.",
    ),
    error(
        "file-too-large",
        "A file has more than 64 KiB.",
        "take out what does not belong, a pasted image perhaps",
        "No text by hand is as long, and no mailbox shows it.",
    ),
    error(
        "conflict-marker",
        "A line is a marker that Git left of a merge: `<<<<<<<`, `=======`, `>>>>>>>`.",
        "decide between the two versions and delete the markers",
        "Both versions and the markers would be printed.",
    ),
    error(
        "file-outside",
        "A file or folder is a link that leads out of the newsletter's folder.",
        "copy it here",
        "A newsletter is complete in its folder, and shows nothing from elsewhere.",
    ),
    warning(
        "file-ending",
        "The name of an entry, or of an issue named for a date, ends in `.txt`, `.markdown` or `.MD`, not in `.md`.",
        "rename it, or move it to another folder",
        "It is not read: its entry or issue is missing, and nothing else says so.",
    ),
    error(
        "file-unwritable",
        "A new file cannot be written; nothing was.",
        "fix that and try again",
        "The folder is read-only, or the disk is full.",
    ),
    error(
        "slug-invalid",
        "The name of a file, or of an entry in an issue, is no slug.",
        "write it with a-z, 0-9 and hyphens, at most 80",
        "Slugs stand in addresses, which are the same on every system.",
    ),
    error(
        "slug-repeated",
        "Two files have one slug.",
        "rename one of them",
        "An issue that names it could mean either.",
    ),
)

FRONT_MATTER = (
    error(
        "front-matter-missing",
        "A file does not begin with `---`.",
        "put the fields between two lines of ---",
        "There is nowhere to look for a title or a date.",
    ),
    error(
        "front-matter-open",
        "The front matter has no second `---`.",
        "put --- on a line of its own below the fields",
        "The whole text would be taken for fields.",
    ),
    error(
        "front-matter-syntax",
        "The front matter is not YAML.",
        "put text with a colon, a bracket or a quotation mark in quotes",
        "None of its fields can be read.",
    ),
    error(
        "front-matter-alias",
        "The front matter has an anchor, an alias or a tag (`&`, `*`, `!`).",
        "write the value out, or put it in quotes",
        "A few hundred bytes of aliases expand to gigabytes.",
    ),
    error(
        "field-unknown",
        "A field that entries or issues do not have.",
        "take the name that is suggested",
        "A misspelled field would be passed over.",
    ),
    error(
        "field-missing",
        "A required field is missing or empty: title, url and source of an entry, date of an issue.",
        "add it",
        "The email has a place for it.",
    ),
    error(
        "field-repeated",
        "A field is there twice.",
        "take one out",
        "Either could be meant.",
    ),
    error(
        "field-type",
        "A value is of the wrong kind: a number, `true` or a list in place of text, text in place of a list, a word or "
        "a number that the field does not take.",
        "put text in quotes, lists in brackets",
        "YAML reads 1984 as a number and true as a truth value.",
    ),
    error(
        "date-invalid",
        "A date that the calendar does not have, or that is not written as 2026-11-23.",
        "write year, month and day",
        "Other ways to write it mean different days to different people.",
    ),
)

ISSUES = (
    error(
        "issue-empty",
        "An issue has no entries.",
        "add a line entries: […]",
        "There is nothing to send.",
    ),
    error(
        "issue-two-lists",
        "An issue has both entries and sections.",
        "move the entries into a section without a title",
        "Their order would be a guess.",
    ),
    error(
        "section-empty",
        "A section has no entries.",
        "add entries, or take it out",
        "It would be a heading over nothing.",
    ),
    error(
        "entry-unknown",
        "An issue names an entry that is not there.",
        "take the one that is suggested, or write it",
        "Readers would miss it.",
    ),
    error(
        "entry-repeated",
        "An issue names an entry twice.",
        "take one out",
        "Readers would see it twice.",
    ),
    error(
        "override-unknown",
        "An issue overrides an entry that is not in it.",
        "add the entry, or take the override out",
        "It would do nothing.",
    ),
    error(
        "pinned-unknown",
        "An issue pins an entry that is not in it.",
        "take the one that is suggested, or pin it no more",
        "Nobody would get it.",
    ),
    error(
        "correction-unknown",
        "An issue corrects an entry that is not in it.",
        "take the one that is suggested, or name none",
        "Readers would look for it in vain.",
    ),
    error(
        "merge-field-unknown",
        "A `{{ … }}` in the subject, the preheader or the note is not a merge field, or stands in a link.",
        'write {{ subscriber.first_name | default("reader") }}',
        "It would be printed as it stands.",
    ),
)

SETTINGS = (
    error(
        "placeholder-setting",
        "The provider mails people, and a setting is an example's: example.org, 1 Example Street.",
        "write your own",
        "Mail, replies, unsubscribe links or the address in the footer would lead nowhere.",
    ),
    error(
        "placeholder-link",
        "The provider mails people, and an entry of an unsent issue links to example.org.",
        "write the address of the piece, or take the entry out of the issue",
        "The entries that `newsletter init` wrote are invented.",
    ),
    warning(
        "base-url-local",
        "The provider mails people, and `base_url` is `localhost` or a loopback address.",
        "set base_url to the https address at which readers reach `newsletter serve`",
        "Every link in the mail, unsubscribe too, would work only on your own computer.",
    ),
    warning(
        "language-unknown",
        "No dates are known in the newsletter's `language`.",
        "write a language tag such as en, pt-BR or zh-Hant-TW",
        "Dates would be in English.",
    ),
    error(
        "provider-unfit",
        "An option in [provider] is unknown, missing or wrong, or names a file that can't be read.",
        "docs/providers.md lists the options of each provider",
        "A send would stop before its first message.",
    ),
    error(
        "database-folder",
        "The folder of the SQLite database is missing.",
        "make the folder, or name another file",
        "No command that reads or writes readers would work.",
    ),
    warning(
        "topic-followed",
        "Readers follow or exclude a topic that is not declared and is no declared topic's alias.",
        "add it to the aliases of the topic that it became, or declare it",
        "A topic renamed without an alias loses its followers: no segment and no entry finds them.",
    ),
    warning(
        "bounces-held",
        "Far more addresses than usual bounced, and nobody is suppressed for it until you decide.",
        "see `newsletter suppressions held`, then `apply` or `discard` them",
        "The fault may be on our side; if it is not, addresses that are gone go on getting mail.",
    ),
    warning(
        "erased-reader",
        "A log, an export, mail that came back: a file has an erased reader's address, or can't be searched.",
        "delete the file, or take the address out",
        "Nothing of an erased reader may be kept. Files that you made are not changed when a reader is erased.",
    ),
    warning(
        "readable-by-others",
        "The database, its log, a copy of it or the outbox may be read by every user of the machine.",
        "chmod the file to 600, a folder to 700",
        "They hold readers' addresses. Earlier versions made them so.",
    ),
    warning(
        "provider-secret",
        "The provider needs a secret that the environment does not have.",
        "set it where the sends run",
        "A send from here would stop before its first message.",
    ),
)

PICKS = (
    error(
        "pick-missing",
        "A file has no pick.",
        "see docs/file-formats.md for how picks are printed",
        "There is nothing to import.",
    ),
    error(
        "pick-title-missing",
        "A pick begins without a title.",
        "begin it with its title",
        "An entry needs one.",
    ),
    error(
        "pick-text-missing",
        "A pick has a title and no text, or text and no title.",
        "add what is missing",
        "The two cannot be told apart.",
    ),
    error(
        "pick-source-missing",
        "A pick has no “Read more at …”.",
        "add it, with the publication's name",
        "It says where one pick ends and the next begins.",
    ),
    error(
        "pick-control-character",
        "A pick has a control character.",
        "take it out",
        "It comes from a broken copy.",
    ),
)
