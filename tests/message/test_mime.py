"""Messages: a hostile or unusual value changes the bytes only where it belongs."""

import hashlib
import html
import quopri
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.domain.addresses import Mailbox
from newsletter.message.encoding import ascii_domain, mailbox_header, quoted_printable
from newsletter.message.mime import Recipient, Wire
from newsletter.message.template import Slot, Template, fill_html, fill_text
from tests import make
from tests.message_checklist import complaints, header_lines, parsed

HEADERS = [
    b"To", b"Subject", b"Message-ID", b"List-Unsubscribe", b"From", b"Date", b"List-Id", b"List-Unsubscribe-Post",
    b"Feedback-ID", b"MIME-Version", b"Content-Type",
]  # fmt: skip
INJECTION = "=?utf-8?q?x=0D=0ABcc:_e@x.example?="
VALUES = [
    "", " ", "=", ".", "..", ".\n.", "\n", "\r\n.\r\n", "a\r\nBcc: e@x.example", "x" * 10_000, "é" * 10_000,
    "\U0001f600" * 75, "שלום עולם", "\u202eevil\u202c", "{{ subscriber.email }}", "{{{", "}}", "<b>&\"'</b>", INJECTION,
    "\0\x07\x1b[31m", "a\u2028b\x85c", "trailing ", "\t", "=3D", "--=_", "From me", "a=\r\n", ". " * 60,
]  # fmt: skip

text = st.text(st.characters(codec="utf-8"), max_size=300) | st.sampled_from(VALUES)
slot = st.builds(Slot, st.sampled_from(["subscriber.first_name", "subscriber.city", "links.unsubscribe"]), text)
template = st.lists(text | slot, max_size=6).map(tuple)


def canonical(words: str) -> str:
    """Return a text as a part may show it: without control characters, with CRLF line endings."""
    shown = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", "", words)
    return shown.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


def one_line(words: str) -> str:
    """Return a text as a header may show it: without control or direction characters or line endings, single-spaced."""
    shown = re.sub("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]+", " ", words)
    return re.sub(" +", " ", shown).strip(" ")


def part_texts(message: bytes) -> list[str]:
    """Return both parts decoded, with their own line endings."""
    return [bytes(part.get_payload(decode=True)).decode() for part in parsed(message).iter_parts()]


def sane(every: list[str]) -> list[str]:
    """Return the complaints except those that a value alone may cause: braces, or an empty part."""
    return [complaint for complaint in every if "{{" not in complaint and "text part is empty" not in complaint]


def test_an_ordinary_message_is_exactly_these_bytes() -> None:
    message = Wire(make.email(), make.WHEN).message(make.recipient(first_name="Ada"))
    link = make.recipient().values["links.unsubscribe"]
    boundary = f"=_{hashlib.sha256(b'2026-11-23').hexdigest()[:32]}"
    first, rest = link[:74], link[74:]
    assert message.decode() == "\r\n".join(
        [
            "To: reader1@example.com",
            "Subject: Good morning, Ada",
            f"Message-ID: <2026-11-23.{1:032x}@news.example.org>",
            f"List-Unsubscribe: <{link}>",
            "From: The Daily Test <editors@news.example.org>",
            "Date: Mon, 23 Nov 2026 06:30:00 +0000",
            "List-Id: The Daily Test <the-daily-test.news.example.org>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
            "Feedback-ID: 2026-11-23:the-daily-test:issue:the-daily-test",
            "MIME-Version: 1.0",
            "Content-Type: multipart/alternative;",
            f' boundary="{boundary}"',
            "",
            f"--{boundary}",
            "Content-Type: text/plain; charset=utf-8; format=flowed",
            "Content-Transfer-Encoding: quoted-printable",
            "",
            "Hello=20=",
            "Ada=",
            "=2E",
            "",
            "<=",
            f"{first}=",
            f"{rest}=",
            ">",
            "",
            f"--{boundary}",
            "Content-Type: text/html; charset=utf-8",
            "Content-Transfer-Encoding: quoted-printable",
            "",
            "<p>Hello=20=",
            "Ada=",
            '=2E <a href=3D"=',
            f"{first}=",
            f"{rest}=",
            '">Unsubscribe</a></p>',
            "",
            f"--{boundary}--",
            "",
        ]
    )
    assert complaints(message) == []


@given(template, template, template, text, text)
def test_any_value_leaves_a_message_well_formed(
    subject: Template, body: Template, page: Template, name: str, city: str
) -> None:
    email = make.email(subject=subject, text=body, html=page)
    recipient = make.recipient(first_name=name, city=city)
    message = Wire(email, make.WHEN).message(recipient)

    assert [header for header, _ in header_lines(message)] == HEADERS
    form = [header for header in sane(complaints(message)) if "link" not in header and "image" not in header]
    assert form == []
    assert part_texts(message) == [
        canonical(fill_text(body, recipient.values)),
        canonical(fill_html(page, recipient.values)),
    ]


