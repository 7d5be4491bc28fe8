"""Simultaneous writes share a transaction, each is written once, and each caller gets its own result."""

import asyncio
import threading
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.errors import BusyError
from newsletter.web.http.batching import Batcher
from tests.event_loop import run


@settings(max_examples=20, deadline=None)
@given(things=st.lists(st.integers(), min_size=1, max_size=40), most=st.integers(1, 15))
def test_each_item_is_written_once_and_gets_its_own_answer(things: list[int], most: int) -> None:
    written: list[Sequence[int]] = []

    def write(batch: Sequence[int]) -> Sequence[int]:
        written.append(batch)
        return [2 * thing for thing in batch]

    async def all_at_once() -> list[int]:
        batcher = Batcher(write, most=most)
        return await asyncio.gather(*(batcher.write(thing) for thing in things))

    assert run(all_at_once()) == [2 * thing for thing in things]
    assert [thing for batch in written for thing in batch] == things
    assert [len(batch) for batch in written[:-1]] == [most] * ((len(things) - 1) // most)


def test_a_failure_is_raised_for_its_whole_batch_only() -> None:
    def write(batch: Sequence[int]) -> Sequence[int]:
        if 0 in batch:
            raise OSError("no room")
        return batch

    async def one_after_another() -> list[object]:
        batcher = Batcher(write, most=2)
        return await asyncio.gather(*(batcher.write(thing) for thing in (0, 1, 2, 3)), return_exceptions=True)

    first, second, *others = run(one_after_another())
    assert isinstance(first, OSError)
    assert second is first
    assert others == [2, 3]


def test_a_cancelled_caller_does_not_affect_the_others() -> None:
    written: list[int] = []

    def write(batch: Sequence[int]) -> Sequence[int]:
        written.extend(batch)
        return batch

    async def one_leaves() -> int:
        batcher = Batcher(write, most=1)
        leaving = asyncio.create_task(batcher.write(1))
        staying = asyncio.create_task(batcher.write(2))
        await asyncio.sleep(0)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        return await staying

    assert run(one_leaves()) == 2
    assert written == [1, 2]


def test_an_item_that_waited_too_long_is_never_written() -> None:
    written: list[int] = []
    first_may_end = threading.Event()

    def write(batch: Sequence[int]) -> Sequence[int]:
        if not written:
            assert first_may_end.wait(20)
        written.extend(batch)
        return batch

    async def three() -> list[object]:
        batcher = Batcher(write, most=1, patience=0.2)
        first = asyncio.create_task(batcher.write(1))
        await asyncio.sleep(0)
        late = asyncio.create_task(batcher.write(2))
        await asyncio.sleep(0.3)
        first_may_end.set()
        return [*await asyncio.gather(first, late, return_exceptions=True), await batcher.write(3)]

    begun, late, after = run(three())
    assert (begun, after) == (1, 3)
    assert isinstance(late, BusyError)
    assert written == [1, 3]
