"""Which members of a list have moved, as people would say it: as few as possible. No I/O."""

from bisect import bisect_left
from collections.abc import Sequence


def moved_members(before: Sequence[str], after: Sequence[str]) -> tuple[str, ...]:
    """Return the fewest members whose move makes the order of ``before`` that of ``after``, in the latter's order.

    Only members of both lists count. No list has a member twice.
    """
    places = {member: at for at, member in enumerate(before)}
    common = [member for member in after if member in places]
    stayed = _longest_rising([places[member] for member in common])
    return tuple(member for at, member in enumerate(common) if at not in stayed)


def _longest_rising(numbers: Sequence[int]) -> frozenset[int]:
    """Return the indexes of a longest rising subsequence."""
    ends: list[int] = []  # the smallest last number of a subsequence of each length
    last: list[int] = []  # its index
    previous: list[int | None] = []
    for at, number in enumerate(numbers):
        length = bisect_left(ends, number)
        previous.append(last[length - 1] if length else None)
        ends[length:] = [number, *ends[length + 1 :]]
        last[length:] = [at, *last[length + 1 :]]
    chosen, at_end = set(), last[-1] if last else None
    while at_end is not None:
        chosen.add(at_end)
        at_end = previous[at_end]
    return frozenset(chosen)


def ordinal(number: int) -> str:
    """Return a number such as *1st*, *2nd*, *3rd* or *11th*."""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
