"""Topics are renamed, merged and split with their followers; what was killed is finished by repeating it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from newsletter import content
from newsletter.domain.edition import Tailor, Tailoring, TopicChoices
from newsletter.domain.people import ForbiddenError, Person, Role
from newsletter.domain.subscriber import Subscriber
from newsletter.domain.topic_changes import TopicChange
from newsletter.editing import Editing
from newsletter.errors import NewsletterError
from newsletter.publishing.settings_changes import check_settings
from newsletter.publishing.topics.topic_changes import (
    TopicChangeError,
    TopicChangePlan,
    TopicExistsError,
    UnknownTopicError,
    change_topics,
    merge_of,
    rename_of,
    split_of,
)
from newsletter.settings import load
from newsletter.store import Store, open_store
from newsletter.store.staff.audit import Audit
from newsletter.store.subscribers.topic_followers import TopicFollowers
from tests import make

ADMIN = Person(name="Ada", address="ada@example.org")
SETTINGS = """\
name = "The Daily Test"
from = "news@daily.example"
postal_address = "1 Test Street"
base_url = "https://news.daily.example"

[topics.arts]
name = "Arts & culture"

# Everything that sounds.
[topics.music]
name = "Music"   # as readers see it
aliases = ["Sound"]
parent = "arts"

[topics.radio]
parent = "music"

[topics.maps]
name = "Maps"

[segments.listeners]
any = ["Music", "maps"]

[segments.others]
where = 'not topic = "music" and clicked "Music" >= 2 within 30 days'

[counting]
clicks = "individual"
"""
ENTRIES = {"song": "[Music]", "sound": "[Sound, Maps]", "wave": "[radio]", "map": "[maps]", "paint": "[Arts & culture]"}
READERS = {
    "music": (("music",), ()),
    "sound": (("sound",), ()),
    "radio": (("radio",), ()),
    "arts": (("arts",), ()),
    "not-music": (("arts",), ("music",)),
    "silent": ((), ("music",)),
    "maps": (("maps", "music"), ()),
}
CHANGES = {
    "rename": rename_of("music", "audio", "Audio"),
    "merge": merge_of("music", "maps"),
    "merge up": merge_of("music", "arts"),
    "merge down": merge_of("music", "radio"),
    "split": split_of("music", ("Songs", "Concerts")),
    "split off": split_of("music", ("music", "concerts")),
    "split into others": split_of("music", ("maps", "songs")),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Write a newsletter."""
    folder = tmp_path / "newsletter"
    (folder / "issues/entries").mkdir(parents=True)
    (folder / "newsletter.toml").write_text(SETTINGS)
    for slug, topics in ENTRIES.items():
        fields = f"title: {slug}\nurl: https://example.org/{slug}\nsource: The Review\ntopics: {topics}"
        (folder / f"issues/entries/{slug}.md").write_text(f"---\n{fields}\n---\nRead it.\n")
    return folder


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """Return a store of each kind, with readers."""
    readers = [
        Subscriber(address=f"{name}@example.org", topics=follows, excludes=excludes)
        for name, (follows, excludes) in READERS.items()
    ]
    with open_store(database_url) as opened:
        opened.subscribers.merge([readers], now=make.WHEN)
        yield opened


def change(root: Path, store: Store | None, wanted: TopicChange, *, rewrite_entries: bool = False) -> TopicChangePlan:
    editing = Editing(root, check_settings=check_settings)
    read = content.read_manuscripts(root)
    return change_topics(
        editing, store, read, ADMIN, wanted, rewrite_entries=rewrite_entries, session="a", now=make.WHEN
    )


def choices(store: Store) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    readers = {reader.address.partition("@")[0]: reader for reader in store.subscribers.stream()}
    return {name: (readers[name].topics, readers[name].excludes) for name in READERS}


def edition(root: Path, store: Store, reader: str) -> set[str]:
    """Return the entries that a reader of a tailored issue of all entries gets."""
    found = store.subscribers.get(f"{reader}@example.org")
    assert found
    entries = tuple(content.read_manuscripts(root).entries.values())
    tailor = Tailor(make.issue(*entries), load(root).newsletter.topics, Tailoring())
    return {tailor.issue.entries[at].slug for at in tailor.edition(TopicChoices.of(found)) or ()}


