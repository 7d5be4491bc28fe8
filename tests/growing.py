"""Whether what a text costs grows in proportion to its size, however slow the machine is."""

import time
from collections.abc import Callable


def assert_in_proportion(call: Callable[[int, float], object], size: int) -> None:
    """Assert that a text of this size costs less than 24 times the processor time of one of an eighth.

    In proportion it costs 8 times as much, and 64 times if the time grows with the square. ``call`` takes a size and a
    number of seconds after which it may give up, having failed.
    """
    most = 24 * max(_seconds(call, size // 8, 60), 0.02)
    assert _seconds(call, size, most) < most


def _seconds(call: Callable[[int, float], object], size: int, most: float) -> float:
    before = time.process_time()
    call(size, most)
    return time.process_time() - before
