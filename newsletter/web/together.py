"""Writing down together what many requests ask for at once: most of the time of a small write is its commit."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from fastapi.concurrency import run_in_threadpool

GivenT = TypeVar("GivenT")
AnswerT = TypeVar("AnswerT")

APART = 0.005  # seconds


class Together(Generic[GivenT, AnswerT]):
    """Gives ``write`` at most ``most`` things at once: whatever came while the ones before were being written.

    ``write`` is called in a thread, and has an answer for each. It begins ``APART`` seconds after the time before at
    the earliest, so that of many who come close together several share a commit; whoever comes alone waits for nobody.
    """

    def __init__(self, write: Callable[[Sequence[GivenT]], Sequence[AnswerT]], *, most: int) -> None:
        self._write, self._most = write, most
        self._waiting: list[tuple[GivenT, asyncio.Future[AnswerT]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._begin = 0.0  # not before then, by the clock of the loop

    async def do(self, given: GivenT) -> AnswerT:
        """The answer for one thing; it is written then. Raises what ``write`` does."""
        done: asyncio.Future[AnswerT] = asyncio.get_running_loop().create_future()
        self._waiting.append((given, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        return await asyncio.shield(done)

    async def _write_all(self) -> None:
        clock = asyncio.get_running_loop().time
        while self._waiting:
            if (early := self._begin - clock()) > 0:
                await asyncio.sleep(early)
            self._begin = clock() + APART
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            try:
                answers = await run_in_threadpool(self._write, [given for given, _ in batch])
            except Exception as err:  # noqa: BLE001  each of those who wait is told
                for _, done in batch:
                    done.set_exception(err)
            else:
                for (_, done), answer in zip(batch, answers, strict=True):
                    done.set_result(answer)
