"""What is known of an uploaded file's import, as a value and as JSON."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from newsletter.domain.subscriber import SubscriberStatus
from newsletter.errors import NewsletterError
from newsletter.subscriber_files import FileEncoding, ImportReport, SampleColumn

_LONGEST_NAME = 50  # characters; file systems allow 255 bytes


class ImportPhase(StrEnum):
    """A phase in the life of an uploaded file."""

    CHECKING = "checking"  # the dry run
    CHECKED = "checked"  # the dry run is done, and nothing was imported
    IMPORTING = "importing"  # readers are being stored
    DONE = "done"  # all readers are stored
    STOPPED = "stopped"  # somebody has stopped it; readers may have been stored
    INTERRUPTED = "interrupted"  # the studio was stopped meanwhile; readers may have been stored
    FAILED = "failed"  # `problem` says why


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportChoices:
    """A person's choices about the columns and tags of a file. ``status`` is for readers without one in the file."""

    platform: str = ""
    status: SubscriberStatus = SubscriberStatus.CONFIRMED
    encoding: FileEncoding = FileEncoding.UTF_8
    columns: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    """A row that was refused: its line, the reason, and the beginning of its text."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportState:
    """An uploaded file and its import.

    ``by`` and ``at`` are who uploaded it and when; ``read`` and ``merged`` are numbers of rows so far, ``share`` is
    that of the work. ``report`` and ``refused`` are of the check or, once that is over, of the import.
    """

    id: str
    file: str
    size: int
    by: str
    at: datetime
    phase: ImportPhase = ImportPhase.CHECKING
    is_import: bool = False
    has_file: bool = True
    choices: ImportChoices = field(default_factory=ImportChoices)
    columns: tuple[SampleColumn, ...] = ()
    share: float = 0.0
    read: int = 0
    merged: int = 0
    report: ImportReport | None = None
    refused: tuple[RefusedRow, ...] = ()
    problem: str = ""
    hint: str = ""
    ended: datetime | None = None

    @property
    def is_running(self) -> bool:
        """Return whether work is going on."""
        return self.phase in (ImportPhase.CHECKING, ImportPhase.IMPORTING)

    @property
    def percent(self) -> int:
        """Return the share of the work in percent."""
        return round(100 * self.share)

    def begun(self, phase: ImportPhase) -> "ImportState":
        """Return the state in which a check or an import begins."""
        return replace(
            self,
            phase=phase,
            is_import=phase is ImportPhase.IMPORTING,
            share=0.0,
            read=0,
            merged=0,
            report=None,
            refused=(),
            problem="",
            hint="",
            ended=None,
        )

    def done(self, report: ImportReport, refused: tuple[RefusedRow, ...], now: datetime) -> "ImportState":
        """Return the state after a check or an import."""
        phase = ImportPhase.DONE if self.is_import else ImportPhase.CHECKED
        return replace(
            self, phase=phase, share=1.0, report=report, refused=refused, ended=now, has_file=not self.is_import
        )

    def stopped(self) -> "ImportState":
        """Return the state after somebody has stopped it."""
        return replace(self, phase=ImportPhase.STOPPED)

    def failed(self, error: NewsletterError) -> "ImportState":
        """Return the state after an error."""
        return replace(self, phase=ImportPhase.FAILED, problem=error.what or str(error), hint=error.hint)

    def interrupted(self) -> "ImportState":
        """Return the state of work that nobody does any more."""
        return replace(self, phase=ImportPhase.INTERRUPTED) if self.is_running else self


def safe_file_name(name: str) -> str:
    """Return a file's name without folders and unusual characters; its words say what a platform's file is."""
    bare = PurePosixPath(PureWindowsPath(name).as_posix()).name
    clean = re.sub(r"[^\w .()-]+", "_", bare).strip(" .")
    stem, dot, end = clean.rpartition(".")
    if not dot:
        stem, end = clean, "csv"
    return f"{stem[:_LONGEST_NAME] or 'readers'}.{end[:8]}"


def state_to_json(state: ImportState) -> dict[str, Any]:
    """Return a state as JSON values."""
    return {
        **asdict(state),
        "at": state.at.isoformat(),
        "ended": state.ended.isoformat() if state.ended else None,
    }


def state_from_json(raw: Mapping[str, Any]) -> ImportState:
    """Return the state that ``state_to_json`` wrote. Raise ValueError, KeyError or TypeError for anything else."""
    choices = raw["choices"]
    return ImportState(
        **{
            **raw,
            "at": datetime.fromisoformat(raw["at"]),
            "ended": datetime.fromisoformat(raw["ended"]) if raw["ended"] else None,
            "phase": ImportPhase(raw["phase"]),
            "choices": ImportChoices(
                **{
                    **choices,
                    "status": SubscriberStatus(choices["status"]),
                    "encoding": FileEncoding(choices["encoding"]),
                }
            ),
            "columns": tuple(
                SampleColumn(**{**column, "values": tuple(column["values"])}) for column in raw["columns"]
            ),
            "report": ImportReport(**raw["report"]) if raw["report"] else None,
            "refused": tuple(RefusedRow(**row) for row in raw["refused"]),
        }
    )
