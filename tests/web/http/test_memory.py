"""A server gives memory back."""

import asyncio
import sys
import time
from itertools import chain, repeat

import pytest
from fastapi import FastAPI

from newsletter.web.http import memory
from tests import event_loop


def test_memory_is_returned_after_work_and_not_while_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    returned: list[float] = []
    seen: list[float] = []
    used = chain((0.0, 0.1, 0.3), repeat(0.4))

    async def watched() -> None:
        task = asyncio.create_task(memory.return_memory_often(0))
        while len(seen) < 9:
            await asyncio.sleep(0)
        task.cancel()

    def process_time() -> float:
        seen.append(next(used))
        return seen[-1]

    monkeypatch.setattr(memory, "return_memory", lambda: returned.append(seen[-1]))
    monkeypatch.setattr(time, "process_time", process_time)
    event_loop.run(watched())
    assert returned == [0.3]


def test_fastapi_works_without_the_first_version_of_pydantic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydantic.v1", None)  # restores what was there
    monkeypatch.delitem(sys.modules, "pydantic.v1")
    memory.leave_out_old_pydantic()
    app = FastAPI()

    @app.get("/{number}")
    def page(number: int) -> int:
        return number

    assert page(1) == 1
    assert sys.modules["pydantic.v1"] is None
