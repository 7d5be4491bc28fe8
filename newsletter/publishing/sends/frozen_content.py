"""The content that a send freezes, and whether it would be another one now."""

from datetime import datetime

from newsletter import composing
from newsletter.checks import CheckContext
from newsletter.composing import Composed
from newsletter.domain.send import Send, SendStatus
from newsletter.errors import NewsletterError
from newsletter.message import link_tracking
from newsletter.publishing.audience import segments_of
from newsletter.publishing.sends.send_preparing import refuse_embargoed
from newsletter.publishing.sends.send_source import record_source
from newsletter.publishing.sends.start_time import local_moments
from newsletter.sending import FreezeRequest
from newsletter.settings import Settings
from newsletter.store import Store


def freeze_request(
    settings: Settings,
    store: Store,
    composed: Composed,
    *,
    now: datetime,
    local_time: str = "",
    planned_recipients: int | None = None,
) -> FreezeRequest:
    """Return the request to freeze a composed issue; readers are due at their ``local_time``, or all at once.

    Git keeps the files that it was made from, if the newsletter is in a repository. Raise EmbargoedError, and
    SettingsError for an unknown segment.
    """
    segments = segments_of(settings, composed.issue)
    zones = store.sends.count_by_zone(segments, now) if local_time else {}
    local = local_moments(settings, composed.issue, local_time, zones) if local_time else None
    refuse_embargoed(settings, composed.issue, max(local.first, now) if local else now)
    return FreezeRequest(
        compiled=link_tracking.with_tracking(composed.compiled, composed.issue, settings.newsletter),
        tailor=composed.tailor,
        segments=segments,
        now=now,
        local=local,
        source=record_source(settings, composed, now=now),
        planned_recipients=planned_recipients,
    )


def has_changed(settings: Settings, send: Send) -> bool:
    """Return whether the issue's files or the settings have changed since an unfinished send froze its content.

    The send keeps the content that it began with.
    """
    if not send.digest or send.status.ended or send.status is SendStatus.CANCELLED:
        return False
    try:
        composed = composing.compose(
            settings.root, settings.newsletter, send.issue, CheckContext(segments=settings.segments)
        )
    except NewsletterError:
        return True
    compiled = link_tracking.with_tracking(composed.compiled, composed.issue, settings.newsletter)
    return compiled.digest != send.digest or settings.newsletter.base_url != send.base_url
