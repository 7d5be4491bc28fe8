"""A finger that drags what a long press has picked up."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, Page, expect

_STEPS = 12
_EDGE = 8  # CSS pixels from the edge of an item to the finger


@contextmanager
def dragging(page: Page, item: Locator, onto: Locator) -> Iterator[None]:
    """Pick an item up, carry it to the upper edge of another, and drop it at the end of the block.

    Both must be in view.
    """
    session = page.context.new_cdp_session(page)
    start, end = item.bounding_box(), onto.bounding_box()
    assert start is not None
    assert end is not None

    def touch(kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    x, y, top = start["x"] + _EDGE, start["y"] + start["height"] / 2, end["y"] + _EDGE
    touch("touchStart", (x, y))
    expect(item).to_have_class(re.compile("sortable-chosen"))
    for step in range(1, _STEPS + 1):
        touch("touchMove", (x + 4, y + (top - y) * step / _STEPS))
    yield
    touch("touchEnd")
    session.detach()
