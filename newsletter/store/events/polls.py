"""Polls: the answers that a send offers, and readers' votes."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from newsletter.domain.polls import OPEN_FOR, AnswerCount, PollAnswer, Vote
from newsletter.store.answer_tables import poll_answer, vote
from newsletter.store.database import Database
from newsletter.store.row_writes import insert_rows, upsert
from newsletter.store.tables import send, subscriber


class Polls:
    """The polls of issues that were sent."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def answer(self, issue: str, number: int) -> PollAnswer | None:
        """Return an answer of an issue's poll by its number, or None if there is no such answer."""
        query = (
            sa.select(poll_answer, send.c.created)
            .join(send, send.c.id == poll_answer.c.send)
            .where(send.c.issue == issue, poll_answer.c.number == number)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return PollAnswer(send=row.send, number=number, text=row.answer, closes=row.created + OPEN_FOR)

    def vote(self, key: str, answer: PollAnswer, now: datetime) -> bool:
        """Record a reader's vote in place of their earlier one, and return False if the reader no longer exists."""
        with self._database.writing() as connection:
            reader = connection.scalar(sa.select(subscriber.c.id).where(subscriber.c.key == key))
            if reader is None:
                return False
            insert = upsert(connection.dialect.name, vote)
            last = insert.values(send=answer.send, subscriber=reader, answer=answer.number, at=now)
            again = {"answer": insert.excluded.answer, "at": insert.excluded.at}
            connection.execute(last.on_conflict_do_update(index_elements=["send", "subscriber"], set_=again))
        return True

    def counts(self, issue: str) -> tuple[AnswerCount, ...]:
        """Return the votes for each answer of an issue's poll, in the poll's order; empty without a poll."""
        query = (
            sa.select(poll_answer.c.answer, sa.func.count(vote.c.id).label("votes"))
            .join(send, send.c.id == poll_answer.c.send)
            .outerjoin(vote, sa.and_(vote.c.send == poll_answer.c.send, vote.c.answer == poll_answer.c.number))
            .where(send.c.issue == issue)
            .group_by(poll_answer.c.number, poll_answer.c.answer)
            .order_by(poll_answer.c.number)
        )
        with self._database.reading() as connection:
            return tuple(AnswerCount(answer=row.answer, votes=row.votes) for row in connection.execute(query))

    def of_reader(self, reader: int) -> list[Vote]:
        """Return the votes of a reader, by id, in polls that are open."""
        query = (
            sa.select(send.c.issue, poll_answer.c.answer, vote.c.at)
            .join(send, send.c.id == vote.c.send)
            .join(poll_answer, sa.and_(poll_answer.c.send == vote.c.send, poll_answer.c.number == vote.c.answer))
            .where(vote.c.subscriber == reader)
            .order_by(vote.c.at, vote.c.id)
        )
        with self._database.reading() as connection:
            return [Vote(issue=row.issue, answer=row.answer, at=row.at) for row in connection.execute(query)]

    def close(self, now: datetime) -> int:
        """Anonymise the votes in polls that have closed, and return their number. The counts are kept."""
        closed = sa.select(send.c.id).where(send.c.created <= now - OPEN_FOR)
        old = sa.and_(vote.c.subscriber.is_not(None), vote.c.send.in_(closed))
        with self._database.reading() as connection:
            if not connection.scalar(sa.select(sa.exists().where(old))):
                return 0
        with self._database.writing() as connection:
            return connection.execute(sa.update(vote).where(old).values(subscriber=None)).rowcount


def write_answers(connection: sa.Connection, send_id: int, answers: Sequence[str]) -> None:
    """Store the answers of a send that is being frozen."""
    if answers:
        rows = [(send_id, number, answer) for number, answer in enumerate(answers, 1)]
        insert_rows(connection, poll_answer, ("send", "number", "answer"), rows)
