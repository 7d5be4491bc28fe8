"""What a form may send: anything."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from newsletter.subscriptions import masked, parse_name
from newsletter.tokens import Purpose
from newsletter.web.http.forms import groups, known_topics, parse_pause, read_form
from tests import make
from tests.event_loop import run
from tests.web.public.public_pages import public

BERLIN = ZoneInfo("Europe/Berlin")


@given(st.text())
def test_a_name_is_one_line_without_a_link_or_refused(text: str) -> None:
    try:
        first, last = parse_name(text)
    except ValueError:
        return
    name = f"{first} {last}".strip()
    assert len(name) <= 80
    assert not set(name) & set("@<>{}[]\\=\r\n\0")
    assert "://" not in name


@given(st.emails())
def test_a_masked_address_shows_three_characters_and_what_follows_the_last_dot(address: str) -> None:
    local, _, domain = address.rpartition("@")
    shown = masked(address)
    assert shown == f"{local[0]}•••@{domain[0]}•••.{domain.rpartition('.')[2]}"


@given(st.text(max_size=12) | st.dates().map(str))
def test_a_pause_is_a_day_to_come_or_refused(text: str) -> None:
    now = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    try:
        until = parse_pause(text, now, BERLIN)
    except ValueError:
        return
    assert until is None or now < until <= now + timedelta(days=367)


@given(st.text(alphabet="%0a\0"))
@example("%%0000")
def test_no_value_of_a_form_has_a_nul(text: str) -> None:
    async def receive() -> Message:
        return {"type": "http.request", "body": f"name={text}&name={quote(text)}".encode()}

    kind = (b"content-type", b"application/x-www-form-urlencoded")
    form = run(read_form(Request({"type": "http", "headers": [kind]}, receive)))
    assert all("\0" not in value for value in form.all("name"))


def test_topics_stand_under_those_at_the_top() -> None:
    assert [(one.head.slug, [below.slug for below in one.below]) for one in groups(make.topics())] == [
        ("asia", ["afghanistan"]),
        ("nato", []),
    ]
    assert known_topics(["NATO", "nato", "asia", "x"], make.topics()) == ("asia", "nato")


def test_whatever_a_form_has_is_answered(tmp_path: Path) -> None:
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
        assert pages.said == []
