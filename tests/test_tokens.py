"""Signed links: each token is valid for its own purpose, issue and reader only."""

import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from newsletter.domain.topics import SLUG
from newsletter.errors import TokenError
from newsletter.tokens import ExpiredError, Purpose, Signature, Signer, TicketPurpose
from tests import make

ISSUE = "2026-11-23"
OTHER_KEY = "f" * 32

keys = st.binary(min_size=16, max_size=16).map(bytes.hex)
issues = st.from_regex(SLUG, fullmatch=True)
# Forgeries of another purpose or issue: separators and our own names around a slug.
separators = st.sampled_from(["\0", "\0\0", "/", "\x1f", "-", ""]) | st.text(max_size=2)
names = st.sampled_from(["reader", "key", "ticket", "fingerprint", *Purpose, *TicketPurpose, ""])


def token(purpose: Purpose = Purpose.UNSUBSCRIBE) -> str:
    return Signer(make.SECRET).sign(purpose, ISSUE, make.KEY)


@given(st.sampled_from(Purpose), issues, keys)
def test_a_token_identifies_its_reader(purpose: Purpose, issue: str, key: str) -> None:
    signer = Signer(make.SECRET)
    signed = signer.sign(purpose, issue, key)
    assert re.fullmatch(r"[A-Za-z0-9_-]{48}", signed)
    assert signer.verify(purpose, issue, signed) == key


@pytest.mark.parametrize("made_for", Purpose)
@pytest.mark.parametrize("asked_for", Purpose)
def test_a_token_is_never_valid_for_another_purpose(made_for: Purpose, asked_for: Purpose) -> None:
    signer = Signer(make.SECRET)
    if made_for is asked_for:
        assert signer.verify(asked_for, ISSUE, token(made_for)) == make.KEY
    else:
        with pytest.raises(TokenError, match="not one of ours"):
            signer.verify(asked_for, ISSUE, token(made_for))


READER = "reader"


def named_by(signer: Signer, purpose: str, issue: str, signed: str) -> str:
    """Return the readers that a token identifies, for a purpose or as the reader of tracked links; empty if none."""
    try:
        if purpose == READER:
            return signer.verify_reader(issue, signed)
        return signer.verify(Purpose(purpose), issue, signed)
    except TokenError:
        return ""


@settings(max_examples=300)
@given(
    made_for=st.sampled_from([*Purpose, READER]),
    asked_for=st.sampled_from([*Purpose, READER]),
    issue=issues,
    key=keys,
    around=st.tuples(separators, names, separators, separators),
)
@example("reader", "unsubscribe", ISSUE, make.KEY, ("\0", "reader", "\0", ""))
def test_no_token_is_valid_for_another_purpose_issue_or_reader(
    made_for: str, asked_for: str, issue: str, key: str, around: tuple[str, str, str, str]
) -> None:
    signer = Signer("a newer secret, as long as one", make.SECRET)
    before, name, between, after = around
    asked_issue = f"{before}{name}{between}{issue}{after}"
    signed = Signer(make.SECRET).links("https://news.example.org", issue, naming=True)(key)[f"links.{made_for}"]
    expected = key if (made_for, issue) == (asked_for, asked_issue) else ""
    assert named_by(signer, asked_for, asked_issue, signed[-48:]) == expected


@pytest.mark.parametrize("asked_for", [*Purpose, READER])
@pytest.mark.parametrize("separator", ["\0", "\0\0", "/", "\x1f"])
def test_the_token_of_a_tracked_link_is_valid_for_nothing_else(asked_for: str, separator: str) -> None:
    signer = Signer(make.SECRET)
    signed = signer.links("https://news.example.org", ISSUE, naming=True)(make.KEY)["links.reader"]
    for issue in (f"{separator}reader{separator}{ISSUE}", f"{ISSUE}{separator}", f"reader{separator}{ISSUE}"):
        assert named_by(signer, asked_for, issue, signed) == ""


