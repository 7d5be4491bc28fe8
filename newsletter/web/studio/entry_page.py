"""The entry page: the piece's text to quote from, the entry's fields, where it ran, and how it looks in the email."""

import datetime
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from newsletter import content
from newsletter.content import FileKind, UnreadableFileError
from newsletter.domain.captured_links import CapturedLink
from newsletter.domain.changes import SetMember
from newsletter.domain.issue import Entry
from newsletter.domain.languages import covers
from newsletter.domain.send import status_in_words
from newsletter.editing import may_edit_entry
from newsletter.errors import NotFoundError, StoreError, did_you_mean
from newsletter.pictures.local_addresses import with_local_pictures
from newsletter.publishing.entry_list import entries_about, list_entries
from newsletter.publishing.house_style import house_style
from newsletter.web.http.forms import SubmittedForm
from newsletter.web.preview import frame
from newsletter.web.preview.snapshot import Snapshot
from newsletter.web.preview.view_options import ViewOptions
from newsletter.web.studio import entry_fields
from newsletter.web.studio.context import Studio
from newsletter.web.studio.entry_look import compiled_entry
from newsletter.web.studio.paths import entry_path
from newsletter.web.studio.replies import saved, session_of, text_of
from newsletter.web.studio.review.review_values import entry_comments
from newsletter.web.studio.saving import save_field

_PREVIEW = "/preview"
_OFFERED = ("source", "author", "date", "image", "kind", "language", "minutes")


class UnknownSlugError(NotFoundError):
    """The slug of an entry that doesn't exist; ``suggestion`` asks for one that is close, if there is one."""

    code = "entry-missing"

    def __init__(self, *, slug: str, suggestion: str = "") -> None:
        self.slug, self.suggestion = slug[:80], suggestion
        super().__init__(f'there is no entry "{self.slug}"', hint=suggestion or "go to the list of entries")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRun:
    """An issue that an entry is in: its slug, its date and what becomes of it, in words."""

    slug: str
    date: datetime.date
    state: str


def router(studio: Studio) -> APIRouter:
    """Return the routes."""
    return EntryPages(studio).router()


