"""Votes in both databases: one of each reader, counted by answer, anonymous once the poll has closed."""

from datetime import timedelta
from threading import Barrier, Thread

from newsletter.domain.polls import OPEN_FOR, AnswerCount
from newsletter.domain.segment import EVERYONE
from newsletter.domain.subscriber import Subscriber
from newsletter.message.link_slots import vote_slot
from newsletter.message.template import Slot
from newsletter.store import Store
from tests import make
from tests.rows import fetch_column

ANSWERS = ("כן, בבקשה", "no")


def sent(store: Store, issue: str = "2026-11-23") -> list[str]:
    """Freeze an issue with a poll for three readers, and return their keys."""
    store.subscribers.merge([[Subscriber(address=f"r{at}@example.com") for at in range(3)]], now=make.WHEN)
    links = [piece for answer in (*ANSWERS, ANSWERS[0]) for piece in ("<a>", Slot(vote_slot(answer)))]
    store.sends.freeze(
        compiled=make.compiled(issue=issue, html=(*links, Slot("links.unsubscribe"), "\n")),
        tailor=make.tailor(),
        date=make.WHEN,
        segments=[EVERYONE],
        provider="outbox",
        now=make.WHEN,
    )
    return [reader.key for reader in store.subscribers.stream()]


def vote(store: Store, key: str, number: int, issue: str = "2026-11-23", **later: int) -> bool:
    answer = store.polls.answer(issue, number)
    assert answer is not None
    return store.polls.vote(key, answer, make.WHEN + timedelta(**later))


def votes(store: Store, issue: str = "2026-11-23") -> list[int]:
    return [counted.votes for counted in store.polls.counts(issue)]


def test_a_send_stores_the_answers_of_its_poll(store: Store) -> None:
    sent(store)
    assert store.polls.counts("2026-11-23") == tuple(AnswerCount(answer=answer, votes=0) for answer in ANSWERS)
    answer = store.polls.answer("2026-11-23", 2)
    assert answer is not None
    assert (answer.text, answer.closes) == ("no", make.WHEN + OPEN_FOR)
    assert store.polls.answer("2026-11-23", 3) is None
    assert store.polls.answer("2026-11-24", 1) is None


def test_a_readers_last_vote_counts_in_each_issue(store: Store) -> None:
    ada, ben, _ = sent(store)
    sent(store, "2026-11-24")
    assert all(vote(store, key, 1) for key in (ada, ben, ada))
    vote(store, ada, 2, hours=1)
    vote(store, ada, 1, "2026-11-24")
    assert votes(store) == [1, 1]
    assert votes(store, "2026-11-24") == [1, 0]
    assert not vote(store, "0" * 32, 1)


def test_simultaneous_votes_of_a_reader_are_one(store: Store) -> None:
    key = sent(store)[0]
    ready = Barrier(4)

    def hurry(number: int) -> None:
        ready.wait(10)
        vote(store, key, number)

    threads = [Thread(target=hurry, args=(1 + at % 2,)) for at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sum(votes(store)) == 1


def test_a_vote_outlives_its_reader_without_them(store: Store) -> None:
    ada, ben, _ = sent(store)
    vote(store, ada, 1)
    vote(store, ben, 1)
    store.subscribers.remove("r0@example.com")
    assert votes(store) == [2, 0]
    assert fetch_column(store, "SELECT count(*) FROM vote WHERE subscriber IS NULL") == [1]


def test_a_closed_poll_keeps_its_counts_only(store: Store) -> None:
    ada, *_ = sent(store)
    vote(store, ada, 2)
    (reader, *_) = store.subscribers.stream()
    assert [(vote.issue, vote.answer) for vote in store.polls.of_reader(reader.id)] == [("2026-11-23", "no")]
    assert store.polls.close(make.WHEN + OPEN_FOR - timedelta(seconds=1)) == 0
    assert store.polls.close(make.WHEN + OPEN_FOR) == 1
    assert store.polls.close(make.WHEN + OPEN_FOR) == 0
    assert store.polls.of_reader(reader.id) == []
    assert votes(store) == [0, 1]
