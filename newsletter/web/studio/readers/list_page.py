"""The page on which readers are found and listed, with the forms to add one and to look after a bare address."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Protocol
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from newsletter.domain.addresses import parse_address
from newsletter.domain.consent import Consent, ConsentEvent, SignUpChoices
from newsletter.domain.people import Act, Person, may
from newsletter.domain.subscriber import Subscriber, SubscriberStatus
from newsletter.publishing.readers import reader_lookup
from newsletter.publishing.readers.reader_edits import ReaderDetailError, ReaderDetails, parsed_details
from newsletter.publishing.readers.reader_requests import ask_to_confirm
from newsletter.publishing.readers.reader_suppressions import lift_suppression, suppress_address
from newsletter.publishing.readers.readers import add_reader
from newsletter.store import ReaderTotals, Store
from newsletter.subscriptions import BY_STAFF
from newsletter.web.http.forms import Form, SubmittedForm
from newsletter.web.studio.context import Studio
from newsletter.web.studio.paths import reader_path
from newsletter.web.studio.readers import words
from newsletter.web.studio.readers.queued_links import WAITS, link_announcement, links_wait
from newsletter.web.studio.replies import saved

PAGE = "/readers"
SUPPRESSED, WAITING = "suppressed", "waiting"
_LONGEST_SEARCH = 300
_STATUSES = {status.value: status for status in SubscriberStatus}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderTab:
    """A list of readers that the page can show, and its number of readers, once they have been counted."""

    slug: str
    label: str
    path: str
    count: int | None = None


def router(studio: Studio) -> APIRouter:
    """Return the routes."""
    return ReadersPages(studio).router()


class AddressChange(Protocol):
    """An operation on an address, which need not be a reader's."""

    def __call__(self, store: Store, person: Person, address: str, /, *, now: datetime) -> object:
        """Do it."""
        ...


class ReadersPages:
    """The routes, one method each."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        router.add_api_route(PAGE, self.readers, response_class=HTMLResponse)
        router.add_api_route(PAGE, self.add, methods=["POST"])
        router.add_api_route(f"{PAGE}/totals", self.totals)
        router.add_api_route(f"{PAGE}/new", self.new, response_class=HTMLResponse)
        router.add_api_route(f"{PAGE}/addresses/confirm", self.confirm, methods=["POST"])
        router.add_api_route(f"{PAGE}/addresses/suppress", self.suppress, methods=["POST"])
        router.add_api_route(f"{PAGE}/addresses/lift", self.lift, methods=["POST"])
        return router

    def readers(self, q: str = "", list: str = "", before: str = "", totals: str = "") -> str:  # noqa: A002  the query
        """Show the readers who match a search, or a list of them."""
        studio, person = self._studio, self._studio.person
        text = q.replace("\0", "").strip()[:_LONGEST_SEARCH]
        chosen = "" if text else list
        values: dict[str, object] = {"found": None, "listed": (), "suppressed": (), "waiting": (), "older": ""}
        counts = None
        if not has_readers(studio):
            reader_lookup.require_sight(person)
            return self._page(text, chosen, counts, is_empty=True, **values)
        with open_store(studio) as store:
            if totals:
                counts = reader_lookup.reader_totals(store, person)
            if text:
                values["found"] = reader_lookup.find_readers(store, person, text)
            elif chosen == SUPPRESSED:
                suppressed, more = reader_lookup.list_suppressed(store, person, before=_place(before))
                values["suppressed"] = suppressed
                if more:
                    last = suppressed[-1].suppression
                    values["older"] = _older(chosen, f"{last.since.timestamp()} {last.address_key}")
            elif chosen == WAITING:
                values["waiting"] = reader_lookup.list_waiting(store, person)
                values["link_note"] = WAITS if links_wait(studio, store) else ""
            else:
                number = int(before) if before.isdecimal() and len(before) < 18 else 0
                status = _STATUSES.get(chosen)
                listed, after = reader_lookup.list_readers(store, person, status=status, before=number)
                values["listed"] = listed
                values["older"] = _older(chosen, str(after)) if after else ""
        is_empty = not (text or chosen or before or values["listed"])
        return self._page(text, chosen, counts, is_empty=is_empty, **values)

    def totals(self) -> Response:
        """Return the numbers of readers in each list, for scripts: with a million readers, counting takes a moment."""
        reader_lookup.require_sight(self._studio.person, Act.SEE_REPORTS)
        if not has_readers(self._studio):
            return JSONResponse({})
        with open_store(self._studio) as store:
            counts = reader_lookup.reader_totals(store, self._studio.person)
        return JSONResponse({tab.slug: tab.count for tab in _tabs(counts)})

    def new(self, address: str = "") -> str:
        """Show the form to add a reader."""
        reader_lookup.require_sight(self._studio.person, Act.CHANGE_READERS)
        newsletter = self._studio.snapshot.settings.newsletter
        typed = address.replace("\0", "").strip()[:_LONGEST_SEARCH]
        return self._studio.page("readers/new", place="readers", address=typed, topics=tuple(newsletter.topics))

    def add(self, request: Request, form: SubmittedForm) -> Response:
        """Add a reader who has agreed, or mail the address a link to confirm."""
        studio = self._studio
        newsletter = studio.snapshot.settings.newsletter
        details = parsed_details(
            newsletter,
            ReaderDetails(
                first_name=form.text("first_name"), last_name=form.text("last_name"), topics=form.all("topic")
            ),
        )
        address, now = typed_address(form), studio.now
        with open_store(studio) as store:
            if form.text("how") == "agreed":
                note = form.text("note")
                if not note:
                    raise ReaderDetailError(
                        "say how they agreed", field="note", hint="such as “signed the list at the book fair”"
                    )
                new = Subscriber(
                    address=address,
                    first_name=details.first_name,
                    last_name=details.last_name,
                    topics=details.topics,
                )
                agreed = Consent(at=now, event=ConsentEvent.ASKED, how=BY_STAFF, wording=note[:500])
                added = add_reader(store, studio.person, new, now=now, consent=agreed)
                path, announce = reader_path(added.key), f"Added {added.address}."
            else:
                choices = SignUpChoices(
                    first_name=details.first_name, last_name=details.last_name, topics=details.topics
                )
                ask_to_confirm(store, studio.person, address, now=now, choices=choices)
                path = f"{PAGE}?{urlencode({'q': address})}"
                announce = link_announcement(studio, store, address)
        return saved(request, form, at=now, announce=announce, go_to=path)

    def confirm(self, request: Request, form: SubmittedForm) -> Response:
        """Mail a sign-up that waits its link again."""
        return self._change(request, form, ask_to_confirm, partial(link_announcement, self._studio))

    def suppress(self, request: Request, form: SubmittedForm) -> Response:
        """Never mail an address again, whether a reader has it or not."""
        return self._change(
            request, form, suppress_address, lambda _, address: f"{address} will never be mailed again."
        )

    def lift(self, request: Request, form: SubmittedForm) -> Response:
        """Allow an address to be mailed again."""
        return self._change(request, form, lift_suppression, lambda _, address: f"{address} can be mailed again.")

    def _change(
        self, request: Request, form: Form, change: AddressChange, announced: Callable[[Store, str], str]
    ) -> Response:
        address = typed_address(form)
        with open_store(self._studio) as store:
            change(store, self._studio.person, address, now=self._studio.now)
            announce = announced(store, address)
        return saved(request, form, at=self._studio.now, announce=announce)

    def _page(self, text: str, chosen: str, counts: ReaderTotals | None, **values: object) -> str:
        person = self._studio.person
        return self._studio.page(
            "readers/list",
            place="readers",
            query=text,
            chosen=chosen,
            tabs=_tabs(counts),
            words=words,
            zone=self._studio.snapshot.settings.zone,
            address=_as_address(text),
            may_import=may(person, Act.IMPORT_READERS),
            now=self._studio.now,
            **values,
        )


def open_store(studio: Studio) -> Store:
    """Open the newsletter's database, which is created if there is none yet. Raise StoreError."""
    return studio.snapshot.settings.open_store()


