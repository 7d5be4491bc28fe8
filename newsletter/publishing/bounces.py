"""Process the bounce mailbox."""

from datetime import datetime

from newsletter import bootstrap
from newsletter.feedback import CollectedBounces, collect_bounces
from newsletter.settings import Settings
from newsletter.store import Store


def process_bounces(settings: Settings, store: Store, location: str, *, now: datetime) -> CollectedBounces:
    """Record what the messages in a bounce mailbox report, and return a summary.

    ``location`` is a path, relative to the newsletter's folder, or ``imaps://user@host/folder``. Raise BusyError if
    another process does the same with this database, SettingsError, MailboxError or StoreError; running it again
    continues where it stopped.
    """
    signer = bootstrap.open_signer()
    with store.work_lock("bounce collection"), bootstrap.open_bounce_mailbox(settings, location) as mailbox:
        return collect_bounces(
            store,
            signer,
            bootstrap.feedback_recorder(settings, store, signer),
            mailbox,
            now,
            keep=settings.feedback.keep,
            signed_paths=bool(settings.feedback.return_path),
        )
