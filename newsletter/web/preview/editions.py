"""Choose the edition of an issue to show, and explain why each item is in it or not."""

from dataclasses import dataclass, replace

from newsletter.composing import Composed
from newsletter.domain.edition import Edition, EntryReason, TopicChoices
from newsletter.domain.people import Act, Person, may, require
from newsletter.domain.publication import Newsletter
from newsletter.domain.subscriber import Subscriber
from newsletter.errors import StoreError
from newsletter.web.preview import frame
from newsletter.web.preview.preview_settings import PreviewSettings
from newsletter.web.preview.view_options import NOBODY, EditionKind, ViewOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionLine:
    """An entry of the issue, or a block with topics, and why it is in the edition or not."""

    title: str
    chosen: bool
    because: EntryReason


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicOption:
    """A topic that affects the issue, and the view options that toggle it."""

    slug: str
    name: str
    followed: bool
    target: ViewOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionChoice:
    """A choice of what to show of an issue. ``edition`` is None if the issue has nothing for the reader.

    ``entries`` is the number of its entries. ``subscriber`` fills the merge fields; ``is_subscriber`` is false for the
    sample reader. ``note`` says why no reader is shown.
    """

    edition: Edition | None
    entries: int
    subscriber: Subscriber = frame.SAMPLE
    is_subscriber: bool = False
    note: str = ""
    lines: tuple[EditionLine, ...] = ()
    topics: tuple[TopicOption, ...] = ()
    follows: tuple[str, ...] = ()


class PreviewReaders:
    """The readers that the preview can show, looked up one at a time by a person.

    There are none without a database, and none for people who may not see readers by name.
    """

    def __init__(self, settings: PreviewSettings, person: Person) -> None:
        self._settings, self._person = settings, person

    @property
    def are_hidden(self) -> bool:
        """Return whether the person may not see readers by name."""
        return not may(self._person, Act.SEE_READERS)

    @property
    def available(self) -> bool:
        """Return whether there is a database that the person may look into, without creating one."""
        return not self.are_hidden and self._settings.has_database()

    def key(self, address: str) -> str:
        """Return the key of the reader with an address; ``NOBODY`` if there is none. Raise ForbiddenError."""
        require(self._person, Act.SEE_READERS)
        with self._settings.open_store() as store:
            subscriber = store.subscribers.get(address)
        return subscriber.key if subscriber else NOBODY

    def by_key(self, key: str) -> Subscriber | None:
        """Return the reader with a key, or None. Raise ForbiddenError."""
        require(self._person, Act.SEE_READERS)
        with self._settings.open_store() as store:
            return store.subscribers.by_key(key)


def choose_edition(
    composed: Composed, newsletter: Newsletter, options: ViewOptions, readers: PreviewReaders
) -> EditionChoice:
    """Return the edition that the view options select."""
    if options.shown is EditionKind.TOPICS:
        choice = _edition(composed, TopicChoices(follows=frozenset(options.topics)))
        return replace(choice, topics=_topics(composed, newsletter, options))
    if options.shown is EditionKind.READER:
        return _reader(composed, newsletter, options.reader, readers)
    return _full(composed)


def _full(composed: Composed) -> EditionChoice:
    return EditionChoice(edition=composed.compiled.full, entries=len(composed.issue.entries))


def _edition(composed: Composed, reader: TopicChoices) -> EditionChoice:
    edition = composed.tailor.edition(reader)
    reasons = zip(composed.issue.by_position, composed.tailor.reasons(reader), strict=True)
    lines = tuple(
        EditionLine(title=item.title or item.name, chosen=at in (edition or ()), because=because)
        for at, (item, because) in enumerate(reasons)
    )
    return EditionChoice(edition=edition, entries=composed.tailor.entries_in(edition or ()), lines=lines)


def _topics(composed: Composed, newsletter: Newsletter, options: ViewOptions) -> tuple[TopicOption, ...]:
    """Return the topics of the issue's items and their ancestors, in newsletter.toml's order, undeclared ones last."""
    slugs = [topic.slug for topic in newsletter.topics if topic.slug in composed.tailor.topics]
    slugs += sorted(composed.tailor.topics.difference(slugs))
    names = {newsletter.topics.resolve(name).slug: name for item in composed.issue.by_position for name in item.topics}
    return tuple(
        TopicOption(
            slug=slug,
            name=newsletter.topics.resolve(names.get(slug, slug)).name,
            followed=slug in options.topics,
            target=replace(options, topics=tuple(sorted({slug} ^ set(options.topics)))),
        )
        for slug in slugs
    )


def _reader(composed: Composed, newsletter: Newsletter, key: str, readers: PreviewReaders) -> EditionChoice:
    full = _full(composed)
    if readers.are_hidden:
        return replace(full, note="Only admins see the issue as one of the readers gets it.")
    if not readers.available:
        return replace(full, note="There are no readers yet. Import some with: newsletter subscribers import")
    if not key:
        return full
    try:
        subscriber = readers.by_key(key)
    except StoreError as err:
        return replace(full, note=f"Can't read the readers: {err}")
    if subscriber is None:
        return replace(full, note="No reader has this address.")
    return replace(
        _edition(composed, TopicChoices.of(subscriber)),
        subscriber=subscriber,
        is_subscriber=True,
        follows=tuple(newsletter.topics.resolve(slug).name for slug in subscriber.topics),
    )
