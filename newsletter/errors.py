"""What can be wrong, said so that whoever reads it knows the place and the hint."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """Where in the newsletter's files: a path relative to its root; line and column count from 1."""

    path: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.path, self.line, self.column) if part is not None)


class Severity(StrEnum):
    """How much a finding matters: an error stops a build and a send, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that an editor would want to know before the issue goes out.

    ``rule`` is a stable name such as ``entry-unknown``; docs/checks.md lists them all.
    """

    rule: str
    severity: Severity
    place: Place
    what: str
    hint: str

    def __str__(self) -> str:
        return sentence(self.what, self.hint, self.place)


class NewsletterError(Exception):
    """Root of everything this program raises on purpose.

    ``what`` is wrong, ``hint`` is the next action, ``place`` says where if it is in a file; ``others`` is what else was
    found wrong in the same pass. The command line prints them without a traceback and leaves with ``exit_status``.
    """

    exit_status: ClassVar[int] = 1
    others: "tuple[NewsletterError, ...]" = ()

    def __init__(self, what: str, *, hint: str = "", place: Place | None = None) -> None:
        self.what = what
        self.hint = hint
        self.place = place
        super().__init__(sentence(what, hint, place))


class UsageError(NewsletterError):
    """The command was called in a way that it does not take."""

    exit_status = 2


class SettingsError(NewsletterError):
    """``newsletter.toml`` or the environment does not say what is needed."""


class SecretError(SettingsError):
    """The environment lacks a secret that the provider needs."""


class ManuscriptError(NewsletterError):
    """Files that an editor wrote cannot become an email; ``findings`` are all the reasons."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


class ThemeError(NewsletterError):
    """A theme's files are missing or do not compile."""


class StoreError(NewsletterError):
    """The database cannot do what was asked; nothing of it was done."""


class BusyError(StoreError):
    """Another process holds the database; the same call may succeed later."""


class UnreachableError(StoreError):
    """The database's server does not answer, or cut the connection; what a commit did is not known."""


class FullError(StoreError):
    """There is no room on the database's disk; the same call may succeed later."""


class SendError(NewsletterError):
    """A send cannot start or go on as asked."""


class HeldError(SendError):
    """Another process runs the send."""


class StoppedError(SendError):
    """The send was paused or cancelled meanwhile, or another process took it over: nothing more is handed over."""


class LateError(SendError):
    """A scheduled send is later than it may be: a person decides whether it still goes out."""


class AskedToStopError(SendError):
    """Somebody asked this process to end; the send can go on."""

    exit_status = 130  # as shells say it of Ctrl-C


class ProviderError(NewsletterError):
    """The provider refuses altogether: recipients without a receipt were not handed over.

    ``again`` is after how many seconds it may take them; None where a person has to fix something first.
    """

    def __init__(self, what: str, *, hint: str = "", place: Place | None = None, again: float | None = None) -> None:
        self.again = again
        super().__init__(what, hint=hint, place=place)


class OutageError(ProviderError):
    """The provider can't be reached, or gives no clear answers. ``again`` says after how many seconds to try again."""

    def __init__(self, what: str, *, hint: str = "", again: float = 5 * 60) -> None:
        super().__init__(what, hint=hint, again=again)


class MailboxError(NewsletterError):
    """The mailbox that bounces come back to cannot be read, or is none."""


class HookError(NewsletterError):
    """What was posted to a hook is not of the provider, or not meant for us."""


class HookBusyError(HookError):
    """Whether it is cannot be found out at this time; the same may be posted again later."""


class TokenError(NewsletterError):
    """A signed link is not one of ours, is for something else, or has expired."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``did you mean "…"?`` where one of the known names is close, else nothing."""
    close = get_close_matches(name, list(known), 1)
    return f'did you mean "{close[0]}"?' if close else ""


def sentence(what: str, hint: str, place: Place | None) -> str:
    """``place: what: hint``, leaving out what is not there."""
    return ": ".join(part for part in (str(place) if place else "", what, hint) if part)
