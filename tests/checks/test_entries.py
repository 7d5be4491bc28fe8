"""One entry: topics, links, image, framing and quotation."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from newsletter.checks import entry_findings, issue_findings, override_findings
from newsletter.domain.issue import Entry, Passage, PassageKind
from newsletter.domain.topics import Topics
from newsletter.errors import Finding, Place, Severity
from tests import make

LINES = {"title": 2, "url": 3, "source": 4, "author": 5, "image": 6, "topics": 7, "body": 10}


def entry(**changes: Any) -> Entry:
    return make.entry(**({"lines": LINES} | changes))


def findings(**changes: Any) -> list[Finding]:
    return list(entry_findings(entry(**changes), make.topics()))


def reported(**changes: Any) -> list[tuple[str, int | None]]:
    return [(finding.rule, finding.place.line) for finding in findings(**changes)]


def framing(text: str, line: int = 10) -> Passage:
    return Passage(kind=PassageKind.FRAMING, markdown=text, line=line)


def test_a_good_entry_has_no_findings() -> None:
    assert reported() == []


def test_an_entry_without_topics_is_reported() -> None:
    assert reported(topics=(), lines={"title": 2}) == [("topics-none", 1)]


def test_a_newsletter_that_declares_no_topics_needs_none() -> None:
    entry = make.entry(topics=())
    assert list(entry_findings(entry, Topics())) == []


def test_an_undeclared_topic_is_reported_with_a_suggestion() -> None:
    (finding,) = findings(topics=("afganistan", "NATO"))

    assert (finding.rule, finding.severity) == ("topic-undeclared", Severity.WARNING)
    assert str(finding) == (
        'issues/entries/night-train.md:7: the topic "afganistan" is not declared: did you mean "Afghanistan"?'
    )


def test_an_undeclared_topic_without_a_similar_one_gets_the_hint_to_declare_it() -> None:
    for name in ("Beekeeping", "Russia"):  # half of Russia is Asia
        (finding,) = findings(topics=(name,))

        assert finding.hint == f"declare it: [topics.{name.lower()}] in newsletter.toml"


def test_a_source_or_title_that_names_another_host_is_reported() -> None:
    url = "https://review.example.org/night-train"
    assert reported(url=url, source="Example.com") == [("link-host", 4)]
    assert reported(url=url, title="www.example.com") == [("link-host", 2)]
    assert reported(url=url, source="The Example.org Review", title="How Example.com was lost") == []


def test_a_topic_is_reported_at_its_own_line_of_a_list() -> None:
    assert reported(topics=("NATO", "Bees"), lines=LINES | {"topics.Bees": 9}) == [("topic-undeclared", 9)]


def test_a_topic_listed_twice_under_different_names_is_reported() -> None:
    (finding,) = findings(topics=("NATO", "North Atlantic Treaty Organization"))

    assert finding.what == '"NATO" and "North Atlantic Treaty Organization" are the same topic'


def test_url_and_image_are_reported_at_their_lines() -> None:
    assert reported(url="//example.org/x", image="http://example.org/a.png", image_alt="A picture") == [
        ("url-unfit", 3),
        ("url-http", 6),
    ]


def test_an_image_without_alt_text_is_reported() -> None:
    assert reported(image="https://example.org/a.png") == [("image-alt", 6)]
    assert reported(image="https://example.org/a.png", image_alt=" ") == [("image-alt", 6)]
    assert reported(image="https://example.org/a.png", image_alt="A picture") == []


def test_hidden_characters_are_reported_in_every_field() -> None:
    for name in ("title", "source", "author"):
        assert reported(**{name: "over\u202eride"}) == [("bidi-control", LINES[name])]
    assert reported(topics=("NATO\u202e",)) == [("bidi-control", 7)]


def test_a_merge_field_in_an_entry_is_reported_at_its_line() -> None:
    assert reported(title="For {{ subscriber.first_name }}") == [("entry-merge-field", 2)]
    assert reported(passages=(framing("One\ntwo {{ subscriber.first_name }}"),)) == [("entry-merge-field", 11)]


def test_an_empty_entry_is_reported() -> None:
    assert reported(passages=()) == [("entry-empty", 10)]


def test_a_framing_that_announces_a_missing_quotation_is_reported() -> None:
    assert reported(passages=(framing("It is good.\n\nAs she says:"),)) == [("quotation-missing", 12)]


def test_an_unreadable_entry_has_no_further_findings() -> None:
    unread = Entry(slug="broken", title="", url="", source="", path="issues/entries/broken.md")

    assert list(entry_findings(unread, Topics())) == []


def test_a_wrong_override_is_reported_in_the_issue_without_repeating_findings_of_the_entry() -> None:
    original = entry(topics=("Bees",))
    overridden = replace(original, title="TODO: a better title", passages=(framing("As she says:", line=21),))
    issue = make.issue(overridden, lines={"overrides": 15})

    found_here = list(override_findings(issue, {original.slug: original}, make.topics()))

    assert [(finding.rule, finding.place) for finding in found_here] == [
        ("placeholder-left", Place(path=issue.path, line=15)),
        ("quotation-missing", Place(path=issue.path, line=21)),
    ]
    assert list(override_findings(make.issue(original), {original.slug: original}, make.topics())) == []


def test_an_article_dated_after_its_issue_is_reported() -> None:
    issue = make.issue(entry(date=date(2027, 11, 20), lines=LINES | {"date": 5}), date=date(2026, 11, 23))

    (finding,) = issue_findings(issue, ())

    assert (finding.rule, finding.place) == ("entry-date-later", Place(path="issues/entries/night-train.md", line=5))
    assert not list(issue_findings(make.issue(entry(date=date(2026, 11, 24))), ()))


def test_an_override_is_reported_at_the_line_of_its_field() -> None:
    original = entry()
    lines = {"overrides": 8, f"overrides.{original.slug}": 9, f"overrides.{original.slug}.title": 11}
    issue = make.issue(replace(original, title="TODO", image="https://example.org/a.jpg"), lines=lines)

    found_here = override_findings(issue, {original.slug: original}, make.topics())

    assert {finding.rule: finding.place.line for finding in found_here} == {"placeholder-left": 11, "image-alt": 9}


@pytest.mark.parametrize("title", ["THE NIGHT TRAIN RETURNS", "BREAKING NEWS from the rails", "НОЧНОЙ ПОЕЗД ВЕРНУЛСЯ"])
def test_a_title_in_capitals_is_reported(title: str) -> None:
    assert reported(title=title) == [("title-capitals", 2)]


@pytest.mark.parametrize(
    "title", ["NATO and the EU", "IBM", "Wow!! So!!!", "The NASA–ESA pact", "今日のニュース", "x" * 150]
)
def test_a_title_with_acronyms_or_of_150_characters_is_not_reported(title: str) -> None:
    assert reported(title=title) == []


def test_a_title_as_long_as_a_paragraph_is_reported() -> None:
    assert reported(title="So it goes. " * 17) == [("title-long", 2)]


@pytest.mark.parametrize(
    "words",
    ["night-train.jpg", "IMG_1234", "DSC00042.JPG", "a train at night.webp", "Screenshot 2", "image1", "pxl_20261123"],
)
def test_alt_text_that_is_a_file_name_is_reported(words: str) -> None:
    lines = {**LINES, "image_alt": 8}
    assert reported(image="https://example.org/a.png", image_alt=words, lines=lines) == [("image-alt-name", 8)]


@pytest.mark.parametrize(
    "words",
    ["A train at night", "The word “.jpg” on a wall", "Page 1234 of the book", "P51 Mustang", "A photo of 2 trains"],
)
def test_alt_text_that_describes_the_image_is_not_reported(words: str) -> None:
    assert reported(image="https://example.org/a.png", image_alt=words) == []


@pytest.mark.parametrize(
    "words",
    [
        "Having trouble viewing this email? Click here.",
        "[View this email in your browser](https://example.org)",
        "Wird diese E-Mail nicht richtig angezeigt?",
        "Si ce message ne s’affiche pas correctement, cliquez ici.",
        "Se non visualizzi correttamente questa email, clicca qui.",
        "¿No puedes ver este correo?",
        "Zie je deze e-mail niet goed?",
        "如果您无法正常查看此邮件，请点击这里",
        "メールが正しく表示されない場合はこちら",
        "אם אינך רואה את ההודעה כראוי, לחץ כאן",
        "إذا كنت لا ترى هذه الرسالة بشكل صحيح، اضغط هنا",
    ],
)
def test_boilerplate_of_another_mail_tool_is_reported_in_an_entry(words: str) -> None:
    passages = (framing(f"Good words.\n\n{words}"), Passage(kind=PassageKind.QUOTATION, markdown=words, line=20))
    assert [line for rule, line in reported(passages=passages) if rule == "boilerplate-left"] == [12, 20]


@pytest.mark.parametrize(
    "words",
    [
        "Many open this newsletter in their browser. If you have trouble viewing the eclipse, use a pinhole.",
        "Si ce film ne s’affiche pas en salle, tant pis.",
        "No puedes ver este paisaje desde el avión. Este correo llegó tarde.",
        "Se non vedi il treno, aspetta. Jeśli nie widzisz pociągu, czekaj.",
        "Если письмо приходит поздно, его читают дважды.",
        "彼は待った。メールは届かなかった。",
    ],
)
def test_an_entry_about_mail_and_browsers_is_not_reported(words: str) -> None:
    assert "boilerplate-left" not in [rule for rule, _ in reported(passages=(framing(words),))]


def test_a_title_that_begins_like_a_reply_is_reported() -> None:
    assert reported(title="Fwd: Night trains return") == [("title-reply", 2)]
    assert reported(title="Re-reading Orwell: a return") == []


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        ({"label": "listen"}, []),
        ({"label": "Read the whole thing"}, []),
        ({"label": "Read the whole of this very long piece"}, [("label-long", 21)]),
        ({"label": "Listen &amp; read"}, [("text-mangled", 21)]),
        ({"language": "pt-BR"}, []),
        ({"language": "de-CH"}, []),
        ({"language": "xx"}, [("entry-language", 22)]),
        ({"minutes": 7}, []),
        ({"minutes": 1440}, []),
        ({"minutes": 1441}, [("minutes-many", 23)]),
        ({"paywall": True}, []),
        ({"paywall": True, "gift": "https://wapo.st/gift"}, []),  # publishers shorten gift links
        ({"paywall": True, "gift": "http://review.example.org/gift"}, [("url-http", 24)]),
        ({"paywall": True, "gift": "review.example.org/gift"}, [("url-unfit", 24)]),
        ({"gift": "https://review.example.org/gift"}, [("gift-paywall", 24)]),
    ],
)
def test_what_awaits_readers_behind_the_link_is_checked(changes: dict[str, Any], rules: list[tuple[str, int]]) -> None:
    lines = LINES | {"label": 21, "language": 22, "minutes": 23, "gift": 24}
    assert reported(**changes, lines=lines) == rules


def test_an_image_in_text_is_reported_with_the_field_for_it() -> None:
    passage = framing("Look: ![a glove](https://example.org/a.png) and ![more](https://example.org/b.png)")
    (first, second) = findings(passages=(passage,))
    assert first.rule == second.rule == "markdown-left"
    assert "an image block" in first.hint
