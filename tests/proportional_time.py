"""Whether processing time grows in proportion to the size of a text, on a machine of any speed."""

import time
from collections.abc import Callable


def assert_in_proportion(call: Callable[[int, float], object], size: int) -> None:
    """Assert that a text of this size takes less than 24 times the processor time of one an eighth as long.

    In proportion it takes 8 times as long, and 64 times if the time is quadratic. ``call`` takes a size and a
    number of seconds after which it may stop, having failed.
    """
    most = 24 * max(_seconds(call, size // 8, 60), 0.02)
    assert _seconds(call, size, most) < most


def _seconds(call: Callable[[int, float], object], size: int, most: float) -> float:
    before = time.process_time()
    call(size, most)
    return time.process_time() - before
