"""Return paths: signed, readable after mail servers changed their case, and unforgeable."""

import re
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from newsletter.message.verp import LONGEST_OWN, issue_of, return_path, signatures_in, subscriber_key_in
from newsletter.tokens import Signature, Signer
from tests import make

SIGNER = Signer(make.SECRET)
ISSUES = ["2026-11-22", "2026-11-23"]
_keys = st.binary(min_size=16, max_size=16).map(bytes.hex)
_addresses = st.from_regex(r"[a-z0-9.+]{1,20}@[a-z]{1,10}\.example", fullmatch=True)


def made(key: str = make.KEY, address: str = "ada@example.com", issue: str = "2026-11-23") -> str:
    """Return a signed return path."""
    return return_path("bounces@news.example.org", SIGNER, issue=issue, key=key, address=address)


@given(key=_keys, address=_addresses, issue=st.sampled_from(ISSUES), upper=st.booleans())
def test_a_return_path_identifies_its_message(key: str, address: str, issue: str, upper: bool) -> None:
    path = made(key, address, issue)
    text = f"To: <{path.upper() if upper else path}>, and more"
    (signature,) = signatures_in(text)
    assert subscriber_key_in(signature) == key
    assert issue_of([signature], SIGNER, ISSUES, key=key, address=address.upper()) == issue
    assert issue_of([signature], Signer("another secret, of nobody"), ISSUES, key=key, address=address) == ""
    assert issue_of([signature], SIGNER, ISSUES, key=key, address=f"x{address}") == ""
    assert issue_of([signature], SIGNER, ["2026-11-21"], key=key, address=address) == ""


@given(at=st.integers(26, 51), letter=st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_any_changed_letter_invalidates_a_signature(at: int, letter: str) -> None:
    (signature,) = signatures_in(made())
    changed = signature[:at] + letter + signature[at + 1 :]
    issue = issue_of([changed], SIGNER, ISSUES, key=make.KEY, address="ada@example.com")
    assert (issue == "2026-11-23") == (changed == signature)


def test_a_return_path_is_no_longer_than_smtp_allows() -> None:
    longest = return_path(f"{'b' * LONGEST_OWN}@x.example", SIGNER, issue="i", key=make.KEY, address="a@b.example")
    assert len(longest.partition("@")[0]) == 64
    assert re.fullmatch(r"b+\+[a-z2-7]{52}@x\.example", longest)


def test_a_bounce_is_recognized_after_the_secret_changed() -> None:
    (signature,) = signatures_in(made())
    rotated = Signer("the secret of today", make.SECRET)
    assert issue_of([signature], rotated, ISSUES, key=make.KEY, address="ada@example.com") == "2026-11-23"


@given(st.text(max_size=200))
def test_other_text_has_no_signatures(text: str) -> None:
    assert signatures_in(text) == []


@given(st.text("abz27", min_size=52, max_size=52))
def test_any_text_in_the_form_of_a_signature_names_a_reader(forged: str) -> None:
    (signature,) = signatures_in(f"bounces+{forged}@news.example.org")
    assert len(subscriber_key_in(signature)) == 32


class Counting(Signer):
    """A signer that counts how often it signs."""

    signed = 0

    def signatures(self, kind: Signature, *fields: str) -> Iterator[bytes]:
        self.signed += 1
        return super().signatures(kind, *fields)


def test_expected_signatures_are_computed_once_for_all_comparisons() -> None:
    signer = Counting(make.SECRET)
    forged = [letter * 52 for letter in "abcdefgh"]
    assert issue_of(forged, signer, ISSUES, key=make.KEY, address="ada@example.com") == ""
    genuine = [*forged, *signatures_in(made())]
    assert issue_of(genuine, SIGNER, ISSUES, key=make.KEY, address="ada@example.com") == "2026-11-23"
    assert signer.signed == len(ISSUES)
