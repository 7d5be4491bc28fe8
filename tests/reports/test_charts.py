"""Charts as values, and as SVG in a real browser."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup
from playwright.sync_api import Browser, Page

from newsletter.rendering import page_environment
from newsletter.reports.axes import MINUS, Unit, axis_for
from newsletter.reports.bar_charts import BarChart, BarValue, bar_chart
from newsletter.reports.page import STATIC, report_filters
from newsletter.reports.time_charts import BOTTOM, TOP, ChartPlace, Mark, Series, TimeChart, sparkline, time_chart
from tests.web.axe import looks, violations

_NUMBERS = st.none() | st.sampled_from([float("nan"), float("inf")]) | st.floats(-1e12, 1e12) | st.integers(-99, 10**12)


def over_time(*values: float | None, mark: Mark = Mark.LINE, unit: Unit = Unit.COUNT) -> TimeChart:
    places = [ChartPlace(name=f"Day {at}", label=str(at)) for at in range(len(values))]
    return time_chart("Readers", places, [Series(name="Readers", values=values, mark=mark)], heading="Day", unit=unit)


def page_of(*charts: TimeChart | BarChart) -> str:
    """Return a page with charts, as a report in a file has them."""
    styles = "".join((STATIC / name).read_text(encoding="utf-8") for name in ("page.css", "reports.css"))
    template = page_environment(filters=report_filters()).from_string(
        '<!doctype html><html lang="en"><title>Charts</title><style>{{ styles }}</style>'
        '<main class="report">{% import "reports/charts.html" as charts %}<h1>Charts</h1><h2>All</h2>'
        "{% for chart in shown %}"
        '{{ charts.time(chart, "chart-%d" % loop.index) if chart.points is defined '
        'else charts.bars(chart, "chart-%d" % loop.index) }}{% endfor %}</main>'
    )
    return template.render(shown=charts, styles=Markup(styles))


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([], ["0", "1"]),
        ([0], ["0", "1"]),
        ([1], ["0", "1"]),
        ([3], ["0", "1", "2", "3"]),
        ([7, 42], ["0", "10", "20", "30", "40", "50"]),
        ([-5, 12], [f"{MINUS}5", "0", "5", "10", "15"]),
        ([12_000], ["0", "5,000", "10k", "15k"]),
        ([3_400_000_000], ["0", "1B", "2B", "3B", "4B"]),
    ],
)
def test_an_axis_has_round_ticks_around_zero(values: list[float], ticks: list[str]) -> None:
    assert [Unit.COUNT.tick(tick) for tick in axis_for(values, Unit.COUNT).ticks] == ticks


def test_an_axis_of_shares_has_per_cents() -> None:
    assert [Unit.SHARE.tick(tick) for tick in axis_for([0.123], Unit.SHARE).ticks] == ["0%", "5%", "10%", "15%"]
    assert [Unit.SHARE.tick(tick) for tick in axis_for([0.0021], Unit.SHARE).ticks][:3] == ["0%", "0.05%", "0.1%"]


def test_an_axis_of_shares_ends_at_the_whole() -> None:
    assert [Unit.SHARE.tick(tick) for tick in axis_for([0.995], Unit.SHARE, from_zero=False).ticks][-1] == "100%"


def test_an_axis_of_a_state_may_begin_above_zero() -> None:
    assert axis_for([19_800, 20_350], Unit.COUNT, from_zero=False).low == 19_800
    assert axis_for([500], Unit.COUNT, from_zero=False).ticks == (499, 500, 501)


@given(st.lists(_NUMBERS), st.sampled_from(Unit), st.booleans())
def test_an_axis_includes_every_value_in_few_steps(values: list[float | None], unit: Unit, from_zero: bool) -> None:
    axis = axis_for(values, unit, from_zero=from_zero)
    assert 2 <= len(axis.ticks) <= 8
    for value in values:
        if value is not None and abs(value) < float("inf"):
            assert -0.01 <= axis.place(value) <= 1.01


@given(st.lists(st.tuples(_NUMBERS, _NUMBERS), max_size=50), st.sampled_from(Mark), st.sampled_from(Mark))
def test_everything_is_drawn_inside_the_plot(
    values: list[tuple[float | None, float | None]], one: Mark, other: Mark
) -> None:
    places = [ChartPlace(name=str(at), label=str(at)) for at in range(len(values))]
    series = [
        Series(name="One", values=tuple(first for first, _ in values), mark=one),
        Series(name="Other", values=tuple(second for _, second in values), mark=other),
    ]
    chart = time_chart("Both", places, series, heading="Day")
    for point in chart.points:
        assert len(point.words) == 2
        for shape in (*point.columns, *point.dots):
            assert TOP - 1 <= shape.top <= shape.top + shape.height <= BOTTOM + 1


def test_zero_has_no_bar_and_a_negative_value_has_one_on_the_other_side() -> None:
    values = [BarValue(name=name, value=value) for name, value in (("none", 0), ("less", -50), ("more", 100))]
    chart = bar_chart("Change", values, headings=("Topic", "Readers", ""))
    none, less, more = chart.bars
    assert (none.length, none.words) == (0, "0")
    assert (less.start, less.length, less.words, less.is_negative) == (0, 33.33, f"{MINUS}50", True)
    assert (more.start, more.length, more.words) == (33.33, 66.67, "100")


def test_an_unknown_value_is_a_gap_and_not_zero() -> None:
    chart = over_time(1, 2, None, 4, 5, None, 7)
    assert [line.path.count("M") for line in chart.lines] == [2]  # the last one, alone, is a dot
    assert [len(point.dots) for point in chart.points] == [1, 1, 0, 1, 1, 0, 1]
    assert chart.points[2].words == ("",)


def test_one_point_is_a_dot_without_a_line() -> None:
    chart = over_time(12)
    assert chart.lines == ()
    assert [point.words for point in chart.points] == [("12",)]


def test_columns_below_zero_show_what_was_lost() -> None:
    places = [ChartPlace(name="Monday", label="Mon")]
    series = [
        Series(name="Joined", values=(30,), mark=Mark.UP),
        Series(name="Left", values=(10,), mark=Mark.DOWN),
        Series(name="Bounced", values=(5,), mark=Mark.DOWN),
    ]
    chart = time_chart("Growth", places, series, heading="Day")
    zero = next(tick.at for tick in chart.ticks if tick.is_zero)
    joined, left, bounced = chart.points[0].columns
    assert joined.top + joined.height == pytest.approx(zero, abs=0.02)
    assert left.top == zero
    assert bounced.top == pytest.approx(left.top + left.height, abs=0.02)
    assert chart.points[0].words == ("30", "10", "5")


def test_few_labels_stand_below_many_places() -> None:
    chart = over_time(*range(365))
    assert len(chart.labels) <= 6
    assert not chart.shows_dots
    assert over_time().labels == ()


def test_a_sparkline_needs_two_values() -> None:
    assert sparkline([None, 3], Unit.COUNT) is None
    line = sparkline([0.01, None, 0.05, 0.03], Unit.SHARE)
    assert line is not None
    assert line.words == "1.0% to 5.0% in 3 issues"
    flat = sparkline([2, 2], Unit.COUNT)
    assert flat is not None
    assert flat.words == "2 in 2 issues"


HEBREW = "הרכבת שיוצאת בחצות"
CHARTS = (
    over_time(5, 3, 0, 8),
    over_time(1_234_567_890, mark=Mark.UP),
    over_time(*range(90)),
    bar_chart(
        "Clicks",
        [
            BarValue(name="w" * 300, value=7, detail="70%"),
            BarValue(name=HEBREW, value=3, detail="30%", url="https://example.org/"),
            BarValue(name="<script>alert(1)</script>", value=0),
        ],
        headings=("Entry", "Clicks", "Share"),
    ),
)


def test_a_chart_is_accessible_and_fits_every_screen(page: Page) -> None:
    page.set_content(page_of(*CHARTS))
    for width, scheme in looks(page, (1280, "light"), (375, "dark")):
        assert violations(page) == [], (width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        outside = """all => all.filter(text => {
          const [own, whole] = [text, text.closest("svg")].map(element => element.getBoundingClientRect());
          return own.width && (own.left < whole.left - 1 || own.right > whole.right + 1);
        }).map(text => text.textContent)"""
        assert page.locator(".chart text:not(.readout)").evaluate_all(outside) == []
        tallest = page.locator(".bars tbody tr").nth(1).evaluate("row => row.getBoundingClientRect().height")
        assert tallest < 80  # a name of one line
    assert page.locator("script").count() == 0
    assert page.locator(f"text={HEBREW}").evaluate("element => element.closest('[dir]').dir") == "auto"


def test_a_points_values_are_shown_when_it_has_the_focus_or_the_pointer(page: Page) -> None:
    page.set_content(page_of(CHARTS[0]))
    points = page.locator(".point")
    assert points.first.get_attribute("aria-label") == "Day 0: Readers 5"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    shown = (
        """all => all.filter(text => getComputedStyle(text).visibility == 'visible').map(text => text.textContent)"""
    )
    assert page.locator(".readout").evaluate_all(shown) == ["Day 1", "3"]
    page.locator(".slot").nth(3).hover()
    assert page.locator(".readout").evaluate_all(shown) == ["Day 3", "8"]
    assert not page.locator("table").is_visible()
    page.locator("summary").click()
    assert page.locator("table tbody tr").first.inner_text().split() == ["Day", "3", "8"]


def test_many_points_are_one_step_of_the_tab_key(page: Page) -> None:
    page.set_content(page_of(CHARTS[2]))
    assert page.locator('.point[tabindex="0"]').count() == 1


def test_charts_keep_their_marks_in_print_and_in_the_readers_own_colours(browser: Browser) -> None:
    with browser.new_context(forced_colors="active") as context:
        page = context.new_page()
        page.set_content(page_of(*CHARTS))
        fills = page.locator(".bar-line rect").evaluate_all("all => all.map(bar => getComputedStyle(bar).fill)")
        assert len(set(fills)) == 1
        assert fills[0] != page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.emulate_media(media="print", forced_colors="none")
        assert page.locator("details table").first.is_visible()
        assert not page.locator("summary").first.is_visible()


def test_names_are_escaped() -> None:
    page = page_of(*CHARTS)
    assert "&lt;script&gt;alert(1)" in page
    assert not re.search(r"<script|style=|onload", page)
