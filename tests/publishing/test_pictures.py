"""Pictures in a bucket: there before the first message, and no message without them."""

from collections.abc import Iterator
from datetime import date
from email import message_from_bytes, policy

import httpx
import pytest

from newsletter import bootstrap
from newsletter.aws.bucket import BucketError
from newsletter.domain.send import SendStatus
from newsletter.domain.subscriber import Subscriber
from newsletter.publishing.pictures import publish_pictures
from newsletter.publishing.sends.send_issue import send_now
from newsletter.publishing.sends.send_preparing import compose_issue, prepare_send
from newsletter.publishing.sends.send_schedule import schedule_send
from newsletter.publishing.sends.start_time import StartTime
from newsletter.publishing.workers.due_sends import run_due_sends
from newsletter.sending import Observer
from newsletter.settings import Settings
from newsletter.store import Store
from tests.make import WHEN
from tests.newsletter_folder import write_issue, write_settings
from tests.people import PUBLISHER
from tests.pictures.drawings import bring_along, decoded
from tests.s3_server import CREDENTIALS, S3Server, s3_server

TODAY = date(2026, 11, 23)
SLUG = TODAY.isoformat()


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    """Run an S3 with the bucket ``letters``."""
    with s3_server() as running:
        running.create_bucket("letters")
        yield running


@pytest.fixture
def illustrated(settings: Settings, store: Store, server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A newsletter with a bucket, two readers and an issue with a picture."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    for name in ("ada", "ben"):
        store.subscribers.add(Subscriber(address=f"{name}@example.com"), WHEN)
    bring_along(settings.root, "harbour.jpg")
    write_issue(settings.root, TODAY, "train", more="overrides:\n  train: {image: harbour.jpg, image_alt: Boats}\n")
    return with_bucket(settings, server, "letters")


def with_bucket(settings: Settings, server: S3Server, name: str) -> Settings:
    """Return the settings with a bucket of the server."""
    table = f'[images]\nbucket = "{name}"\nprefix = "{settings.root.name}"\nregion = "us-east-1"\n'
    return write_settings(settings.root, f'{table}url = "{server.url}/{name}"\nendpoint_url = "{server.url}"\n')


def picture_in_the_mail(settings: Settings) -> str:
    """Return the address of the picture in the first message of the outbox."""
    path = min(settings.outbox.glob(f"{SLUG}/*.eml"))
    body = message_from_bytes(path.read_bytes(), policy=policy.default).get_body(("html",))
    assert body is not None
    return str(body.get_content()).partition('<img class="picture')[2].partition('src="')[2].partition('"')[0]


def test_the_first_message_names_a_picture_that_is_there(illustrated: Settings, store: Store) -> None:
    composed = compose_issue(illustrated, SLUG)
    send = prepare_send(PUBLISHER, illustrated, store, composed, today=TODAY, now=WHEN)
    with bootstrap.open_send_context(illustrated) as context:
        ended = send_now(PUBLISHER, illustrated, store, context, send, now=WHEN, observer=Observer())
    assert ended.status is SendStatus.FINISHED
    address = picture_in_the_mail(illustrated)
    assert address.startswith(f"{illustrated.bucket.public_url}/" if illustrated.bucket else "no bucket")
    answer = httpx.get(address)
    assert answer.headers["content-type"] == "image/jpeg"
    assert decoded(answer.content).size == (1104, 552)


def test_pictures_are_uploaded_once(illustrated: Settings) -> None:
    composed = compose_issue(illustrated, SLUG)
    assert publish_pictures(illustrated, composed) == 1
    assert publish_pictures(illustrated, composed) == 0


def test_without_a_bucket_or_pictures_nothing_is_uploaded(settings: Settings, server: S3Server) -> None:
    write_issue(settings.root, TODAY, "train")
    assert publish_pictures(settings, compose_issue(settings, SLUG)) == 0
    without_network = with_bucket(settings, server, "nowhere")
    assert publish_pictures(without_network, compose_issue(without_network, SLUG)) == 0


def test_nothing_is_sent_if_a_picture_cannot_be_uploaded(illustrated: Settings, store: Store, server: S3Server) -> None:
    broken = with_bucket(illustrated, server, "nowhere")
    composed = compose_issue(broken, SLUG)
    send = prepare_send(PUBLISHER, broken, store, composed, today=TODAY, now=WHEN)
    with bootstrap.open_send_context(broken) as context, pytest.raises(BucketError, match="there is no such bucket"):
        send_now(PUBLISHER, broken, store, context, send, now=WHEN, observer=Observer())
    assert list(store.sends.all()) == []
    assert not list(broken.outbox.glob("*/*.eml"))


def test_a_scheduled_send_waits_until_its_pictures_can_be_uploaded(
    illustrated: Settings, store: Store, server: S3Server
) -> None:
    broken, failures = with_bucket(illustrated, server, "later"), list[str]()
    now = store.now()
    send = prepare_send(
        PUBLISHER,
        broken,
        store,
        compose_issue(broken, SLUG),
        today=TODAY,
        now=now,
        start=StartTime(begins=now, day=TODAY, days=0),
    )
    schedule_send(PUBLISHER, broken, store, send, now=now)

    def run() -> None:
        run_due_sends(
            broken,
            store,
            observer=Observer(),
            ended=lambda _: None,
            failed=lambda _send, why: failures.append(str(why)),
            paused=lambda _: None,
            at_once=True,
        )

    run()
    assert ["there is no such bucket" in why for why in failures] == [True]
    assert not list(broken.outbox.glob("*/*.eml"))
    server.create_bucket("later")
    run()
    (ended,) = store.sends.all()
    assert ended.status is SendStatus.FINISHED
    assert httpx.get(picture_in_the_mail(broken)).status_code == 200
