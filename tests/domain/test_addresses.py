"""Which spellings are the same address."""

import re
import unicodedata

import idna
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from newsletter.domain.addresses import address_key, earlier_keys, parse_address
from newsletter.message.encoding import ascii_domain
from tests.confusables import DIFFERENT, SAME

PLAIN = st.from_regex(r"[A-Za-z0-9._+-]{1,20}@[A-Za-z0-9.-]{1,30}", fullmatch=True)
TRICKY = st.from_regex(
    r"[a-zKS]{1,3}[ßſıİﬁKσςÅé\u0331\u030a]{0,2}@(xn--)?[a-z0-9-]{1,8}[ßüſKﬁ]?\.(de|XN--P1AI)", fullmatch=True
)
ADDRESSES = PLAIN | TRICKY | st.text(max_size=30)


@pytest.mark.parametrize(
    ("text", "mailed", "key"),
    [
        (" Ada@Example.ORG ", "Ada@example.org", "ada@example.org"),
        ("ada@exämple.org", "ada@exämple.org", "ada@xn--exmple-cua.org"),
        ("ada@xn--exmple-cua.org", "ada@exämple.org", "ada@xn--exmple-cua.org"),
        ("ada@fußball.org", "ada@fußball.org", "ada@xn--fuball-cta.org"),
        ("Дарья@example.org", "Дарья@example.org", "Дарья@example.org"),
    ],
)
def test_an_address_is_mailed_as_written_and_identified_by_its_key(text: str, mailed: str, key: str) -> None:
    assert parse_address(text) == mailed
    assert address_key(text) == key


@pytest.mark.parametrize(
    "text", ["", "ada", "ada@", "ada@example", "a b@example.org", "ada@example..org", "a\r\nb@x.org"]
)
def test_an_invalid_address_is_refused_in_plain_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        parse_address(text)


@pytest.mark.parametrize(("address", "other"), DIFFERENT)
def test_addresses_of_different_people_have_different_keys(address: str, other: str) -> None:
    assert address_key(address) != address_key(other)


@pytest.mark.parametrize(("address", "other"), SAME)
def test_spellings_of_the_same_address_have_the_same_key(address: str, other: str) -> None:
    assert address_key(address) == address_key(other)


@given(ADDRESSES)
def test_the_fast_path_gives_the_same_key(address: str) -> None:
    assert address_key(address) == address_key(f" {address} ")  # with spaces it takes the slow way


@given(ADDRESSES)
def test_a_key_is_its_own_key(address: str) -> None:
    assert address_key(address_key(address)) == address_key(address)


@given(ADDRESSES)
def test_only_ascii_case_normalization_and_the_form_of_the_domain_are_ignored(address: str) -> None:
    try:
        mailed, key = parse_address(address), address_key(address)
    except ValueError:
        return
    local = unicodedata.normalize("NFC", mailed.rpartition("@")[0])
    lower = "".join(letter.lower() if letter.isascii() else letter for letter in local)
    assert key == f"{unicodedata.normalize('NFC', lower)}@{ascii_domain(mailed).rpartition('@')[2]}"
    assert address_key(mailed) == key


@given(ADDRESSES)
def test_the_key_of_earlier_versions_can_be_derived(address: str) -> None:
    try:
        mailed, key = parse_address(address), address_key(address)
    except ValueError:
        return
    before = mailed.casefold()
    assert before in (key, *earlier_keys(key)) or unicodedata.normalize("NFC", before) in (
        unicodedata.normalize("NFC", text) for text in earlier_keys(key)
    )


@given(PLAIN)
def test_ordinary_addresses_keep_the_key_of_earlier_versions(address: str) -> None:
    assume("xn--" not in address.lower())
    assert address_key(address) == address.casefold()
    assert earlier_keys(address_key(address)) == ()


def test_domains_of_the_corpus_have_their_registered_form() -> None:
    assert idna.encode("fußball.org") == b"xn--fuball-cta.org"
    assert address_key("ada@xn--par-rdd.example") == "ada@xn--par-rdd.example"


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("nobody", "no @"),
        ("@example.org", "nothing before the @"),
        ("ada@", "nothing after the @"),
        ("a@b@example.org", "more than one @"),
        ("ada lovelace@example.org", "it contains a space"),
        ("ada@example..org", "two dots in a row"),
        ("ada.@example.org", "the part before the @ starts or ends with a dot"),
        ("<ada@example.org>", "write it without a name and angle brackets"),
        ("ada;bob@example.org", "; before the @"),
        ("ada@exam_ple.org", "_ after the @"),
        ("ada@example", "no dot after the @"),
        ("ada@-example.org", "a name after the @ starts or ends with a hyphen"),
        ("ada@example.test", "that domain is reserved and can't receive mail"),
        ("ada@xn--x.org", "its domain is not valid"),
        ("ada@exam\u202eple.org", "it contains a hidden character, U+202E"),
        ("ada＠example.org", "its @ is a different character that only looks like one"),
        (f"{'a' * 250}@example.org", "too long"),
        (f"ada@{'b' * 64}.org", "too long after the @"),
    ],
)
def test_the_fault_of_an_address_is_explained_in_plain_words(text: str, flaw: str) -> None:
    with pytest.raises(ValueError, match="email address") as refused:
        parse_address(text)
    assert str(refused.value) == f"not an email address ({flaw})"


@given(ADDRESSES | st.text(max_size=12).map(lambda text: f"{text}@{text}.org"))
def test_errors_about_addresses_never_show_a_librarys_words(address: str) -> None:
    message = "not an email address (no @)"
    try:
        parse_address(address)
    except ValueError as err:
        message = str(err)
    assert re.fullmatch(r"not an email address \(.+\)", message, re.DOTALL)
    assert not re.search(r"@-sign|IDNA|Codepoint|Unicode", message)