def segment_readers(root: Path, store: Store, slug: str) -> set[str]:
    segment = load(root).segments[slug]
    return {reader.address.partition("@")[0] for reader in store.subscribers.stream(segment=segment, now=make.WHEN)}


def test_a_renamed_topic_keeps_followers_rules_entries_and_comments(root: Path, store: Store) -> None:
    before = {reader: edition(root, store, reader) for reader in READERS}
    plan = change(root, store, CHANGES["rename"])
    text = (root / "newsletter.toml").read_text()
    expected = SETTINGS.replace("[topics.music]", "[topics.audio]").replace('"Music"   #', '"Audio"   #')
    expected = expected.replace('["Sound"]', '["Sound", "music"]').replace('parent = "music"', 'parent = "audio"')
    expected = expected.replace('["Music", "maps"]', '["audio", "maps"]').replace('"music" and', '"audio" and')
    assert text == expected.replace('clicked "Music"', 'clicked "audio"')
    assert choices(store)["music"] == (("audio",), ())
    assert choices(store)["sound"] == (("audio",), ())
    assert choices(store)["silent"] == ((), ("audio",))
    assert {reader: edition(root, store, reader) for reader in READERS} == before
    assert plan.segments == ("listeners", "others")
    assert plan.entries == ("song", "sound")
    assert load(root).newsletter.topics.resolve("Music").slug == "audio"
    assert [(entry.act, entry.thing) for entry in store.audit.entries()] == [("topic-rename", "topic music")]


def test_a_topic_that_is_renamed_back_is_as_before(root: Path, store: Store) -> None:
    change(root, store, CHANGES["rename"])
    change(root, store, rename_of("audio", "music", "Music"))
    topic = load(root).newsletter.topics.resolve("music")
    assert (topic.slug, topic.name, set(topic.aliases)) == ("music", "Music", {"Sound", "audio"})
    assert choices(store)["not-music"] == (("arts",), ("music",))


def test_merging_moves_the_topic_below_and_keeps_choices_about_the_target(root: Path, store: Store) -> None:
    plan = change(root, store, CHANGES["merge up"])
    topics = load(root).newsletter.topics
    assert [topic.slug for topic in topics] == ["arts", "radio", "maps"]
    assert topics.resolve("arts").aliases == ("music", "Sound")
    assert topics.resolve("radio").parent == "arts"
    assert choices(store)["not-music"] == (("arts",), ())
    assert choices(store)["silent"] == ((), ("arts",))
    assert (plan.followers["arts"].following, plan.followers["arts"].excluding, plan.followers["arts"].keeping) == (
        3,
        1,
        1,
    )


def test_a_topic_can_be_merged_into_one_below_it(root: Path, store: Store) -> None:
    change(root, store, CHANGES["merge down"])
    topics = load(root).newsletter.topics
    assert topics.resolve("Music").slug == "radio"
    assert topics.resolve("radio").parent == "arts"


def test_a_split_topic_gives_its_followers_all_parts(root: Path, store: Store) -> None:
    plan = change(root, store, CHANGES["split"])
    topics = load(root).newsletter.topics
    assert [(topic.slug, topic.name, topic.parent) for topic in topics if topic.slug in plan.change.slugs] == [
        ("songs", "Songs", "arts"),
        ("concerts", "Concerts", "arts"),
    ]
    assert choices(store)["sound"] == (("concerts", "songs"), ())
    assert choices(store)["silent"] == ((), ("concerts", "songs"))
    assert topics.current("music") == "songs"
    assert plan.clicked == ("others",)
    assert 'topic in ("songs", "concerts")' in (root / "newsletter.toml").read_text()


def test_a_topic_that_keeps_a_part_of_itself_stays(root: Path, store: Store) -> None:
    change(root, store, CHANGES["split off"])
    assert choices(store)["music"] == (("concerts", "music"), ())
    assert choices(store)["silent"] == ((), ("concerts", "music"))
    assert load(root).newsletter.topics.resolve("music").slug == "music"


