"""The topics: a tree with followers and entries, and a page of each, where it is renamed, merged and split."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from newsletter.domain.people import Act, may, require
from newsletter.domain.send import begun_issues
from newsletter.domain.topic_changes import FollowerCounts, TopicChange, TopicChangeKind
from newsletter.domain.topics import slug_of
from newsletter.editing import setting_text
from newsletter.errors import NewsletterError, UsageError, did_you_mean
from newsletter.files.newsletter_folder import SETTINGS_FILE
from newsletter.files.toml_edits import toml_value
from newsletter.publishing.topics.topic_changes import (
    TopicChangeError,
    TopicExistsError,
    UnknownTopicError,
    change_topics,
    merge_of,
    plan_topic_change,
    rename_of,
    split_of,
)
from newsletter.publishing.topics.topic_list import ListedTopic, topic_rows
from newsletter.store import Store
from newsletter.web.http.forms import Form, SubmittedForm, lines_of, one_line
from newsletter.web.preview.snapshot import Snapshot
from newsletter.web.studio.context import Studio
from newsletter.web.studio.replies import has_page_of_its_own, saved, session_of, status_of
from newsletter.web.studio.settings_pages.saving import change_setting, save_setting
from newsletter.web.studio.settings_pages.setting_values import read_line, read_lines


class TopicNeededError(UsageError):
    """A topic that can't be deleted, since entries name it or readers follow it."""

    code = "topic-needed"

    def __init__(self, *, topic: str) -> None:
        self.topic = topic
        super().__init__(f'entries or readers need the topic "{topic}"', hint="merge it into another topic instead")


def router(studio: Studio) -> APIRouter:
    """Return the routes."""
    return TopicPages(studio).router()


