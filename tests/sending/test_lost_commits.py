"""A COMMIT that PostgreSQL made but whose answer was lost: no message is held or doubled."""

from contextlib import suppress

import pytest

from newsletter import sending
from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.send import Send
from newsletter.errors import SendError, StoreError
from newsletter.sending import Observer, retrying
from newsletter.store import Store, open_store
from tests import make
from tests.postgresql_proxy import Proxy, proxy
from tests.sending.faults import Accepting, addresses, fill
from tests.sending.freeze_requests import to_everyone

S = DeliveryStatus
READERS = 12


def send(store: Store, provider: Accepting, issue: str, notices: list[str] | None = None) -> Send:
    """Begin a send, or resume one that is frozen."""
    observer = Observer(notice=(notices if notices is not None else []).append)
    latest = store.sends.of_issue(issue)
    if latest is not None and latest.digest:
        return sending.resume(store, make.send_context(provider), issue=issue, observer=observer).result()
    return sending.start(store, make.send_context(provider), to_everyone(issue=issue), observer=observer).result()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_answer_to_any_commit_can_be_lost(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "PAUSE", 0.001)
    with proxy(database_url) as between, open_store(between.url) as store:
        fill(store, READERS)
        commits = commits_of_a_send(store, between)
        assert commits > 15
        for lost in range(1, commits + 1):
            issue, provider = f"2026-12-{lost:02}", Accepting(batch_size=2, concurrency=2)
            between.commits, between.lose = 0, lost
            with suppress(StoreError, SendError):  # before anything is frozen, the command fails and can be repeated
                send(store, provider, issue)
            assert between.commits >= lost or lost > 15  # the grouping of answers decides the number of commits
            between.lose = 0
            latest = store.sends.of_issue(issue)
            if latest is None or not latest.status.ended:
                latest = send(store, provider, issue)
            assert latest.counts == {S.SUBMITTED: READERS}, f"commit {lost} of {commits}"
            assert sorted(provider.addresses) == sorted(addresses(READERS))


def commits_of_a_send(store: Store, between: Proxy) -> int:
    between.commits = 0
    send(store, Accepting(batch_size=2, concurrency=2), "2026-11-30")
    return between.commits


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_send_continues_by_itself_after_its_connection_was_cut(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrying, "PAUSE", 0.001)
    with proxy(database_url) as between, open_store(between.url) as store:
        fill(store, READERS)
        notices: list[str] = []
        provider = Accepting(batch_size=2)

        def cut() -> None:
            if provider.called == 2:
                between.lose = between.commits + 1

        provider.before = cut
        assert send(store, provider, "2026-12-01", notices).counts == {S.SUBMITTED: READERS}
    assert len(notices) == 2
    assert "cannot be reached" in notices[0]
    assert notices[0].endswith(": waiting")
    assert notices[1] == "continuing"
