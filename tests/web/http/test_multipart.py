"""Forms with a file, as browsers send them."""

from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.web.http.multipart import ReceivedForm, UploadError, receive_form
from tests import event_loop


def received(content_type: str, body: bytes, size: int = 7) -> tuple[ReceivedForm, bytes]:
    async def chunks() -> AsyncIterator[bytes]:
        for at in range(0, len(body), size):
            yield body[at : at + size]

    pieces: list[bytes] = []
    form = event_loop.run(receive_form(content_type, chunks(), "file", pieces.append))
    return form, b"".join(pieces)


@given(
    content=st.binary(max_size=200) | st.sampled_from([b"\r\n--", b"--x--\r\n", b"\r\n" * 9]),
    size=st.integers(1, 50),
    field=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
)
def test_every_file_arrives_as_it_was_sent(content: bytes, size: int, field: str) -> None:
    request = httpx.Request(
        "POST", "http://a.example/", files={"file": ("Mes lecteurs.csv", content)}, data={"platform": field}
    )
    form, got = received(request.headers["Content-Type"], request.read(), size)
    assert got == content
    assert form == ReceivedForm(file_name="Mes lecteurs.csv", fields={"platform": field})


def body(*parts: str) -> bytes:
    return "".join(f"--x\r\n{part}\r\n" for part in parts).encode() + b"--x--\r\n"


def test_names_are_as_browsers_write_them() -> None:
    part = (
        'Content-Disposition: form-data; name="file"; filename="%22a%22 ü.csv"\r\nContent-Type: text/csv\r\n\r\nemail'
    )
    form, got = received('multipart/form-data; boundary="x"', body(part))
    assert (form.file_name, got) == ('"a" ü.csv', b"email")


def test_only_the_first_file_of_the_field_counts() -> None:
    disposition = 'Content-Disposition: form-data; name="{}"; filename="{}"\r\n\r\n{}'
    parts = [disposition.format(*values) for values in (("other", "o", "1"), ("file", "a", "2"), ("file", "b", "3"))]
    form, got = received("multipart/form-data; boundary=x", body(*parts, "X-Nothing: 1\r\n\r\n4"))
    assert (form.file_name, got) == ("a", b"2")


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", body("a")[:-4]),
        ("multipart/form-data; boundary=x", b"--xy"),
        ("multipart/form-data; boundary=x", b"--x\r\n" + b"a" * 20_000),
        ("multipart/form-data; boundary=x", body(*["X: 1\r\n\r\n"] * 101)),
        (
            "multipart/form-data; boundary=x",
            body('Content-Disposition: form-data; name="a"\r\n\r\n' + "a" * 70_000),
        ),
    ],
)
def test_what_is_no_whole_form_is_refused(content_type: str, content: bytes) -> None:
    with pytest.raises(UploadError):
        received(content_type, content, 1000)
