"""The page about one reader: what they follow, what they get and why, their consent, deliveries, and what to do."""

import datetime
import json
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, Response

from newsletter.domain.addresses import address_key
from newsletter.domain.people import Person
from newsletter.domain.subscriber import Frequency, SubscriberStatus
from newsletter.publishing.readers.reader_edits import ReaderDetailError, ReaderDetails, details_of, edit_reader
from newsletter.publishing.readers.reader_files import export_reader
from newsletter.publishing.readers.reader_lookup import reader_record, require_sight
from newsletter.publishing.readers.reader_requests import (
    ask_to_change_address,
    ask_to_confirm,
    known_reader,
    unsubscribe_reader,
)
from newsletter.publishing.readers.reader_suppressions import lift_suppression, suppress_address
from newsletter.publishing.readers.readers import ReaderGoneError, Removal, erase_reader, remove_reader
from newsletter.settings import Settings
from newsletter.store import Store
from newsletter.web.http.forms import Form, SubmittedForm
from newsletter.web.studio.context import Studio
from newsletter.web.studio.paths import reader_path
from newsletter.web.studio.readers import words
from newsletter.web.studio.readers.list_page import PAGE, has_readers, open_store, typed_address
from newsletter.web.studio.readers.next_copy import NextCopy, next_copy_of
from newsletter.web.studio.readers.queued_links import WAITS, link_announcement, links_wait
from newsletter.web.studio.replies import saved, wants_json

Key = Annotated[str, Path(pattern="^[0-9a-z]{1,32}$")]
FIRST_DELIVERIES = 12


def router(studio: Studio) -> APIRouter:
    """Return the routes."""
    return ReaderPages(studio).router()


