"""Rules about files and settings, which ``content``, ``settings``, ``composing`` and ``publishing`` check."""

from newsletter.checks.rule import error, warning

FILES = (
    error(
        "file-unreadable",
        "A file can't be read, or isn't a regular file.",
        "fix the file or its permissions",
        "Its entry or issue would be missing.",
    ),
    error(
        "file-not-utf8",
        "A file is not UTF-8.",
        "save it as UTF-8",
        "Letters beyond ASCII would have to be guessed.",
    ),
    error(
        "file-too-large",
        "A file is larger than 64 KiB.",
        "remove what doesn't belong there, perhaps a pasted image",
        "Nobody types that much text, and no mailbox shows it.",
    ),
    error(
        "conflict-marker",
        "A line is a Git merge conflict marker: `<<<<<<<`, `=======`, `>>>>>>>`.",
        "choose one of the two versions and delete the markers",
        "Both versions and the markers would be printed.",
    ),
    error(
        "file-outside",
        "A file or folder is a symlink that leads out of the newsletter's folder.",
        "copy it into the newsletter's folder",
        "Everything that a newsletter needs is in its folder; nothing else is read.",
    ),
    warning(
        "file-ending",
        "The name of an entry or block, or of an issue named for a date, ends in `.txt`, `.markdown` or `.MD`,"
        " not in `.md`.",
        "rename it, or move it to another folder",
        "The file isn't read, so its entry, block or issue is missing without any other message.",
    ),
    error(
        "file-unwritable",
        "A new file can't be written. Nothing was changed.",
        "fix the folder's permissions or free some space, and try again",
        "The folder is read-only, or the disk is full.",
    ),
    error(
        "slug-invalid",
        "The name of a file, or of an entry or block in an issue, isn't a slug.",
        "write it with a-z, 0-9 and hyphens, at most 80",
        "Slugs are part of URLs, which must be the same on every system.",
    ),
    error(
        "slug-repeated",
        "Two files have the same slug.",
        "rename one of them",
        "An issue that names it could mean either file.",
    ),
)

FRONT_MATTER = (
    error(
        "front-matter-missing",
        "A file does not begin with `---`.",
        "put the fields between two lines of ---",
        "Without it there is no title or date.",
    ),
    error(
        "front-matter-open",
        "The front matter has no second `---`.",
        "put --- on a line of its own below the fields",
        "The whole text would be read as fields.",
    ),
    error(
        "front-matter-syntax",
        "The front matter isn't valid YAML.",
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
        "Entries, blocks or issues don't have a field of that name.",
        "use the name that is suggested",
        "A misspelled field would be ignored.",
    ),
    error(
        "field-missing",
        "A required field is missing or empty: title, url and source of an entry, date of an issue.",
        "add it",
        "The email needs it.",
    ),
    error(
        "field-repeated",
        "A field appears twice.",
        "remove one of them",
        "Either value could be meant.",
    ),
    error(
        "field-type",
        "A value has the wrong type: a number, `true` or a list instead of text, text instead of a list, or a"
        " word or number that the field doesn't accept.",
        "put text in quotes, lists in brackets",
        "YAML reads 1984 as a number and true as a truth value.",
    ),
    error(
        "date-invalid",
        "A date isn't in the calendar, or isn't written as 2026-11-23.",
        "write it as 2026-11-23: year, month, day",
        "Other forms mean different days to different people.",
    ),
    error(
        "language-invalid",
        "A language isn't a language tag (BCP 47).",
        "write a tag such as en, pt-BR or zh-Hant-TW",
        "Screen readers and browsers choose a voice, hyphens and fonts by it.",
    ),
)

