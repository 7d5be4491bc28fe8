"""The segments: their rules, with the readers who are in them now."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from newsletter.content import InvalidValueError
from newsletter.domain.people import Act, may, require
from newsletter.domain.segment import Segment, SegmentStep
from newsletter.domain.segment_rule_tokens import RuleSyntaxError
from newsletter.domain.send import begun_issues
from newsletter.domain.topics import Topic
from newsletter.errors import NewsletterError, UsageError
from newsletter.files.newsletter_folder import SETTINGS_FILE
from newsletter.publishing.segment_readers import (
    MissingSegmentError,
    count_step,
    create_segment,
    delete_segment,
    raw_segments,
    segment_with_rule,
    users_of,
)
from newsletter.web.http.forms import Form, SubmittedForm
from newsletter.web.preview.snapshot import Snapshot
from newsletter.web.studio.audience.segment_counts import SegmentCount, SegmentCounts
from newsletter.web.studio.context import Studio
from newsletter.web.studio.replies import has_page_of_its_own, saved, session_of, status_of
from newsletter.web.studio.settings_pages.saving import change_setting, save_setting
from newsletter.web.studio.settings_pages.setting_values import read_line

_After = Annotated[int, Query(ge=0, lt=2**63)]  # an id in the database

LISTS = {"any": "Follow at least one of", "all": "Follow all of", "none": "Follow none of"}
_AT_ONCE, _STEP = 0.03, 0.15  # seconds of counting before a page is shown, and of a step afterwards
_GROUP = 5  # segments that are counted together: each statement is then quick to prepare, and the numbers come in turn


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentCard:
    """A segment in the list, with its rule in words and the issues and skeletons that name it."""

    slug: str
    name: str
    rule: tuple[tuple[str, str], ...]
    users: tuple[str, ...]


def router(studio: Studio) -> APIRouter:
    """Return the routes."""
    return SegmentPages(studio).router()


class SegmentPages:
    """The routes, one method each."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._counts = SegmentCounts()

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(default_response_class=HTMLResponse)
        router.add_api_route("/segments", self.segments)
        router.add_api_route("/segments", self.create, methods=["POST"])
        router.add_api_route("/segments/counts", self.counts)
        router.add_api_route("/segments/try", self.tried)
        router.add_api_route("/segments/{slug}", self.segment)
        router.add_api_route("/segments/{slug}/name", self.name, methods=["POST"])
        router.add_api_route("/segments/{slug}/where", self.where, methods=["POST"])
        router.add_api_route("/segments/{slug}/topics", self.topics, methods=["POST"])
        router.add_api_route("/segments/{slug}/delete", self.delete, methods=["POST"])
        return router

    def segments(self) -> str:
        """Show all segments."""
        return self._list()

    def create(self, request: Request, form: SubmittedForm) -> Response:
        """Add a segment and go to it."""
        studio, now = self._studio, self._studio.now
        try:
            slug = create_segment(
                studio.editing,
                studio.person,
                form.text("name"),
                form.text("where"),
                session=session_of(request),
                now=now,
            )
        except NewsletterError as err:
            if has_page_of_its_own(request, err):
                raise
            return HTMLResponse(self._list(error=err, form=form), status_code=status_of(err))
        return saved(request, form, at=now, announce="Segment added.", go_to=segment_path(slug))

    def counts(self, chosen: Annotated[list[str], Query(alias="segment")]) -> Response:
        """Count some more readers of some segments, and return how far they are counted, for scripts."""
        require(self._studio.person, Act.SEE_REPORTS)
        settings = self._studio.snapshot.settings
        known = settings.segments if settings.has_database() else {}
        segments = [known[slug] for slug in dict.fromkeys(chosen[:_GROUP]) if slug in known]
        counts = self._counted(segments, _STEP)
        numbers = {slug: {"number": count.number, "share": count.share} for slug, count in counts.items()}
        return JSONResponse({"counts": numbers, "finished": all(count.after is None for count in counts.values())})

    def tried(self, where: str = "", slug: str = "", after: _After = 0) -> str:
        """Return the next part of the readers for whom a rule holds, as an admin types it, for scripts."""
        try:
            segment = segment_with_rule(self._studio.editing, self._studio.person, slug or "new", where)
        except RuleSyntaxError as err:
            return self._studio.part("segment-count", mistake=err, step=None, slug=None)
        return self._studio.part(
            "segment-count", step=self._step(segment, after, _STEP), slug=segment.slug, mistake=None
        )

    def segment(self, slug: str) -> str:
        """Show a segment with its rule, readers and users."""
        studio = self._studio
        require(studio.person, Act.SEE_REPORTS)
        snapshot = studio.snapshot
        table = self._table(slug)
        words = snapshot.settings.newsletter
        return studio.page(
            "segment",
            place="segments",
            slug=slug,
            table=table,
            title=table.get("name") or slug,
            lists=[(key, label, _topics(snapshot, table.get(key, []))) for key, label in LISTS.items()],
            topics=list(words.topics),
            attributes=words.attributes,
            users=self._users(slug),
            step=self._step(snapshot.settings.segments[slug], 0, _AT_ONCE),
            may_change=may(studio.person, Act.CHANGE_SETTINGS),
            sees_readers=may(studio.person, Act.SEE_READERS),
            action=segment_path(slug),
        )

    def name(self, slug: str, request: Request, form: SubmittedForm) -> Response:
        """Save the name."""
        self._table(slug)
        return save_setting(self._studio, request, form, ("segments", slug, "name"), read_line)

    def where(self, slug: str, request: Request, form: SubmittedForm) -> Response:
        """Save the rule."""
        self._table(slug)
        return save_setting(
            self._studio,
            request,
            form,
            ("segments", slug, "where"),
            _read_rule,
            shown=_shown_rule,
        )

    def topics(self, slug: str, request: Request, form: SubmittedForm) -> Response:
        """Add a topic to one of the lists, or remove one."""
        studio, key = self._studio, form.text("list")
        if key not in LISTS:
            raise UsageError("there is no such list", hint="use one of the buttons")
        names = list(self._table(slug).get(key, []))
        added, removed = form.text("add"), form.text("remove")
        if added and added not in names:
            known = studio.snapshot.settings.newsletter.topics
            topic = known.resolve(added)
            if not topic.declared:
                raise InvalidValueError(f'there is no topic "{added}"', field=key, hint="choose one of the list")
            names.append(topic.slug)
        names = [name for name in names if name != removed]
        changed = change_setting(studio, request, ("segments", slug, key), names or None)
        announce = f"{added} added." if added else f"{removed} removed."
        return saved(request, form, at=studio.now, announce=announce, undo=changed.undo, go_to=segment_path(slug))

    def delete(self, slug: str, request: Request, form: SubmittedForm) -> Response:
        """Delete the segment, unless an issue that is still to be sent names it."""
        studio, now = self._studio, self._studio.now
        changed = delete_segment(
            studio.editing, studio.person, slug, self._users(slug), session=session_of(request), now=now
        )
        return saved(request, form, at=now, announce=f"{slug} deleted.", undo=changed.undo, go_to="/segments")

    def _list(self, *, error: Exception | None = None, form: Form | None = None) -> str:
        studio = self._studio
        require(studio.person, Act.SEE_REPORTS)
        segments = tuple(studio.snapshot.settings.segments.values())
        tables = raw_segments(self._text())
        begun = begun_issues(studio.snapshots.with_sends()[1])
        snapshot = studio.snapshot
        counts = self._counted_at_once(segments) if snapshot.settings.has_database() else {}
        cards = [_card(snapshot, segment, tables.get(segment.slug, {}), begun) for segment in segments]
        return studio.page(
            "segments",
            place="segments",
            cards=cards,
            counts=counts,
            unfinished=[
                [segment.slug for segment in group] for group in _groups(segments) if _is_unfinished(group, counts)
            ],
            has_database=snapshot.settings.has_database(),
            may_change=may(studio.person, Act.CHANGE_SETTINGS),
            error=error,
            typed={name: form.text(name) if form else "" for name in ("name", "where")},
        )

    def _counted_at_once(self, segments: Sequence[Segment]) -> Mapping[str, SegmentCount]:
        """Return the segments' numbers as far as they are known, or quickly counted."""
        counts, ends = dict(self._counts.known(segments)), time.monotonic() + _AT_ONCE
        for group in _groups(segments):
            if _is_unfinished(group, counts) and (left := ends - time.monotonic()) > 0:
                counts |= self._counted(group, left)
                if _is_unfinished(group, counts):  # there are too many readers for this page
                    break
        return counts

    def _counted(self, segments: Sequence[Segment], seconds: float) -> Mapping[str, SegmentCount]:
        studio = self._studio

        def step(due: Sequence[Segment], after: int) -> SegmentStep:
            with studio.snapshot.settings.open_store() as store:
                return count_step(
                    store, studio.person, due, studio.now, after=after, seconds=seconds, with_examples=False
                )

        return self._counts.counted(segments, step)

    def _step(self, segment: Segment, after: int, seconds: float) -> SegmentStep | None:
        """Return the next part of a segment's readers, None if there is no database."""
        settings, studio = self._studio.snapshot.settings, self._studio
        require(studio.person, Act.SEE_REPORTS)
        if not settings.has_database():
            return None
        with settings.open_store() as store:
            return count_step(store, studio.person, (segment,), studio.now, after=after, seconds=seconds)

    def _users(self, slug: str) -> tuple[str, ...]:
        snapshot, sends = self._studio.snapshots.with_sends()
        return users_of(slug, snapshot.calendar, snapshot.settings.newsletter.skeletons, begun_issues(sends))

    def _text(self) -> str:
        return self._studio.editing.read(SETTINGS_FILE).text

    def _table(self, slug: str) -> Mapping[str, Any]:
        table = raw_segments(self._text()).get(slug)
        if table is None:
            raise MissingSegmentError(segment=slug)
        return table


