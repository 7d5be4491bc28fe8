"""Writing down together what many requests ask for at once: most of the time of a small write is its commit."""

import asyncio
import math
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from fastapi.concurrency import run_in_threadpool

from newsletter.errors import BusyError

GivenT = TypeVar("GivenT")
AnswerT = TypeVar("AnswerT")

APART = 0.005  # seconds
PATIENCE = 5.0  # seconds: a client that waits for an answer does not wait for much longer


class Together(Generic[GivenT, AnswerT]):
    """Gives ``write`` at most ``most`` things at once: whatever came while the ones before were being written.

    ``write`` is called in a thread, and has an answer for each. It begins ``APART`` seconds after the time before at
    the earliest, so that of many who come close together several share a commit; whoever comes alone waits for nobody.
    What has not begun after ``patience`` seconds never does, and raises BusyError.
    """

    def __init__(
        self, write: Callable[[Sequence[GivenT]], Sequence[AnswerT]], *, most: int, patience: float = math.inf
    ) -> None:
        self._write, self._most, self._patience = write, most, patience
        self._waiting: list[tuple[float, GivenT, asyncio.Future[AnswerT]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._begin = 0.0  # not before then, by the clock of the loop

    async def do(self, given: GivenT) -> AnswerT:
        """The answer for one thing; it is written then. Raises what ``write`` does."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[AnswerT] = loop.create_future()
        self._waiting.append((loop.time(), given, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        return await asyncio.shield(done)

    async def _write_all(self) -> None:
        clock = asyncio.get_running_loop().time
        while self._waiting:
            if (early := self._begin - clock()) > 0:
                await asyncio.sleep(early)
            self._begin = clock() + APART
            self._give_up(clock() - self._patience)
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            if not batch:
                return
            try:
                answers = await run_in_threadpool(self._write, [given for _, given, _ in batch])
            except Exception as err:  # noqa: BLE001  each of those who wait is told
                for *_, done in batch:
                    done.set_exception(err)
            else:
                for (*_, done), answer in zip(batch, answers, strict=True):
                    done.set_result(answer)

    def _give_up(self, since: float) -> None:
        """Refuse what has waited since before then: it is not begun, so it will not be carried out later."""
        while self._waiting and self._waiting[0][0] < since:
            *_, done = self._waiting.pop(0)
            done.set_exception(BusyError("the database is busy", hint="try again in some seconds"))
