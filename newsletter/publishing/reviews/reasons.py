"""Notes, reasons and comments that people type."""

from newsletter.errors import UsageError

LONGEST_NOTE = 2_000  # characters


class MissingReasonError(UsageError):
    """A decision that needs a reason or a note and has none."""

    code = "reason-missing"

    def __init__(self, what: str) -> None:
        super().__init__(what, hint="say it in a few words")


def storable(text: str) -> str:
    """Return what somebody has typed as every database takes it: without NUL, with line feeds, not too long."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return plain.encode("utf-8", "ignore").decode().strip()[:LONGEST_NOTE]
