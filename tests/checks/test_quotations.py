"""Brackets, quotation marks and ellipses of quotations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.checks.quotations import mark_findings, quotation_findings
from newsletter.errors import Place
from tests.proportional_time import assert_in_proportion

TOP = Place(path="issues/entries/a.md", line=10)


def _quoted(pair: str, words: list[str]) -> str:
    return f"so {pair[0]}{' '.join(words)}{pair[1]} there"


def findings(text: str) -> list[tuple[str, int | None]]:
    return [(finding.rule, finding.place.line) for finding in quotation_findings(text, TOP)]


@pytest.mark.parametrize(
    "text",
    [
        "[Contrary to claims], the words, . . . as they stood. . . .\n\nAnd on.",
        "“One paragraph of speech.\n\n“And its second.” So she said.",
        '"One paragraph.\n\n"And its second."',
        "*“Emphasised.\n\n“Twice.”*",
        "„Gut“, »gut«, ”bra”"[:12],
        "»Gut« und »besser«",
        "« Bon », « mieux »",
        "”Bra” och ”bättre”",
        "„Dobrze” i „lepiej”",
        "1) first, 2) second and a) or b) (but not c)",
        "see (fig. 1) and (2)",
        'He’s the dogs’ friend, ’tis said, a 5" pipe',
        'צה"ל',
        "「一」『二』（三）",
        "[a link](https://example.org/a_(b)) and `code (`",
        "\\[escaped\\] \\(too\\)",
        "over the years :-)",
        "[…] and … and end.…",
        "end.... And ... so",
        "1..10 in ../here",
        "Contains {one} pair",
        "“He said “yes” to her,” she wrote.",
        "“She “said “no””.”",
        "“One “two.”\n\n“And “three” four.”",
        "«Il a dit «oui» hier»",
        "»Er sagte »ja« dazu«",
        "„Er sagte „ja“ dazu“",
        "„On powiedział „tak” wczoraj”",
        "”Han sade ”ja” då”",
        "»Hän sanoi», ja »niin»",
        "“The „Zauberberg“ is long”",
        '"He said "yes" to her"',
        'a 5" pipe and "more"',
        'הוא כתב ב"הארץ" אתמול',
        "Read more »",
        "`for x in 0.. {` and ``a ` .. b``",
        "~~~\ncd ..\n~~~\n\nend",
        "```sh\ncd .. && ls (\n```",
    ],
)
def test_a_good_quotation_has_no_findings(text: str) -> None:
    assert findings(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "[The words",
        "The] words",
        "(one (two)",
        "“One. Two",
        "One” two",
        "“One “two” three.",
        "„Gut so",
        "«Bon",
        '"One two',
        "“One.\n\nTwo, without its mark.”",
        "（一",
        "“He said “yes to her.”",
        "He said “yes” to her.” And",
        "«Il a dit «oui hier»",
        '"He said "yes to her"',
        "\\`“a\\`",
        "`a “b``",
    ],
)
def test_a_bracket_or_quotation_mark_without_its_partner_is_reported(text: str) -> None:
    assert {rule for rule, _ in findings(text)} == {"quotation-unbalanced"}


@pytest.mark.parametrize(
    "framing",
    [
        "The dogs’ owners, O’Neill’s and rock ’n’ roll, ’tis said (so",
        "Her “Notes on the “Inner” Ring” is long.",
        "‘One, and her dogs’ two",
        'A 6\'2" man, a 5" pipe, "so"',
        "1) this :-) and [that",
        'the mark (") and """so',
        "“To be continued,\n\n“and here it ends.”",
        "`a “b`",
        "[“Night”](https://example.org/“)",
    ],
)
def test_a_good_framing_has_no_findings(framing: str) -> None:
    assert not list(mark_findings(framing, TOP, "framing"))


def test_an_unclosed_french_quotation_mark_before_a_space_is_reported_as_unclosed() -> None:
    (finding,) = mark_findings("Il dit « bonjour et part.", TOP, "framing")
    assert "is never closed" in finding.what


@pytest.mark.parametrize(
    "framing",
    ["Her “Notes are long.", "Her Notes” are long.", 'Her "Notes are long.', "Ihr „Zauberberg ist lang.", "«Bon."],
)
def test_a_quotation_mark_without_its_partner_is_reported_in_the_framing(framing: str) -> None:
    (finding,) = mark_findings(f"One.\n\n{framing}", TOP, "framing")
    assert finding.rule == "quotation-unbalanced"
    assert "in the framing" in finding.what
    assert finding.place.line == 12


_WORDS = st.sampled_from(["so", "night", "it’s", "dogs’", "1990", "says he,", "end."])
_PAIRS = st.sampled_from(["“”", "„“", "„”", "«»", '""'])


@given(st.recursive(_WORDS, lambda inner: st.builds(_quoted, _PAIRS, st.lists(inner, min_size=1, max_size=3))))
def test_paired_quotation_marks_are_never_reported_however_deeply_nested(text: str) -> None:
    assert not list(mark_findings(text, TOP, "framing"))


def test_an_unbalanced_bracket_is_reported_at_its_line() -> None:
    assert findings("One (two)\n\nthree [four\nfive") == [("quotation-unbalanced", 12)]


@pytest.mark.parametrize("text", ["so . . . and so …", "so ... and so . . . on", "[...] and […]", "one. . . . two..."])
def test_mixed_ellipses_are_reported(text: str) -> None:
    assert findings(text) == [("ellipsis-mixed", 10)]


@pytest.mark.parametrize("text", ["so.. And", "so . . and", "so ..... And", "so . . . . . And", "so.. ."])
def test_a_broken_ellipsis_is_reported(text: str) -> None:
    assert findings(text) == [("ellipsis-broken", 10)]


@given(st.text(alphabet='ab 1.…“”„«»"()[]`\\\n<>https:/', max_size=120))
def test_any_quotation_can_be_checked(text: str) -> None:
    lines = text.count("\n")
    assert all(10 <= (line or 0) <= 10 + lines for _, line in findings(text))


@pytest.mark.parametrize(
    "sign",
    [
        "[",
        "]",
        "“",
        "`a",
        "](",
        "<http",
        "\\",
        ". ",
        "\n ",
        "(\n\n",
        '"',
        "`a``",
        "```\n",
        "“a ",
        "«",
        "https://a.io/ ",
    ],
)
def test_checking_the_longest_allowed_file_takes_time_in_proportion(sign: str) -> None:
    assert_in_proportion(lambda size, _: findings(sign * (size // len(sign))), 64 * 1024)
