"""The settings of the studio."""

from dataclasses import dataclass
from datetime import timedelta

from newsletter.domain.addresses import Mailbox


@dataclass(frozen=True, slots=True, kw_only=True)
class StudioSettings:
    """How the studio commits to git. ``quiet`` ends a sitting; without a ``committer``, the studio has its own name.

    With ``hooks``, the repository's hooks and filters run. With ``sync``, commits are exchanged with the remote.
    """

    hooks: bool = False
    sync: bool = True
    quiet: timedelta = timedelta(minutes=5)
    committer: Mailbox | None = None
