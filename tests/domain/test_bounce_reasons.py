"""Explanations of providers' answers: one reason per cause, and *gone* only if the answer is unambiguous."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.domain.bounce_reasons import LONGEST, explain

GMAIL = (
    "550 5.1.1 The email account that you tried to reach does not exist. Please try 5.1.1 double-checking the"
    " recipient's email address 5.1.1 https://support.google.com/mail/?p=NoSuchUser d9443c01a7336-2a1 - gsmtp"
)


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ("550 5.1.1 <ada@example.com>: User unknown (to RCPT TO)", "the address does not exist"),
        (f"{GMAIL} (to RCPT TO)", "the address does not exist"),
        ("550 #5.1.1 Address unknown (to RCPT TO)", "the address does not exist"),
        ("553 5.1.3 bad address (to RCPT TO)", "the address is malformed"),
        ("551 5.1.6 moved away (to RCPT TO)", "the mailbox has moved and no longer accepts mail here"),
        ("556 5.1.10 null MX (to RCPT TO)", "the address does not exist or its domain does not accept mail"),
        ("556 no mail there (to RCPT TO)", "the address's domain does not accept mail"),
    ],
)
def test_a_nonexistent_address_is_gone(detail: str, words: str) -> None:
    explanation = explain(detail)
    assert explanation.gone
    assert explanation.words.partition(": ")[2] == words
    assert explanation.words == explanation.reason


@pytest.mark.parametrize(
    ("detail", "reason"),
    [
        ("550 no such user here (to RCPT TO)", "550: the address does not exist, or a rule refuses the message"),
        ("550 5.0.0 no (to RCPT TO)", "550: the address does not exist, or a rule refuses the message"),
        ("450 4.1.1 try later (to RCPT TO)", "450 4.1.1: for now, the address does not exist"),
        ("550 4.1.1 confused (to RCPT TO)", "550 4.1.1: the address does not exist"),
        ("550 5.1.1 no such user (to the answer to the message)", "550 5.1.1: the address does not exist"),
        ("550 5.1.1 max message size exceeded (to RCPT TO)", "550 5.1.1: the address does not exist"),
        ("550 5.1.1 blocked by our policy (to RCPT TO)", "550 5.1.1: the address does not exist"),
        (
            "550 5.1.2 no such domain (to RCPT TO)",
            "550 5.1.2: the address's domain does not exist or does not accept mail",
        ),
        ("550 5.2.1 disabled (to RCPT TO)", "550 5.2.1: the mailbox is disabled"),
        (
            "550 5.4.1 Access denied. [X.prod.outlook.com 08D] (to RCPT TO)",
            "550 5.4.1: the mail server does not answer or does not know the address",
        ),
        ("MESSAGE_REJECTED: Address blacklisted.", "MESSAGE_REJECTED: the address is on SES's suppression list"),
    ],
)
def test_an_ambiguous_answer_is_not_gone(detail: str, reason: str) -> None:
    explanation = explain(detail)
    assert (explanation.reason, explanation.gone) == (reason, False)


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ("552 5.2.2 over quota (to RCPT TO)", "552 5.2.2: the mailbox is full"),
        ("452-4.2.2 over quota (to RCPT TO)", "452 4.2.2: for now, the mailbox is full"),
        (
            "550 5.7.26 unauthenticated (to the answer to the message)",
            (
                "550 5.7.26: the message fails more than one of SPF, DKIM and DMARC; "
                "set up SPF, DKIM and DMARC for the sender's domain"
            ),
        ),
        ("550 5.7.999 whatever (to RCPT TO)", "550 5.7.999: the mail server refuses the message for security reasons"),
        ("554 5.9.1 whatever (to DATA)", "554 5.9.1: the server refuses the message"),
        ("503 bad sequence (to DATA)", "503: the server did not understand a command"),
        ("499 hm (to DATA)", "499: for now, the server defers it"),
        (
            "the connection was lost: no answer in time (at the answer to the message)",
            "the connection was lost after the message; the message may or may not have arrived",
        ),
        (
            "the connection was lost: the server closed it (at RCPT TO)",
            "the connection was lost before the message was complete",
        ),
        (
            "the connection ended before its turn (at MAIL FROM)",
            "the connection was lost before the message was complete",
        ),
        (
            "the program ended before the provider answered",
            "the program ended before the provider answered; the message may or may not have arrived",
        ),
        (
            "the message can't be built: 'utf-8' codec can't encode character '\\ud800'",
            "the message can't be built: the reader's data can't be encoded; correct the reader's data",
        ),
        (
            "the message can't be built: SES takes only ASCII before the @",
            "the message can't be built: SES takes only ASCII before the …",
        ),
        (
            "127.0.0.1:25 does not take addresses beyond ASCII (SMTPUTF8)",
            "the server does not support addresses beyond ASCII (SMTPUTF8)",
        ),
        ("MESSAGE_REJECTED: Illegal address", "MESSAGE_REJECTED: SES refuses the message"),
        ("ACCOUNT_THROTTLED", "ACCOUNT_THROTTLED: SES is throttling"),
        ("SES answered for 3 of 50 recipients", "SES's answer was cut off; the message may or may not have arrived"),
        (
            'Read timeout on endpoint URL: "https://email.eu-west-1.amazonaws.com/v2"',
            "SES did not answer in time; the message may or may not have arrived",
        ),
        (
            "left, paused, or was removed or suppressed, after the audience was frozen",
            "left, paused, or was removed or suppressed, after the audience was frozen",
        ),
        ("OtherError: ada@example.com at 4B7C-1 failed", "OtherError: … at … failed"),
        (
            "given up after 6 attempts: 452 4.2.2 over quota (to RCPT TO)",
            "given up: 452 4.2.2: for now, the mailbox is full",
        ),
        ("", "no reason was given"),
    ],
)
def test_a_detail_is_explained(detail: str, words: str) -> None:
    explanation = explain(detail)
    assert explanation.words == words
    assert not explanation.gone


@given(
    st.text()
    | st.from_regex(r"\A[245]\d\d[ -](?:[#\[]?[245]\.\d{1,4}\.\d{1,4})?.*(?: \((?:to|at) .*\))?\Z")
    | st.from_regex(
        r"\A(?:[A-Z_]{3,30}|the connection was lost|the message can't be built|given up after 6 attempts): .*\Z"
    )
)
@example("550 " + "5.1.1 x" * 10_000)
@example("@" * 5000)
@example("a" * 100_000 + " (to " * 10_000)
@example("٥٥٠ 5.1.1 digits of another script (to RCPT TO)")
def test_any_detail_has_a_short_reason_without_an_address(detail: str) -> None:
    explanation = explain(detail)
    assert 0 < len(explanation.reason) <= LONGEST
    assert "@" not in explanation.words
    assert explanation.words.startswith(explanation.reason.removesuffix("…"))