def undivided(issue: str, part: int) -> str:
    """Return a token in its form from before each purpose had its own key, derived from a single MAC per reader."""
    material = hashlib.sha256(make.SECRET.encode()).digest()
    named = hashlib.sha256(b"key id\0" + material).digest()[:2] + bytes.fromhex(make.KEY)
    mac = hmac.digest(material, issue.encode() + b"\0" + named, "sha512")[18 * part : 18 * part + 18]
    return base64.urlsafe_b64encode(named + mac).decode()


def test_earlier_unsubscribe_links_still_work_for_unsubscribing_only() -> None:
    signer = Signer("a newer secret, as long as one", make.SECRET)
    old = undivided(ISSUE, 0)
    assert signer.verify(Purpose.UNSUBSCRIBE, ISSUE, old) == make.KEY
    for purpose in (Purpose.PREFERENCES, Purpose.BROWSER, READER):
        assert named_by(signer, purpose, ISSUE, old) == ""
    for other in (undivided(ISSUE, 1), undivided(ISSUE, 2), undivided("\0reader\0" + ISSUE, 0)):
        assert {named_by(signer, purpose, ISSUE, other) for purpose in (*Purpose, READER)} == {""}


@given(issues, issues)
def test_a_token_is_never_valid_for_another_issue(signed_for: str, other: str) -> None:
    assume(signed_for != other)
    signer = Signer(make.SECRET)
    with pytest.raises(TokenError):
        signer.verify(Purpose.BROWSER, other, signer.sign(Purpose.BROWSER, signed_for, make.KEY))


