"""Clicks and opens over a socket: links lead to their issue's targets, and people are counted apart from machines."""

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest

from newsletter import settings
from newsletter.domain.events import Event, EventKind
from newsletter.domain.publication import Newsletter
from newsletter.domain.subscriber import Subscriber
from newsletter.domain.tracking import MachineReason, TrackingCount, TrackingLevel, TrackingSettings
from newsletter.tokens import Purpose
from tests.rows import execute, fetch_column
from tests.web.preview.running_preview import write_newsletter
from tests.web.public.public_pages import HOST, Public, public
from tests.web.sent_issues import freeze_as_sent

ISSUE = "2026-11-23"
LINK = "https://example.org/review/night-train"
PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def publication(root: Path, **rules: object) -> Newsletter:
    """Return the newsletter of a write_newsletter, with counting."""
    folder = write_newsletter(root)
    folder.issue(ISSUE, "night-train", "good-soil", "tired-bridge")
    toml = folder.root / "newsletter.toml"
    lines = [f'{name} = "{value}"' for name, value in rules.items() if isinstance(value, str)]
    toml.write_text(f"{toml.read_text()}\n[counting]\n" + "\n".join(lines) + "\n")
    return settings.load(folder.root).newsletter


@pytest.fixture
def pages(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Public]:
    """Start public pages that count as the test's mark says, with an issue sent to two readers."""
    mark = request.node.get_closest_marker("counting")
    newsletter = publication(tmp_path, **(mark.kwargs if mark else {"clicks": "aggregate", "opens": "aggregate"}))
    with public(tmp_path, newsletter=newsletter) as at:
        for name in ("ada", "ben"):
            at.reader(f"{name}@example.com")
        freeze_as_sent(at, ISSUE)
        yield at


@pytest.fixture
def client(pages: Public) -> Iterator[httpx.Client]:
    """Return a client with a person's browser headers."""
    with pages.client(**{"User-Agent": PERSON}) as client:
        yield client


def readers(pages: Public) -> list[Subscriber]:
    return list(pages.store.subscribers.stream())


def token(pages: Public, reader: Subscriber) -> str:
    base = pages.site.newsletter.base_url
    return pages.site.signer.links(base, ISSUE, naming=True)(reader.key)["links.reader"]


def clicks(pages: Public) -> TrackingCount:
    return pages.store.clicks_and_opens.counts(ISSUE).clicks


def opens(pages: Public) -> TrackingCount:
    return pages.store.clicks_and_opens.counts(ISSUE).opens


def why(pages: Public) -> list[str]:
    """Return the classification of each click and open, in order."""
    return fetch_column(pages.store, "SELECT machine FROM response ORDER BY id")


def test_a_click_redirects_to_the_issues_link_and_counts(pages: Public, client: httpx.Client) -> None:
    answer = client.get(f"/c/{ISSUE}/1")
    assert (answer.status_code, answer.headers["location"]) == (302, LINK)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in answer.headers
    assert clicks(pages) == TrackingCount(people=1)


