"""The fields of the readers' forms: any content is allowed, and errors are messages for the reader."""

from datetime import date
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.tokens import Purpose
from newsletter.web.public.fields import known_topics, parse_typed_date, topic_groups
from tests import make
from tests.web.public.public_pages import public


@given(st.text(max_size=12) | st.dates().map(str))
def test_a_typed_date_is_a_date_or_refused(text: str) -> None:
    try:
        parsed = parse_typed_date(text)
    except ValueError:
        return
    assert text == (parsed.isoformat() if parsed else "")


def test_a_typed_date_must_exist_and_have_ascii_digits() -> None:
    assert parse_typed_date("2026-12-24") == date(2026, 12, 24)
    with pytest.raises(ValueError, match="year-month-day"):
        parse_typed_date("٢٠٢٦-١٢-٠١")
    with pytest.raises(ValueError, match="doesn’t exist"):
        parse_typed_date("2026-02-30")


def test_topics_are_grouped_under_top_level_topics() -> None:
    assert [(group.head.slug, [below.slug for below in group.below]) for group in topic_groups(make.topics())] == [
        ("asia", ["afghanistan"]),
        ("nato", []),
    ]
    assert known_topics(["NATO", "nato", "asia", "x"], make.topics()) == ("asia", "nato")


def test_any_form_is_answered(tmp_path: Path) -> None:
    fields = st.lists(
        st.tuples(
            st.sampled_from(
                ["address", "name", "topic", "exclude", "paused_until", "language", "frequency", "opened", "undo"]
            )
            | st.text(max_size=8),
            st.text(max_size=30),
        ),
        max_size=12,
    )
    with public(tmp_path) as pages, pages.client() as client:
        reader = pages.reader()
        paths = ["/subscribe", "/preferences", pages.link(Purpose.PREFERENCES, reader), pages.visit(reader)]

        @settings(max_examples=60)
        @given(st.sampled_from(paths), fields.map(urlencode).map(str.encode) | st.binary(max_size=60))
        def answered(path: str, body: bytes) -> None:
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            assert client.post(path, content=body, headers=kind).status_code in (200, 400, 422, 429)

        answered()
        assert pages.logged == []
