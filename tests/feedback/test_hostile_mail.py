"""Mail written to waste time is read within a time budget, or left for a person."""

import re
import signal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.domain.mail_reports import MailReport
from newsletter.feedback.bounce_parser import parse_report
from newsletter.feedback.time_budget import OverBudgetError, cpu_budget
from tests.proportional_time import assert_in_proportion

_PIECES = [
    *("deliver", "deliver ", "not deliver ", "unable to a ", "a ", "(", ")", "<", "<a@", "@", "@a.", "x@", "[", '"'),
    *("=?utf-8?q?", ">", "> ", " ", "\t", "-", ".", ":", "From:", "user ", "mailbox unknown ", "5.", "5.1.1 ", "+aaaa"),
    *("auto", "to:", "Original message", "is a copy ", "Final-Recipient: ", "ndr", "maildeliver", "\n", "\n ", "--b\n"),
]


def hostile(text: str, *, within: str) -> bytes:
    """Read a bounce with a text in its subject, its sender or its body, and return its report."""
    parts = {"subject": "failure", "sender": "MAILER-DAEMON@mx.example.net", "body": "not delivered"} | {within: text}
    subject, sender = (parts[name].replace("\n", " ") for name in ("subject", "sender"))
    return (
        f"From: {sender}\nTo: b@example.org\nSubject: {subject}\n"
        f'Content-Type: multipart/report; boundary="b"\n\n--b\n\n{parts["body"]}\n'
    ).encode()


def assert_cheap(text: str, *, within: str, size: int) -> None:
    """Assert that the time to read a bounce grows in proportion to a repeated text up to this size."""
    assert_in_proportion(
        lambda octets, budget: parse_report(hostile(text * (octets // len(text)), within=within), budget=budget), size
    )


@pytest.mark.parametrize("within", ["subject", "sender", "body"])
@pytest.mark.parametrize("piece", ["deliver", "deliver ", "not a ", "<", "(", "x@", "@a.", "Final-Recipient: a\n"])
def test_no_pattern_takes_quadratic_time(piece: str, within: str) -> None:
    assert_cheap(piece, within=within, size=200_000)


@settings(max_examples=40, deadline=None)
@given(
    pieces=st.lists(st.sampled_from(_PIECES), min_size=1, max_size=4),
    within=st.sampled_from(["subject", "sender", "body"]),
)
def test_repeated_text_is_read_quickly(pieces: list[str], within: str) -> None:
    assert_cheap("".join(pieces), within=within, size=40_000)


def test_a_message_that_takes_too_long_is_left_for_a_person() -> None:
    blocks = "\n\n".join(f"Final-Recipient: rfc822; r{at}@example.com\nAction: failed" for at in range(3000))
    message = hostile(blocks, within="body")
    assert len(parse_report(message).recipients) == 50
    assert parse_report(message, budget=0.001) == MailReport()


def test_a_single_search_ends_with_the_time_budget() -> None:
    pattern = re.compile(r"(a|aa)+$")
    with pytest.raises(OverBudgetError), cpu_budget(0.05):
        pattern.search("a" * 200 + "b")
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)
