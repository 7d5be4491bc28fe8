"""The checklist itself: each rule reports its fault."""

import pytest

from newsletter.message.mime import Wire
from tests import make
from tests.message_checklist import complaints

GOOD = Wire(make.email(), make.WHEN).message(make.recipient(first_name="Ada"))
LINK = make.recipient().values["links.unsubscribe"].encode()


def test_a_good_message_has_no_complaints() -> None:
    assert complaints(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"\r\n", b"\n", "not CRLF"),
        (b"--\r\n", b"--", "has no end"),
        (b"Ada=", b"A\0da=", "NUL"),
        (b"Subject: Good", b"Subject: " + b"x" * 80, "header line of"),
        (b"Hello=20=\r\nAda=\r\n", b"Hello" + b"x" * 80, "more than 76"),
        (b"Ada", "Adé".encode(), "not ASCII"),
        (b"=2E", b".", "stuff"),
        (b"Hello=20", b"Hello \r\n", "white space"),
        (b"Subject: Good", b"Sub ject: Good", "header name"),
        (b"Subject: Good", "Subject: Göod".encode(), "header that is not ASCII"),
        (b"Subject: Good", b"Subject: =?utf-8?q?" + b"x" * 64 + b"?=", "encoded word"),
        (b"Date: ", b"Subject: x\r\nDate: ", "subject appears 2 times"),
        (b"List-Id", b"X-List-Id", "no list-id"),
        (b"Date: ", b"Bcc: e@x.example\r\nDate: ", "bcc has no place"),
        (b"Message-ID: <", b"Message-ID: <a b", "Message-ID"),
        (b"To: ", b"To: e@x.example, ", "not one recipient"),
        (b"From: The", b"From: e@x.example, The", "not one address in From"),
        (b"Date: Mon, 23 Nov 2026", b"Date: yesterday", "Date"),
        (b"<" + LINK + b">\r\nFrom", b"<" + LINK + b">, <mailto:a@example.com>\r\nFrom", "exactly one https"),
        (b"List-Unsubscribe: <https", b"List-Unsubscribe: <http", "exactly one https"),
        (b"List-Unsubscribe: <https://", b"List-Unsubscribe: <https://a@example.com/", "reader's address"),
        (b"List-Unsubscribe: <", b"List-Unsubscribe:\r\n <", "folded"),
        (b"One-Click", b"Once", "RFC 8058"),
        (b"List-Id: The Daily Test <", b"List-Id: <a b", "RFC 2919"),
        (b"Feedback-ID: ", b"Feedback-ID: a:b:", "four fields"),
        (b":issue:the-daily-test", b":issue:the", "5 to 15"),
        (b"multipart/alternative", b"multipart/mixed", "not multipart/alternative"),
        (b"text/plain", b"text/enriched", "not text/plain, then"),
        (b"text/html; charset=utf-8", b"text/html; charset=us-ascii", "not utf-8"),
        (b"quoted-printable\r\n\r\n<p>", b"7bit\r\n\r\n<p>", "not quoted-printable"),
        (b"Ada=\r\n=2E <", b"{{ name }}=\r\n=2E <", "{{ is left"),
        (b'href=3D"=\r\n', b'href=3D"http://x.example/">a</a><a href=3D"=\r\n', "not https"),
        (b"<p>Hello", b'<img src=3D"https://x.example/" width=3D"1"><p>H', "without alt"),
        (b"<p>Hello", b'<img src=3D"https://x.example/" alt=3D""><p>H', "without width"),
        (b">Unsubscribe<", b">x.example<", "shows x.example"),
    ],
)
def test_each_fault_is_reported(old: bytes, new: bytes, words: str) -> None:
    assert old in GOOD
    faulty = GOOD.replace(old, new)
    assert any(words in complaint for complaint in complaints(faulty)), complaints(faulty)
