"""Which entries a reader gets: rules for all issues and readers."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from newsletter.domain.blocks import BlockKind
from newsletter.domain.edition import Edition, EntryReason, Tailor, Tailoring, TopicChoices, tailoring_of
from newsletter.domain.issue import Item, Otherwise, Section, TailoringFields
from newsletter.domain.subscriber import Subscriber
from newsletter.domain.topics import Topic, Topics
from tests import make

SLUGS = ("science", "physics", "optics", "cities", "parks", "music")
TOPICS = Topics(
    [
        Topic(slug="science", name="Science"),
        Topic(slug="physics", name="Physics", parent="science"),
        Topic(slug="optics", name="Optics", parent="physics"),
        Topic(slug="cities", name="Cities"),
        Topic(slug="parks", name="Parks", parent="cities"),
        Topic(slug="music", name="Music"),
    ]
)
some = st.frozensets(st.sampled_from(SLUGS), max_size=3)
readers = st.builds(TopicChoices, follows=some, excludes=some)
limits = st.integers(0, 6)


@st.composite
def tailors(draw: st.DrawFn) -> Tailor:
    """Draw an issue of up to eight entries in sections, some pinned, and up to three blocks, with any rules."""
    entries = [make.entry(f"entry-{at}", topics=tuple(sorted(draw(some)))) for at in range(draw(st.integers(1, 8)))]
    pinned = draw(st.frozensets(st.sampled_from([entry.slug for entry in entries]), max_size=2))
    cut = draw(st.integers(0, len(entries)))
    blocks = [make.block(topics=tuple(sorted(draw(some)))) for _ in range(draw(st.integers(0, 3)))]
    sections = (
        Section(title="A", items=(*blocks[:1], *entries[:cut])),
        Section(title=None, items=(*entries[cut:], *blocks[1:])),
    )
    tailoring = Tailoring(
        minimum=draw(limits), maximum=draw(st.none() | limits), otherwise=draw(st.sampled_from(Otherwise))
    )
    return Tailor(make.issue(sections=sections, pinned=pinned), TOPICS, tailoring)


def entries_of(tailor: Tailor, edition: Edition | None) -> Edition | None:
    """Return the positions of an edition's entries, without those of blocks."""
    return edition and tuple(at for at in edition if at < len(tailor.issue.entries))


def covered(follows: frozenset[str]) -> frozenset[str]:
    return frozenset().union(*(TOPICS.with_descendants(slug) for slug in follows))


@given(tailors(), readers)
def test_an_edition_keeps_the_editors_order_without_repeats(tailor: Tailor, reader: TopicChoices) -> None:
    edition = tailor.edition(reader)
    assert edition is None or (edition and list(edition) == sorted(set(edition)) and set(edition) <= set(tailor.full))


@given(tailors(), readers)
def test_pinned_entries_are_in_every_edition(tailor: Tailor, reader: TopicChoices) -> None:
    edition = tailor.edition(reader)
    assert edition is None or tailor.pinned <= set(edition)


@given(tailors(), readers)
def test_only_pinned_entries_can_have_excluded_topics(tailor: Tailor, reader: TopicChoices) -> None:
    shunned = covered(reader.excludes)
    for at in set(tailor.edition(reader) or ()) - tailor.pinned:
        assert not shunned & set(tailor.issue.by_position[at].topics)


@given(tailors(), readers)
def test_every_match_is_included_up_to_the_maximum(tailor: Tailor, reader: TopicChoices) -> None:
    assert tailor.tailoring is not None
    wanted, shunned = covered(reader.follows), covered(reader.excludes)
    edition = entries_of(tailor, tailor.edition(reader))
    topics = [set(entry.topics) for entry in tailor.issue.entries]
    matched = [
        at for at in range(len(topics)) if topics[at] & wanted and (at in tailor.pinned or not topics[at] & shunned)
    ]
    missing = [at for at in matched if at not in (edition or ())]
    if missing and edition is not None:
        assert tailor.tailoring.maximum is not None
        assert len(edition) >= tailor.tailoring.maximum


@given(tailors(), readers)
def test_an_edition_respects_minimum_and_maximum(tailor: Tailor, reader: TopicChoices) -> None:
    rules = tailor.tailoring
    assert rules is not None
    because = tailor.reasons(reader)[: len(tailor.issue.entries)]
    edition = entries_of(tailor, tailor.edition(reader))
    if edition is None or EntryReason.EVERYTHING in because or not reader.follows:
        return
    available = sum(reason is not EntryReason.EXCLUDED for reason in because)
    highest = rules.maximum if rules.maximum is not None else len(because)
    assert len(edition) <= max(highest, len(tailor.pinned))
    assert len(edition) >= min(rules.minimum, available, highest)


