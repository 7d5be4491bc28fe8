"""A dead address can't be mailed repeatedly by requests in its name, on both databases."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from newsletter.domain.consent import SERVICE
from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.domain.events import Bounce, Event, EventKind
from newsletter.domain.subscriber import SuppressionReason
from newsletter.feedback import Feedback
from newsletter.store import migrate, open_store, upgrade
from newsletter.store.engines import connect
from newsletter.store.tables import suppression
from tests import make
from tests.web.public.public_pages import Public, link_in, public

ADA = "ada@example.com"
numbers = count()


@pytest.fixture
def served(tmp_path: Path, database_url: str) -> Iterator[Public]:
    """Start public pages on each kind of database."""
    with public(tmp_path, database=database_url) as pages:
        yield pages


@pytest.fixture
def stranger(served: Public) -> Iterator[httpx.Client]:
    """Return a client that knows an address."""
    with served.client() as client:
        yield client


def bounce(pages: Public, issue: str = SERVICE, *, how: Bounce = Bounce.PERMANENT, address: str = ADA) -> None:
    """Report a bounce now, as the provider does."""
    event = Event(
        key=f"bounce {next(numbers)}",
        provider="ses",
        kind=EventKind.BOUNCED,
        at=pages.clock(),
        address=address,
        issue=issue,
        reader="0" * 32,
        bounce=how,
        status="5.1.1",
        detail="550 5.1.1 no such user",
    )
    Feedback(pages.store, pages.site.signer, soft_bounces=7).record([event], now=pages.clock())


def ask(pages: Public, client: httpx.Client, address: str = ADA) -> tuple[tuple[int, str], ...]:
    """Sign an address up and ask for its link; return both answers."""
    answers = (pages.sign_up(client, address=address), client.post("/preferences", data={"address": address}))
    return tuple((answer.status_code, answer.text) for answer in answers)


@pytest.mark.parametrize("reason", ["bounced on an issue", "not suppressed"])
def test_after_a_bounce_no_service_mail_goes_to_the_address_for_30_days(
    served: Public, stranger: httpx.Client, reason: str
) -> None:
    served.reader(ADA)
    if reason != "not suppressed":
        bounce(served, "2026-11-23")
        served.clock.move(days=60)
    served.sign_up(stranger, address=ADA)
    assert len(served.mails()) == 1
    bounce(served)
    for day in range(1, 30):
        served.clock.move(days=1)
        if day % 4 == 1:  # rarely enough for the limits of an address
            answers = ask(served, stranger)
            assert answers == ask(served, stranger, f"other{day}@example.com")
        assert [mail["To"] for mail in served.mails() if mail["To"] == ADA] == [], day
    served.clock.move(days=2)
    served.sign_up(stranger, address=ADA)
    (mail,) = served.mails()
    bounce(served)
    served.clock.move(days=29)
    ask(served, stranger)
    assert served.mails() == []
    assert mail["To"] == ADA


def test_a_confirmed_sign_up_or_the_operator_allows_service_mail_again(served: Public, stranger: httpx.Client) -> None:
    served.reader(ADA)
    bounce(served, "2026-11-23")
    served.sign_up(stranger, address=ADA)
    (mail,) = served.mails()
    bounce(served)
    assert "Welcome" in stranger.post(link_in(mail)).text
    stranger.post("/preferences", data={"address": ADA})
    assert len(served.mails()) == 1
    bounce(served)
    served.clock.move(days=1)
    stranger.post("/preferences", data={"address": ADA})
    assert served.mails() == []
    assert served.store.suppressions.remove(ADA)
    served.clock.move(days=1)
    stranger.post("/preferences", data={"address": ADA})
    assert len(served.mails()) == 1


def test_a_soft_bounce_of_service_mail_has_no_effect(served: Public, stranger: httpx.Client) -> None:
    served.reader(ADA)
    bounce(served, how=Bounce.TRANSIENT)
    stranger.post("/preferences", data={"address": ADA})
    assert len(served.mails()) == 1


def test_a_bounce_of_an_erased_address_is_stored_only_as_a_hash(served: Public, stranger: httpx.Client) -> None:
    reader = served.reader(ADA)
    bounce(served)
    assert served.store.self_service.erase(reader.key, make.WHEN, served.site.signer.fingerprints)
    assert served.store.service_bounces.last(ADA, served.site.signer.fingerprints) is None
    served.sign_up(stranger, address=ADA)
    (mail,) = served.mails()
    bounce(served)
    served.clock.move(days=2)
    served.sign_up(stranger, address=ADA)
    assert served.mails() == []
    assert served.store.service_bounces.last(ADA) is None  # it can't be looked up by the address alone
    assert "Welcome" in stranger.post(link_in(mail)).text
    assert served.store.service_bounces.last(ADA, served.site.signer.fingerprints) is None


def test_a_server_that_refuses_service_mail_at_once_counts_too(served: Public, stranger: httpx.Client) -> None:
    class Refusing:
        """A provider whose server knows no such user."""

        def __getattr__(self, name: str) -> object:
            return getattr(served.mailer.provider, name)

        def submit(self, letters: object) -> list[Receipt]:
            return [Receipt(subscriber=0, status=DeliveryStatus.REFUSED, detail="550 5.1.1 no such user", gone=True)]

    served.sign_up(stranger, address=ADA)
    assert replace(served.mailer, provider=Refusing()).send_batch() == 1  # type: ignore[arg-type]
    served.clock.move(days=2)
    served.sign_up(stranger, address=ADA)
    assert served.mails() == []


def test_old_bounces_are_deleted_and_reports_can_come_in_any_order(served: Public) -> None:
    served.clock.move(days=2)
    last = served.clock()
    bounce(served)
    served.clock.move(days=-2)
    bounce(served)
    assert served.store.service_bounces.last(ADA) == last
    served.clock.move(days=31, hours=23)
    served.store.confirmations.tidy(served.clock())
    assert served.store.service_bounces.last(ADA) == last
    served.clock.move(hours=1)
    served.store.confirmations.tidy(served.clock())
    assert served.store.service_bounces.last(ADA) is None


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_upgrade_keeps_bounces_recorded_as_suppressions(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}" if kind == "sqlite" else request.getfixturevalue("empty_postgresql")
    before = connect(url)
    with before.exclusive() as connection:
        config = Config(attributes={"connection": connection, "version_table": migrate.REVISION_TABLE})
        config.set_main_option("script_location", str(migrate.MIGRATIONS))
        config.set_main_option("path_separator", "os")
        command.upgrade(config, "0011")
    with before.writing() as connection:
        rows = [
            {"address_key": address, "reason": reason.value, "since": make.WHEN, "issue": issue}
            for address, reason, issue in (
                (ADA, SuppressionReason.BOUNCED, SERVICE),
                ("bob@example.com", SuppressionReason.BOUNCED, "2026-11-23"),
                ("cleo@example.com", SuppressionReason.COMPLAINED, SERVICE),
            )
        ]
        connection.execute(sa.insert(suppression), rows)
    before.close()
    upgrade(url)
    with open_store(url) as store:
        latest = [store.service_bounces.last(str(row["address_key"])) for row in rows]
    assert latest == [make.WHEN, None, None]
