"""One issue: subject, preheader, note, segments, ellipses."""

import pytest

from newsletter.checks import issue_findings
from newsletter.domain.issue import Entry, Issue, Passage, PassageKind
from newsletter.errors import Finding, Place, Severity
from tests import make

LINES = {"subject": 4, "preheader": 5, "segments": 6, "note": 12}


def findings(*entries: Entry, **changes: object) -> list[Finding]:
    issue: Issue = make.issue(*entries, **({"lines": LINES} | changes))
    return list(issue_findings(issue, ("everyone", "science", "cities")))


def reported(*entries: Entry, **changes: object) -> list[tuple[str, int | None]]:
    return [(finding.rule, finding.place.line) for finding in findings(*entries, **changes)]


def quoting(slug: str, text: str) -> Entry:
    return make.entry(slug, passages=(Passage(kind=PassageKind.QUOTATION, markdown=text, line=9),))


def test_a_good_issue_has_no_findings() -> None:
    assert reported(segments=("science", "everyone")) == []


@pytest.mark.parametrize("subject", ["", "   ", "{{ subscriber.first_name | default('reader') }}"])
def test_an_empty_subject_is_an_error(subject: str) -> None:
    (finding,) = findings(subject=subject)

    assert (finding.rule, finding.place.line, finding.severity) == ("subject-empty", 4, Severity.ERROR)


def test_a_subject_of_more_than_78_characters_is_reported() -> None:
    assert reported(subject="x" * 78) == []
    assert reported(subject="x" * 79) == [("subject-long", 4)]


def test_a_merge_field_counts_with_the_length_of_its_default() -> None:
    assert reported(subject="x" * 60 + ' {{ subscriber.first_name | default("dear reader") }}') == []


@pytest.mark.parametrize(
    "subject",
    [
        "READ THIS NOW",
        "BREAKING NEWS: it rained",
        "It rained!!!",
        "It rained!! Again",
        "Rain! Snow! Hail!",
        "ПРОЧТИТЕ ЭТО СЕЙЧАС",
        "ΔΙΑΒΑΣΤΕ ΤΟ ΤΩΡΑ",
        "今日のニュース！！",
    ],
)
def test_a_shouting_subject_is_reported_in_any_script(subject: str) -> None:
    assert reported(subject=subject) == [("subject-shouting", 4)]


@pytest.mark.parametrize(
    "subject",
    [
        "NATO and the EU",
        "WHO: IAEA, NATO and UN met",
        "BBC, ITV",
        "Hooray!",
        "¡Hola! ¿Qué tal?",
        "שלום לכולם",
        "今日のニュース",
        "עידן ה-AI: UNESCO ו-UNICEF מתכנסות",
        "IBMとMICROSOFTの「夜行列車」",
        "ماذا تريد UNESCO وUNICEF؟",
        "مرحبا بالجميع",
        "A–Z",
    ],
)
def test_acronyms_one_exclamation_mark_and_scripts_without_capitals_are_not_shouting(subject: str) -> None:
    assert reported(subject=subject) == []


def test_a_missing_preheader_is_a_warning() -> None:
    (finding,) = findings(preheader="", lines={"subject": 4})

    assert (finding.rule, finding.place.line, finding.severity) == ("preheader-none", 1, Severity.WARNING)


def test_a_preheader_that_is_long_or_repeats_the_subject_is_reported() -> None:
    assert reported(preheader="x" * 141) == [("preheader-long", 5)]
    assert reported(subject="Night trains, again", preheader="night trains – again.") == [("preheader-subject", 5)]


def test_a_merge_field_without_a_default_is_reported_at_its_line() -> None:
    note = 'Good morning, {{ subscriber.first_name | default("reader") }}\n\nof {{ subscriber.city }}.'

    assert reported(note=note) == [("merge-field-default", 14)]
    assert reported(note="To {{ subscriber.email }}") == []


def test_an_unknown_segment_is_an_error_with_a_suggestion() -> None:
    (finding,) = findings(segments=("science", "citys"), lines=LINES | {"segments.citys": 8})

    assert finding.severity is Severity.ERROR
    assert str(finding) == 'issues/2026-11-23.md:8: no segment "citys": did you mean "cities"?'


def test_everyone_is_a_segment_even_if_no_segments_are_declared() -> None:
    assert list(issue_findings(make.issue(segments=("everyone",)), ())) == []


def test_problems_in_the_note_are_reported_at_their_lines() -> None:
    assert reported(note="One\n\n[https://example.org](https://example.net/)") == [("link-disguised", 14)]


def test_an_ellipsis_unlike_the_others_of_its_issue_is_reported_in_its_entry() -> None:
    entries = (quoting("a", "One . . . two."), quoting("b", "One . . . two."), quoting("c", "One.\nTwo … three."))

    (finding,) = findings(*entries)

    assert (finding.rule, finding.place) == ("ellipsis-mixed", Place(path="issues/entries/c.md", line=10))
    assert finding.what == 'the ellipsis is written "…", but mostly ". . ." in issues/2026-11-23.md'


def test_a_single_form_of_ellipsis_is_not_reported() -> None:
    assert reported(quoting("a", "One … two."), quoting("b", "One […] two.")) == []


def test_an_unreadable_issue_has_no_further_findings() -> None:
    unread = Issue(slug="2026-11-23", date=make.issue().date, subject="", path="issues/2026-11-23.md")

    assert list(issue_findings(unread, ())) == []


@pytest.mark.parametrize(
    "subject", ["Re: your question", "RE:", "Fwd: A letter", "FW: A letter", "AW: Hallo", "Re[2]: so", "Re：so"]
)
def test_a_subject_that_pretends_to_be_a_reply_is_reported(subject: str) -> None:
    assert reported(subject=subject) == [("subject-reply", 4)]


@pytest.mark.parametrize(
    "subject", ["Reading: a list", "Re-reading Woolf", "Regarding: all", "Forward: march", "Awe: a study"]
)
def test_a_subject_that_only_resembles_a_reply_is_not_reported(subject: str) -> None:
    assert reported(subject=subject) == []


@pytest.mark.parametrize(
    "words",
    [
        "Having trouble viewing this email?",
        "Trouble reading this message? Open it here.",
        "View this email in your browser",
        "View in browser",
        "Email not displaying correctly?",
        "If you can’t read this email, click here",
        "E-Mail nicht richtig angezeigt? Im Browser ansehen.",
        "Probleme mit der Darstellung? Hier klicken.",
        "Si ce message ne s’affiche pas correctement",
        "Ver en el navegador",
    ],
)
def test_pasted_view_in_browser_boilerplate_is_reported_in_subject_and_preheader(words: str) -> None:
    assert ("boilerplate-left", 4) in reported(subject=words)
    assert ("boilerplate-left", 5) in reported(preheader=words)


@pytest.mark.parametrize(
    "words",
    [
        "Having trouble viewing this email?",
        "View this email in your browser",
        "If you can’t read this email, click here",
        "Si ce message ne s’affiche pas correctement",
    ],
)
def test_a_pasted_line_of_boilerplate_is_reported_in_a_note(words: str) -> None:
    assert ("boilerplate-left", 14) in reported(note=f"Good morning.\n\n{words}")


@pytest.mark.parametrize(
    "note",
    [
        "She had trouble reading in the dark.",
        "The browser wars, and a view of the sea. Open it in a browser.",
        "A message is not a letter.",
    ],
)
def test_text_about_reading_and_browsers_is_not_reported(note: str) -> None:
    assert reported(note=note) == []