@given(tailors(), some)
def test_a_reader_without_topics_gets_every_entry_not_excluded(tailor: Tailor, excludes: frozenset[str]) -> None:
    because = tailor.reasons(TopicChoices(excludes=excludes))
    assert set(because) <= {EntryReason.EVERYTHING, EntryReason.EXCLUDED, EntryReason.PINNED}
    if not excludes:
        assert tailor.edition(TopicChoices()) == tailor.full


@given(tailors(), readers, some)
def test_readers_who_differ_only_in_topics_outside_the_issue_get_the_same_edition(
    tailor: Tailor, reader: TopicChoices, others: frozenset[str]
) -> None:
    assume(reader.follows)
    irrelevant = others - tailor.topics
    twin = TopicChoices(follows=reader.follows | irrelevant, excludes=reader.excludes | irrelevant)
    assert tailor.edition(twin) == tailor.edition(reader)


@given(tailors(), readers)
def test_a_block_is_in_an_edition_by_its_topics_and_never_counts(tailor: Tailor, reader: TopicChoices) -> None:
    edition, because = tailor.edition(reader), tailor.reasons(reader)
    assert len(because) == len(tailor.full)
    if edition is None:
        return
    assert tailor.entries_in(edition) == len(entries_of(tailor, edition) or ())
    for at in range(len(tailor.issue.entries), len(tailor.full)):
        own = set(tailor.issue.by_position[at].topics)
        everything = EntryReason.EVERYTHING in because or EntryReason.FOLLOWED not in because
        shunned, wanted = own & covered(reader.excludes), own & covered(reader.follows)
        if shunned:
            assert at not in edition
        elif wanted or not reader.follows:
            assert at in edition
        elif not everything:
            assert at not in edition


@given(tailors(), readers)
def test_blocks_with_topics_change_nothing_about_the_entries(tailor: Tailor, reader: TopicChoices) -> None:
    issue = tailor.issue
    sections = tuple(Section(title=section.title, items=section.entries) for section in issue.sections)
    without = Tailor(make.issue(sections=sections, pinned=issue.pinned), TOPICS, tailor.tailoring)
    assert without.edition(reader) == entries_of(tailor, tailor.edition(reader))
    assert without.reasons(reader) == tailor.reasons(reader)[: len(issue.entries)]


def chosen(tailoring: Tailoring | None, reader: TopicChoices, **changes: frozenset[str]) -> Edition | None:
    entries = [
        make.entry("lens", topics=("Optics",)),
        make.entry("bench", topics=("Parks",)),
        make.entry("fugue", topics=("Music",)),
        make.entry("atom", topics=("Physics", "Music")),
    ]
    return Tailor(make.issue(*entries, **changes), TOPICS, tailoring).edition(reader)


def test_following_a_parent_covers_its_children_but_not_vice_versa() -> None:
    assert chosen(Tailoring(), TopicChoices(follows=frozenset({"science"}))) == (0, 3)
    assert chosen(Tailoring(), TopicChoices(follows=frozenset({"optics"}))) == (0,)


def test_an_exclusion_overrides_a_match_but_not_a_pin() -> None:
    reader = TopicChoices(follows=frozenset({"science"}), excludes=frozenset({"music"}))
    assert chosen(Tailoring(), reader) == (0,)
    assert chosen(Tailoring(), reader, pinned=frozenset({"fugue"})) == (0, 2)


def test_leading_entries_fill_up_to_the_minimum_and_the_maximum_cuts_from_the_end() -> None:
    assert chosen(Tailoring(minimum=3), TopicChoices(follows=frozenset({"music"}))) == (0, 2, 3)
    assert chosen(Tailoring(maximum=1), TopicChoices(follows=frozenset({"music"}))) == (2,)
    pinned = frozenset({"atom"})
    assert chosen(Tailoring(maximum=1), TopicChoices(follows=frozenset({"optics"})), pinned=pinned) == (3,)


def test_a_reader_without_a_match_gets_the_full_issue_or_nothing() -> None:
    reader = TopicChoices(follows=frozenset({"chess"}))
    assert chosen(Tailoring(), reader) == (0, 1, 2, 3)
    assert chosen(Tailoring(otherwise=Otherwise.SKIP), reader) is None
    assert chosen(Tailoring(otherwise=Otherwise.SKIP), reader, pinned=frozenset({"lens"})) is None


def test_following_a_pinned_entrys_topic_is_a_match() -> None:
    reader, pinned = TopicChoices(follows=frozenset({"optics"})), frozenset({"lens"})
    for otherwise in Otherwise:
        assert chosen(Tailoring(otherwise=otherwise), reader, pinned=pinned) == (0,)
        assert chosen(Tailoring(minimum=2, otherwise=otherwise), reader, pinned=pinned) == (0, 1)
    shunning = TopicChoices(follows=reader.follows, excludes=frozenset({"science"}))
    assert chosen(Tailoring(otherwise=Otherwise.SKIP), shunning, pinned=pinned) is None


