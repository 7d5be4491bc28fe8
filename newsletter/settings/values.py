"""The settings as one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

from newsletter.domain.addresses import Mailbox
from newsletter.domain.events import FeedbackSettings
from newsletter.domain.pictures import BucketSettings
from newsletter.domain.publication import Newsletter
from newsletter.domain.rate_limits import SendingSettings
from newsletter.domain.reviews import ApprovalRules
from newsletter.domain.segment import Segment
from newsletter.errors import SettingsError, did_you_mean

Network = IPv4Network | IPv6Network
OUTBOX = "outbox"
_SQLITE = "sqlite:///"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A newsletter's settings. ``root`` is the folder of newsletter.toml; ``provider`` has the provider's options.

    ``notify`` has the addresses that get notifications about scheduled sends. ``proxies`` has the networks of the
    proxies in front of ``newsletter serve`` whose X-Forwarded-For header is trusted. Pictures are published in the
    ``bucket``, if any, or else by ``newsletter serve``.
    """

    root: Path
    newsletter: Newsletter
    segments: Mapping[str, Segment]
    database: str
    provider_name: str
    provider: Mapping[str, Any]
    sending: SendingSettings
    notify: tuple[str, ...]
    proxies: tuple[Network, ...]
    feedback: FeedbackSettings
    bucket: BucketSettings | None = None
    studio: StudioSettings = field(default_factory=StudioSettings)
    approval: ApprovalRules = field(default_factory=ApprovalRules)

    @property
    def mails(self) -> bool:
        """True if the provider mails people: the outbox doesn't."""
        return self.provider_name != OUTBOX

    @property
    def database_file(self) -> Path | None:
        """The file of an SQLite database, or None for PostgreSQL."""
        return (
            Path(self.database.removeprefix(_SQLITE).partition("?")[0]) if self.database.startswith(_SQLITE) else None
        )

    @property
    def outbox(self) -> Path:
        """The folder of the outbox. Rehearsals go there even if the provider is another one."""
        path = "outbox" if self.mails else str(self.provider.get("path", "outbox"))
        return self.root / Path(path).expanduser()

    def upgrade_copies(self) -> list[Path]:
        """Return the copies of the database that upgrades have made next to it."""
        file = self.database_file
        return sorted(file.parent.glob(f"{file.name}.[0-9][0-9][0-9][0-9]*")) if file else []

    def segment(self, slug: str) -> Segment:
        """Return the segment with a slug. Raise UnknownSegmentError if there is none."""
        if slug not in self.segments:
            suggestion = did_you_mean(slug, self.segments) or f"there are: {', '.join(sorted(self.segments))}"
            raise UnknownSegmentError(segment=slug, suggestion=suggestion)
        return self.segments[slug]


class UnknownSegmentError(SettingsError):
    """A name that no segment has; ``suggestion`` asks for one that is close, or lists them all."""

    code = "segment-unknown"

    def __init__(self, *, segment: str, suggestion: str) -> None:
        self.segment, self.suggestion = segment, suggestion
        super().__init__(f'no segment "{segment}"', hint=suggestion)
