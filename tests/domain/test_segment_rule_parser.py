"""The language of rules that select readers: what it means, and what is said about mistakes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.reader_rules import (
    AllOf,
    AnyOf,
    AttributeIn,
    Clicked,
    Excludes,
    Follows,
    HasFrequency,
    JoinedSince,
    JoinedWithin,
    LanguageIn,
    LanguagePresent,
    Not,
    ReaderFacts,
    ReaderRule,
    TopicClick,
    parts_of,
)
from newsletter.domain.segment_rule_parser import DEEPEST, RuleWords, parse_rule
from newsletter.domain.segment_rule_tokens import LONGEST, RuleSyntaxError
from newsletter.domain.subscriber import Frequency, Subscriber
from tests import make

BERLIN = ZoneInfo("Europe/Berlin")
WORDS = RuleWords(topics=make.topics(), attributes=("plan", "city"), language="en", zone=BERLIN, counted=True)
NATO = frozenset({"nato", "north-atlantic-treaty-organization"})
ASIA = frozenset({"asia", "afghanistan"})
DE = LanguageIn(tags=("de",), missing=False)


def mistake_in(text: str) -> RuleSyntaxError | None:
    """Return the mistake in a rule, or None."""
    try:
        parse_rule(text, WORDS)
    except RuleSyntaxError as err:
        return err
    return None


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('language = "de"', DE),
        ("LANGUAGE  =\n 'de'", DE),
        ('language = "en"', LanguageIn(tags=("en",), missing=True)),
        ('language != "de"', Not(rule=DE)),
        ('language in ("de", "en-GB")', LanguageIn(tags=("de", "en-GB"), missing=False)),
        ("language present", LanguagePresent()),
        ("joined within 30 days", JoinedWithin(days=30)),
        ("joined within 1 day", JoinedWithin(days=1)),
        ("joined >= 2026-07-01", JoinedSince(at=datetime(2026, 6, 30, 22, tzinfo=UTC))),
        ("joined > 2026-06-30", JoinedSince(at=datetime(2026, 6, 30, 22, tzinfo=UTC))),
        ("joined < 2026-01-01", Not(rule=JoinedSince(at=datetime(2025, 12, 31, 23, tzinfo=UTC)))),
        ('attribute.plan = "pro"', AttributeIn(name="plan", values=("pro",))),
        ('attribute.plan not in ("pro", "a\'b")', Not(rule=AttributeIn(name="plan", values=("pro", "a'b")))),
        ("attribute.city present", Not(rule=AttributeIn(name="city", values=("",)))),
        ('topic = "North Atlantic Treaty Organization"', Follows(topics=NATO)),
        ('topic in ("nato", "Asia")', Follows(topics=NATO | ASIA)),
        ("not topic present", Not(rule=Follows(topics=frozenset()))),
        ('excludes = "afghanistan"', Excludes(topics=ASIA)),
        ('frequency = "weekly"', HasFrequency(frequency=Frequency.WEEKLY)),
        ('frequency in ("each", "weekly")', AnyOf(rules=tuple(HasFrequency(frequency=each) for each in Frequency))),
        ('clicked "Asia"', Clicked(topics=ASIA, times=1)),
        ('clicked "afghanistan" >= 3', Clicked(topics=frozenset({"afghanistan"}), times=3)),
        ('clicked "nato" >= 2 within 90 days', Clicked(topics=NATO, times=2, days=90)),
        ("clicked within 7 days", Clicked(topics=frozenset(), times=1, days=7)),
    ],
)
def test_each_test_has_its_meaning(text: str, rule: ReaderRule) -> None:
    assert parse_rule(text, WORDS) == rule


def test_not_binds_closest_then_and_then_or() -> None:
    words = 'language = "de" and joined within 1 day or not language = "de" and (topic present or topic present)'
    day, topic = JoinedWithin(days=1), Follows(topics=frozenset())
    assert parse_rule(words, WORDS) == AnyOf(
        rules=(AllOf(rules=(DE, day)), AllOf(rules=(Not(rule=DE), AnyOf(rules=(topic, topic)))))
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "column 1: the rule is empty: a rule can test: language, joined, topic, excludes, frequency, clicked"),
        ("langage = 'de'", 'column 1: a rule can\'t test "langage": did you mean "language"?'),
        ('status = "confirmed"', "only confirmed readers are mailed"),
        ("language = de and joined within 30 days", 'column 12: "de" is not in quotes: write "de"'),
        ('language == "de"', 'column 10: "==" isn\'t allowed in a rule: write = once'),
        ('language < "de"', 'column 10: "<" can\'t compare a language: use =, !=, in or not in, or present'),
        ("language", "column 9: a language needs a comparison"),
        ('language = "German"', 'column 12: "German" is not a language tag: write a language tag such as en'),
        ('language = ""', 'column 12: "" is not a language tag: write language present'),
        ('language in "de"', 'column 13: a list needs parentheses: write in ("…", "…")'),
        ('language in ("de" "en")', "column 19: the list isn't closed: write a comma or a ) here"),
        ("language not 'de'", 'column 14: "in" is missing after not'),
        ("joined >= 2026-02-30", 'column 11: "2026-02-30" is not a date: write a date as 2026-01-31'),
        ('joined >= "2026-02-01"', "column 11: a date in quotes: write 2026-02-01 without them"),
        ("joined within 30", "column 17: the unit is missing: write within 30 days"),
        ("joined within 0 days", 'column 15: "0" is not from 1 to 36,500'),
        ("joined within 99999999999999999999 days", "is not from 1 to 36,500"),
        ("joined within -3 days", 'column 15: "-" isn\'t allowed in a rule'),
        ("joined = soon", 'column 10: "soon" is not a date'),
        ("joined 2026-01-01", 'column 8: "2026-01-01" can\'t compare a date: write joined >= 2026-01-31, or joined'),
        ('attribute.plna = "pro"', 'newsletter.toml doesn\'t have the attribute "plna": did you mean "plan"?'),
        ('attribute.zip = "1"', 'add "zip" to attributes in newsletter.toml'),
        ('attribute = "pro"', 'column 1: the attribute has no name: write attribute.plan = "pro"'),
        ("attribute.plan > 3", 'column 16: ">" can\'t compare an attribute'),
        ('frequency = "daily"', 'column 13: "daily" is not a frequency: write each or weekly in quotes'),
        ('clicked "asia" > 2', 'column 16: ">" can\'t count clicks: write clicked "topic" >= 3'),
        ('clicked "asia" >= many', 'column 19: "many" is not a number'),
        ('topic = "  "', "column 9: the topic has no name"),
        ("topic = “asia”", 'column 9: "“" isn\'t allowed in a rule: write straight quotation marks'),
        ('topic = "asia', "column 9: unclosed quotation mark: add another one"),
        ('topic = "asia" && topic = "nato"', 'column 16: "&&" isn\'t allowed in a rule: write and'),
        ('topic = "asia" topic = "nato"', 'column 16: "topic" is not expected here: join two tests with and'),
        ('topic = "asia" and', "column 19: a test is missing here"),
        ('(topic = "asia"', "column 1: unclosed (: close it"),
        ('topic = "asia")', "column 15: unopened ): remove it"),
        ("language present;", 'column 17: ";" isn\'t allowed in a rule'),
        ("language\u00a0present", "column 9: the character U+00A0 isn't allowed in a rule"),
        ("language present\nand topic = asia", 'line 2, column 13: "asia" is not in quotes'),
        ('attribute.plan = "a\x00b"', "column 20: the control character U+0000: remove it"),
        ("1 = 1; DROP TABLE subscriber", 'column 1: a rule can\'t test "1"'),
    ],
)
def test_a_mistake_is_reported_with_its_place_and_a_hint(text: str, message: str) -> None:
    with pytest.raises(RuleSyntaxError) as caught:
        parse_rule(text, WORDS)
    assert message in str(caught.value)


def test_clicks_need_to_be_counted_by_reader() -> None:
    uncounted = RuleWords(topics=WORDS.topics, attributes=(), language="en", zone=BERLIN, counted=False)
    with pytest.raises(RuleSyntaxError, match="column 9: clicks are not counted by reader: set clicks"):
        parse_rule('clicked "asia"', uncounted)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000,
        "(" * 1_000 + "language present" + ")" * 1_000,
        "not " * 900 + "language present",
        f'attribute.plan = "{"x" * 65_536}"',
        '"' * 3_999,
        "language present or " * 20_000,
        "\x00",
        "\ud800",
        "𝓵𝓪𝓷𝓰𝓾𝓪𝓰𝓮 = '",
        "٣",
        "joined within ３ days",
    ],
)
def test_hostile_rules_are_refused_at_once(text: str) -> None:
    with pytest.raises(RuleSyntaxError) as caught:
        parse_rule(text, WORDS)
    assert len(str(caught.value)) < 300


def test_a_rule_may_be_as_long_and_as_deep_as_the_limits_say() -> None:
    deep = "(" * DEEPEST + "language present" + ")" * DEEPEST
    assert parse_rule(deep, WORDS) == LanguagePresent()
    with pytest.raises(RuleSyntaxError, match=f"more than {DEEPEST} levels"):
        parse_rule(f"({deep})", WORDS)
    count = (LONGEST + 4) // len("topic present or ")
    wide = " or ".join(["topic present"] * count)
    assert len(list(parts_of(parse_rule(wide, WORDS)))) == count + 1


@given(st.text(alphabet=st.sampled_from("()\"'=!<>, \n.-0123aelnou"), max_size=40) | st.text(max_size=20))
def test_any_text_is_a_rule_or_a_mistake(text: str) -> None:
    if mistake := mistake_in(text):
        assert mistake.hint
        assert 1 <= mistake.line <= text.count("\n") + 1
        assert 1 <= mistake.column <= len(text) + 1


def test_a_day_is_a_day_in_the_newsletters_zone() -> None:
    def holds(text: str, created: datetime) -> bool:
        reader = Subscriber(address="ada@example.com", created=created)
        return parse_rule(text, WORDS).holds(ReaderFacts(reader=reader, now=make.WHEN))

    midnight = datetime(2026, 7, 1, tzinfo=BERLIN)
    moment = timedelta(microseconds=1)
    for text, before, at, last, after in (
        ("joined = 2026-07-01", False, True, True, False),
        ("joined != 2026-07-01", True, False, False, True),
        ("joined < 2026-07-01", True, False, False, False),
        ("joined <= 2026-07-01", True, True, True, False),
        ("joined > 2026-07-01", False, False, False, True),
        ("joined >= 2026-07-01", False, True, True, True),
    ):
        times = (midnight - moment, midnight, midnight + timedelta(days=1) - moment, midnight + timedelta(days=1))
        assert [holds(text, created) for created in times] == [before, at, last, after], text


def test_clicks_count_once_for_each_link() -> None:
    clicks = tuple(
        TopicClick(send=send, link=1, at=make.WHEN - timedelta(days=days), topics=("afghanistan",))
        for send, days in ((1, 0), (1, 1), (2, 50))
    )
    facts = ReaderFacts(reader=Subscriber(address="ada@example.com"), now=make.WHEN, clicks=clicks)
    for text, answer in (
        ('clicked "asia" >= 2', True),
        ('clicked "asia" >= 3', False),
        ('clicked "asia" >= 2 within 49 days', False),
        ('clicked "asia" >= 2 within 50 days', True),
        ('clicked "nato"', False),
        ("clicked >= 2", True),
    ):
        assert parse_rule(text, WORDS).holds(facts) is answer, text
