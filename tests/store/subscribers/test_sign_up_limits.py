"""Requests for service messages: handled together, each within its limits. A refused request writes nothing."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import count

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.domain.consent import (
    Confirmation,
    ConfirmationKind,
    MailRequest,
    RequestLimit,
    ServiceKind,
    ServiceMessage,
)
from newsletter.store import Store, open_store
from newsletter.store.tables import allowance
from tests import make
from tests.rows import database_of, fetch

NOW = make.WHEN
HOUR = timedelta(hours=1)


def request(client: str, address: str, *, times: int = 2, at: timedelta = timedelta(0)) -> MailRequest:
    """Return a request with a limit per hour for a client, and of one for an address."""
    return MailRequest(
        message=ServiceMessage(kind=ServiceKind.VISIT, address=f"{address}@example.com", created=NOW + at),
        limits=(
            RequestLimit(subject=f"address {address}", times=1, hours=24, quiet=True),
            RequestLimit(subject=f"client {client}", times=times, hours=1),
        ),
    )


def counted(store: Store) -> Counter[str]:
    """Return the stored number of requests of each subject."""
    return Counter({row.subject: row.times for row in fetch(store, sa.select(allowance))})


def transactions(store: Store) -> list[str]:
    """Return a list to which each event of a writing transaction is added from now on."""
    seen: list[str] = []
    writes = ("INSERT", "UPDATE", "DELETE", "BEGIN IMMEDIATE")

    def executed(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.upper().startswith(writes):
            seen.append(statement.split()[0])

    sa.event.listen(database_of(store).engine, "before_cursor_execute", executed)
    sa.event.listen(database_of(store).engine, "commit", lambda _connection: seen.append("COMMIT"))
    return seen


def test_requests_are_admitted_in_order_within_their_limits(store: Store) -> None:
    requests = [request("a", "1"), request("a", "1"), request("a", "2"), request("b", "2"), request("b", "3")]
    answers = store.confirmations.request(requests)
    assert [over and over.subject for over in answers] == [None, "address 1", "client a", None, None]
    messages = store.confirmations.next_messages(NOW, 10)
    assert [message.address for message in messages] == ["1@example.com", "2@example.com", "3@example.com"]
    assert counted(store) == {"client a": 2, "client b": 2, "address 1": 1, "address 2": 1, "address 3": 1}


def test_many_requests_are_one_transaction(store: Store) -> None:
    about = [
        Confirmation(
            key=f"{number:032x}", kind=ConfirmationKind.SIGN_UP, address="a@b.example", requested=NOW, how="form"
        )
        for number in range(300)
    ]
    message = ServiceMessage(kind=ServiceKind.CONFIRM, address="a@b.example", created=NOW)
    seen = transactions(store)
    assert store.confirmations.request([MailRequest(message=message, about=each) for each in about]) == [None] * 300
    assert seen.count("INSERT") == 2
    assert all(store.confirmations.get(each.key) == each for each in about[::50])


def test_a_client_over_its_limit_is_refused_without_writing(store: Store) -> None:
    store.confirmations.request([request("a", "1"), request("a", "2")])
    before, seen = counted(store), transactions(store)
    refused = store.confirmations.request([request("a", f"new{number}") for number in range(50)])
    assert {over and over.subject for over in refused} == {"client a"}
    assert not {"INSERT", "UPDATE", "DELETE", "BEGIN"} & set(seen)
    assert counted(store) == before
    assert store.confirmations.request([request("a", "3", at=3 * HOUR)]) == [None]


def test_a_refused_request_among_others_leaves_no_row(store: Store) -> None:
    answers = store.confirmations.request([request("a", f"{number}") for number in range(6)] + [request("b", "0")])
    assert [over and over.subject for over in answers] == [None, None, *["client a"] * 4, "address 0"]
    assert counted(store) == {"client a": 2, "client b": 1, "address 0": 1, "address 1": 1}


NUMBERS = count()


@pytest.fixture(scope="module")
def small_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Open one store for all examples: each has its own subjects."""
    with open_store(f"sqlite:///{tmp_path_factory.mktemp('allowances') / 'newsletter.db'}") as store:
        yield store


@settings(max_examples=25, deadline=None)
@given(requests=st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("12345"), st.integers(0, 4)), max_size=12))
def test_requests_get_the_same_answers_together_and_one_by_one(
    small_store: Store, requests: list[tuple[str, str, int]]
) -> None:
    def all_of(prefix: str) -> list[MailRequest]:
        return [
            request(prefix + client, prefix + address, at=hours * HOUR)
            for client, address, hours in sorted(requests, key=lambda each: each[2])
        ]

    def quiet(answers: list[RequestLimit | None]) -> list[bool | None]:
        return [None if over is None else over.quiet for over in answers]

    number = next(NUMBERS)
    singly = [answer for each in all_of(f"{number}s") for answer in small_store.confirmations.request([each])]
    assert quiet(small_store.confirmations.request(all_of(f"{number}t"))) == quiet(singly)
