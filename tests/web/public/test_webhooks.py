"""Webhooks from SNS to the running pages: each event is stored once in all circumstances."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.segment import EVERYONE
from newsletter.domain.subscriber import SuppressionReason
from newsletter.providers.ses.webhook import open_ses_hook
from newsletter.store import engines, open_store
from tests import ledger, make
from tests.rows import database_of, stored_events
from tests.sns import TOPIC, Certificates, certificate, envelope, signing_key
from tests.web.public import webhook_server
from tests.web.public.public_pages import HOST, Public, public


@pytest.fixture
def certificates() -> Certificates:
    """Return the source of SNS's certificate."""
    return Certificates()


@pytest.fixture
def served(tmp_path: Path, certificates: Certificates) -> Iterator[Public]:
    """Start the pages of a newsletter that listens to one topic."""
    hook = open_ses_hook({"topics": [TOPIC]}, root=tmp_path, environment={}, fetch=certificates.fetch)
    assert hook is not None
    with public(tmp_path, hooks={"ses": hook}) as pages:
        yield pages


def sent(pages: Public) -> str:
    """Send an issue whose only delivery is uncertain, and return its reader's key."""
    reader = pages.reader()
    pages.store.sends.freeze(
        compiled=make.compiled(),
        tailor=make.tailor(),
        date=make.WHEN,
        segments=[EVERYONE],
        provider="ses",
        now=make.WHEN,
    )
    ledger.claim(pages.store, 1, size=1)
    pages.store.deliveries.settle_interrupted(1, deduplicates=False)
    assert pages.store.sends.get(1).counts == {DeliveryStatus.UNCERTAIN: 1}
    return reader.key


def bounced(key: str) -> dict[str, Any]:
    """Return a bounce notification of SES."""
    return {
        "eventType": "Bounce",
        "mail": {
            "messageId": "0100",
            "destination": ["ada@example.com"],
            "tags": {"issue": ["2026-11-23"], "delivery": [key]},
        },
        "bounce": {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": "ada@example.com"}]},
    }


def test_a_bounce_settles_its_delivery_and_suppresses(served: Public) -> None:
    body = envelope(bounced(sent(served)))
    with served.client(**{"Content-Type": "text/plain; charset=UTF-8"}) as client:
        for _ in range(2):  # SNS delivers at least once
            answer = client.post("/hooks/ses", content=body)
            assert (answer.status_code, answer.text) == (200, "Noted.\n")
            assert "set-cookie" not in answer.headers
    assert served.store.sends.get(1).counts == {DeliveryStatus.SUBMITTED: 1}
    assert [suppression.reason for suppression in served.store.suppressions.stream()] == [SuppressionReason.BOUNCED]
    assert len(stored_events(served.store)) == 1
    assert served.logged == []


def test_a_post_without_an_sns_signature_changes_nothing(served: Public) -> None:
    body = envelope(bounced(sent(served)), Message="{}")
    with served.client() as client:
        assert client.post("/hooks/ses", content=body).status_code == 403
        assert client.post("/hooks/ses", json={"eventType": "Bounce"}).status_code == 403
        assert client.get("/hooks/ses").status_code == 405
        assert client.post("/hooks/postmark", content=body).status_code == 404
        assert client.post("/hooks/ses", content=body, headers={"Host": "evil.example"}).status_code == 421
    assert stored_events(served.store) == []


def test_sns_should_retry_while_the_certificate_is_unavailable(served: Public, certificates: Certificates) -> None:
    body = envelope({"eventType": "Send"})
    files, certificates.files = certificates.files, {}
    with served.client() as client:
        assert client.post("/hooks/ses", content=body).status_code == 503
        certificates.files = files
        served.clock.move(minutes=2)
        assert client.post("/hooks/ses", content=body).status_code == 200


def test_a_message_of_256_kib_is_accepted_and_one_of_megabytes_refused(served: Public) -> None:
    with served.client() as client:
        assert client.post("/hooks/ses", content=envelope("x" * 256 * 1024)).status_code == 200
        assert client.post("/hooks/ses", content=envelope("x" * 2**20)).status_code == 413
        assert client.post("/subscribe", content=b"x" * 100_000).status_code == 413


def test_many_simultaneous_posts_are_all_stored(served: Public) -> None:
    key = sent(served)
    bodies = [envelope(bounced(key), number=number % 60) for number in range(120)]

    def post(some: list[bytes]) -> list[int]:
        with served.client() as client:
            return [client.post("/hooks/ses", content=body).status_code for body in some]

    with ThreadPoolExecutor(8) as pool:
        answers = [status for some in pool.map(post, [bodies[n::8] for n in range(8)]) for status in some]
    assert answers == [200] * 120
    assert len(stored_events(served.store)) == 60


def test_sns_should_retry_while_the_database_is_locked_and_the_event_is_stored_once(
    tmp_path: Path, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "WAIT", 0.1)
    hook = open_ses_hook({"topics": [TOPIC]}, root=tmp_path, environment={}, fetch=certificates.fetch)
    assert hook is not None
    body = envelope({"eventType": "Send"})
    with public(tmp_path, hooks={"ses": hook}) as pages, pages.client() as client:
        with database_of(pages.store).writing():
            assert client.post("/hooks/ses", content=body).status_code == 503
        assert client.post("/hooks/ses", content=body).status_code == 200
        assert len(stored_events(pages.store)) == 1


def test_the_webhook_is_not_in_the_description_of_the_api(served: Public) -> None:
    with served.client() as client:
        assert "/hooks" not in json.dumps(client.get("/api/openapi.json").json())


def test_a_killed_server_has_stored_every_event_it_answered(tmp_path: Path) -> None:
    (tmp_path / webhook_server.CERTIFICATE).write_bytes(certificate(signing_key()))
    bodies = [envelope({"eventType": "Send"}, number=number) for number in range(400)]
    answered: list[int] = []
    command = [sys.executable, "-m", "tests.web.public.webhook_server", str(tmp_path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]
    ) as server:
        assert server.stdout is not None
        address = f"http://127.0.0.1:{int(server.stdout.readline())}"

        def post(some: range) -> None:
            with httpx.Client(base_url=address, headers={"Host": HOST}) as client, suppress(httpx.TransportError):
                for number in some:
                    if client.post("/hooks/ses", content=bodies[number]).status_code == 200:
                        answered.append(number)
                        if len(answered) == 150:
                            server.kill()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(post, [range(first, 400, 8) for first in range(8)]))
        server.kill()
    assert 150 <= len(answered) < 400
    with open_store(f"sqlite:///{tmp_path / 'newsletter.db'}") as store:
        noted = {event.key for event in stored_events(store)}
    assert {f"sns:{number:08d}-0000-0000-0000-000000000000:0" for number in answered} <= noted
