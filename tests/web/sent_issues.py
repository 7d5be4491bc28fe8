"""Issues sent from files, for public pages to show."""

from newsletter import composing
from newsletter.checks import CheckContext
from newsletter.domain.segment import EVERYONE
from newsletter.domain.send import Send
from newsletter.message import link_tracking
from tests.web.public.public_pages import Public


def freeze_as_sent(at: Public, slug: str) -> Send:
    """Freeze an issue of the newsletter's folder for all readers without checking it, so that it counts as sent."""
    site = at.site
    composed = composing.compose_draft(at.root, site.newsletter, slug, CheckContext())
    return at.store.sends.freeze(
        compiled=link_tracking.with_tracking(composed.compiled, composed.issue, site.newsletter),
        tailor=composed.tailor,
        date=at.clock(),
        segments=[EVERYONE],
        provider="outbox",
        base_url=site.newsletter.base_url,
        signing_key=site.signer.key,
        now=at.clock(),
    )
