"""Values that several threads need are computed once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from newsletter.web.preview.once import OnceCache


def test_threads_that_need_the_same_value_compute_it_once() -> None:
    cache, computed = OnceCache(), list[int]()
    begin, all_here = threading.Event(), threading.Barrier(4, timeout=60)

    def compute() -> int:
        assert begin.wait(60)
        computed.append(1)
        return len(computed)

    def get() -> int:
        all_here.wait()
        return cache.get("value", compute)

    with ThreadPoolExecutor(3) as threads:
        results = [threads.submit(get) for _ in range(3)]
        all_here.wait()
        begin.set()
        assert [result.result(60) for result in results] == [1, 1, 1]
    assert computed == [1]


def test_a_value_may_need_another_one() -> None:
    cache = OnceCache()
    assert cache.get("outer", lambda: cache.get("inner", lambda: 2) + 1) == 3
    assert cache.get("inner", lambda: 5) == 2


def test_after_a_failure_the_next_call_computes_again_and_raises_its_own_error() -> None:
    cache, raised = OnceCache(), list[BaseException]()

    def fail() -> int:
        raise OSError("broken")

    for _ in range(2):
        with pytest.raises(OSError, match="broken") as caught:
            cache.get("value", fail)
        raised.append(caught.value)
    assert raised[0] is not raised[1]
    assert cache.get("value", lambda: 7) == 7