@pytest.mark.parametrize(
    "path", [f"/c/{ISSUE}/99", "/c/2026-11-24/1", f"/c/{ISSUE}/0", f"/c/{ISSUE}/1?url=https://evil.example", "/c/x/y"]
)
def test_a_request_cannot_choose_its_target(pages: Public, client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (302, 404)
    assert answer.headers.get("location", LINK) == LINK


@pytest.mark.parametrize(
    ("method", "headers", "machine"),
    [
        ("HEAD", {}, MachineReason.HEAD),
        ("GET", {"Sec-Purpose": "prefetch;prerender"}, MachineReason.PREFETCH),
        ("GET", {"X-Purpose": "preview"}, MachineReason.PREFETCH),
        ("GET", {"User-Agent": "Mozilla/5.0"}, MachineReason.PREFETCH),
        ("GET", {"User-Agent": "python-requests/2.32"}, MachineReason.PROGRAM),
        ("GET", {"User-Agent": "LinkPreviewBot/1.0"}, MachineReason.PROGRAM),
        ("GET", {"User-Agent": ""}, MachineReason.PROGRAM),
    ],
)
def test_machines_are_redirected_but_not_counted_as_people(
    pages: Public, client: httpx.Client, method: str, headers: dict[str, str], machine: MachineReason
) -> None:
    assert client.request(method, f"/c/{ISSUE}/1", headers=headers).status_code == 302
    assert client.request(method, f"/o/{ISSUE}.gif", headers=headers).status_code == 200
    assert why(pages) == [machine, machine]
    assert (clicks(pages), opens(pages)) == (TrackingCount(machines=1), TrackingCount(machines=1))


def test_requests_from_scanners_networks_are_machines(tmp_path: Path) -> None:
    newsletter = publication(tmp_path)
    rules = TrackingSettings(clicks=TrackingLevel.AGGREGATE, scanners=(ip_network("192.0.2.0/24"),))
    newsletter = Newsletter(
        name=newsletter.name,
        sender=newsletter.sender,
        postal_address=newsletter.postal_address,
        base_url=newsletter.base_url,
        topics=newsletter.topics,
        counting=rules,
    )
    with public(tmp_path, newsletter=newsletter) as at:
        at.reader()
        freeze_as_sent(at, ISSUE)
        for address in ("192.0.2.7", "198.51.100.7"):
            with at.client(**{"User-Agent": PERSON, "X-Forwarded-For": address}) as client:
                assert client.get(f"/c/{ISSUE}/1").status_code == 302
        assert why(at) == [MachineReason.SCANNER, ""]


def test_three_links_within_two_seconds_are_a_machine(pages: Public, client: httpx.Client) -> None:
    client.get(f"/c/{ISSUE}/1")
    client.get(f"/c/{ISSUE}/1")
    client.get(f"/c/{ISSUE}/2")
    assert clicks(pages) == TrackingCount(people=3)
    client.get(f"/c/{ISSUE}/3")
    assert why(pages) == [MachineReason.BURST] * 4
    pages.clock.move(seconds=3)
    client.get(f"/c/{ISSUE}/1")
    assert clicks(pages) == TrackingCount(people=1, machines=4)


def test_simultaneous_clicks_are_a_machine(pages: Public) -> None:
    at_once = threading.Barrier(3)

    def follow(number: int) -> None:
        with pages.client(**{"User-Agent": PERSON}) as client:
            at_once.wait(20)
            assert client.get(f"/c/{ISSUE}/{number}").status_code == 302

    threads = [threading.Thread(target=follow, args=(number,)) for number in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert clicks(pages) == TrackingCount(machines=3)


def test_a_client_that_follows_the_hidden_link_is_a_machine_before_and_after(
    pages: Public, client: httpx.Client
) -> None:
    client.get(f"/c/{ISSUE}/1")
    assert client.get(f"/c/{ISSUE}/0").status_code == 404
    pages.clock.move(seconds=30)
    client.get(f"/c/{ISSUE}/2")
    assert why(pages) == [MachineReason.TRAP, MachineReason.TRAP]
    with pages.client(**{"User-Agent": PERSON + " other"}) as other:
        other.get(f"/c/{ISSUE}/2")
    assert clicks(pages) == TrackingCount(people=1, machines=2)


def test_opens_of_a_machine_are_a_machines_too(pages: Public, client: httpx.Client) -> None:
    client.get(f"/o/{ISSUE}.gif")
    client.get(f"/c/{ISSUE}/0")
    client.get(f"/o/{ISSUE}.gif")
    assert why(pages) == [MachineReason.TRAP] * 2
    with pages.client(**{"User-Agent": PERSON + " other"}) as other:
        other.get(f"/o/{ISSUE}.gif")
        for number in (1, 2):
            other.get(f"/c/{ISSUE}/{number}")
        assert why(pages)[2:] == ["", "", ""]
        other.get(f"/c/{ISSUE}/3")
    assert (clicks(pages), opens(pages)) == (TrackingCount(machines=3), TrackingCount(machines=3))


def test_the_send_of_an_image_is_looked_up_once(pages: Public, client: httpx.Client) -> None:
    client.get(f"/o/{ISSUE}.gif")
    execute(pages.store, "UPDATE send SET issue = 'elsewhere'")
    client.get(f"/o/{ISSUE}.gif")
    assert opens(pages) == TrackingCount()
    execute(pages.store, f"UPDATE send SET issue = '{ISSUE}'")
    assert opens(pages) == TrackingCount(people=2)


def test_the_image_is_one_pixel_and_counts_an_open(pages: Public, client: httpx.Client) -> None:
    answer = client.get(f"/o/{ISSUE}.gif")
    assert answer.headers["content-type"] == "image/gif"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.content.startswith(b"GIF89a\x01\0\x01\0")
    assert client.get("/o/2020-01-01.gif").status_code == 200
    assert opens(pages) == TrackingCount(people=1)


def test_aggregate_counting_records_no_reader_even_with_a_token(pages: Public, client: httpx.Client) -> None:
    ada, _ = readers(pages)
    client.get(f"/c/{ISSUE}/1/{token(pages, ada)}")
    client.get(f"/o/{ISSUE}/{token(pages, ada)}.gif")
    assert (clicks(pages), opens(pages)) == (TrackingCount(people=1), TrackingCount(people=1))
    assert pages.store.clicks_and_opens.of_reader(ada.id) == []


@pytest.mark.counting(clicks="individual", opens="individual")
def test_individual_counting_records_readers_until_they_object(pages: Public, client: httpx.Client) -> None:
    ada, ben = readers(pages)
    for reader in (ada, ada, ben):
        client.get(f"/c/{ISSUE}/1/{token(pages, reader)}")
        pages.clock.move(seconds=9)
    client.get(f"/o/{ISSUE}/{token(pages, ada)}.gif")
    client.get(f"/c/{ISSUE}/1/{'x' * 48}")  # damaged: it redirects, but to no reader's account
    assert clicks(pages) == TrackingCount(people=4, readers=2)
    assert [url for _, url, _ in pages.store.clicks_and_opens.of_reader(ada.id)] == [LINK] * 2 + [""]
    page = client.get(pages.visit(ada)).text
    assert "Don’t track what I open and click" in page
    assert client.post(pages.visit(ada), data={"uncounted": "yes"}).status_code == 200
    assert "checked> Don’t track" in client.get(pages.visit(ada)).text
    assert pages.store.clicks_and_opens.of_reader(ada.id) == []
    assert clicks(pages) == TrackingCount(people=4, readers=1)
    assert client.get(f"/c/{ISSUE}/2/{token(pages, ada)}").headers["location"].startswith("https://example.org/")
    assert client.get(f"/o/{ISSUE}/{token(pages, ada)}.gif").status_code == 200
    assert (clicks(pages), opens(pages)) == (TrackingCount(people=4, readers=1), TrackingCount(people=1))
    with ThreadPoolExecutor(2) as both:  # recorded together with another reader's
        list(both.map(lambda clicking: client.get(f"/c/{ISSUE}/2/{token(pages, clicking)}"), (ada, ben)))
    assert clicks(pages) == TrackingCount(people=5, readers=1)


@pytest.mark.counting(clicks="individual")
def test_a_click_within_five_seconds_of_the_delivery_is_a_scanner(pages: Public, client: httpx.Client) -> None:
    ada, ben = readers(pages)
    delivered = Event(key="d", provider="ses", kind=EventKind.DELIVERED, at=pages.clock(), issue=ISSUE, reader=ada.key)
    pages.store.events.record([delivered], soft_bounces=3, now=pages.clock())
    pages.clock.move(seconds=4)
    for reader in (ada, ben):
        client.get(f"/c/{ISSUE}/1/{token(pages, reader)}")
    pages.clock.move(seconds=4)
    client.get(f"/c/{ISSUE}/1/{token(pages, ada)}")
    assert why(pages) == [MachineReason.TOO_SOON, "", ""]


@pytest.mark.counting(clicks="individual", opens="individual")
def test_a_late_delivery_event_reveals_a_scanner(pages: Public, client: httpx.Client) -> None:
    ada, ben = readers(pages)
    arrived = pages.clock()
    pages.clock.move(seconds=4)
    for reader in (ada, ben):
        client.get(f"/c/{ISSUE}/1/{token(pages, reader)}")
    client.get(f"/o/{ISSUE}/{token(pages, ada)}.gif")
    pages.clock.move(seconds=4)
    client.get(f"/c/{ISSUE}/2/{token(pages, ada)}")
    assert why(pages) == ["", "", "", ""]
    for issue in ("2026-11-22", ISSUE):
        reported = Event(key=issue, provider="ses", kind=EventKind.DELIVERED, at=arrived, issue=issue, reader=ada.key)
        pages.store.events.record([reported, reported], soft_bounces=3, now=pages.clock())
    assert why(pages) == [MachineReason.TOO_SOON, "", MachineReason.TOO_SOON, ""]


@pytest.mark.counting(clicks="individual", opens="individual")
def test_the_token_of_a_tracked_link_opens_no_page(pages: Public, client: httpx.Client) -> None:
    ada, _ = readers(pages)
    for purpose in Purpose:
        answer = client.get(f"/{purpose}/{ISSUE}/{token(pages, ada)}")
        assert answer.status_code == 404


@pytest.mark.counting(clicks="individual", opens="individual")
def test_view_in_browser_counts_nothing(pages: Public, client: httpx.Client) -> None:
    ada, _ = readers(pages)
    page = client.get(pages.link(Purpose.BROWSER, ada)).text
    assert f"https://{HOST}/c/" not in page
    assert f"https://{HOST}/o/" not in page
    assert f'href="{LINK}"' in page


@pytest.mark.counting(clicks="off")
def test_without_counting_links_are_unchanged(pages: Public, client: httpx.Client) -> None:
    content, _ = pages.store.frozen.content(1)
    assert content.links == ()
    assert client.get(f"/c/{ISSUE}/1").status_code == 404
    assert client.get(f"/o/{ISSUE}.gif").status_code == 200
    assert why(pages) == []


def test_links_of_old_messages_work_after_counting_is_turned_off(pages: Public, tmp_path: Path) -> None:
    toml = tmp_path / "newsletter.toml"
    toml.write_text(re.sub(r"(clicks|opens) = .*\n", "", toml.read_text()))
    with (
        public(tmp_path, newsletter=settings.load(tmp_path).newsletter) as later,
        later.client(**{"User-Agent": PERSON}) as client,
    ):
        assert client.get(f"/c/{ISSUE}/1").status_code == 302
        assert clicks(later) == TrackingCount()
