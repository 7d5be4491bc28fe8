"""The reminder that tomorrow's issue isn't approved, which publishers get at the hour that newsletter.toml sets."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from newsletter import content
from newsletter.domain.issue import Issue
from newsletter.domain.notices import NoticeKind
from newsletter.domain.send_stages import stage_of
from newsletter.errors import NewsletterError
from newsletter.publishing.reviews.approvals import start_of
from newsletter.publishing.reviews.issue_reviews import review_of
from newsletter.publishing.reviews.reviewed_issue import reviewed_issue
from newsletter.publishing.sends.send_preparing import compose_issue
from newsletter.settings import Settings
from newsletter.store import Store


def queue_reminders(settings: Settings, store: Store, *, now: datetime) -> bool:
    """Queue the reminder if it is due, at most one for a day, and return whether it was queued.

    The issues of tomorrow are looked at once, at the first call after the hour. Raise StoreError.
    """
    rules, local = settings.approval, now.astimezone(settings.newsletter.zone)
    if not rules.required or rules.remind_at is None or local.time() < rules.remind_at:
        return False
    day = local.date() + timedelta(days=1)
    kind = NoticeKind.APPROVAL
    if store.reminders.is_claimed(kind.value, day):
        return False
    issues = [issue for issue in content.read_manuscripts(settings.root).issues if issue.date == day]
    missing = {issue.slug: why for issue in issues if (why := "; ".join(_missing(settings, store, issue, now)))}
    if not missing:
        store.reminders.claim(kind.value, day)
        return False
    reason = "\n".join(f"{slug}: {why}" for slug, why in missing.items()) if len(missing) > 1 else None
    first, why = next(iter(missing.items()))
    return store.reminders.notify_once(first, kind, reason or why, day=day, now=now)


def _missing(settings: Settings, store: Store, issue: Issue, now: datetime) -> Iterator[str]:
    """Yield what keeps an issue from being approved; nothing if its send has begun."""
    send = store.sends.of_issue(issue.slug)
    if send is not None and send.digest:
        return
    try:
        reviewed = reviewed_issue(settings, compose_issue(settings, issue.slug))
    except NewsletterError as err:
        yield f"it can't be sent as it is: {next(iter(str(err).splitlines()), '')}"
        return
    is_scheduled = send is not None and stage_of(send, now).has_send
    start = start_of(send, issue.date, now=now) if send is not None and is_scheduled else None
    yield from review_of(settings, store, reviewed, start=start).standing.missing
