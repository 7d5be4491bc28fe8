"""The settings of the studio."""

from dataclasses import dataclass
from datetime import time, timedelta

from newsletter.domain.addresses import Mailbox


@dataclass(frozen=True, slots=True, kw_only=True)
class StudioSettings:
    """What the desk reminds of, and how the studio commits to git.

    From ``reminder`` on, in the newsletter's time zone, the desk says if tomorrow has no issue. ``quiet`` ends a
    sitting; without a ``committer``, the studio has its own name. ``proof_to`` usually get proofs.

    ``origin`` is the address of the studio with accounts, for links in mails; it is "" if there is none.

    With ``hooks``, the repository's hooks and filters run. With ``sync``, commits are exchanged with the remote.
    """

    reminder: time = time(12)
    hooks: bool = False
    sync: bool = True
    quiet: timedelta = timedelta(minutes=5)
    committer: Mailbox | None = None
    origin: str = ""
    proof_to: tuple[str, ...] = ()