class EntryPages:
    """The routes, one method each."""

    def __init__(self, studio: Studio) -> None:
        self._studio, self._links = studio, studio.links

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        router.add_api_route("/entries", self.entries, response_class=HTMLResponse)
        router.add_api_route("/entries/{slug}", self.entry, response_class=HTMLResponse)
        router.add_api_route("/entries/{slug}/email", self.email)
        router.add_api_route("/entries/{slug}/fields/{name}", self.field, methods=["POST"])
        router.add_api_route("/entries/{slug}/members/{name}", self.members, methods=["POST"])
        router.add_api_route("/entries/{slug}/text", self.fetch_text, methods=["POST"])
        return router

    def entries(self, topic: str = "", unused: str = "") -> str:
        """List the entries, those of a topic, or those that are in no issue."""
        snapshot = self._studio.snapshot
        topics, manuscripts = snapshot.settings.newsletter.topics, snapshot.manuscripts
        listed = list_entries(manuscripts.entries.values(), manuscripts.issues, topics)
        if topic:
            listed = entries_about(listed, topics, topic)
        if unused:
            listed = [item for item in listed if not item.latest_issue]
        return self._studio.page("entries", listed=listed, topics=list(topics), topic=topic, unused=bool(unused))

    def entry(self, slug: str) -> str:
        """Show an entry."""
        snapshot, sends = self._studio.snapshots.with_sends()
        entry = _entry(snapshot, slug)
        link = self._link(slug, snapshot)
        findings = entry_fields.findings_by_field(snapshot.findings_of(entry.path), entry)
        passages = entry_fields.passage_fields(entry)
        compiled = compiled_entry(snapshot, entry)
        style = snapshot.once("house style", lambda: house_style(snapshot.manuscripts.entries.values()))
        runs = [
            EntryRun(
                slug=issue.slug,
                date=issue.date,
                state=status_in_words(sends.get(issue.slug), snapshot.settings.zone, totals=self._studio.sees_totals),
            )
            for issue in snapshot.issues_with(entry.path)
        ]
        topics = snapshot.settings.newsletter.topics
        more = entry_fields.more_fields(self._studio.person, with_owner=self._studio.hosting is not None)
        fields = (entry_fields.TITLE, *passages, *entry_fields.BIBLIOGRAPHY, *entry_fields.PICTURE, *more)
        return self._studio.page(
            "entry",
            entry=entry,
            title=entry.title or entry.slug,
            values=self._values(entry, (*(field.name for field in fields), "topics")),
            passages=passages,
            bibliography=entry_fields.BIBLIOGRAPHY,
            picture=entry_fields.PICTURE,
            more=more,
            is_locked=not may_edit_entry(self._studio.person, entry.by),
            findings=findings,
            topics=list(topics),
            chips=[(word, topics.resolve(word).name) for word in entry.topics],
            link=link,
            offers=_offers(entry, link, snapshot.settings.newsletter.language),
            paragraphs=_paragraphs(link),
            fetching=bool(link and self._links.fetcher.is_fetching(link.id)),
            runs=runs,
            look=f"{entry_path(slug)}/email?version={compiled.digest[:12]}" if compiled else "",
            sandbox=frame.SANDBOX,
            ellipsis=style.ellipsis.value,
            comments=entry_comments(self._studio, entry, snapshot),
            quotes="straight" if style.straight_quotes else "keep",
        )

    def email(self, slug: str) -> Response:
        """Return the frame's content: the entry as the email has it."""
        snapshot = self._studio.snapshot
        compiled = compiled_entry(snapshot, _entry(snapshot, slug))
        if compiled is None:
            raise NotFoundError("this entry can't be shown yet", hint="fill in its title, link and source")
        options, email, newsletter = ViewOptions(), compiled.email(), snapshot.settings.newsletter
        html = frame.framed(email, frame.sample_values(email, newsletter), options, _PREVIEW)
        html = with_local_pictures(html, newsletter.pictures_url, f"{_PREVIEW}/images")
        return HTMLResponse(html, headers={"Content-Security-Policy": frame.policy(options.images)})

    def field(self, slug: str, name: str, request: Request, form: SubmittedForm) -> Response:
        """Save a field."""
        path = _entry(self._studio.snapshot, slug).path
        empty = "" if name in entry_fields.KEPT or name.startswith(("framing", "quotation")) else None
        return save_field(self._studio, request, form, path=path, name=name, kind=FileKind.ENTRY, empty=empty)

    def members(self, slug: str, name: str, request: Request, form: SubmittedForm) -> Response:
        """Add a word to a list, such as a topic, or remove it."""
        path = _entry(self._studio.snapshot, slug).path
        word, present, now = form.text("word"), form.text("present") == "yes", self._studio.now
        changed = self._studio.editing.change(
            self._studio.person,
            path,
            SetMember(name=name, word=word, present=present),
            session=session_of(request),
            now=now,
        )
        words = f"{word} added." if present else f"{word} removed."
        announce = " ".join((words, *changed.notes))
        return saved(request, form, at=now, announce=announce, digest=changed.digest, undo=changed.undo)

    def fetch_text(self, slug: str, request: Request, form: SubmittedForm) -> Response:
        """Read the piece's page again, in the background."""
        entry, now = _entry(self._studio.snapshot, slug), self._studio.now
        self._links.fetcher.fetch([self._links.desk.follow(self._studio.person, entry, now=now)])
        self._links.changed()
        return saved(request, form, at=now, announce="Reading the page.")

    def _link(self, slug: str, snapshot: Snapshot) -> CapturedLink | None:
        """Return the entry's link, None if the database can't be read: the fields matter more."""
        try:
            return self._links.desk.of_entry(slug) if snapshot.settings.has_database() else None
        except StoreError:
            return None

    def _values(self, entry: Entry, names: tuple[str, ...]) -> dict[str, str]:
        """Return the fields' values as their inputs show them; none if the file can't be read as an entry."""
        try:
            text = self._studio.editing.read(entry.path).text
            return {name: text_of(content.field_value(text, name, FileKind.ENTRY, path=entry.path)) for name in names}
        except UnreadableFileError:
            return {}


def _entry(snapshot: Snapshot, slug: str) -> Entry:
    entries = snapshot.manuscripts.entries
    if slug not in entries:
        raise UnknownSlugError(slug=slug, suggestion=did_you_mean(slug, entries))
    return entries[slug]


def _offers(entry: Entry, link: CapturedLink | None, language: str) -> dict[str, tuple[str, str]]:
    """Return what the page says for the entry's empty fields: the value and its origin by the field's name."""
    if link is None:
        return {}
    facts = link.facts
    known = {name: text_of(getattr(facts, name)) for name in _OFFERED if not getattr(entry, name)}
    if covers(language, facts.language):
        known.pop("language", None)
    return {name: (value, facts.origins.get(name, "")) for name, value in known.items() if value}


def _paragraphs(link: CapturedLink | None) -> list[str]:
    """Return the piece's paragraphs, without its title at the beginning."""
    if link is None:
        return []
    paragraphs = [text.strip() for text in link.facts.text.split("\n\n") if text.strip()]
    return paragraphs[1:] if paragraphs and paragraphs[0].strip("#* ") == link.facts.title else paragraphs
