"""Places, findings and errors as text and as fields."""

import pytest

from newsletter.errors import (
    Finding,
    FindingsError,
    HeldError,
    NewsletterError,
    Place,
    ProviderError,
    Severity,
    TakenOverError,
    UsageError,
    did_you_mean,
    printable,
)


def finding(what: str, hint: str = "fix it", line: int | None = None) -> Finding:
    return Finding(rule="a-rule", severity=Severity.ERROR, place=Place(path="a.md", line=line), what=what, hint=hint)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (UsageError("no such file"), "no such file"),
        (UsageError("no such file", hint="write one"), "no such file: write one"),
        (UsageError("odd", hint="fix it", place=Place(path="a.md", line=3)), "a.md:3: odd: fix it"),
        (FindingsError([finding("odd", line=2), finding("even")]), "a.md:2: odd: fix it\na.md: even: fix it"),
    ],
)
def test_an_error_as_text_has_its_place_and_its_hint(error: NewsletterError, text: str) -> None:
    assert str(error) == text


def test_the_fields_of_an_error_are_those_that_its_class_adds() -> None:
    assert UsageError("no", hint="yes", place=Place(path="a.md")).fields == {}
    assert ProviderError("no", again=60.0).fields == {"again": 60.0}
    assert HeldError(issue="2026-11-23", holder="process 7 on moss", seconds=30).fields == {
        "issue": "2026-11-23",
        "holder": "process 7 on moss",
        "seconds": 30,
    }
    assert TakenOverError(issue="2026-11-23", why="its lease expired").fields == {
        "issue": "2026-11-23",
        "status": "running",
        "reason": "",
        "why": "its lease expired",
    }


def test_the_text_of_a_finding_is_safe_for_a_terminal_and_short() -> None:
    quoted = finding("\x1b]0;title\x07 \u202egro.elpmaxe\u00a0!" + "x" * 1000, "\x1b[2J" + "y\n" * 200)
    assert quoted.what.isprintable()
    assert quoted.hint.isprintable()
    assert (len(quoted.what), len(quoted.hint)) == (300, 300)
    assert finding("नमस्ते क्\u200dष").what == "नमस्ते क्\u200dष"  # joiners belong to words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("550 no\0body", "550 no\ufffdbody"),
        ("half a pair: \ud800", "half a pair: \ufffd"),
        ("two\r\nlines", "two  lines"),
        ("क्\u200dष", "क्\u200dष"),
        ("x" * 20, "x" * 20),
        ("x" * 21, "x" * 19 + "…"),
    ],
)
def test_text_from_outside_is_made_printable_and_short(text: str, shown: str) -> None:
    assert printable(text, 20) == shown


@pytest.mark.parametrize(("name", "text"), [("sputnik-beeps", 'did you mean "sputnik-beep"?'), ("zebra", ""), ("", "")])
def test_a_close_name_is_suggested(name: str, text: str) -> None:
    assert did_you_mean(name, ["night-train", "sputnik-beep"]) == text