def test_entries_are_rewritten_if_wanted(root: Path) -> None:
    change(root, None, CHANGES["rename"], rewrite_entries=True)
    read = content.read_manuscripts(root).entries
    assert {slug: entry.topics for slug, entry in read.items() if slug in ("song", "sound")} == {
        "song": ("audio",),
        "sound": ("audio", "Maps"),
    }
    assert (root / "issues/entries/map.md").read_text().count("[maps]") == 1


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_that_was_killed_is_finished_by_repeating_it(
    root: Path, store: Store, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    wanted = CHANGES[name]
    for number in range(8):
        with killed(monkeypatch, number):
            change(root, store, wanted)
        assert "song" in edition(root, store, "music"), number
        assert "song" not in edition(root, store, "silent"), number
        assert {"music", "sound", "radio"} <= segment_readers(root, store, "listeners")
    change(root, store, wanted)
    finished, text = choices(store), (root / "newsletter.toml").read_text()
    assert change(root, store, wanted).is_done == (wanted.source not in wanted.slugs) or "off" in name
    assert (choices(store), (root / "newsletter.toml").read_text()) == (finished, text)
    at_once(monkeypatch, root, store, wanted, finished, text)


def at_once(
    monkeypatch: pytest.MonkeyPatch, root: Path, store: Store, wanted: TopicChange, finished: Any, text: str
) -> None:
    """Check that the same change without a kill ends with the same readers and settings."""
    (root / "newsletter.toml").write_text(SETTINGS)
    for reader in list(store.subscribers.stream()):
        store.subscribers.remove(reader.address)
    readers = [
        Subscriber(address=f"{name}@example.org", topics=follows, excludes=excludes)
        for name, (follows, excludes) in READERS.items()
    ]
    store.subscribers.merge([readers], now=make.WHEN)
    change(root, store, wanted)
    assert (choices(store), (root / "newsletter.toml").read_text()) == (finished, text)


class KilledError(BaseException):
    """Stands for the end of the process."""


@contextmanager
def killed(monkeypatch: pytest.MonkeyPatch, number: int) -> Iterator[None]:
    """Stop the program before or after one of the steps of a change, or not at all after the last."""
    left = [number]

    def stopping(step: Callable[..., Any]) -> Callable[..., Any]:
        def stop() -> None:
            left[0] -= 1
            if left[0] < 0:
                raise KilledError

        def run(*given: Any, **named: Any) -> Any:
            stop()
            answer = step(*given, **named)
            stop()
            return answer

        return run

    with monkeypatch.context() as patch:
        for owner, name in (
            (TopicFollowers, "copy"),
            (Editing, "change_settings"),
            (TopicFollowers, "finish"),
            (Audit, "add"),
        ):
            patch.setattr(owner, name, stopping(getattr(owner, name)))
        with suppress(KilledError):
            yield


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        (rename_of("music", "maps"), TopicExistsError),
        (rename_of("nonsense", "maps2"), UnknownTopicError),
        (rename_of("sound", "noise"), TopicChangeError),
        (rename_of("music", "No Slug"), TopicChangeError),
        (rename_of("music", "music"), TopicChangeError),
        (merge_of("music", "nonsense"), UnknownTopicError),
        (split_of("music", ("songs",)), TopicChangeError),
    ],
)
def test_a_change_without_sense_is_refused(root: Path, wanted: TopicChange, error: type[NewsletterError]) -> None:
    with pytest.raises(error):
        change(root, None, wanted)
    assert (root / "newsletter.toml").read_text() == SETTINGS


def test_a_topic_that_only_readers_know_is_merged(root: Path, store: Store) -> None:
    store.subscribers.add(Subscriber(address="old@example.org", topics=("jazz",)), make.WHEN)
    change(root, store, merge_of("jazz", "music"))
    assert load(root).newsletter.topics.resolve("jazz").slug == "music"
    reader = store.subscribers.get("old@example.org")
    assert reader is not None
    assert reader.topics == ("music",)


def test_only_admins_change_topics(root: Path) -> None:
    read = content.read_manuscripts(root)
    publisher = Person(name="Bo", address="bo@example.org", role=Role.PUBLISHER)
    with pytest.raises(ForbiddenError):
        change_topics(Editing(root), None, read, publisher, CHANGES["merge"], now=make.WHEN)
    assert (root / "newsletter.toml").read_text() == SETTINGS