ISSUES = (
    error(
        "issue-empty",
        "An issue has neither entries nor blocks.",
        "add a line entries: […]",
        "There is nothing to send.",
    ),
    error(
        "issue-two-lists",
        "An issue has both entries and sections.",
        "move the entries into a section without a title",
        "Their order would have to be guessed.",
    ),
    error(
        "section-empty",
        "A section has neither entries nor blocks.",
        "add entries, or remove the section",
        "It would be a heading without text.",
    ),
    error(
        "entry-unknown",
        "An issue names an entry or block that doesn't exist.",
        "write the entry, or remove it from the issue",
        "The issue would lack it.",
    ),
    error(
        "entry-repeated",
        "An issue names an entry or block twice.",
        "remove one of them",
        "Readers would see it twice.",
    ),
    error(
        "override-unknown",
        "An issue overrides an entry that is not in it, or a block.",
        "add the entry, or remove the override",
        "It would do nothing.",
    ),
    error(
        "pinned-unknown",
        "An issue pins an entry that is not in it, or a block.",
        "use the name that is suggested, or unpin it",
        "Nobody would get it.",
    ),
    error(
        "correction-unknown",
        "An issue corrects an entry that is not in it.",
        "use the name that is suggested, or name no entry",
        "Readers wouldn't find it.",
    ),
    error(
        "merge-field-unknown",
        "A `{{ … }}` in the subject, the preheader, the note or a block isn't a merge field, or is in the wrong place.",
        'write {{ subscriber.first_name | default("reader") }}',
        "It would be printed as it stands.",
    ),
)

SETTINGS = (
    error(
        "placeholder-setting",
        "The provider mails people, and a setting still has an example value: example.org, 1 Example Street.",
        "write your own",
        "Mail, replies, unsubscribe links or the address in the footer would lead nowhere.",
    ),
    error(
        "placeholder-link",
        "The provider mails people, and an entry or block of an unsent issue links to example.org.",
        "write the address of the page, or remove it from the issue",
        "A new newsletter starts with entries about invented pieces.",
    ),
    warning(
        "base-url-local",
        "The provider mails people, and `base_url` is `localhost` or a loopback address.",
        "set base_url to the https address where readers reach your server",
        "Every link in the mail, including unsubscribe, would work only on your own computer.",
    ),
    warning(
        "language-unknown",
        "Dates can't be written in the newsletter's `language`, because it isn't known.",
        "write a language tag such as en, pt-BR or zh-Hant-TW",
        "Dates would be in English.",
    ),
    warning(
        "translation-missing",
        "The newsletter has a description or frequency, and one of its `languages` has no `[translations.<language>]`.",
        "add the table with the same words in that language",
        "Its readers' pages, sign-up form and archive would introduce the newsletter in another language.",
    ),
    error(
        "setting-invalid",
        "newsletter.toml can't be read, or a setting is unknown, missing or wrong.",
        "docs/settings.md describes the file",
        "No command would run.",
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
        "create the folder, or name another file",
        "No command that reads or writes readers would work.",
    ),
    warning(
        "topic-followed",
        "Readers follow or exclude a topic that is neither declared nor an alias of a declared topic.",
        "make it an alias of the topic's new name, or declare it",
        "A topic renamed without an alias loses its followers: no segment and no entry reaches them.",
    ),
    warning(
        "bounces-held",
        "Far more addresses than usual bounced. None is suppressed until you decide.",
        "look at the held bounces, then suppress the addresses or discard the bounces",
        "The fault may be on our side. If it isn't, dead addresses keep getting mail.",
    ),
    warning(
        "erased-reader",
        "A file (a log, an export, returned mail) has an erased reader's address, or can't be searched.",
        "delete the file, or remove the address from it",
        "Nothing about an erased reader may be kept. Erasing a reader doesn't change files that you made.",
    ),
    warning(
        "readable-by-others",
        "The database, its log, a copy of it or the outbox can be read by every user of the machine.",
        "chmod files to 600, folders to 700",
        "They hold readers' addresses. Earlier versions created them this way.",
    ),
    warning(
        "provider-secret",
        "The provider needs a secret that isn't in the environment.",
        "set it in the environment that sends run in",
        "A send from here would stop before its first message.",
    ),
)

PICKS = (
    error(
        "pick-missing",
        "A file has no pick.",
        "docs/file-formats.md explains how picks are printed",
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
        "A pick has a title but no text, or text but no title.",
        "add what is missing",
        "The title and the text can't be told apart.",
    ),
    error(
        "pick-source-missing",
        "A pick has no “Read more at …”.",
        "add it, with the publication's name",
        "It marks the end of a pick.",
    ),
    error(
        "pick-control-character",
        "A pick has a control character.",
        "remove it",
        "It is left over from a bad copy.",
    ),
)
