"""What editors do with the links that they catch: store them at once, make entries of them, put them off, drop them."""

import datetime
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from newsletter.capture import clean_selection, clean_url, entry_from, web_url
from newsletter.content.files import SlugTakenError
from newsletter.domain.captured_links import CapturedLink, LinkFacts
from newsletter.domain.changes import AddItem
from newsletter.domain.issue import Entry
from newsletter.domain.people import Act, Person, require
from newsletter.editing import Changed, Editing
from newsletter.errors import UsageError
from newsletter.publishing.links.link_fetching import TYPED
from newsletter.publishing.links.pasted_links import read_pasted
from newsletter.store import Store

_MOST_SLUGS = 100  # tries to find a free one


class NoLinkError(UsageError):
    """A text that isn't the address of a web page; ``text`` is its beginning."""

    code = "link-none"

    def __init__(self, *, text: str) -> None:
        self.text = text[:100]
        super().__init__("this is not the address of a web page", hint="paste one that begins with https://")


@dataclass(frozen=True, slots=True, kw_only=True)
class PastedResult:
    """The ids of the links that were stored, those that were waiting already, and the lines that have no link."""

    added: tuple[int, ...]
    already: tuple[CapturedLink, ...]
    other_lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedLink:
    """A link that was added to an issue: the slug of its entry, the addition and what it has changed."""

    slug: str
    addition: AddItem
    changed: Changed


class LinkDesk:
    """The captured links of a newsletter. Each operation takes the person, whose role must allow it (ForbiddenError).

    ``open_store`` opens the database for one operation.
    """

    def __init__(self, editing: Editing, open_store: Callable[[], Store]) -> None:
        self._editing, self._open_store = editing, open_store
        self._making = threading.Lock()  # two clicks at the same moment make one entry

    def capture(
        self, person: Person, url: str, *, now: datetime.datetime, facts: LinkFacts | None = None, selection: str = ""
    ) -> int:
        """Store a link with what is known of it, and return its id. Raise NoLinkError.

        ``selection`` is the selected text in Markdown.
        """
        require(person, Act.CAPTURE)
        address = _address(url)
        with self._open_store() as store:
            return store.captured_links.add(
                address, by=person.address, now=now, facts=facts, selection=clean_selection(selection)
            )

    def paste(self, person: Person, text: str, *, day: datetime.date, now: datetime.datetime) -> PastedResult:
        """Store the links of a pasted text that aren't waiting on a day already."""
        require(person, Act.CAPTURE)
        pasted = read_pasted(text)
        added: list[int] = []
        already: list[CapturedLink] = []
        other = list(pasted.other_lines)
        with self._open_store() as store:
            waiting = {link.url: link for link in store.captured_links.waiting(day)}
            for link in pasted.links:
                try:
                    url = _address(link.url)
                except NoLinkError:
                    other.append(link.url)
                    continue
                if url in waiting:
                    already.append(waiting[url])
                    continue
                origins = {"title": TYPED} if link.title else {}
                facts = LinkFacts(title=link.title[:300], origins=origins)
                added.append(store.captured_links.add(url, by=person.address, now=now, facts=facts))
        return PastedResult(added=tuple(added), already=tuple(already), other_lines=tuple(other))

    def make_entry(self, person: Person, link_id: int, *, language: str, now: datetime.datetime) -> str:
        """Write an entry of a link, unless there is one already, and return its slug.

        ``language`` is the newsletter's.
        """
        require(person, Act.CREATE_ENTRY)
        with self._making, self._open_store() as store:
            link = store.captured_links.get(link_id)
            if link.entry:
                return link.entry
            entry = entry_from(link.url, link.facts, quotation=link.selection, language=language)
            slug = self._create(person, entry, now)
            store.captured_links.use(link_id, slug)
            return slug

    def add_to_issue(
        self,
        person: Person,
        link_id: int,
        issue: str,
        *,
        language: str,
        section: str = "#1",
        session: str = "",
        now: datetime.datetime,
    ) -> AddedLink:
        """Add a link's entry at the end of a section of the issue at the path ``issue``, the first by default.

        Raise the errors of ``Editing.change``; the entry stays then.
        """
        require(person, Act.COMPOSE)
        addition = AddItem(item=self.make_entry(person, link_id, language=language, now=now), section=section)
        changed = self._editing.change(person, issue, addition, session=session, now=now)
        return AddedLink(slug=addition.item, addition=addition, changed=changed)

    def put_off(self, person: Person, link_id: int, until: datetime.date) -> CapturedLink:
        """Hide a link until a day. Raise NotFoundError."""
        require(person, Act.CAPTURE)
        with self._open_store() as store:
            store.captured_links.put_off(link_id, until)
            return store.captured_links.get(link_id)

    def drop(self, person: Person, link_id: int, *, now: datetime.datetime) -> CapturedLink:
        """Take a link off the list. Raise NotFoundError."""
        require(person, Act.CAPTURE)
        with self._open_store() as store:
            store.captured_links.drop(link_id, now)
            return store.captured_links.get(link_id)

    def restore(self, person: Person, link_id: int) -> CapturedLink:
        """Put a dropped or put-off link back on the list. Raise NotFoundError."""
        require(person, Act.CAPTURE)
        with self._open_store() as store:
            store.captured_links.restore(link_id)
            return store.captured_links.get(link_id)

    def lists(self, day: datetime.date) -> tuple[Sequence[CapturedLink], Sequence[CapturedLink]]:
        """Return the links that wait on a day, and those that are put off beyond it."""
        with self._open_store() as store:
            return store.captured_links.waiting(day), store.captured_links.put_off_beyond(day)

    def of_entry(self, slug: str) -> CapturedLink | None:
        """Return the link that an entry was made of, with the piece's text, or None."""
        with self._open_store() as store:
            return store.captured_links.of_entry(slug)

    def follow(self, person: Person, entry: Entry, *, now: datetime.datetime) -> int:
        """Return the id of an entry's link; store one if there is none, so that the piece's text can be fetched."""
        require(person, Act.CAPTURE)
        with self._open_store() as store:
            link = store.captured_links.of_entry(entry.slug)
            if link is not None and entry.url in (link.url, link.facts.canonical_url):
                return link.id
            made = store.captured_links.add(_address(entry.url), by=person.address, now=now)
            store.captured_links.use(made, entry.slug)
            return made

    def _create(self, person: Person, entry: Entry, now: datetime.datetime) -> str:
        for number in range(1, _MOST_SLUGS):
            suffix = f"-{number}" if number > 1 else ""
            slug = f"{entry.slug[: 80 - len(suffix)].strip('-')}{suffix}"
            try:
                path = self._editing.create_entry(person, replace(entry, slug=slug), now=now)
            except SlugTakenError:
                continue
            return PurePosixPath(path).stem
        raise UsageError(f'there are too many entries called "{entry.slug}"', hint="give it another title")


def _address(text: str) -> str:
    url = clean_url(text.strip())
    if not web_url(url):
        raise NoLinkError(text=text)
    return url
