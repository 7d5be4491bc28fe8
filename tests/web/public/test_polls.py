"""Voting in an issue's poll, over a socket and in a browser."""

import html
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser

from newsletter.domain.polls import AnswerCount
from newsletter.domain.subscriber import Subscriber
from newsletter.domain.tracking import TrackingLevel, TrackingSettings
from newsletter.subscriptions import change_preferences, preferences_of, stored_about
from newsletter.tokens import Purpose
from tests import make
from tests.web.axe import violations
from tests.web.preview.running_preview import write_newsletter
from tests.web.public.public_pages import Public, opening, public
from tests.web.sent_issues import freeze_as_sent

ISSUE = "2026-11-23"
YES, NO = "Yes, <b>please</b>", "לא"
NOTE = f"Again? [Yes]({{{{ links.vote('{YES}') }}}}) · [No]({{{{ links.vote(\"{NO}\") }}}})"
COUNTING = TrackingSettings(clicks=TrackingLevel.INDIVIDUAL)


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Public]:
    """Return the pages of a newsletter whose issue has a poll, sent to Ada and Ben."""
    write_newsletter(tmp_path).issue(ISSUE, "night-train", note=NOTE)
    with public(tmp_path, newsletter=make.newsletter(counting=COUNTING)) as pages:
        for address in ("ada@example.com", "ben@example.com"):
            pages.reader(address)
        freeze_as_sent(pages, ISSUE)
        yield pages


@pytest.fixture
def client(at: Public) -> Iterator[httpx.Client]:
    """Return an anonymous client."""
    with at.client() as client:
        yield client


def reader(pages: Public, name: str = "ada") -> Subscriber:
    known = pages.store.subscribers.get(f"{name}@example.com")
    assert known is not None
    return known


def link(pages: Public, answer: str, name: str = "ada", issue: str = ISSUE) -> str:
    """Return the path of the link that votes for an answer in the message to a reader."""
    votes = [f'links.vote("{text}")' for text in (YES, NO)]
    links = pages.site.signer.links("", issue, votes=votes)(reader(pages, name).key)
    return links[f'links.vote("{answer}")']


def counts(pages: Public) -> list[int]:
    answers = pages.store.polls.counts(ISSUE)
    assert [counted.answer for counted in answers] == [YES, NO]
    return [counted.votes for counted in answers]


def test_a_get_changes_nothing_and_shows_the_answer_and_a_button(at: Public, client: httpx.Client) -> None:
    for method in ("GET", "HEAD"):
        assert client.request(method, link(at, YES)).status_code == 200
    assert counts(at) == [0, 0]
    page = client.get(link(at, YES)).text
    assert html.escape(YES) in page
    assert NO in client.get(link(at, NO)).text
    assert page.count("<button") == 1
    assert "until you press the button" in page
    assert "December 23, 2026" in page
    assert "<script" not in page
    assert "ada" not in page


def test_the_last_answer_of_each_reader_counts(at: Public, client: httpx.Client) -> None:
    for _ in range(2):
        assert "Thank you" in client.post(link(at, YES)).text
    assert counts(at) == [1, 0]
    client.post(link(at, YES, "ben"))
    client.post(link(at, NO))
    assert counts(at) == [1, 1]
    assert at.store.polls.counts("2026-11-22") == ()


def test_a_link_of_anything_else_votes_for_nothing(at: Public, client: httpx.Client) -> None:
    good = link(at, YES)
    token = good.rpartition("/")[2]
    for path in (
        f"/vote/{ISSUE}/2/{token}",
        f"/vote/{ISSUE}/3/{token}",
        f"/vote/2026-11-22/1/{token}",
        good.replace("/1/", "/1111111111/"),
        f"{good[:-1]}{'A' if good[-1] != 'A' else 'B'}",
        f"/vote/{ISSUE}/1/{at.link(Purpose.PREFERENCES, reader(at)).rpartition('/')[2]}",
    ):
        assert client.post(path).status_code == 404, path
    assert counts(at) == [0, 0]


def test_votes_from_proofs_count_nothing(at: Public, client: httpx.Client) -> None:
    proof = link(at, YES, issue=f"{ISSUE}-proof")
    for answer in (client.get(proof), client.post(proof)):
        assert answer.status_code == 200
        assert "This link is from a proof" in answer.text
        assert "<button" not in answer.text
    assert counts(at) == [0, 0]


def test_a_closed_poll_counts_nothing_and_forgets_who_answered(at: Public, client: httpx.Client) -> None:
    client.post(link(at, YES))
    at.clock.move(days=29, hours=23)
    client.post(link(at, NO, "ben"))
    assert at.store.polls.close(at.clock()) == 0
    assert [vote.answer for vote in at.store.polls.of_reader(reader(at).id)] == [YES]
    at.clock.move(hours=1)
    for answer in (client.get(link(at, NO)), client.post(link(at, NO))):
        assert answer.status_code == 410
        assert "This poll has closed" in answer.text
    at.mails()  # the server's hourly work
    assert at.store.polls.of_reader(reader(at).id) == []
    assert counts(at) == [1, 1]


def test_a_poll_closes_if_the_publisher_stops_counting(at: Public) -> None:
    path = link(at, YES)
    newsletter = replace(at.site.newsletter, counting=TrackingSettings())
    with public(at.root, newsletter=newsletter) as pages, pages.client() as visitor:
        assert visitor.post(path).status_code == 410
        assert counts(pages) == [0, 0]


def test_readers_who_refuse_tracking_may_vote_and_are_told_what_is_stored(at: Public, client: httpx.Client) -> None:
    ada = reader(at)
    wanted = replace(preferences_of(ada, at.site.newsletter, at.clock()), uncounted=True)
    change_preferences(at.store, at.site.newsletter, ada, wanted, at.clock())
    assert "You asked us not to track your clicks" in client.get(link(at, YES)).text
    assert "You asked us not" not in client.get(link(at, YES, "ben")).text
    client.post(link(at, YES))
    assert counts(at) == [1, 0]
    assert at.store.clicks_and_opens.of_reader(ada.id) == []


def test_a_reader_can_see_their_votes_and_an_erased_one_leaves_only_the_count(at: Public, client: httpx.Client) -> None:
    client.post(link(at, NO))
    ada, path = reader(at), link(at, YES)
    assert stored_about(at.store, ada)["votes"] == [{"at": at.clock().isoformat(), "issue": ISSUE, "answer": NO}]
    at.store.self_service.erase(ada.key, at.clock(), at.site.signer.fingerprints)
    assert counts(at) == [0, 1]
    assert client.post(path).status_code == 404
    assert counts(at) == [0, 1]


def test_a_hundred_readers_vote(at: Public) -> None:
    answer = at.store.polls.answer(ISSUE, 2)
    assert answer is not None
    for number in range(100):
        new = at.reader(f"reader{number}@example.com")
        assert at.store.polls.vote(new.key, answer, at.clock())
    assert at.store.polls.counts(ISSUE) == (AnswerCount(answer=YES, votes=0), AnswerCount(answer=NO, votes=100))
    assert not at.store.polls.vote("0" * 32, answer, at.clock())


def test_a_vote_works_in_a_browser_without_scripts(at: Public, browser: Browser) -> None:
    with opening(browser, at) as open_page:
        page = open_page(link(at, NO), script=False)
        assert page.locator(".chosen").inner_text() == NO
        assert violations(page, script=False) == []
        page.get_by_role("button", name="Send my answer").click()
        assert page.get_by_role("heading", level=1).inner_text() == "Thank you for your answer"
        assert violations(page, script=False) == []
    assert counts(at) == [0, 1]