class TopicPages:
    """The routes, one method each."""

    def __init__(self, studio: Studio) -> None:
        self._studio, self._numbers = studio, studio.topic_numbers

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(default_response_class=HTMLResponse)
        router.add_api_route("/topics", self.topics)
        router.add_api_route("/topics", self.create, methods=["POST"])
        router.add_api_route("/topics/{slug}", self.topic)
        router.add_api_route("/topics/{slug}/name", self.name, methods=["POST"])
        router.add_api_route("/topics/{slug}/aliases", self.aliases, methods=["POST"])
        router.add_api_route("/topics/{slug}/parent", self.parent, methods=["POST"])
        router.add_api_route("/topics/{slug}/delete", self.delete, methods=["POST"])
        router.add_api_route("/topics/{slug}/change", self.plan)
        router.add_api_route("/topics/{slug}/change", self.change, methods=["POST"])
        return router

    def topics(self, followers: str = "") -> str:
        """Show all topics; with ``followers``, count those first."""
        return self._list(count=bool(followers))

    def create(self, request: Request, form: SubmittedForm) -> Response:
        """Declare a topic and go to its page."""
        studio, name = self._studio, one_line(form.text("name"))
        slug, parent = slug_of(name), form.text("parent")
        try:
            if not name:
                raise UsageError("the topic has no name", hint="write one")
            known = studio.snapshot.settings.newsletter.topics
            if known.resolve(name).declared:
                raise TopicExistsError(topic=known.resolve(name).slug)
            table = {"name": name} | ({"parent": parent} if parent else {})
            changed = change_setting(studio, request, ("topics", slug), table, seen=None)
        except NewsletterError as err:
            if has_page_of_its_own(request, err):
                raise
            return HTMLResponse(self._list(count=False, error=err, form=form), status_code=status_of(err))
        return saved(request, form, at=studio.now, announce="Topic added.", undo=changed.undo, go_to=topic_path(slug))

    def topic(self, slug: str) -> str:
        """Show a topic."""
        return self._page(slug)

    def name(self, slug: str, request: Request, form: SubmittedForm) -> Response:
        """Save the name that readers see."""
        self._table(slug)
        return save_setting(self._studio, request, form, ("topics", slug, "name"), read_line)

    def aliases(self, slug: str, request: Request, form: SubmittedForm) -> Response:
        """Save the other names, one in each line."""
        self._table(slug)
        return save_setting(self._studio, request, form, ("topics", slug, "aliases"), read_lines)

    def parent(self, slug: str, request: Request, form: SubmittedForm) -> Response:
        """Save the topic above it."""
        self._table(slug)
        return save_setting(self._studio, request, form, ("topics", slug, "parent"), read_line)

    def delete(self, slug: str, request: Request, form: SubmittedForm) -> Response:
        """Remove a topic that nobody needs from newsletter.toml."""
        studio, snapshot = self._studio, self._studio.snapshot
        require(studio.person, Act.CHANGE_SETTINGS)
        self._table(slug)
        self._numbers.forget()
        row = self._row(snapshot, slug, self._numbers.counted(snapshot))
        if _is_needed(row):
            raise TopicNeededError(topic=slug)
        changed = change_setting(studio, request, ("topics", slug), None)
        return saved(request, form, at=studio.now, announce=f"{slug} deleted.", undo=changed.undo, go_to="/topics")

    def plan(self, slug: str, request: Request) -> HTMLResponse:
        """Show what a change would do, before it is made."""
        studio, snapshot = self._studio, self._studio.snapshot
        require(studio.person, Act.CHANGE_SETTINGS)
        form = Form({name: request.query_params.getlist(name) for name in request.query_params})
        try:
            with self._store(snapshot) as store:
                plan = plan_topic_change(self._text(), snapshot.manuscripts, store, _change(slug, form))
        except (TopicChangeError, TopicExistsError, UnknownTopicError) as err:
            return HTMLResponse(self._page(slug, error=err, form=form), status_code=422)
        known = snapshot.settings.newsletter.topics
        page = studio.page(
            "topic-change",
            place="topics",
            plan=plan,
            action=f"{topic_path(slug)}/change",
            back=topic_path(slug),
            source=known.resolve(slug),
            targets=[(target.slug, target.name or known.resolve(target.slug).name) for target in plan.change.targets],
            fields=[(name, value) for name in _FIELDS for value in form.all(name)],
        )
        return HTMLResponse(page)

    def change(self, slug: str, request: Request, form: SubmittedForm) -> Response:
        """Rename, merge or split a topic."""
        studio, snapshot, now = self._studio, self._studio.snapshot, self._studio.now
        with self._store(snapshot) as store:
            plan = change_topics(
                studio.editing,
                store,
                snapshot.manuscripts,
                studio.person,
                _change(slug, form),
                rewrite_entries=form.text("entries") == "yes",
                session=session_of(request),
                now=now,
            )
        self._numbers.forget()
        announce = f"{slug} is {plan.change.kind.participle} {', '.join(plan.change.slugs)}."
        return saved(request, form, at=now, announce=announce, go_to=topic_path(plan.change.slugs[0]))

    def _list(self, *, count: bool, error: NewsletterError | None = None, form: Form | None = None) -> str:
        studio, snapshot = self._studio, self._studio.snapshot
        require(studio.person, Act.SEE_REPORTS)
        numbers = self._numbers.counted(snapshot) if count else self._numbers.known(snapshot)
        return studio.page(
            "topics",
            place="topics",
            rows=self._rows(snapshot, numbers),
            counted=numbers is not None,
            countable=snapshot.settings.has_database(),
            topics=list(snapshot.settings.newsletter.topics),
            may_change=may(studio.person, Act.CHANGE_SETTINGS),
            error=error,
            typed={name: form.text(name) if form else "" for name in ("name", "parent")},
        )

    def _page(self, slug: str, *, error: NewsletterError | None = None, form: Form | None = None) -> str:
        studio, snapshot = self._studio, self._studio.snapshot
        require(studio.person, Act.SEE_REPORTS)
        known = snapshot.settings.newsletter.topics
        row = self._row(snapshot, slug, self._numbers.known(snapshot))
        table = self._tables().get(slug, {})
        declared = [topic for topic in known if topic.slug != slug]
        below = known.with_descendants(slug)
        return studio.page(
            "topic",
            place="topics",
            row=row,
            topic=row.topic,
            table=table,
            aliases=setting_text(table.get("aliases")),
            parents=[topic for topic in declared if topic.slug not in below],
            others=declared,
            entries=[
                entry
                for entry in snapshot.manuscripts.entries.values()
                if any(known.resolve(name).slug == slug for name in entry.topics)
            ][:50],
            may_change=may(studio.person, Act.CHANGE_SETTINGS),
            countable=snapshot.settings.has_database(),
            needed=_is_needed(row) or row.followers is None,
            action=topic_path(slug),
            error=error,
            typed={name: form.all(name) if form else () for name in _FIELDS},
        )

    def _rows(self, snapshot: Snapshot, numbers: Mapping[str, FollowerCounts] | None) -> tuple[ListedTopic, ...]:
        begun = begun_issues(self._studio.snapshots.with_sends()[1])
        topics = snapshot.settings.newsletter.topics
        return topic_rows(topics, snapshot.manuscripts, numbers, begun if snapshot.settings.has_database() else None)

    def _row(self, snapshot: Snapshot, slug: str, numbers: Mapping[str, FollowerCounts] | None) -> ListedTopic:
        rows = {row.topic.slug: row for row in self._rows(snapshot, numbers)}
        if slug not in rows:
            raise UnknownTopicError(topic=slug, suggestion=did_you_mean(slug, rows))
        return rows[slug]

    @contextmanager
    def _store(self, snapshot: Snapshot) -> Iterator[Store | None]:
        if not snapshot.settings.has_database():
            yield None
            return
        with snapshot.settings.open_store() as store:
            yield store

    def _text(self) -> str:
        return self._studio.editing.read(SETTINGS_FILE).text

    def _tables(self) -> Mapping[str, Mapping[str, Any]]:
        tables = toml_value(self._text(), ("topics",))
        return tables if isinstance(tables, dict) else {}

    def _table(self, slug: str) -> Mapping[str, Any]:
        tables = self._tables()
        if slug not in tables:
            raise UnknownTopicError(topic=slug, suggestion=did_you_mean(slug, tables))
        return tables[slug]


_FIELDS = ("kind", "slug", "name", "into")


def topic_path(slug: str) -> str:
    """Return the path of a topic's page."""
    return f"/topics/{quote(slug, safe='')}"


def _change(source: str, form: Form) -> TopicChange:
    kind = form.text("kind")
    if kind == TopicChangeKind.RENAME:
        return rename_of(source, form.text("slug"), one_line(form.text("name")))
    if kind == TopicChangeKind.MERGE:
        return merge_of(source, form.text("into"))
    if kind == TopicChangeKind.SPLIT:
        return split_of(source, tuple(name for text in form.exact_all("into") for name in lines_of(text)))
    raise TopicChangeError("nothing was chosen", hint="use one of the buttons")


def _is_needed(row: ListedTopic) -> bool:
    followers = row.followers or FollowerCounts()
    return bool(row.entries or followers.following or followers.excluding)
