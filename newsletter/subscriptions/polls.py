"""Votes in an issue's poll, by the links in its messages."""

from dataclasses import dataclass
from datetime import datetime

from newsletter.domain.polls import PollAnswer
from newsletter.domain.publication import Newsletter
from newsletter.domain.subscriber import Subscriber
from newsletter.domain.tracking import TrackingLevel
from newsletter.errors import TokenError
from newsletter.message.mime import PROOF
from newsletter.store import Store
from newsletter.tokens import Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """A valid link of a vote: its reader, by key, and the answer.

    Without a ``reader`` and an ``answer`` it is from a proof, where nothing counts. If it isn't ``open``, it counts
    nothing any more.
    """

    key: str
    reader: Subscriber | None = None
    answer: PollAnswer | None = None
    open: bool = False


def ballot_of(
    store: Store, signer: Signer, newsletter: Newsletter, *, issue: str, number: int, token: str, now: datetime
) -> Ballot:
    """Return the ballot behind a link. Raise TokenError if the link isn't ours, or its reader no longer exists."""
    key = signer.verify_vote(issue, number, token)
    answer = store.polls.answer(issue, number)
    if answer is None and issue.endswith(PROOF):
        return Ballot(key=key)
    reader = store.subscribers.by_key(key)
    if reader is None or answer is None:
        raise TokenError("this poll no longer exists")
    counts = newsletter.counting.clicks is not TrackingLevel.OFF
    return Ballot(key=key, reader=reader, answer=answer, open=counts and now < answer.closes)


def cast(store: Store, ballot: Ballot, now: datetime) -> bool:
    """Record a vote in place of the reader's earlier one, and return whether it counts."""
    return ballot.answer is not None and ballot.open and store.polls.vote(ballot.key, ballot.answer, now)
