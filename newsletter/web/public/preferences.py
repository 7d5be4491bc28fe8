"""The preferences pages: topics, frequency and a pause; and, through a freshly mailed link, the address and the data.

An issue can be forwarded, so the link in its footer shows neither address nor name, and can't change the address or
download or erase anything.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from newsletter.domain.subscriber import Frequency, Subscriber
from newsletter.errors import TokenError
from newsletter.subscriptions import (
    PauseError,
    PersonalLinks,
    Preferences,
    can_change_preferences,
    change_preferences,
    erase,
    masked,
    parse_name,
    preferences_of,
    stored_about,
)
from newsletter.tokens import Purpose
from newsletter.translation import gettext_noop
from newsletter.web.http.forms import Form, SubmittedForm
from newsletter.web.public.change_writer import ChangeWriter
from newsletter.web.public.fields import (
    RequestingClient,
    known_topics,
    parse_typed_address,
    parse_typed_date,
    topic_groups,
)
from newsletter.web.public.local_pages import LocalPages, VisitorPages
from newsletter.web.public.mail_request_writer import MailRequestWriter
from newsletter.web.public.pages import Site

LATEST = 10  # consent events shown to a reader; the download has all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """The result of a submitted form: the reader, their preferences, and the errors by field if nothing was saved."""

    reader: Subscriber | None
    preferences: Preferences | None = None
    wrong: Mapping[str, str] = field(default_factory=dict)
    saved: bool = False


class PreferencesPages:
    """The routes, one method each."""

    def __init__(self, site: Site, requests: MailRequestWriter, writer: ChangeWriter) -> None:
        self._site, self._requests, self._writer = site, requests, writer
        self._links = PersonalLinks(site.store, site.signer)

    def router(self) -> APIRouter:
        """Return all routes."""
        router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
        for path, show, change in (
            ("/preferences", self.link_form, self.request_link),
            ("/preferences/{issue}/{token}", self.of_message, self.save_of_message),
            ("/my/{ticket}", self.of_visit, self.save_of_visit),
        ):
            router.add_api_route(path, show, methods=["GET", "HEAD"])
            router.add_api_route(path, change, methods=["POST"])
        router.add_api_route("/preferences/{issue}/{token}/link", self.mail_link, methods=["POST"])
        router.add_api_route("/my/{ticket}/download", self.download, methods=["GET"])
        router.add_api_route("/my/{ticket}/address", self.request_address_change, methods=["POST"])
        router.add_api_route("/my/{ticket}/erase", self.erase, methods=["POST"])
        return router

    def link_form(self, pages: VisitorPages) -> Response:
        """Show the form that asks for a link to a reader's own page."""
        return pages.answer("request-link", wrong={}, address="")

    async def request_link(self, form: SubmittedForm, client: RequestingClient, pages: VisitorPages) -> Response:
        """Mail the link if the address is a reader's. The response is the same if it isn't."""
        try:
            address = parse_typed_address(form.text("address"))
        except ValueError as err:
            return pages.answer("request-link", 422, wrong={"address": str(err)}, address=form.text("address"))
        return await self._mail_link(address, client, pages)

    async def mail_link(self, issue: str, token: str, client: RequestingClient, pages: VisitorPages) -> Response:
        """Mail the link to the reader who got this message."""
        reader = await run_in_threadpool(self._links.reader_of_message, Purpose.PREFERENCES, issue, token)
        pages = self._site.pages.for_reader(reader, pages)
        return pages.answer("link-sent") if reader is None else await self._mail_link(reader.address, client, pages)

    def of_message(self, issue: str, token: str, pages: VisitorPages) -> Response:
        """Show the preferences behind the link in a message's footer."""
        reader = self._links.reader_of_message(Purpose.PREFERENCES, issue, token)
        return self._page(pages, _Outcome(reader=reader), f"/preferences/{issue}/{token}", own=False)

    async def save_of_message(self, issue: str, token: str, form: SubmittedForm, pages: VisitorPages) -> Response:
        """Save the preferences submitted through the link in a message's footer."""
        key, path = self._site.signer.verify(Purpose.PREFERENCES, issue, token), f"/preferences/{issue}/{token}"
        await self._writer.admit(f"message {key}", path)
        return await self._save(pages, key, form, path, own=False)

    def of_visit(self, ticket: str, pages: VisitorPages) -> Response:
        """Show a reader's own page, behind the mailed link."""
        reader = self._links.visitor(ticket, self._site.clock())
        return self._page(pages, _Outcome(reader=reader), f"/my/{ticket}", own=True)

    async def save_of_visit(self, ticket: str, form: SubmittedForm, pages: VisitorPages) -> Response:
        """Save the preferences submitted on a reader's own page."""
        path = f"/my/{ticket}"
        reader = await self._admitted(ticket, path)
        if reader is None:
            return pages.answer("no-subscription")
        return await self._save(pages, reader.key, form, path, own=True)

    def download(self, ticket: str) -> Response:
        """Return everything stored about the reader, as a file."""
        reader = self._links.visitor(ticket, self._site.clock())
        if reader is None:
            raise TokenError("nothing is stored")
        text = json.dumps(stored_about(self._site.store, reader), ensure_ascii=False, indent=2) + "\n"
        attached = {"Content-Disposition": 'attachment; filename="my-data.json"'}
        return Response(text, media_type="application/json", headers=attached)

    async def request_address_change(
        self, ticket: str, form: SubmittedForm, client: RequestingClient, pages: VisitorPages
    ) -> Response:
        """Mail a confirmation link to the new address."""
        reader = await self._admitted(ticket, f"/my/{ticket}/address")
        if reader is None:
            return pages.answer("no-subscription")
        try:
            address = parse_typed_address(form.text("address"))
        except ValueError as err:
            return await self._refused(pages, reader, ticket, {"address": str(err)})
        await self._requests.address_change(reader, address, client)
        return self._site.pages.for_reader(reader, pages).answer("confirmation-sent")

    async def erase(self, ticket: str, form: SubmittedForm, pages: VisitorPages) -> Response:
        """Delete the reader's data if they have ticked the box."""
        site, reader = self._site, await self._admitted(ticket, f"/my/{ticket}/erase")
        if reader is not None and form.text("sure") != "yes":
            return await self._refused(pages, reader, ticket, {"sure": gettext_noop("Please tick the box to confirm.")})
        if reader is not None:  # not through the shared writer: erasing also waits for other connections' reads to end
            await run_in_threadpool(erase, site.store, site.signer, site.kept, reader, site.clock())
        return self._site.pages.for_reader(reader, pages).answer("erased")

    async def _mail_link(self, address: str, client: RequestingClient, pages: LocalPages) -> Response:
        await self._requests.visit(address, client)
        return pages.answer("link-sent")

    async def _admitted(self, ticket: str, path: str) -> Subscriber | None:
        """Return the reader whose ticket it is, if they still exist. Raise TooOftenError if it was used too often."""
        reader = await run_in_threadpool(self._links.visitor, ticket, self._site.clock())
        if reader is not None:
            await self._writer.admit(f"visit {reader.key}", path)
        return reader

    async def _save(self, pages: LocalPages, key: str, form: Form, action: str, *, own: bool) -> Response:
        outcome = await self._writer.write(lambda: self._change(key, form, own=own))
        return await run_in_threadpool(self._page, pages, outcome, action, own=own)

    def _change(self, key: str, form: Form, *, own: bool) -> _Outcome:
        """Save the submitted preferences if they are all valid."""
        store, newsletter, now = self._site.store, self._site.newsletter, self._site.clock()
        reader = store.subscribers.by_key(key)
        if reader is None or not can_change_preferences(reader):
            return _Outcome(reader=reader)
        wanted, wrong = self._submitted(preferences_of(reader, newsletter, now), form, own=own)
        if wrong:
            return _Outcome(reader=reader, preferences=wanted, wrong=wrong)
        try:
            return _Outcome(reader=change_preferences(store, newsletter, reader, wanted, now), saved=True)
        except PauseError:
            wanted = replace(wanted, paused_until=preferences_of(reader, newsletter, now).paused_until)
            wrong = {"paused_until": gettext_noop("Please choose a day after today, within a year.")}
            return _Outcome(reader=reader, preferences=wanted, wrong=wrong)

    def _submitted(self, shown: Preferences, form: Form, *, own: bool) -> tuple[Preferences, dict[str, str]]:
        """Return the preferences as submitted, and the errors by field; a field with an error stays as shown."""
        wrong: dict[str, str] = {}
        newsletter, language = self._site.newsletter, form.text("language")
        wanted = replace(
            shown,
            topics=known_topics(form.all("topic"), newsletter.topics),
            excludes=known_topics(form.all("exclude"), newsletter.topics),
            frequency=Frequency.WEEKLY if form.text("frequency") == Frequency.WEEKLY else Frequency.EACH,
            language=language if language in newsletter.languages else shown.language,
            uncounted=bool(form.text("uncounted")),
        )
        try:
            if own:  # the page behind a footer's link doesn't show the name
                first_name, last_name = parse_name(form.text("name"))
                wanted = replace(wanted, first_name=first_name, last_name=last_name)
        except ValueError as err:
            wrong["name"] = str(err)
        try:
            wanted = replace(wanted, paused_until=parse_typed_date(form.text("paused_until")))
        except ValueError as err:
            wrong["paused_until"] = str(err)
        return wanted, wrong

    async def _refused(self, pages: LocalPages, reader: Subscriber, ticket: str, wrong: Mapping[str, str]) -> Response:
        """Show a reader's own page with an error in one of its other forms."""
        outcome = _Outcome(reader=reader, wrong=wrong)
        return await run_in_threadpool(self._page, pages, outcome, f"/my/{ticket}", own=True)

    def _page(self, pages: LocalPages, outcome: _Outcome, action: str, *, own: bool) -> Response:
        site, reader = self._site, outcome.reader
        if reader is None:
            return pages.answer("no-subscription")
        token = site.signer.sign(Purpose.UNSUBSCRIBE, "preferences", reader.key)
        return self._site.pages.for_reader(reader, pages).answer(
            "preferences",
            422 if outcome.wrong else 200,
            reader=reader,
            preferences=outcome.preferences or preferences_of(reader, site.newsletter, site.clock()),
            active=can_change_preferences(reader),
            address=masked(reader.address),
            own=own,
            action=action,
            saved=outcome.saved,
            wrong=outcome.wrong,
            groups=topic_groups(site.newsletter.topics),
            weekly=site.newsletter.weekly_digest,
            counted=site.newsletter.counting.tracks_readers,
            consents=site.store.self_service.consents(reader.id)[-LATEST:] if own else [],
            issues=len(site.store.self_service.deliveries_of(reader.id)) if own else 0,
            unsubscribe=f"/unsubscribe/preferences/{token}",
        )
