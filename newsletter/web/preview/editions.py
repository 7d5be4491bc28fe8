"""Choose the edition of an issue to show, and explain why each entry is in it or not."""

from dataclasses import dataclass, replace

from newsletter.composing import Composed
from newsletter.domain.edition import Edition, EntryReason, TopicChoices
from newsletter.domain.issue import Entry
from newsletter.domain.publication import Newsletter
from newsletter.domain.subscriber import Subscriber
from newsletter.errors import StoreError
from newsletter.store import exists, open_store
from newsletter.web.preview import frame
from newsletter.web.preview.view_options import NOBODY, Look, Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionLine:
    """An entry of the issue, and why it is in the edition or not."""

    entry: Entry
    chosen: bool
    because: EntryReason


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicOption:
    """A topic that affects the issue, and the look that toggles it."""

    slug: str
    name: str
    followed: bool
    look: Look


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A choice of what to show of an issue. ``edition`` is None if the issue has nothing for the reader.

    ``subscriber`` fills the merge fields; ``found`` is true if it is a real one. ``note`` says why no reader is shown.
    """

    edition: Edition | None
    subscriber: Subscriber = frame.SAMPLE
    found: bool = False
    note: str = ""
    lines: tuple[EditionLine, ...] = ()
    topics: tuple[TopicOption, ...] = ()
    follows: tuple[str, ...] = ()


class PreviewReaders:
    """The readers that the preview can show, looked up singly; there are none before there is a database."""

    def __init__(self, database: str) -> None:
        self._database = database

    @property
    def there(self) -> bool:
        """Return whether there is a database, without creating one."""
        return exists(self._database)

    def key(self, address: str) -> str:
        """Return the key of the reader with an address; ``NOBODY`` if there is none."""
        with open_store(self._database) as store:
            subscriber = store.subscribers.get(address)
        return subscriber.key if subscriber else NOBODY

    def by_key(self, key: str) -> Subscriber | None:
        """Return the reader with a key, or None."""
        with open_store(self._database) as store:
            return store.subscribers.by_key(key)


def chosen(composed: Composed, newsletter: Newsletter, look: Look, readers: PreviewReaders) -> Choice:
    """Return what to show for a look."""
    if look.shown is Shown.TOPICS:
        choice = _edition(composed, TopicChoices(follows=frozenset(look.topics)))
        return replace(choice, topics=_topics(composed, newsletter, look))
    if look.shown is Shown.READER:
        return _reader(composed, newsletter, look.reader, readers)
    return Choice(edition=composed.compiled.full)


def _edition(composed: Composed, reader: TopicChoices) -> Choice:
    edition = composed.tailor.edition(reader)
    reasons = zip(composed.issue.entries, composed.tailor.reasons(reader), strict=True)
    lines = tuple(
        EditionLine(entry=entry, chosen=at in (edition or ()), because=because)
        for at, (entry, because) in enumerate(reasons)
    )
    return Choice(edition=edition, lines=lines)


def _topics(composed: Composed, newsletter: Newsletter, look: Look) -> tuple[TopicOption, ...]:
    """Return the topics of the entries and their ancestors, in the order of newsletter.toml, undeclared ones last."""
    slugs = [topic.slug for topic in newsletter.topics if topic.slug in composed.tailor.topics]
    slugs += sorted(composed.tailor.topics.difference(slugs))
    names = {newsletter.topics.resolve(name).slug: name for entry in composed.issue.entries for name in entry.topics}
    return tuple(
        TopicOption(
            slug=slug,
            name=newsletter.topics.resolve(names.get(slug, slug)).name,
            followed=slug in look.topics,
            look=replace(look, topics=tuple(sorted({slug} ^ set(look.topics)))),
        )
        for slug in slugs
    )


def _reader(composed: Composed, newsletter: Newsletter, key: str, readers: PreviewReaders) -> Choice:
    full = Choice(edition=composed.compiled.full)
    if not readers.there:
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
        found=True,
        follows=tuple(newsletter.topics.resolve(slug).name for slug in subscriber.topics),
    )