@pytest.mark.parametrize("value", VALUES)
def test_a_hostile_value_changes_only_its_own_place(value: str) -> None:
    recipient = make.recipient(first_name=value)
    message = Wire(make.email(), make.WHEN).message(recipient)
    shown = value or "reader"

    assert [name for name, _ in header_lines(message)] == HEADERS
    assert sane(complaints(message)) == []
    words, page = part_texts(message)
    link = recipient.values["links.unsubscribe"]
    assert words == canonical(f"Hello {shown}.\n\n<{link}>\n")
    assert page == canonical(f'<p>Hello {html.escape(shown)}. <a href="{link}">Unsubscribe</a></p>\n')


@given(text)
@example("Bonjour\u00a0: le prix de l\u2019\u00e9t\u00e9")
@example("日本語\u3000の見出し" * 12)
@example("a =?utf-8?q?b?= c")
def test_a_subject_is_decoded_unchanged(subject: str) -> None:
    message = Wire(make.email(subject=(subject,)), make.WHEN).message(make.recipient())
    assert str(parsed(message)["Subject"]) == one_line(subject)
    assert sane(complaints(message)) == []


@given(text)
@example(INJECTION)
@example('"; <e@x.example>')
@example("é" * 200)
@example("\U0001f600" * 200)
@example("A \u05d0\u05d1 B")
@example("word " * 40)
@example("w" * 200)
def test_a_display_name_is_decoded_unchanged_and_adds_no_address(name: str) -> None:
    sender = Mailbox(address="editors@news.example.org", name=name)
    email = make.email(sender=sender, reply_to=sender)
    message = Wire(email, make.WHEN).message(make.recipient())
    headers = dict(header_lines(message))
    for header in ("From", "Reply-To"):
        (address,) = parsed(message)[header].addresses
        assert address.addr_spec == "editors@news.example.org"
        # The standard library's newer parser keeps the space between encoded words, against RFC 2047 §6.2.
        phrase, _ = parseaddr(headers[header.encode()].decode().replace("\r\n", ""))
        assert str(make_header(decode_header(phrase))) == one_line(name)
    assert sane(complaints(message)) == []


@pytest.mark.parametrize("bad", ["\ud800", "ok\udcff"])
def test_a_value_that_cannot_be_encoded_is_a_value_error(bad: str) -> None:
    wire = Wire(make.email(), make.WHEN)
    with pytest.raises(ValueError, match="surrogates"):
        wire.message(make.recipient(first_name=bad))
    only_in_subject = Wire(make.email(text=("t",), html=("h",)), make.WHEN)
    with pytest.raises(ValueError, match="surrogates"):
        only_in_subject.message(make.recipient(first_name=bad))


@pytest.mark.parametrize(
    "address",
    [
        "a@b.example\r\nBcc: e@x.example",
        "a@b.example, e@x.example",
        "a b@example.com",
        "<a@example.com>",
        "a@example.com\0",
        "@example.com",
        "a@",
        "no-at",
        "a@b@example.com",
        "a@\u2603\u200d.example",
        "\ud800@example.com",
        "a\u202e@example.com",
        "a@" + "x" * 64 + ".example",
    ],
)
def test_an_invalid_address_is_a_value_error(address: str) -> None:
    recipient = Recipient(subscriber=1, key=make.KEY, address=address, values=make.recipient().values)
    with pytest.raises(ValueError, match=r".+"):
        Wire(make.email(), make.WHEN).message(recipient)


@pytest.mark.parametrize(
    "link",
    [
        "https://x.example/a b",
        "https://x.example/\r\nBcc:e",
        "https://é.example/",
        "https://x.example/" + "a" * 990,
        "",
    ],
)
def test_an_unusable_unsubscribe_link_is_a_value_error(link: str) -> None:
    recipient = Recipient(subscriber=1, key=make.KEY, address="a@example.com", values={"links.unsubscribe": link})
    with pytest.raises(ValueError, match="unsubscribe URL"):
        Wire(make.email(), make.WHEN).message(recipient)


def test_a_long_unsubscribe_link_is_neither_folded_nor_encoded() -> None:
    link = "https://news.example.org/unsubscribe/" + "x" * 900
    recipient = Recipient(subscriber=1, key=make.KEY, address="a@example.com", values={"links.unsubscribe": link})
    message = Wire(make.email(), make.WHEN).message(recipient)
    assert f"\r\nList-Unsubscribe: <{link}>\r\n".encode() in message
    assert complaints(message) == []


def test_international_addresses_keep_their_local_part_and_get_an_ascii_domain() -> None:
    recipient = Recipient(subscriber=1, key=make.KEY, address="grüße@bücher.example", values=make.recipient().values)
    message = Wire(make.email(), make.WHEN).message(recipient)
    assert recipient.envelope == "grüße@xn--bcher-kva.example"
    assert message.startswith("To: grüße@xn--bcher-kva.example\r\n".encode())
    assert complaints(message) == []
    assert ascii_domain("a@BÜCHER.example") == "a@xn--bcher-kva.example"