@given(st.integers(0, 47), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"))
def test_one_changed_character_makes_a_token_invalid(place: int, character: str) -> None:
    changed = token()[:place] + character + token()[place + 1 :]
    assume(changed != token())
    with pytest.raises(TokenError):
        Signer(make.SECRET).verify(Purpose.UNSUBSCRIBE, ISSUE, changed)


@given(st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_unsigned_text_is_never_a_valid_token(guess: str) -> None:
    with pytest.raises(TokenError, match="link"):
        Signer(make.SECRET).verify(Purpose.UNSUBSCRIBE, ISSUE, guess)


@pytest.mark.parametrize("changed", [token() + "A", token()[:-1], token() + "=", token() + "\n", " " + token(), ""])
def test_a_longer_or_shorter_token_is_invalid(changed: str) -> None:
    with pytest.raises(TokenError, match="damaged"):
        Signer(make.SECRET).verify(Purpose.UNSUBSCRIBE, ISSUE, changed)


def test_a_token_has_only_one_valid_spelling() -> None:
    signer = Signer(make.SECRET)
    signed = next(
        text
        for number in range(200)
        for text in [signer.sign(Purpose.UNSUBSCRIBE, f"issue-{number}", make.KEY)]
        if "-" in text and "_" in text
    )
    with pytest.raises(TokenError, match="damaged"):
        signer.verify(Purpose.UNSUBSCRIBE, ISSUE, signed.replace("-", "+").replace("_", "/"))


@pytest.mark.parametrize("issue", ["\ud800", "2026-11-23\0", "é", "", "-", "2026-11-23\n", "A" * 81])
def test_a_token_for_an_invalid_issue_is_invalid(issue: str) -> None:
    with pytest.raises(TokenError):
        Signer(make.SECRET).verify(Purpose.UNSUBSCRIBE, issue, token())


def test_links_signed_with_an_earlier_secret_still_work() -> None:
    old = token()
    rotated = Signer("a newer secret, as long as one", make.SECRET)
    assert rotated.verify(Purpose.UNSUBSCRIBE, ISSUE, old) == make.KEY
    assert rotated.sign(Purpose.UNSUBSCRIBE, ISSUE, make.KEY) != old
    with pytest.raises(TokenError):
        Signer("a newer secret, as long as one").verify(Purpose.UNSUBSCRIBE, ISSUE, old)


def test_a_token_with_another_key_id_is_invalid() -> None:
    newer = Signer("a newer secret, as long as one", make.SECRET)
    mixed = newer.sign(Purpose.UNSUBSCRIBE, ISSUE, make.KEY)[:2] + token()[2:]
    with pytest.raises(TokenError):
        newer.verify(Purpose.UNSUBSCRIBE, ISSUE, mixed)


def test_tokens_differ_by_reader_and_are_the_same_each_time() -> None:
    signer = Signer(make.SECRET)
    assert signer.sign(Purpose.UNSUBSCRIBE, ISSUE, make.KEY) == token()
    assert signer.sign(Purpose.UNSUBSCRIBE, ISSUE, OTHER_KEY)[24:] != token()[24:]


@pytest.mark.parametrize(
    "secret",
    ["x" * 16, "0" * 64, "ab" * 16, "aabbccddee" * 4, "secret" * 3, "password-" * 4, "fifteen letters" * 3 + "fif"],
)
def test_a_guessable_secret_is_refused_but_still_opens_old_links(secret: str) -> None:
    with pytest.raises(ValueError, match=r"can be guessed: it (has fewer than 6 different characters|is a short text)"):
        Signer(secret)
    Signer(make.SECRET, secret)


@given(secret=st.binary(min_size=32, max_size=32))
@example(secret=bytes(range(32)))
def test_a_random_secret_is_accepted(secret: bytes) -> None:
    text = hashlib.sha256(secret).hexdigest()  # as random as openssl's output
    Signer(text)
    Signer(text + text)


@pytest.mark.parametrize("secret", ["", "short", "x" * 15])
def test_a_short_secret_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="at least 16"):
        Signer(secret)
    with pytest.raises(ValueError, match="at least 16"):
        Signer(make.SECRET, secret)


@pytest.mark.parametrize("key", ["", "ab", "0" * 30, "0" * 34, "x" * 32])
def test_an_invalid_key_is_not_signed(key: str) -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        Signer(make.SECRET).sign(Purpose.UNSUBSCRIBE, ISSUE, key)


def test_links_contain_purpose_and_issue_but_no_address() -> None:
    links = Signer(make.SECRET).links("https://news.example.org", ISSUE)(make.KEY)
    assert set(links) == {"links.unsubscribe", "links.preferences", "links.browser"}
    for purpose in Purpose:
        base, _, signed = links[f"links.{purpose}"].rpartition("/")
        assert base == f"https://news.example.org/{purpose}/{ISSUE}"
        assert Signer(make.SECRET).verify(purpose, ISSUE, signed) == make.KEY
        assert "@" not in signed


VOTES = ('links.vote("yes")', 'links.vote("כן")')


def test_a_vote_is_valid_for_its_reader_issue_and_answer_only() -> None:
    signer = Signer("a newer secret, as long as one", make.SECRET)
    links = Signer(make.SECRET).links("https://news.example.org", ISSUE, votes=VOTES)(make.KEY)
    for number, name in enumerate(VOTES, 1):
        base, _, signed = links[name].rpartition("/")
        assert base == f"https://news.example.org/vote/{ISSUE}/{number}"
        assert signer.verify_vote(ISSUE, number, signed) == make.KEY
        for issue, other in ((ISSUE, number % 2 + 1), (ISSUE, 10 * number), (f"{ISSUE}-proof", number)):
            with pytest.raises(TokenError):
                signer.verify_vote(issue, other, signed)
        for purpose in (*Purpose, READER):
            assert named_by(signer, purpose, ISSUE, signed) == ""
            assert named_by(signer, purpose, f"{ISSUE}/{number}", signed) == ""
    for purpose in Purpose:
        with pytest.raises(TokenError):
            signer.verify_vote(ISSUE, 1, links[f"links.{purpose}"].rpartition("/")[2])


def test_errors_never_contain_a_secret() -> None:
    with pytest.raises(TokenError) as caught:
        Signer(make.SECRET).verify(Purpose.UNSUBSCRIBE, ISSUE, "x" * 48)
    assert make.SECRET not in str(caught.value)


moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  Hypothesis adds it
A_DAY = timedelta(days=1)


@given(st.sampled_from(TicketPurpose), keys, moments, st.integers(0, 86_399))
def test_a_ticket_identifies_its_subject_until_it_expires(
    purpose: TicketPurpose, key: str, now: datetime, later: int
) -> None:
    signer = Signer("a newer secret, as long as one", make.SECRET)
    for made_by in (signer, Signer(make.SECRET)):
        ticket = made_by.ticket(purpose, key, now)
        assert re.fullmatch(r"[A-Za-z0-9_-]{56}", ticket)
        subject, made = signer.redeem(purpose, ticket, now=now + timedelta(seconds=later), lasts=A_DAY)
        assert (subject, made) == (key, now.replace(microsecond=0))
        for wrong in (A_DAY + timedelta(seconds=1), -timedelta(minutes=6)):
            with pytest.raises(ExpiredError) as caught:
                signer.redeem(purpose, ticket, now=now + wrong, lasts=A_DAY)
            assert caught.value.subject == key


@given(st.sampled_from(TicketPurpose), st.sampled_from(TicketPurpose), keys, moments)
def test_a_ticket_is_never_valid_for_another_errand(
    made_for: TicketPurpose, asked_for: TicketPurpose, key: str, now: datetime
) -> None:
    assume(made_for is not asked_for)
    signer = Signer(make.SECRET)
    with pytest.raises(TokenError, match="not one of ours"):
        signer.redeem(asked_for, signer.ticket(made_for, key, now), now=now, lasts=A_DAY)


@given(st.text() | st.binary(min_size=42, max_size=42).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_unsigned_text_is_never_a_valid_ticket(guess: str) -> None:
    for purpose in TicketPurpose:
        with pytest.raises(TokenError):
            Signer(make.SECRET).redeem(purpose, guess, now=make.WHEN, lasts=A_DAY)


@given(st.integers(0, 55), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"))
def test_one_changed_character_makes_a_ticket_invalid(place: int, character: str) -> None:
    ticket = Signer(make.SECRET).ticket(TicketPurpose.VISIT, make.KEY, make.WHEN)
    changed = ticket[:place] + character + ticket[place + 1 :]
    assume(changed != ticket)
    with pytest.raises(TokenError):
        Signer(make.SECRET).redeem(TicketPurpose.VISIT, changed, now=make.WHEN, lasts=A_DAY)


def test_fingerprints_differ_by_secret_and_do_not_contain_the_text() -> None:
    newer, older = Signer("a newer secret, as long as one", make.SECRET).fingerprints("ada@example.com")
    assert [older] == list(Signer(make.SECRET).fingerprints("ada@example.com"))
    assert newer[1] != older[1]
    assert re.fullmatch(r"[0-9a-f]{64}", newer[1])


texts = st.lists(st.text(max_size=4), max_size=3)


@given(st.sampled_from(Signature), st.sampled_from(Signature), texts, texts)
def test_a_signature_is_valid_only_for_its_kind_and_fields(
    kind: Signature, other: Signature, fields: list[str], other_fields: list[str]
) -> None:
    signer = Signer(make.SECRET)
    same = next(signer.signatures(kind, *fields)) == next(signer.signatures(other, *other_fields))
    assert same == ((kind, fields) == (other, other_fields))


@pytest.mark.parametrize("issue", ["", "two words", "2026-11-23\0", "-"])
def test_an_invalid_issue_is_not_signed(issue: str) -> None:
    with pytest.raises(ValueError, match="slug"):
        Signer(make.SECRET).sign(Purpose.UNSUBSCRIBE, issue, make.KEY)
    with pytest.raises(ValueError, match="slug"):
        Signer(make.SECRET).links("https://news.example.org", issue)
