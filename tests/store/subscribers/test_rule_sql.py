"""A rule selects the same readers in SQLite, in PostgreSQL and in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import chain

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
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
    ReadsLanguage,
)
from newsletter.domain.segment import EVERYONE, Segment
from newsletter.domain.segment_rule_parser import DEEPEST, RuleWords, parse_rule
from newsletter.domain.segment_rule_tokens import LONGEST
from newsletter.domain.subscriber import Frequency, Subscriber
from newsletter.domain.tracking import ClickOrOpen, Link, MachineReason
from newsletter.store import Store
from newsletter.store.event_tables import response
from newsletter.store.tables import subscriber, subscriber_topic
from tests import make
from tests.rows import execute

TOPICS = ("asia", "nato", "sport", "film-noir")
LANGUAGES = ("en", "de", "de-AT", "pt-BR", "pt-PT", "zh-Hant")
TAGS = (*LANGUAGES, "DE", "de-CH", "de-at-1996", "deu", "pt", "zh", "fr")
VALUES = ("pro", "Pro", "", "50 % off", "a_b", "it's", '"', "Zürich", "'; DROP TABLE subscriber; --", "\\", "?", ":x")
MOMENTS = st.integers(0, 400).map(lambda hours: make.WHEN - timedelta(hours=hours, microseconds=hours % 3))
LINKS = (
    Link(number=1, url="https://example.org/a", entry="a", position=1, topics=("asia", "film-noir")),
    Link(number=2, url="https://example.org/b", entry="b", position=2, topics=("nato",)),
    Link(number=3, url="https://example.org/c"),
)

some_topics = st.frozensets(st.sampled_from([*TOPICS, "film", "noir"]), max_size=3)
newsletters = st.lists(st.sampled_from(LANGUAGES), min_size=1, unique=True).map(tuple)
tests = st.one_of(
    st.builds(
        LanguageIn, tags=st.lists(st.sampled_from(TAGS), min_size=1, max_size=2).map(tuple), missing=st.booleans()
    ),
    st.just(LanguagePresent()),
    newsletters.flatmap(lambda all_: st.builds(ReadsLanguage, language=st.sampled_from(all_), languages=st.just(all_))),
    st.builds(JoinedSince, at=MOMENTS),
    st.builds(JoinedWithin, days=st.integers(1, 20)),
    st.builds(
        AttributeIn,
        name=st.sampled_from(["plan", "city"]),
        values=st.lists(st.sampled_from(VALUES), min_size=1, max_size=3).map(tuple),
    ),
    st.builds(Follows, topics=some_topics),
    st.builds(Excludes, topics=some_topics),
    st.builds(HasFrequency, frequency=st.sampled_from(Frequency)),
    st.builds(Clicked, topics=some_topics, times=st.integers(1, 3), days=st.one_of(st.none(), st.integers(1, 20))),
)
rules: st.SearchStrategy[ReaderRule] = st.recursive(
    tests,
    lambda parts: st.one_of(
        st.builds(Not, rule=parts),
        st.builds(AllOf, rules=st.lists(parts, max_size=3).map(tuple)),
        st.builds(AnyOf, rules=st.lists(parts, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)
chosen_topics = st.dictionaries(st.sampled_from(TOPICS), st.booleans())
readers = st.builds(
    lambda topics, **fields: Subscriber(
        address="",
        topics=tuple(sorted(topic for topic in topics if not topics[topic])),
        excludes=tuple(sorted(topic for topic in topics if topics[topic])),
        **fields,
    ),
    topics=chosen_topics,
    language=st.sampled_from(["", *TAGS]),
    attributes=st.dictionaries(st.sampled_from(["plan", "city"]), st.sampled_from([*VALUES[:2], *VALUES[3:]])),
    frequency=st.sampled_from(Frequency),
    created=MOMENTS,
)
# (reader's number, link, hours ago, machine)
clicks = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from([None, 1, 2, 3]), st.integers(0, 400), st.booleans()), max_size=12
)


def filled(store: Store, people: Sequence[Subscriber], clicked: Sequence[tuple[int, int | None, int, bool]]) -> None:
    """Replace the readers and clicks of a store, which has one send with ``LINKS``."""
    execute(store, *(sa.delete(table) for table in (response, subscriber_topic, subscriber)))
    named = [replace(reader, address=f"r{at}@example.com") for at, reader in enumerate(people)]
    store.subscribers.merge([named], now=make.WHEN)
    send = store.clicks_and_opens.send_of("2026-11-23")
    if send is None:
        store.subscribers.merge([[Subscriber(address="first@example.com")]], now=make.WHEN)
        frozen = store.sends.freeze(
            compiled=make.compiled(links=LINKS),
            tailor=make.tailor(),
            date=make.WHEN,
            segments=[EVERYONE],
            provider="outbox",
            now=make.WHEN,
        )
        send = frozen.id
        store.subscribers.remove("first@example.com")
    keys = [reader.key for reader in store.subscribers.stream()]
    store.clicks_and_opens.record(
        [
            ClickOrOpen(
                send=send,
                link=link,
                at=make.WHEN - timedelta(hours=hours),
                reader=keys[number],
                machine=MachineReason.HEAD if machine else None,
            )
            for number, link, hours, machine in clicked
            if number < len(keys)
        ]
    )


def selected(store: Store, rule: ReaderRule) -> list[str]:
    """Return the addresses of the readers whom a rule selects in the database."""
    segment = Segment(slug="s", name="S", where=rule)
    return [reader.address for reader in store.subscribers.stream(segment=segment, now=make.WHEN)]


def admitted(store: Store, rule: ReaderRule) -> list[str]:
    """Return the addresses of the readers for whom a rule holds in memory."""
    facts = [
        ReaderFacts(reader=reader, now=make.WHEN, clicks=tuple(store.clicks_and_opens.topic_clicks(reader.id)))
        for reader in store.subscribers.stream()
    ]
    return [each.reader.address for each in facts if rule.holds(each)]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=st.lists(rules, min_size=1, max_size=5), people=st.lists(readers, max_size=6), clicked=clicks)
@example(wanted=[Not(rule=AttributeIn(name="plan", values=("",)))], people=[], clicked=[])
def test_the_databases_and_memory_select_the_same_readers(
    store: Store,
    wanted: list[ReaderRule],
    people: list[Subscriber],
    clicked: list[tuple[int, int | None, int, bool]],
) -> None:
    filled(store, people, clicked)
    for rule in wanted:
        assert selected(store, rule) == admitted(store, rule)
        assert len(selected(store, rule)) + len(selected(store, Not(rule=rule))) == len(people)


def test_a_hundred_readers_are_counted_as_they_are_selected(store: Store) -> None:
    people = [
        Subscriber(
            address="",
            language=TAGS[at % len(TAGS)] if at % 3 else "",
            attributes={"plan": VALUES[at % len(VALUES)]},
            created=make.WHEN - timedelta(days=at),
        )
        for at in range(100)
    ]
    filled(store, people, [(at, 1, at, False) for at in range(40)])
    for rule, count in (
        (JoinedWithin(days=30), 31),
        (LanguagePresent(), 66),
        (Clicked(topics=frozenset({"asia"}), times=1, days=1), 25),
        (Clicked(topics=frozenset({"asia"}), times=2), 0),
        (AllOf(rules=(JoinedWithin(days=30), Not(rule=LanguagePresent()))), 11),
    ):
        assert len(selected(store, rule)) == len(admitted(store, rule)) == count
        segment = Segment(slug="s", name="S", where=rule)
        assert store.subscribers.counts([segment], now=make.WHEN) == {"s": count}


@pytest.mark.parametrize(
    "text",
    [
        " or ".join(["clicked"] * ((LONGEST + 4) // 11)),
        " and ".join(["not topic present"] * (LONGEST // 22)),
        "(" * DEEPEST + "topic present" + ")" * DEEPEST,
        "not " * DEEPEST + "topic present",
        "attribute.plan in ('x'" + ",'0'" * ((LONGEST - 24) // 4) + ")",
        'language = "de" or ' * 200 + "joined within 36500 days",
    ],
)
def test_the_longest_and_deepest_rules_can_be_counted(store: Store, text: str) -> None:
    words = RuleWords(
        topics=make.topics(), attributes=("plan",), language="en", zone=make.newsletter().zone, counted=True
    )
    segment = Segment(slug="s", name="S", where=parse_rule(text, words))
    assert store.sends.count_audience([segment, EVERYONE], now=make.WHEN).by_segment == {"s": 0, "everyone": 0}


@pytest.mark.parametrize("languages", [("en", "de"), ("de", "en", "de-AT"), ("pt-BR", "pt-PT")])
def test_each_reader_reads_exactly_one_of_the_newsletters_languages(store: Store, languages: tuple[str, ...]) -> None:
    filled(store, [Subscriber(address="", language=tag) for tag in ("", *TAGS)], [])
    reading = [selected(store, ReadsLanguage(language=language, languages=languages)) for language in languages]
    assert sorted(chain(*reading)) == sorted(f"r{at}@example.com" for at in range(len(TAGS) + 1))


def test_only_one_issues_language_and_frequency_keep_readers_out(store: Store) -> None:
    languages = ["en", "de", "de-AT", "", "fr"]
    filled(store, [Subscriber(address="", language=language) for language in languages], [])
    german = Segment(slug="g", name="G", language=ReadsLanguage(language="de", languages=("en", "de")))
    counts = store.sends.count_audience([german], now=make.WHEN)
    assert (counts.by_segment, counts.recipients, counts.another_language) == ({"g": 2}, 2, 3)
    weekly = Segment(slug="g", name="G", language=german.language, frequency=HasFrequency(frequency=Frequency.WEEKLY))
    counts = store.sends.count_audience((weekly,), now=make.WHEN)
    assert (counts.recipients, counts.another_language, counts.chosen_otherwise) == (0, 0, 2)
