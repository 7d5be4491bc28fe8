"""The bounce mailbox that the settings describe, processed by one process at a time."""

import mailbox

import pytest

from newsletter.errors import BusyError, MailboxError, SettingsError
from newsletter.feedback import MailKind
from newsletter.publishing.bounces import process_bounces
from newsletter.settings import Settings
from newsletter.store import Store
from tests.make import WHEN


def test_messages_of_a_maildir_in_the_newsletters_folder_are_processed_once(settings: Settings, store: Store) -> None:
    maildir = mailbox.Maildir(settings.root / "returned", create=True)
    maildir.add(b"From: a reader <ada@example.com>\nSubject: Thank you\n\nI liked the night train.\n")
    assert process_bounces(settings, store, "returned", now=WHEN).counts == {MailKind.UNKNOWN: 1}
    assert process_bounces(settings, store, "returned", now=WHEN).counts == {}


def test_a_mailbox_is_processed_by_one_process_at_a_time(settings: Settings, store: Store) -> None:
    mailbox.Maildir(settings.root / "returned", create=True)
    with store.work_lock("bounce collection"), pytest.raises(BusyError):
        process_bounces(settings, store, "returned", now=WHEN)
    assert process_bounces(settings, store, "returned", now=WHEN).counts == {}


def test_a_missing_mailbox_or_secret_is_an_error(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MailboxError, match="no mailbox at"):
        process_bounces(settings, store, "nowhere", now=WHEN)
    monkeypatch.delenv("NEWSLETTER_SECRET")
    with pytest.raises(SettingsError, match="NEWSLETTER_SECRET is not set"):
        process_bounces(settings, store, "nowhere", now=WHEN)
