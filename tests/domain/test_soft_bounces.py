"""Addresses that bounce softly again and again."""

from datetime import timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.soft_bounces import SoftBounce, TooManySoftBounces, too_many_soft_bounces
from tests import make

DAY = [make.WHEN + timedelta(days=number) for number in range(120)]


def soft(*days: int, full: bool = False) -> list[SoftBounce]:
    return [SoftBounce(issue=f"issue-{day}", at=DAY[day], full=full) for day in days]


def test_soft_bounces_count_by_issue_in_a_row_and_in_any_order() -> None:
    bounces = [*soft(0, 3, 9, 20), SoftBounce(issue="issue-3", at=DAY[4])]
    for order in permutations(bounces):
        assert too_many_soft_bounces(order, [], 3) == TooManySoftBounces(since=DAY[20], issues=4)
        assert too_many_soft_bounces(order, [DAY[10]], 3) is None
        assert too_many_soft_bounces(order, [DAY[1]], 3) == TooManySoftBounces(since=DAY[20], issues=3)
        assert too_many_soft_bounces(order, [], 5) is None
    assert too_many_soft_bounces([], [], 1) is None


def test_soft_bounces_wear_an_address_out_only_after_a_fortnight() -> None:
    assert too_many_soft_bounces(soft(*range(14)), [], 7) is None
    assert too_many_soft_bounces(soft(*range(15)), [], 7) == TooManySoftBounces(since=DAY[14], issues=15)
    assert too_many_soft_bounces(soft(0, 13, 14, 15, 16, 17), [], 7) is None


def test_a_mailbox_that_is_full_during_a_holiday_is_not_worn_out() -> None:
    full = soft(*range(60), full=True)
    assert too_many_soft_bounces(full, [], 7) is None
    assert too_many_soft_bounces([*full, *soft(60, full=True)], [], 7) == TooManySoftBounces(since=DAY[60], issues=61)
    assert too_many_soft_bounces([*full, *soft(*range(3, 18))], [], 7) == TooManySoftBounces(since=DAY[17], issues=15)


@given(st.lists(st.integers(0, 119)), st.lists(st.integers(0, 119)), st.integers(0, 119), st.integers(1, 8))
def test_another_delivery_never_wears_an_address_out(
    bounced: list[int], arrived: list[int], day: int, most: int
) -> None:
    before = too_many_soft_bounces(soft(*bounced), [DAY[at] for at in arrived], most)
    after = too_many_soft_bounces(soft(*bounced), [DAY[at] for at in (*arrived, day)], most)
    assert after is None or (before is not None and before.since <= after.since)
