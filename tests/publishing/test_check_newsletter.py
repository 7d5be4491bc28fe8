"""Findings about a newsletter's provider, database and files, besides those of its content."""

import os
from datetime import date
from pathlib import Path

import pytest

from newsletter.domain.subscriber import Subscriber
from newsletter.errors import Finding
from newsletter.publishing.check_newsletter import check_newsletter
from newsletter.settings import Settings
from newsletter.store import Store
from newsletter.tokens import Signer
from tests import make
from tests.make import SECRET
from tests.newsletter_folder import write_issue, write_settings

TODAY = date(2026, 11, 23)


def findings(settings: Settings, store: Store | None, rule: str) -> list[Finding]:
    """Return the findings of a rule about the newsletter, seen from its folder."""
    every = check_newsletter(settings, store, today=TODAY, here=settings.root)
    return [finding for finding in every if finding.rule == rule]


def test_a_newsletter_without_mistakes_has_no_findings(settings: Settings, store: Store) -> None:
    write_issue(settings.root, TODAY, "train", more="preheader: About a train\n")
    assert check_newsletter(settings, store, today=TODAY, here=settings.root) == []


def test_a_provider_that_lacks_its_secret_or_has_an_unknown_option_is_found(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NEWSLETTER_SMTP_PASSWORD", raising=False)
    table = '[provider]\nname = "smtp"\nhost = "mail.example.org"\n'
    (secret,) = findings(write_settings(settings.root, table + 'username = "me"\n'), None, "provider-secret")
    assert "NEWSLETTER_SMTP_PASSWORD" in secret.what
    assert (secret.place.path, secret.place.line) == ("newsletter.toml", 6)
    (unfit,) = findings(write_settings(settings.root, table + 'colour = "red"\n'), None, "provider-unfit")
    assert "colour" in unfit.what


def test_a_database_in_a_folder_that_does_not_exist_is_found(settings: Settings) -> None:
    moved = write_settings(settings.root, 'database = "sqlite:///data/readers.db"')
    (finding,) = findings(moved, None, "database-folder")
    assert finding.what == f"there is no folder {settings.root / 'data'}"


@pytest.mark.skipif(os.name != "posix", reason="there are no such permissions")
def test_files_with_readers_data_that_others_can_read_are_found(settings: Settings, store: Store) -> None:
    assert findings(settings, store, "readable-by-others") == []
    settings.outbox.mkdir(mode=0o755)
    (settings.root / "newsletter.db").chmod(0o640)
    reported = findings(settings, store, "readable-by-others")
    assert [(finding.place.path, finding.hint) for finding in reported] == [
        ("newsletter.db", "chmod 600 newsletter.db"),
        ("outbox", "chmod 700 outbox"),
    ]
    elsewhere = check_newsletter(settings, store, today=TODAY, here=Path("/somewhere"))
    assert str(settings.outbox) in [finding.place.path for finding in elsewhere]


def test_a_topic_that_readers_follow_and_nobody_declares_is_found(settings: Settings, store: Store) -> None:
    store.subscribers.add(Subscriber(address="ada@example.com", topics=("science", "trams")), now=make.WHEN)
    store.subscribers.add(Subscriber(address="ben@example.com", topics=("trams",)), now=make.WHEN)
    (finding,) = findings(settings, store, "topic-followed")
    assert finding.what == '2 readers named the topic "trams", which is not declared'
    assert findings(settings, None, "topic-followed") == []


def test_files_with_the_address_of_an_erased_reader_are_found(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = settings.root / "export.csv"
    export.write_text("address\nada@example.com\n")
    ada = store.subscribers.add(Subscriber(address="ada@example.com"), now=make.WHEN)
    assert findings(settings, store, "erased-reader") == []
    store.self_service.erase(ada.key, make.WHEN, Signer(SECRET).fingerprints)
    (finding,) = findings(settings, store, "erased-reader")
    assert finding.place.path == "export.csv"
    monkeypatch.delenv("NEWSLETTER_SECRET")  # the hashes of erased readers can't be compared
    assert findings(settings, store, "erased-reader") == []