def test_the_same_email_and_reader_are_the_same_bytes() -> None:
    first, second = (Wire(make.email(), make.WHEN).message(make.recipient(first_name="Ada")) for _ in range(2))
    assert first == second
    wire, reader = Wire(make.email(), make.WHEN), replace(make.recipient(), mac="a" * 32)
    assert wire.message_id(reader) == f"<2026-11-23.{reader.key}.{'a' * 32}@news.example.org>"
    assert wire.message_id(replace(reader, mac="")) == f"<2026-11-23.{reader.key}@news.example.org>"


def test_a_message_has_its_return_path_in_a_header_too() -> None:
    path = f"bounces+{'a' * 52}@news.example.org"
    message = Wire(make.email(), make.WHEN).message(replace(make.recipient(), return_path=path))
    assert f"\r\nX-Return-Path: <{path}>\r\n".encode() in message
    assert complaints(message) == []
    assert b"X-Return-Path" not in Wire(make.email(), make.WHEN).message(make.recipient())


def test_dates_are_printed_with_their_offset() -> None:
    east = datetime(2026, 11, 23, 6, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert b"\r\nDate: Mon, 23 Nov 2026 06:30:00 +0530\r\n" in Wire(make.email(), east).message(make.recipient())
    assert b"\r\nDate: Mon, 23 Nov 2026 06:30:00 +0000\r\n" in Wire(make.email(), east.replace(tzinfo=UTC)).message(
        make.recipient()
    )


@given(st.text(st.characters(codec="utf-8")))
def test_quoted_printable_is_decoded_by_the_standard_library(words: str) -> None:
    encoded = quoted_printable(words)
    assert quopri.decodestring(encoded).decode() == canonical(words)
    assert all(len(line) <= 76 and not line.startswith(b".") for line in encoded.split(b"\r\n"))


@pytest.mark.parametrize(
    ("newsletter", "list_id", "expected", "sender"),
    [
        ("The Daily Test", "the-daily-test.x.org", "The Daily Test <the-daily-test.x.org>", "the-daily-test"),
        ("Daily, The", "daily-the.x.org", '"Daily, The" <daily-the.x.org>', "daily-the"),
        ("A <b>", "a-b.x.org", '"A <b>" <a-b.x.org>', "a-b-x-org-newsl"),
        ("Go", "go.x.y", "Go <go.x.y>", "go-x-y-newslett"),
        ("The Quarterly of Weather", "the-quarterly-of-weather.x", None, "the-quarterly-o"),
        ("העיתון השקט", "hytvn-hshqt.x.org", None, "hytvn-hshqt"),
        ("\r\nBcc: e@x.example", "bcc.x.org", '"Bcc: e@x.example" <bcc.x.org>', "bcc-x-org-newsl"),
        (INJECTION, "x.x.org", None, "x-x-org-newslet"),
        ("", "untitled.x.org", "<untitled.x.org>", "untitled"),
    ],
)
def test_list_id_names_the_newsletter_and_feedback_id_its_sender(
    newsletter: str, list_id: str, expected: str | None, sender: str
) -> None:
    message = Wire(make.email(newsletter=newsletter, list_id=list_id), make.WHEN).message(make.recipient())
    assert complaints(message) == []
    headers = {name: value.decode() for name, value in header_lines(message)}
    assert headers[b"Feedback-ID"].rpartition(":")[2] == sender
    phrase, _, bracketed = headers[b"List-Id"].rpartition("<")
    assert bracketed == f"{list_id}>"
    if expected is not None:
        assert headers[b"List-Id"] == expected
    shown = str(make_header(decode_header(phrase.strip()))).strip('"')
    assert shown == " ".join(newsletter.replace("\r\n", " ").split())


def test_a_message_has_the_archives_url_in_a_header() -> None:
    email = make.email(help_url="https://news.example.org/help", archive_url="https://news.example.org/")
    headers = dict(header_lines(Wire(email, make.WHEN).message(make.recipient())))
    assert headers[b"List-Archive"] == b"<https://news.example.org/>"
    assert headers[b"List-Help"] == b"<https://news.example.org/help>"


def test_a_mailbox_prints_as_one_line() -> None:
    assert mailbox_header(Mailbox(address="a@bücher.example", name="Ann")) == "Ann <a@xn--bcher-kva.example>"
    assert mailbox_header(Mailbox(address="a@example.com")) == "a@example.com"
    assert mailbox_header(Mailbox(address="a@example.com", name="Daily, The")) == '"Daily, The" <a@example.com>'
    assert "\n" not in mailbox_header(Mailbox(address="a@example.com", name="é" * 200))
