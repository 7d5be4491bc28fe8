"""Errors of changes to entries, issues and blocks. No I/O."""

from collections.abc import Iterable
from typing import ClassVar

from newsletter.errors import Finding, FindingsError, NotFoundError, UsageError


class UnreadableFileError(FindingsError):
    """A file whose front matter can't be read, with its findings; only its text as a whole can be edited."""

    code = "file-unreadable"

    def __init__(self, findings: Iterable[Finding]) -> None:
        super().__init__(findings)


class MissingItemError(NotFoundError):
    """An item that isn't in the issue, perhaps because somebody has just removed it."""

    code = "item-missing"

    def __init__(self, *, item: str) -> None:
        self.item = item
        super().__init__(f'"{item}" is not in this issue', hint="look at the issue again: it has changed")


class MissingSectionError(NotFoundError):
    """A section that isn't in the issue, perhaps because somebody has just renamed it."""

    code = "section-missing"

    def __init__(self, *, section: str) -> None:
        self.section = section
        super().__init__(
            f'there is no section "{section}" in this issue', hint="look at the issue again: it has changed"
        )


class RepeatedItemError(UsageError):
    """An item that the issue has already."""

    code = "item-repeated"

    def __init__(self, *, item: str) -> None:
        self.item = item
        super().__init__(f'"{item}" is in this issue already', hint="move it instead")


class InvalidValueError(UsageError):
    """A value that a field can't have."""

    code = "value-invalid"

    def __init__(self, what: str, *, field: str, hint: str) -> None:
        self.field = field
        super().__init__(what, hint=hint)


class UneditableError(UsageError):
    """A field, list or item that is written in a way that can't be changed without touching its surroundings."""

    code: ClassVar[str] = "field-uneditable"

    def __init__(self, *, field: str) -> None:
        self.field = field
        super().__init__(f"{field} can't be changed by itself, as it is written", hint="edit the file as text")