def _groups(segments: Sequence[Segment]) -> list[Sequence[Segment]]:
    """Return segments in groups that are counted together."""
    return [segments[first : first + _GROUP] for first in range(0, len(segments), _GROUP)]


def _is_unfinished(group: Sequence[Segment], counts: Mapping[str, SegmentCount]) -> bool:
    return any(segment.slug not in counts or counts[segment.slug].after is not None for segment in group)


def segment_path(slug: str) -> str:
    """Return the path of a segment's page."""
    return f"/segments/{quote(slug, safe='')}"


def _read_rule(text: str) -> str | None:
    return text.strip() or None


def _shown_rule(value: object) -> str:
    return str(value or "").strip()


def _card(snapshot: Snapshot, segment: Segment, table: Mapping[str, Any], begun: frozenset[str]) -> SegmentCard:
    names = [
        (label, ", ".join(topic.name for topic in _topics(snapshot, table[key])))
        for key, label in LISTS.items()
        if table.get(key)
    ]
    rule = [*names, *([("", table["where"].strip())] if table.get("where") else [])]
    users = users_of(segment.slug, snapshot.calendar, snapshot.settings.newsletter.skeletons, begun)
    return SegmentCard(slug=segment.slug, name=segment.name, rule=tuple(rule), users=users)


def _topics(snapshot: Snapshot, names: list[str]) -> list[Topic]:
    return [snapshot.settings.newsletter.topics.resolve(name) for name in names]
