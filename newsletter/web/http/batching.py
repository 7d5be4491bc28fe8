"""Batched writes: many requests share a transaction, because most of the time of a small write is its commit."""

import asyncio
import math
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from fastapi.concurrency import run_in_threadpool

from newsletter.errors import BusyError

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

PAUSE = 0.005  # seconds between the starts of two batches
PATIENCE = 5.0  # seconds: clients don't wait much longer for a response


class Batcher(Generic[ItemT, ResultT]):
    """A batcher: collects items while ``write`` is busy, then passes it up to ``most`` of them at once.

    ``write`` is called in a thread and returns one result for each item. Two calls begin at least ``PAUSE`` seconds
    apart, so that items which arrive close together share a commit; a single item is written at once.
    An item whose write has not begun after ``patience`` seconds is dropped, and BusyError is raised.
    """

    def __init__(
        self, write: Callable[[Sequence[ItemT]], Sequence[ResultT]], *, most: int, patience: float = math.inf
    ) -> None:
        self._write, self._most, self._patience = write, most, patience
        self._waiting: list[tuple[float, ItemT, asyncio.Future[ResultT]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._next_start = 0.0  # when the next batch may start, by the loop's clock

    async def write(self, item: ItemT) -> ResultT:
        """Write an item and return its result. Raise what ``write`` raises, or BusyError after ``patience`` seconds."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[ResultT] = loop.create_future()
        self._waiting.append((loop.time(), item, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        return await asyncio.shield(done)

    async def _write_all(self) -> None:
        clock = asyncio.get_running_loop().time
        while self._waiting:
            if (wait := self._next_start - clock()) > 0:
                await asyncio.sleep(wait)
            self._next_start = clock() + PAUSE
            self._drop_overdue(clock() - self._patience)
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            if not batch:
                return
            try:
                results = await run_in_threadpool(self._write, [item for _, item, _ in batch])
            except Exception as err:  # noqa: BLE001  passed on to every waiting caller
                for *_, done in batch:
                    done.set_exception(err)
            else:
                for (*_, done), result in zip(batch, results, strict=True):
                    done.set_result(result)

    def _drop_overdue(self, since: float) -> None:
        """Refuse the items that have waited since before ``since``; they will never be written."""
        while self._waiting and self._waiting[0][0] < since:
            *_, done = self._waiting.pop(0)
            done.set_exception(BusyError("the database is busy", hint="try again in a few seconds"))
