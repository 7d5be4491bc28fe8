"""Numbers of segments that come part by part, and are kept for a while."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from playwright.sync_api import Page, Route, expect

from newsletter.domain.segment import Segment, SegmentStep
from newsletter.domain.subscriber import Subscriber
from newsletter.store import open_store
from newsletter.store.subscribers import segment_steps
from newsletter.web.studio.audience import segment_counts, segments
from newsletter.web.studio.audience.segment_counts import SegmentCounts
from tests import make
from tests.databases import new_sqlite
from tests.web.preview.running_preview import NewsletterFolder
from tests.web.studio.running_studio import Listening

SOIL = Segment(slug="soil", name="Soil", any=(frozenset({"soil"}),))
RAIL = Segment(slug="rail", name="Rail", any=(frozenset({"railways"}),))
PARTS, SECONDS = 4, 1.0  # of each count, and of each part


class Counting:
    """A count of segments whose parts have two readers each, and take a second."""

    def __init__(self) -> None:
        self.now = 0.0
        self.counts = SegmentCounts(lambda: self.now)
        self.steps: list[tuple[list[str], int]] = []

    def step(self, due: Sequence[Segment], after: int) -> SegmentStep:
        self.steps.append(([segment.slug for segment in due], after))
        self.now += SECONDS
        upper = after + 1
        counts = {segment.slug: 2 for segment in due}
        return SegmentStep(counts=counts, readers=2, after=upper if upper < PARTS else None, share=upper / PARTS)

    def count(self, *counted: Segment) -> dict[str, tuple[int, float]]:
        found = self.counts.counted(counted, self.step)
        return {slug: (count.number, count.share) for slug, count in found.items()}


def test_those_that_are_furthest_behind_are_counted_next() -> None:
    counting = Counting()
    counting.count(SOIL)
    assert counting.count(SOIL, RAIL) == {"soil": (2, 0.25), "rail": (2, 0.25)}
    assert counting.count(SOIL, RAIL) == {"soil": (4, 0.5), "rail": (4, 0.5)}
    assert counting.steps == [(["soil"], 0), (["rail"], 0), (["soil", "rail"], 1)]


def test_a_number_is_kept_for_its_rule_and_for_as_long_as_it_was_costly() -> None:
    counting = Counting()
    for _ in range(PARTS):
        counting.count(SOIL)
    renamed, changed = replace(SOIL, slug="earth", name="Earth"), replace(SOIL, any=(frozenset({"clay"}),))
    assert counting.count(renamed) == {"earth": (8, 1)}
    assert len(counting.steps) == PARTS
    assert counting.count(changed) == {"soil": (2, 0.25)}
    counting.now += PARTS * SECONDS * 100
    assert counting.count(SOIL) == {"soil": (2, 0.25)}


def test_a_quick_count_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment_counts, "_CHEAP_S", PARTS * SECONDS + 1)
    counting = Counting()
    for _ in range(PARTS):
        counting.count(SOIL)
    assert counting.counts.known([SOIL]) == {}


@pytest.fixture
def thirty_segments(shared_folder: NewsletterFolder, monkeypatch: pytest.MonkeyPatch) -> NewsletterFolder:
    """Return the newsletter with 30 segments and 30 readers, who are counted five at a time once a page is shown."""
    monkeypatch.setattr(segments, "_AT_ONCE", -1)
    monkeypatch.setattr(segments, "_STEP", 0)
    monkeypatch.setattr(segment_counts, "_CHEAP_S", 0)
    monkeypatch.setattr(segment_counts, "_KEPT", 10**6)
    for name in ("_FIRST", "_FEWEST", "_LARGEST"):
        monkeypatch.setattr(segment_steps, name, 5)
    rules = [f'topic = "soil" and joined >= 2000-01-{number + 1:02}' for number in range(30)]
    tables = [
        f"[segments.s{number}]\nname = 'Segment {number}'\nwhere = '{rule}'\n" for number, rule in enumerate(rules)
    ]
    file = shared_folder.root / "newsletter.toml"
    file.write_text(file.read_text(encoding="utf-8") + "\n" + "\n".join(tables), encoding="utf-8")
    readers = [
        Subscriber(address=f"r{number}@example.org", topics=("soil",) if number % 3 else ()) for number in range(30)
    ]
    with open_store(new_sqlite(shared_folder.root / "newsletter.db")) as store:
        store.subscribers.merge([readers], now=make.WHEN)
    return shared_folder


def test_what_can_be_seen_is_counted_first_and_nothing_twice(
    thirty_segments: NewsletterFolder, desk: Page, studio: Listening
) -> None:
    asked: list[str] = []  # the first segment of each request
    held: list[Route] = []

    def hold(route: Route) -> None:
        asked.append(route.request.url.partition("segment=")[2].partition("&")[0])
        if len(asked) == 1:
            held.append(route)
        else:
            route.continue_()

    desk.route("**/segments/counts?*", hold)
    with desk.expect_request("**/segments/counts?*"):
        desk.goto(f"{studio.base}/segments")
    last = desk.locator('[data-count-of="s29"]')
    last.scroll_into_view_if_needed()
    held[0].continue_()
    for slug, readers in (("everyone", 30), ("s0", 20), ("s29", 20)):
        expect(desk.locator(f'[data-count-of="{slug}"]')).to_have_text(f"{readers} readers")
    expect(desk.locator(".so-far")).to_have_count(0)
    groups, steps = 7, 6
    assert (asked[0], len(asked)) == ("everyone", groups * steps)
    assert int(asked[1].removeprefix("s")) > 15

    file = thirty_segments.root / "newsletter.toml"
    renamed = file.read_text(encoding="utf-8").replace("Segment 29", "Another name")
    file.write_text(renamed, encoding="utf-8")
    expect(desk.get_by_role("link", name="Another name")).to_be_visible()
    expect(last).to_have_text("20 readers")
    file.write_text(renamed.replace("joined >= 2000-01-30", "joined >= 2031-01-30"), encoding="utf-8")
    expect(last).to_have_text("0 readers")
    assert len(asked) == (groups + 1) * steps
