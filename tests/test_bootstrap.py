"""A newsletter's parts, wired up from its settings."""

from pathlib import Path

import pytest

from newsletter import bootstrap
from newsletter.domain.addresses import address_key
from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.subscriber import Subscriber
from newsletter.errors import SecretError, SettingsError
from newsletter.message.mime import Letter, Wire
from newsletter.sending import send_proof
from newsletter.tokens import Signer
from tests import make
from tests.databases import new_sqlite
from tests.make import SECRET, WHEN, email, recipient
from tests.newsletter_folder import write_settings

OLD = "one-secret-without-spaces"
ADA = Subscriber(address="ada@example.com")
MAILDIR = '[provider]\nname = "outbox"\npath = "spool"\nformat = "maildir"\n'
SMTP = '[provider]\nname = "smtp"\nhost = "mail.example.org"\nusername = "me"\n'
SES = '[provider]\nname = "ses"\nregion = "eu-central-1"\ntopics = ["arn:aws:sns:eu-central-1:123456789012:feedback"]\n'


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the secret that signs links, and no other."""
    monkeypatch.setenv("NEWSLETTER_SECRET", SECRET)
    for name in ("NEWSLETTER_EARLIER_SECRETS", "NEWSLETTER_SMTP_PASSWORD"):
        monkeypatch.delenv(name, raising=False)


def test_a_store_opened_from_settings_is_the_file_that_they_name(tmp_path: Path) -> None:
    settings = write_settings(tmp_path, 'database = "sqlite:///readers.db"')
    new_sqlite(tmp_path / "readers.db")
    with bootstrap.open_store(settings) as store:
        store.subscribers.add(ADA, now=make.WHEN)
    with bootstrap.open_store(settings) as again:
        assert again.subscribers.get(ADA.address) is not None


def test_whether_there_is_a_database_is_told_without_creating_one(tmp_path: Path) -> None:
    settings = write_settings(tmp_path, 'database = "sqlite:///readers.db"')
    assert not bootstrap.has_database(settings)
    assert not bootstrap.has_database(settings)
    with bootstrap.open_store(settings):
        assert bootstrap.has_database(settings)


def test_a_send_context_delivers_by_the_configured_provider_and_bounces_return_to_its_path(
    tmp_path: Path,
) -> None:
    settings = write_settings(
        tmp_path, MAILDIR + '[feedback]\nreturn_path = "bounces@daily.example"\nmailbox = "mail"\n'
    )
    with bootstrap.open_send_context(settings) as context:
        receipt = send_proof(context, email=email(), reader=ADA, now=WHEN)
    assert receipt.status is DeliveryStatus.SUBMITTED
    assert len(list(tmp_path.glob("spool/*/new/*"))) == 1
    assert (context.return_path, context.unsubscribe_mail) == ("bounces@daily.example", "bounces@daily.example")
    assert (context.base_url, context.zone.key) == ("https://news.daily.example", "Europe/Vienna")


def test_a_send_context_without_a_secret_is_refused_before_the_provider_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NEWSLETTER_SECRET")
    settings = write_settings(tmp_path, SMTP)
    with pytest.raises(SettingsError, match="NEWSLETTER_SECRET is not set"), bootstrap.open_send_context(settings):
        pass


def test_the_signer_has_the_secrets_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLETTER_EARLIER_SECRETS", OLD)
    assert bootstrap.open_signer().key_ids == Signer(SECRET, OLD).key_ids
    monkeypatch.delenv("NEWSLETTER_SECRET")
    with pytest.raises(SettingsError, match="NEWSLETTER_SECRET is not set"):
        bootstrap.open_signer()


def test_an_outbox_for_rehearsals_keeps_the_format_of_the_settings(tmp_path: Path) -> None:
    for more, written in ((MAILDIR, "2026-11-23/new/*"), (SMTP, "2026-11-23/*.eml")):
        settings = write_settings(tmp_path, more)
        folder = tmp_path / settings.provider_name
        letter = Letter(Wire(email(), WHEN), recipient())
        with bootstrap.open_outbox(settings, folder) as outbox:
            assert [receipt.status for receipt in outbox.submit([letter])] == [DeliveryStatus.SUBMITTED]
        assert len(list(folder.glob(written))) == 1


def test_a_provider_is_checked_without_using_the_network(tmp_path: Path) -> None:
    bootstrap.check_provider(write_settings(tmp_path, MAILDIR))
    with pytest.raises(SecretError, match="NEWSLETTER_SMTP_PASSWORD"):
        bootstrap.check_provider(write_settings(tmp_path, SMTP))
    with pytest.raises(SettingsError, match="colour"):
        bootstrap.check_provider(write_settings(tmp_path, MAILDIR + 'colour = "red"\n'))


def test_only_a_provider_whose_settings_say_who_may_post_has_a_webhook(tmp_path: Path) -> None:
    assert set(bootstrap.open_webhooks(write_settings(tmp_path, SES))) == {"ses"}
    assert bootstrap.open_webhooks(write_settings(tmp_path, SES.partition("topics")[0])) == {}
    assert bootstrap.open_webhooks(write_settings(tmp_path, MAILDIR)) == {}


def test_erased_readers_are_recognised_only_with_the_secret_of_their_hashes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSLETTER_SECRET", OLD)
    settings = write_settings(tmp_path)
    new_sqlite(tmp_path / "newsletter.db")
    with bootstrap.open_store(settings) as store:
        assert bootstrap.signer_of_erasures(store) is None
        ada = store.subscribers.add(ADA, now=make.WHEN)
        assert store.self_service.erase(ada.key, make.WHEN, Signer(OLD).fingerprints)
        signer = bootstrap.signer_of_erasures(store)
        assert signer is not None
        assert store.erasures.has(address_key(ADA.address), signer.fingerprints)
        monkeypatch.setenv("NEWSLETTER_SECRET", SECRET)
        with pytest.raises(SettingsError, match="a secret is missing"):
            bootstrap.signer_of_erasures(store)
        monkeypatch.setenv("NEWSLETTER_EARLIER_SECRETS", OLD)
        assert bootstrap.signer_of_erasures(store) is not None


def test_erased_readers_are_not_looked_for_in_pictures_and_the_database(tmp_path: Path) -> None:
    settings = write_settings(tmp_path)
    for name in ("issues/images/harbour.jpg", "newsletter.db", "issues/note.md", "export.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = {path.relative_to(tmp_path).as_posix() for path in bootstrap.searched_files(settings)}
    assert found == {"export.csv", "issues/note.md", "newsletter.toml"}
