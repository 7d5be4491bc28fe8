"""Polls: the answers that an issue offers as links, and their votes. No I/O.

An issue has one poll at most, and a reader one answer in it: the last one counts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

OPEN_FOR = timedelta(days=30)  # after the send began; then who gave which answer is deleted


@dataclass(frozen=True, slots=True, kw_only=True)
class PollAnswer:
    """An answer that a send's poll offers, with its number in the poll, from 1, and the time when the poll closes."""

    send: int
    number: int
    text: str
    closes: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCount:
    """An answer and the number of its votes."""

    answer: str
    votes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """A reader's vote in an issue's poll."""

    issue: str
    answer: str
    at: datetime
