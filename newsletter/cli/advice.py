"""What to do about an error or a finding at the command line: the hints that name a command or an option.

The rest of the program knows no commands, because a page or an API may show the same errors. So its hints are true for
everyone, and this module replaces some of them by the error's code or the finding's rule.
"""

from collections.abc import Mapping
from dataclasses import replace

from newsletter.errors import Finding, FindingsError, NewsletterError, sentence

ERRORS: Mapping[str, str] = {
    "already-running": "wait until the other `newsletter bounces` has finished",
    "archive-unknown": "name the platform with --from, or unpack the archive and name the file",
    "bounces-not-held": "see `newsletter suppressions held`",
    "cancel-unanswered": "`newsletter sends show {send}` shows when they are answered",
    "columns-unknown": "rename the columns, or say what they mean: --column NAME=FIELD",
    "conflict": "look at the file, and run the command again with the value that it has now after --seen",
    "database-busy": "wait until the other command has finished, or stop it, and run this one again",
    "database-copied": (
        "restore the latest state; or, if only this database should send from now on,"
        " run `newsletter db adopt`, which explains what that means"
    ),
    "database-outdated": "back it up (pg_dump), stop all programs that use it, and run `newsletter db upgrade`",
    "disk-full": "make room and run the command again; nothing was changed",
    "entry-unknown": "see `newsletter entry list`",
    "folder-missing": "check the path after --root",
    "file-busy": "run the command again",
    "file-not-utf8": (
        'save it as UTF-8, which a spreadsheet calls "CSV UTF-8", or name its encoding: --encoding windows-1252'
    ),
    "issue-date-wrong": "send it on its day, change its date, or add --any-date",
    "issue-day": "write one with `newsletter issue new`",
    "issue-not-sent": "send it: `newsletter send {issue}`",
    "issue-unknown": "see `newsletter issue list`",
    "issues-none": "create one with `newsletter issue new`",
    "item-missing": "`newsletter issue list --json` lists the entries and blocks of issues",
    "lease-expired": "nothing more was handed over here; see `newsletter sends`",
    "link-repeated": "use that entry, or add --force to create another one",
    "marker-damaged": "restore it from a backup, or remove it and run `newsletter db adopt`",
    "newsletter-locked": "wait until it has finished, or stop it (perhaps a `newsletter studio`), and run this again",
    "newsletter-missing": "change to a newsletter's folder, or make one: `newsletter init DIR`",
    "notices-delayed": "`newsletter worker`, `serve` or `bounces` will retry",
    "provider-many-gone": (
        "check the provider's settings; `newsletter suppressions held` lists these readers,"
        " `newsletter suppressions discard` lets them be mailed again, and --resume continues"
    ),
    "refused-unwritable": "name another file with --refused; {outcome}",
    "report-missing": "`newsletter sends` lists the issues that have been sent",
    "reader-unknown": "see `newsletter subscribers list`",
    "send-begun": "pause or cancel it: `newsletter sends cancel {issue}`",
    "send-audience-changed": "if its segments and the last import are right: `newsletter send {issue} --resume`",
    "send-audience-unusual": "check its segments (`newsletter segments`) and the last import, or add --any-audience",
    "send-cancelled": "to mail the other readers, make a new issue: `newsletter issue new`",
    "send-planned": "`newsletter sends show {issue}` shows its status",
    "send-far-ahead": "check the year, or add --any-date",
    "send-finished": "to send a correction, make a new issue: `newsletter issue new`",
    "send-interrupted": "continue with `newsletter send {issue} --resume`",
    "send-missing": "start one: `newsletter send {issue}`",
    "send-not-approved": (
        "approve it in `newsletter studio`, or have a colleague do it;"
        ' in an emergency, add --without-approval "reason": all publishers are told'
    ),
    "send-no-match": (
        "write `otherwise: full` below `tailored:` in the issue, or fix its topics;"
        " `newsletter editions` counts readers by entry"
    ),
    "send-nobody": "import readers, or choose other segments in the issue; `newsletter segments` counts their readers",
    "send-not-begun": "start it: `newsletter send {issue}`",
    "send-paused": "continue with `newsletter send {issue} --resume`",
    "send-scheduled": "`newsletter worker` will send it; to cancel that: `newsletter sends cancel {issue}`",
    "send-status": "`newsletter sends show {issue}` shows its status",
    "send-taken-over": "nothing more was handed over here; see `newsletter sends`",
    "send-unfinished": "continue with `newsletter send {issue} --resume`",
    "send-unknown": "`newsletter sends` lists them",
    "send-unsettled": "continue with `newsletter sends resume {send}`",
    "slug-taken": "choose another --slug, or edit the file",
    "suppression-missing": "see `newsletter suppressions list`",
    "text-too-long": "write less, or remove a pasted image; nothing was changed",
    "time-passed": "write a later time, or leave it out to send now",
    "topic-exists": "merge the two: `newsletter topics merge`",
    "topic-unknown": "see `newsletter topics list`",
    "theme-built-in": "make your own from it: `newsletter theme new NAME --from {theme}`",
}
"""Hints by an error's code. Names in braces are its fields. An error that has a suggestion keeps it as its hint."""

RULES: Mapping[str, str] = {
    "base-url-local": "set base_url to the https address where readers reach `newsletter serve`",
    "bounces-held": "see `newsletter suppressions held`, then `apply` or `discard` them",
    "entry-unknown": "create it with `newsletter entry new`, or remove it",
    "theme-original-changed": (
        "`newsletter theme diff` shows what differs; copy the changes you want, then confirm with --done"
    ),
    "issue-date-past": "send it with --any-date, or give it another date",
}
"""Hints by a finding's rule. They replace the rule's own hint; a finding that has a hint of its own keeps it."""


def error_lines(error: Exception) -> list[str]:
    """Return the lines of an error message, each with what to do: one, or one for each of its findings."""
    if isinstance(error, FindingsError):
        return [str(advised(finding)) for finding in error.findings]
    if isinstance(error, NewsletterError):
        return sentence(error.what, error_hint(error), error.place).splitlines()
    return [str(error)]


def error_hint(error: NewsletterError) -> str:
    """Return what to do about an error at the command line."""
    hint = ERRORS.get(error.code)
    return hint.format(**error.fields) if hint and not error.fields.get("suggestion") else error.hint


def finding_hint(finding: Finding) -> str:
    """Return what to do about a finding at the command line."""
    hint = RULES.get(finding.rule)
    if hint is None:
        return finding.hint
    from newsletter.checks import RULES as KNOWN

    return hint if finding.hint == KNOWN[finding.rule].hint else finding.hint


def advised(finding: Finding) -> Finding:
    """Return a finding with the hint for the command line."""
    return replace(finding, hint=finding_hint(finding))