def has_readers(studio: Studio) -> bool:
    """Return whether there is a database, without creating one."""
    return studio.snapshot.settings.has_database()


def typed_address(form: Form) -> str:
    """Return the address in a form. Raise ReaderDetailError."""
    try:
        return parse_address(form.text("address"))
    except ValueError as err:
        raise ReaderDetailError(str(err), field="address") from err


def _as_address(text: str) -> str:
    """Return what was searched if it is an address, else ""."""
    try:
        return parse_address(text) if "@" in text else ""
    except ValueError:
        return ""


def _place(before: str) -> tuple[datetime, str] | None:
    """Return the place in the list of suppressions that a link names; None for the beginning."""
    seconds, _, key = before.partition(" ")
    try:
        return datetime.fromtimestamp(float(seconds), UTC), key
    except (ValueError, OverflowError, OSError):
        return None


def _older(chosen: str, before: str) -> str:
    query = {"list": chosen, "before": before} if chosen else {"before": before}
    return f"{PAGE}?{urlencode(query)}"


def _tabs(counts: ReaderTotals | None) -> tuple[ReaderTab, ...]:
    lists = (
        ("", "All", "readers"),
        (SubscriberStatus.CONFIRMED.value, "Confirmed", "confirmed"),
        (SubscriberStatus.UNCONFIRMED.value, "Not confirmed", "unconfirmed"),
        (SubscriberStatus.UNSUBSCRIBED.value, "Unsubscribed", "unsubscribed"),
        (SUPPRESSED, "Never mailed", "suppressed"),
        (WAITING, "Sign-ups waiting", "waiting"),
    )
    return tuple(
        ReaderTab(
            slug=slug or "all",
            label=label,
            path=f"{PAGE}?list={slug}" if slug else PAGE,
            count=None if counts is None else getattr(counts, name),
        )
        for slug, label, name in lists
    )
