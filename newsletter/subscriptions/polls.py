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


class PollGoneError(TokenError):
    """A link to a poll of an ``issue``; the poll or the reader no longer exists."""

    code = "poll-gone"

    def __init__(self, *, issue: str) -> None:
        self.issue = issue
        super().__init__("this poll no longer exists")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """A valid link of a vote: its reader, by key, and the answer.

    A proof's ballot has no ``reader`` or ``answer``; one that isn't ``open`` isn't counted.
    """

    key: str
    reader: Subscriber | None = None
    answer: PollAnswer | None = None
    open: bool = False


def ballot_of(
    store: Store, signer: Signer, newsletter: Newsletter, *, issue: str, number: int, token: str, now: datetime
) -> Ballot:
    """Return the ballot behind a link. Raise TokenError if the link isn't ours, or PollGoneError."""
    key = signer.verify_vote(issue, number, token)
    answer = store.polls.answer(issue, number)
    if answer is None and issue.endswith(PROOF):
        return Ballot(key=key)
    reader = store.subscribers.by_key(key)
    if reader is None or answer is None:
        raise PollGoneError(issue=issue)
    counts = newsletter.counting.clicks is not TrackingLevel.OFF
    return Ballot(key=key, reader=reader, answer=answer, open=counts and now < answer.closes)


def record_vote(store: Store, ballot: Ballot, now: datetime) -> bool:
    """Record a vote in place of the reader's earlier one, and return whether it counts."""
    return ballot.answer is not None and ballot.open and store.polls.vote(ballot.key, ballot.answer, now)
