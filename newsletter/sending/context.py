"""Everything a send needs to deliver mail: provider, signer and settings."""

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from newsletter.domain.rate_limits import SendingSettings
from newsletter.providers import Provider
from newsletter.tokens import Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class SendContext:
    """A send's provider, link signer and settings.

    ``base_url`` is the address that readers' links start with. ``sending`` has the settings of the same name; quiet
    hours are in ``zone``. ``return_path`` is the address that bounces come back to, or empty for the sender's own.
    ``unsubscribe_mail`` is the address for unsubscribe requests, or empty if no mailbox is read.
    """

    provider: Provider
    provider_name: str
    signer: Signer
    base_url: str
    sending: SendingSettings = field(default_factory=SendingSettings)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    return_path: str = ""
    unsubscribe_mail: str = ""