def test_the_reason_for_a_pinned_entry_is_the_pin_even_in_the_full_issue() -> None:
    issue = make.issue(make.entry("lens", topics=("Optics",)), make.entry("fugue"), pinned=frozenset({"lens"}))
    tailor = Tailor(issue, TOPICS, Tailoring())
    assert tailor.reasons(TopicChoices(excludes=frozenset({"optics"}))) == (EntryReason.PINNED, EntryReason.EVERYTHING)


def test_an_untailored_issue_has_one_edition() -> None:
    assert chosen(None, TopicChoices(follows=frozenset({"music"}), excludes=frozenset({"optics"}))) == (0, 1, 2, 3)


@pytest.mark.parametrize(
    ("own", "usual", "tailoring"),
    [
        (TailoringFields(), TailoringFields(), None),
        (TailoringFields(), TailoringFields(always=False, minimum=3), None),
        (TailoringFields(always=True), TailoringFields(), Tailoring()),
        (TailoringFields(), TailoringFields(always=True, maximum=4), Tailoring(maximum=4)),
        (TailoringFields(always=False), TailoringFields(always=True), None),
        (
            TailoringFields(always=True, minimum=0, otherwise=Otherwise.FULL),
            TailoringFields(minimum=3, maximum=5, otherwise=Otherwise.SKIP),
            Tailoring(maximum=5, otherwise=Otherwise.FULL),
        ),
    ],
)
def test_an_issues_tailoring_overrides_the_newsletters(
    own: TailoringFields, usual: TailoringFields, tailoring: Tailoring | None
) -> None:
    assert tailoring_of(make.issue(tailored=own), make.newsletter(tailored=usual)) == tailoring


def test_only_topics_distinguish_subscribers() -> None:
    assert TopicChoices.of(Subscriber(address="ada@example.com", topics=("music",))) == TopicChoices(
        follows=frozenset({"music"})
    )


def test_following_a_topics_earlier_slug_still_gets_its_entries() -> None:
    topics = Topics([Topic(slug="tech", name="Technology", aliases=("Gadgets",)), Topic(slug="music", name="Music")])
    about = make.issue(make.entry("a", topics=("Technology",)), make.entry("b", topics=("Music",)))
    tailor = Tailor(about, topics, Tailoring(minimum=0, maximum=None, otherwise=Otherwise.SKIP))
    assert tailor.edition(TopicChoices(follows=frozenset({"gadgets"}))) == (0,)
    assert tailor.edition(TopicChoices(excludes=frozenset({"gadgets"}))) == (1,)


def block_tailor(*items: Item, otherwise: Otherwise = Otherwise.FULL) -> Tailor:
    return Tailor(make.issue(*items), TOPICS, Tailoring(otherwise=otherwise))


def test_a_followed_block_is_no_reason_for_a_message_beside_entries() -> None:
    items = (make.block(topics=("Parks",)), make.entry("lens", topics=("Optics",)), make.block())
    parks, optics = TopicChoices(follows=frozenset({"parks"})), TopicChoices(follows=frozenset({"optics"}))
    assert block_tailor(*items, otherwise=Otherwise.SKIP).edition(parks) is None
    assert block_tailor(*items).edition(parks) == (0, 1)
    assert block_tailor(*items).edition(optics) == (0,)
    assert block_tailor(*items).edition(TopicChoices()) == (0, 1)
    assert block_tailor(*items).edition(TopicChoices(excludes=frozenset({"cities"}))) == (0,)
    assert block_tailor(*items).edition(TopicChoices(excludes=frozenset({"optics"}))) is None


@pytest.mark.parametrize("otherwise", Otherwise)
def test_an_issue_without_entries_goes_to_everyone_or_by_the_topics_of_its_blocks(otherwise: Otherwise) -> None:
    links, parks = make.block(BlockKind.LINKS), make.block(BlockKind.LINKS, topics=("Parks",))
    follower, other = TopicChoices(follows=frozenset({"cities"})), TopicChoices(follows=frozenset({"music"}))
    shunning = TopicChoices(excludes=frozenset({"parks"}))
    assert Tailor(make.issue(links), TOPICS, None).edition(other) == ()
    assert block_tailor(links, otherwise=otherwise).edition(other) == ()
    both = block_tailor(links, parks, otherwise=otherwise)
    assert both.edition(follower) == (0,)
    assert both.edition(shunning) == ()
    assert both.edition(other) == (None if otherwise is Otherwise.SKIP else (0,))
    assert block_tailor(parks, otherwise=otherwise).edition(shunning) is None


def test_an_issue_without_anything_has_no_edition() -> None:
    empty = make.issue(sections=(Section(title=None, items=()),))
    assert Tailor(empty, TOPICS, None).edition(TopicChoices()) is None
