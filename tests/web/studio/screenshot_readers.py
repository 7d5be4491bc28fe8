"""Readers for the studio's screenshots: some who need care, a hundred thousand, and hostile files to import."""

from datetime import datetime, timedelta
from pathlib import Path

import httpx
import sqlalchemy as sa

from newsletter.domain.consent import (
    Confirmation,
    ConfirmationKind,
    Consent,
    ConsentEvent,
    MailRequest,
    ServiceKind,
    ServiceMessage,
)
from newsletter.domain.people import Person
from newsletter.domain.subscriber import Frequency, Subscriber, SubscriberStatus, SuppressionReason
from newsletter.publishing.readers.reader_requests import unsubscribe_reader
from newsletter.publishing.readers.reader_suppressions import suppress_address
from newsletter.publishing.readers.readers import add_reader
from newsletter.store import open_store
from tests.web.preview.running_preview import TOKEN

MANY = 100_000
SAMPLE_FILE = (
    "E-mail;Name;Interests;Town;Notes\n"
    "odile@example.org;Odile Ferrant;Railways, Maps;Lille;met at the fair\n"
    "jorin@example.com;Jorin Aldag;Biology;Husum;\n"
    "not-an-address;Nobody;;;\n"
    "tamsin@example.net;Tamsin Okafor;Music;;\n"
)
HOSTILE_FILE = (
    "email,=cmd|' /C calc'!A0,<script>alert(1)</script>,first_name\n"
    "=HYPERLINK(1)@example.org,x,y,z\n"
    "a@example.org,=1+1,<img src=x onerror=alert(1)>," + "ü" * 4000 + "\n"
    "nul@example.org,\0,x,y\n"
    '"unclosed@example.org,x\n'
)


def add_some(root: Path, now: datetime) -> None:
    """Add readers who need care: Ada, with a history; one who bounced, one who left, and sign-ups that wait."""
    person = Person(name="Robin Vale", address="robin@lantern.example.org")
    with open_store(f"sqlite:///{root / 'newsletter.db'}") as store:
        before = now - timedelta(days=200)
        ada = add_reader(
            store,
            person,
            Subscriber(
                address="augusta.lindqvist@meridian.example",
                first_name="Augusta",
                last_name="Lindqvist",
                topics=("maps", "railways"),
                excludes=("food",),
                language="en-GB",
                time_zone="Europe/Stockholm",
                frequency=Frequency.EACH,
                attributes={"town": "Malmö", "plan": "patron", "source": "the autumn book fair"},
                created=before,
            ),
            now=before,
            consent=Consent(
                at=before, event=ConsentEvent.ASKED, how="studio", wording="Signed the list at the autumn book fair"
            ),
        )
        store.self_service.save_preferences(ada.key, ada, now)
        for address, name in (("broken.mailbox@example.net", "Bo"), ("left.us@example.org", "Lena")):
            added = add_reader(store, person, Subscriber(address=address, first_name=name), now=before)
            if name == "Bo":
                suppress_address(store, person, address, now=now, reason=SuppressionReason.BOUNCED)
            else:
                unsubscribe_reader(store, person, added.key, now=now)
        imported = Subscriber(address="imported@example.com", status=SubscriberStatus.UNCONFIRMED)
        add_reader(store, person, imported, now=now)
        for at, address in enumerate(("waiting@example.org", "also.waiting@example.net")):
            about = Confirmation(
                key=f"{at:032x}", kind=ConfirmationKind.SIGN_UP, address=address, requested=now, how="page"
            )
            message = ServiceMessage(kind=ServiceKind.CONFIRM, address=address, created=now, about=about.key)
            store.confirmations.request([MailRequest(message=message, about=about)])


def add_many(root: Path, now: datetime) -> None:
    """Add a hundred thousand readers with plain SQL."""
    url = f"sqlite:///{root / 'newsletter.db'}"
    open_store(url).close()
    engine = sa.create_engine(url)
    when = now.strftime("%Y-%m-%d %H:%M:%S.000000")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)"
            " INSERT INTO subscriber (key, address, address_key, first_name, last_name, name_key, last_name_key,"
            " status, language, attributes, created, changed)"
            " SELECT printf('%032x', n), 'r' || n || '@example.com', 'r' || n || '@example.com', 'Reader', 'No ' || n,"
            " 'reader no ' || n, 'no ' || n, CASE n % 20 WHEN 0 THEN 'unsubscribed' WHEN 1 THEN 'unconfirmed'"
            " ELSE 'confirmed' END, '', '{}', ?, ? FROM numbers",
            (MANY, when, when),
        )
    engine.dispose()


def reader_key(root: Path, text: str) -> str:
    """Return the key of a reader who is found by a text; empty if there is none."""
    path = root / "newsletter.db"
    if not path.exists():
        return ""
    with open_store(f"sqlite:///{path}") as store:
        return next((reader.key for reader in store.reader_search.find(text, most=1)), "")


def upload(base: str, content: str, name: str = "readers.csv") -> str:
    """Upload a file to a studio, wait until it is checked, and return the path of its page."""
    with httpx.Client(base_url=base, headers={"Sec-Fetch-Site": "same-origin", "Accept": "application/json"}) as client:
        client.get("/", params={"token": TOKEN})
        answer = client.post("/readers/import", files={"file": (name, content.encode(), "text/csv")})
        path = str(answer.json()["go_to"])
        while client.get(f"{path}/state").json()["running"]:
            pass
    return path
