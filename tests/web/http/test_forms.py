"""Submitted forms, which may contain anything."""

from urllib.parse import quote

from hypothesis import example, given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from newsletter.web.http.forms import read_form
from tests.event_loop import run


@given(st.text(alphabet="%0a\0"))
@example("%%0000")
def test_no_value_of_a_form_has_a_nul(text: str) -> None:
    async def receive() -> Message:
        return {"type": "http.request", "body": f"name={text}&name={quote(text)}".encode()}

    kind = (b"content-type", b"application/x-www-form-urlencoded")
    form = run(read_form(Request({"type": "http", "headers": [kind]}, receive)))
    assert all("\0" not in value for value in form.all("name"))