class ReaderPages:
    """The routes, one method each."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        own = f"{PAGE}/{{key}}"
        router.add_api_route(own, self.reader, response_class=HTMLResponse)
        router.add_api_route(f"{own}/next", self.next_copy, response_class=HTMLResponse)
        for act in ("details", "address", "confirm", "unsubscribe", "suppress", "lift", "remove", "erase", "data"):
            router.add_api_route(f"{own}/{act}", getattr(self, act), methods=["POST"])
        return router

    def reader(self, key: Key, next: str = "") -> str:  # noqa: A002  the query
        """Show a reader. With ``next`` in the query, also what they get of the next issue; scripts fetch that."""
        studio = self._studio
        newsletter = studio.snapshot.settings.newsletter
        with self._store() as store:
            record = reader_record(store, studio.person, key)
            copy = self._next_copy(store, key) if next else None
            link_note = WAITS if links_wait(studio, store) else ""
        details = details_of(record.reader, newsletter)
        return studio.page(
            "readers/reader",
            place="readers",
            record=record,
            reader=record.reader,
            details=details,
            seen=json.dumps(details.values),
            topics=tuple(newsletter.topics),
            others=sorted({*details.topics, *details.excludes} - {topic.slug for topic in newsletter.topics}),
            frequencies=words.FREQUENCIES,
            has_digest=newsletter.weekly_digest or details.frequency is Frequency.WEEKLY,
            words=words,
            copy=copy,
            link_note=link_note,
            first=FIRST_DELIVERIES,
            zone=newsletter.zone,
            confirmed=record.reader.status is SubscriberStatus.CONFIRMED,
            path=reader_path(key),
            now=studio.now,
        )

    def next_copy(self, key: Key) -> str:
        """Show what a reader gets of the next issue: a part of the page."""
        with self._store() as store:
            return self._studio.part("readers/next-copy", copy=self._next_copy(store, key))

    def details(self, key: Key, request: Request, form: SubmittedForm) -> Response:
        """Save a reader's details."""
        studio = self._studio
        newsletter = studio.snapshot.settings.newsletter
        seen = _seen(form)
        with self._store() as store:
            reader, changed = edit_reader(
                store,
                newsletter,
                studio.person,
                key,
                seen=seen,
                wanted=_wanted(form),
                now=studio.now,
            )
        names = ", ".join(name.replace("_", " ") for name in changed)
        announce = f"Saved: {names}." if names else "Nothing was changed."
        stored = details_of(reader, newsletter).values
        # What somebody else has changed isn't seen before the page is loaded again.
        seen |= {name: stored[name] for name in changed}
        return saved(request, form, at=studio.now, announce=announce, seen=json.dumps(seen))

    def address(self, key: Key, request: Request, form: SubmittedForm) -> Response:
        """Mail a link to a reader's new address."""
        address = typed_address(form)
        return self._change(
            key,
            request,
            form,
            lambda store, person, now: ask_to_change_address(store, person, key, address, now=now),
            lambda store: (
                f"{link_announcement(self._studio, store, address)} Their address changes once they follow it."
            ),
        )

    def confirm(self, key: Key, request: Request, form: SubmittedForm) -> Response:
        """Mail a reader a link to confirm their subscription."""

        def ask(store: Store, person: Person, now: datetime.datetime) -> None:
            ask_to_confirm(store, person, known_reader(store, key).address, now=now)

        def announced(store: Store) -> str:
            return link_announcement(self._studio, store, known_reader(store, key).address)

        return self._change(key, request, form, ask, announced)

    def unsubscribe(self, key: Key, request: Request, form: SubmittedForm) -> Response:
        """Unsubscribe a reader."""
        return self._change(
            key,
            request,
            form,
            lambda store, person, now: unsubscribe_reader(store, person, key, now=now),
            lambda _: "Unsubscribed.",
        )

    def suppress(self, key: Key, request: Request, form: SubmittedForm) -> Response:
        """Never mail a reader's address again."""

        def suppress(store: Store, person: Person, now: datetime.datetime) -> None:
            suppress_address(store, person, known_reader(store, key).address, now=now)

        return self._change(key, request, form, suppress, lambda _: "The address will never be mailed again.")

    def lift(self, key: Key, request: Request, form: SubmittedForm) -> Response:
        """Allow a reader's address to be mailed again."""

        def lift(store: Store, person: Person, now: datetime.datetime) -> None:
            lift_suppression(store, person, known_reader(store, key).address, now=now)

        return self._change(key, request, form, lift, lambda _: "The address can be mailed again.")

    def remove(self, key: Key, request: Request, form: SubmittedForm) -> Response:
        """Delete a reader, whom a later import may bring back."""
        return self._delete(
            key,
            request,
            form,
            lambda store, address: remove_reader(
                self._settings(), store, self._studio.person, address, now=self._studio.now
            ),
            "Removed.",
        )

    def erase(self, key: Key, request: Request, form: SubmittedForm) -> Response:
        """Delete a reader for good, so that no import brings them back."""
        return self._delete(
            key,
            request,
            form,
            lambda store, address: erase_reader(
                self._settings(), store, self._studio.person, address, now=self._studio.now
            ),
            "Erased.",
        )

    def data(self, key: Key) -> Response:
        """Return everything that is stored about a reader, as JSON for them to keep."""
        with self._store() as store:
            stored = export_reader(store, self._studio.person, key, now=self._studio.now)
        headers = {"Content-Disposition": f'attachment; filename="reader-{key[:8]}.json"'}
        content = json.dumps(stored, indent=2, ensure_ascii=False)
        return Response(content, media_type="application/json", headers=headers)

    def _delete(
        self, key: str, request: Request, form: Form, delete: Callable[[Store, str], Removal], done: str
    ) -> Response:
        with self._store() as store:
            reader = known_reader(store, key)
            if address_key(form.text("address")) != address_key(reader.address):
                raise ReaderDetailError(
                    "this isn't their address", field="address", hint="type the address to make sure"
                )
            removal = delete(store, reader.address)
        if not (removal.leftovers or not removal.log_is_clean) or wants_json(request):
            return saved(request, form, at=self._studio.now, announce=done, go_to=PAGE)
        page = self._studio.page("readers/leftovers", place="readers", removal=removal, root=self._studio.root)
        return HTMLResponse(page)

    def _change(
        self,
        key: str,
        request: Request,
        form: Form,
        change: Callable[[Store, Person, datetime.datetime], object],
        announced: Callable[[Store], str],
    ) -> Response:
        now = self._studio.now
        with self._store() as store:
            change(store, self._studio.person, now)
            announce = announced(store)
        return saved(request, form, at=now, announce=announce, back=reader_path(key))

    def _next_copy(self, store: Store, key: str) -> NextCopy:
        return next_copy_of(self._studio, self._settings(), store, key)

    def _settings(self) -> Settings:
        return self._studio.loaded_settings(self._studio.snapshot)

    def _store(self) -> Store:
        require_sight(self._studio.person)  # before anything is looked up by its key
        if not has_readers(self._studio):
            raise ReaderGoneError()
        return open_store(self._studio)


def _seen(form: Form) -> dict[str, str]:
    try:
        seen = json.loads(form.exact("seen") or "{}")
    except ValueError:
        seen = {}
    return {str(name): str(value) for name, value in seen.items()} if isinstance(seen, dict) else {}


def _wanted(form: Form) -> ReaderDetails:
    choices = {name.removeprefix("topic-"): form.text(name) for name in form.fields if name.startswith("topic-")}
    until = form.text("paused_until")
    try:
        paused_until = datetime.date.fromisoformat(until) if until else None
    except ValueError as err:
        hint = "write it as 2026-11-30"
        raise ReaderDetailError("this is not a date", field="paused_until", hint=hint) from err
    try:
        frequency = Frequency(form.text("frequency") or Frequency.EACH)
    except ValueError as err:
        raise ReaderDetailError("choose how often they are mailed", field="frequency") from err
    return ReaderDetails(
        first_name=form.text("first_name"),
        last_name=form.text("last_name"),
        topics=tuple(sorted(slug for slug, choice in choices.items() if choice == "follow")),
        excludes=tuple(sorted(slug for slug, choice in choices.items() if choice == "exclude")),
        language=form.text("language"),
        time_zone=form.text("time_zone"),
        frequency=frequency,
        paused_until=paused_until,
    )
