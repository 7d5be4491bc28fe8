"""Errors and findings. Each says what is wrong and where; an error also has a stable code and fields.

A hint here is true for everyone: it names no command, page or URL. The entry points (the command line, the pages) add
what to do there; ``newsletter.cli.advice`` has the commands.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """A place in the newsletter's files: a path relative to its root; line and column count from 1."""

    path: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.path, self.line, self.column) if part is not None)


class Severity(StrEnum):
    """A finding's severity: errors stop a build or a send, warnings don't."""

    ERROR = "error"  # readers would get something broken or wrong
    WARNING = "warning"  # probably a mistake, but the editor may mean it


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A problem that an editor would want to know of before the issue goes out.

    ``rule`` is a stable name such as ``entry-unknown``; docs/checks.md lists them all. ``what`` and ``hint`` may quote
    a file: they are made safe for a terminal and at most 300 characters long.
    """

    rule: str
    severity: Severity
    place: Place
    what: str
    hint: str

    def __post_init__(self) -> None:
        for name in ("what", "hint"):
            object.__setattr__(self, name, printable(getattr(self, name), _LONGEST))

    def __str__(self) -> str:
        return sentence(self.what, self.hint, self.place)


_LONGEST = 300  # characters
_JOINERS = "\u200c\u200d"  # Persian, Hindi and emoji are written with them


def printable(text: str, longest: int) -> str:
    """Return a text without control characters, and shortened to ``longest`` characters.

    The result is safe for terminals, which control characters can steer, and for every database: PostgreSQL accepts
    neither NUL nor half a surrogate pair.
    """
    kept = text if len(text) <= longest else text[: longest - 1] + "…"
    if kept.isprintable():
        return kept
    return "".join(
        sign if sign.isprintable() or sign in _JOINERS else " " if sign.isspace() else "\ufffd" for sign in kept
    )


class NewsletterError(Exception):
    """A base class of all errors that this program raises on purpose.

    ``what`` is the problem, ``hint`` the next action, ``place`` the place in a file, if any. ``code`` is a stable name
    for the kind of problem, and a subclass may add fields, such as the issue concerned. The command line prints errors
    without a traceback and exits with ``exit_status``.
    """

    code: ClassVar[str] = "error"
    exit_status: ClassVar[int] = 1

    def __init__(self, what: str, *, hint: str = "", place: Place | None = None) -> None:
        self.what = what
        self.hint = hint
        self.place = place
        super().__init__(sentence(what, hint, place))

    @property
    def fields(self) -> Mapping[str, object]:
        """The fields that a subclass adds, by name."""
        return {name: value for name, value in vars(self).items() if name not in _TEXT}


_TEXT = ("what", "hint", "place")


class UsageError(NewsletterError):
    """An invalid value given by the caller."""

    code = "usage"
    exit_status = 2


class NotFoundError(UsageError):
    """An issue, page or day that doesn't exist. Pages answer it with 404."""

    code = "not-found"


class SettingsError(NewsletterError):
    """A missing or invalid setting in ``newsletter.toml`` or the environment."""

    code = "settings"


class SecretError(SettingsError):
    """A secret that the provider needs is missing from the environment."""

    code = "secret-missing"


class FindingsError(NewsletterError):
    """An error with ``findings``: everything that keeps an editor's files, settings or theme from being used."""

    code = "findings"

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


class StoreError(NewsletterError):
    """A database operation that failed as a whole; nothing was changed."""

    code = "database"


class BusyError(StoreError):
    """A database locked by another process; the same call may succeed later."""

    code = "database-busy"


class UnreachableError(StoreError):
    """A database server that doesn't answer or cut the connection; a commit may or may not have happened."""

    code = "database-unreachable"


class FullError(StoreError):
    """A full disk under the database; the same call may succeed later."""

    code = "disk-full"


class SendError(NewsletterError):
    """A send that can't start or continue."""

    code = "send"


class HeldError(SendError):
    """A send that another process is running.

    ``holder`` describes that process; its lease lasts for ``seconds`` if it has crashed, or 0 if that isn't known.
    """

    code = "send-held"

    def __init__(self, *, issue: str, holder: str, seconds: float = 0) -> None:
        self.issue = issue
        self.holder = holder
        self.seconds = seconds
        crashed = f". If its machine crashed, try again in {seconds:.0f} seconds" if seconds else ""
        super().__init__(
            f"the send of issue {issue} is run by {holder}",
            hint=f"wait for it, or stop that process: only one at a time can run a send{crashed}",
        )


class StoppedError(SendError):
    """A send that was paused, cancelled or rescheduled; nothing more is handed over.

    ``status`` is the send's status now, ``reason`` why it has it, if known.
    """

    code = "send-stopped"

    def __init__(self, what: str = "", *, issue: str, status: str, reason: str = "") -> None:
        self.issue = issue
        self.status = status
        self.reason = reason
        because = f": {reason}" if reason else ""
        super().__init__(what or f"the send of issue {issue} is {status}{because}", hint="nothing more was handed over")


class PausedError(StoppedError):
    """A send that somebody or something has paused; it can be resumed."""

    code = "send-paused"


class TakenOverError(StoppedError):
    """A send that another process has taken over from this one; nothing more is handed over here.

    ``why`` is the reason, if known.
    """

    code = "send-taken-over"

    def __init__(self, *, issue: str, why: str = "") -> None:
        self.why = why
        because = f", because {why}" if why else ""
        what = f"another process has taken over the send of issue {issue}{because}"
        super().__init__(what, issue=issue, status="running")


class LateError(SendError):
    """A scheduled send past its deadline; a person decides whether it still goes out."""

    code = "send-late"

    def __init__(self, what: str, *, issue: str) -> None:
        self.issue = issue
        super().__init__(what)


class AskedToStopError(SendError):
    """A request to end this process; the send can be resumed."""

    code = "stop-requested"
    exit_status = 130  # what shells report for Ctrl-C


class ProviderError(NewsletterError):
    """A refusal by the provider as a whole; recipients without a receipt were not handed over.

    ``again`` is the number of seconds before the next attempt; None if a person has to fix something first.
    """

    code = "provider"

    def __init__(self, what: str, *, hint: str = "", place: Place | None = None, again: float | None = None) -> None:
        self.again = again
        super().__init__(what, hint=hint, place=place)


class OutageError(ProviderError):
    """A provider that can't be reached or gives no clear answers; ``again`` is the seconds before the next attempt."""

    code = "provider-outage"

    def __init__(self, what: str, *, hint: str = "", again: float = 5 * 60) -> None:
        super().__init__(what, hint=hint, again=again)


class MailboxError(NewsletterError):
    """A bounce mailbox that is missing or can't be read."""

    code = "mailbox"


class HookError(NewsletterError):
    """A webhook request that isn't from the provider, or not meant for us."""

    code = "webhook"


class HookBusyError(HookError):
    """A webhook request that can't be verified right now; the provider should retry."""

    code = "webhook-busy"


class TokenError(NewsletterError):
    """A signed link that isn't ours, has another purpose or has expired."""

    code = "link"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``did you mean "…"?`` if one of the known names is close, else empty text."""
    close = get_close_matches(name, list(known), 1)
    return f'did you mean "{close[0]}"?' if close else ""


def sentence(what: str, hint: str, place: Place | None) -> str:
    """Return ``place: what: hint`` without the missing parts."""
    return ": ".join(part for part in (str(place) if place else "", what, hint) if part)
