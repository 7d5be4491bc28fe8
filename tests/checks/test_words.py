"""Hidden, mangled and forgotten characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.checks.words import text_findings
from newsletter.errors import Place

TOP = Place(path="issues/entries/a.md", line=9)


def rules(text: str, *, plain: bool = False) -> list[str]:
    return [finding.rule for finding in text_findings(text, TOP, plain=plain)]


@pytest.mark.parametrize(
    "text",
    [
        "Night trains, “quoted” — and so on … 余白",
        "A line\nand another\twith a tab",
        "שלום \u2067(hello)\u2069 \u200f!",
        "Ångström, Âge d’or, São Paulo",
        "Research & development; AT&T; Q&A",
        "A TKO in the ring, at TK Maxx",
        "Super Bowl XXX and the Games of the XXX Olympiad, XXXL, xxx",
        "« Bon\u00a0», 12\u00a0%, 10\u202fkm, M.\u00a0Dupont, p.\u00a05 : oui\u00a0!",
        "w\u00a0domu, ve\u00a0městě, для\u00a0нас, Madame\u00a0de Staël, Louis\u00a0XIV and so on",
        "and then its last\u00a0words.",
        "\u00a0\u00a0\u00a0a line of verse\u00a0\u00a0\u00a0with a gap",
        "می\u200cخواهم, क्\u200dष, ไทย\u200bไทย",
        "\u2764\ufe0f\u200d\U0001f525 Donau\u00addampf",
        "family \U0001f469\u200d\U0001f469\u200d\U0001f467",
    ],
)
def test_good_text_has_no_findings(text: str) -> None:
    assert rules(text, plain=True) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("be\x07ll", "control-character"),
        ("Ask XXX for the date", "placeholder-left"),
        ("on page xxx of it", "placeholder-left"),
        ("The date is TBD.", "placeholder-left"),
        ("an in\u00advisible sign", "character-invisible"),
        ("es\x1bcape", "control-character"),
        ("next\x85line", "control-character"),
        ("line\u2028separator", "control-character"),
        ("over\u202eride", "bidi-control"),
        ("שלום \u202bembedded\u202c", "bidi-control"),
        ("open \u2067isolate", "bidi-control"),
        ("closed only \u2069", "bidi-control"),
        ("a left-to-right mark \u200ein English", "bidi-mark"),
        ("a balanced \u2066isolate\u2069 in English", "bidi-mark"),
        ("donâ€™t", "text-mangled"),
        ("cafÃ©", "text-mangled"),
        ("a \ufffd b", "text-mangled"),
        ("=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", "text-mangled"),
        ("zero\u200bwidth", "character-invisible"),
        ("\ufeffmark", "character-invisible"),
        ("join\u2060er", "character-invisible"),
        ("non\u200cjoiner and \u200d so", "character-invisible"),
        ("soft\u00ad hyphen", "character-invisible"),
        ("one of\u00a0the many trains", "space-no-break"),
        ("night\u00a0trains are back", "space-no-break"),
        ("The end.\u00a0 And so on", "space-no-break"),
        ("The end. \u00a0And so on", "space-no-break"),
        ("The end.\u00a0", "space-no-break"),
        ("TODO: a better ending", "placeholder-left"),
        ("the figure is TK", "placeholder-left"),
        ("Lorem ipsum dolor", "placeholder-left"),
    ],
)
def test_hidden_and_mangled_characters_are_reported(text: str, rule: str) -> None:
    assert rules(text) == [rule]


def test_an_html_entity_is_reported_in_plain_text() -> None:
    assert rules("Arts &amp; letters", plain=True) == ["text-mangled"]
    assert rules("Arts &amp; letters") == []


def test_a_finding_has_its_own_line_and_is_printable() -> None:
    (finding,) = text_findings("first\nsecond\nthi\x1b]0;\x07rd", TOP)

    assert finding.place == Place(path="issues/entries/a.md", line=11)
    assert str(finding).isprintable()


@given(st.text())
def test_any_text_can_be_checked_and_its_findings_are_printable(text: str) -> None:
    for finding in text_findings(text, TOP, plain=True):
        assert not any(ord(sign) < 32 or 0x7F <= ord(sign) < 0xA0 or sign in "\u202e\u2066" for sign in str(finding))
