"""The preferences pages: topics, frequency and a pause; and, through a freshly mailed link, the address and the data.

An issue can be forwarded, so the link in its footer shows neither address nor name, and can't change the address or
download or erase anything.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from newsletter.domain.consent import CONFIRM_WITHIN, UNDO_MOVE_WITHIN, VISIT_WITHIN, Confirmation, ConfirmationKind
from newsletter.domain.subscriber import Frequency, Subscriber, SubscriberStatus
from newsletter.errors import StoreError, TokenError
from newsletter.store import TakenError
from newsletter.subscriptions import erase, masked, parse_name, stored_about
from newsletter.tokens import Errand, ExpiredError, Purpose
from newsletter.web.http.forms import Form, From, Sent, groups, known_topics, parse_pause, parse_typed_address
from newsletter.web.public.pages import Site
from newsletter.web.public.preferences_writer import Changing
from newsletter.web.public.sign_up_writer import Asking

LANGUAGES = {
    "ar": "العربية", "cs": "Čeština", "da": "Dansk", "de": "Deutsch", "el": "Ελληνικά", "en": "English",
    "es": "Español", "fi": "Suomi", "fr": "Français", "he": "עברית", "hu": "Magyar", "it": "Italiano", "ja": "日本語",
    "nl": "Nederlands", "no": "Norsk", "pl": "Polski", "pt": "Português", "ro": "Română", "ru": "Русский",
    "sv": "Svenska", "tr": "Türkçe", "uk": "Українська", "zh": "中文",
}  # fmt: skip


LATEST = 10  # consent events shown to a reader; the download has all of them


class Preferences:
    """The routes of the preferences pages, one method each."""

    def __init__(self, site: Site, asking: Asking, changing: Changing) -> None:
        self._site, self._asking, self._changing, self._desk = site, asking, changing, asking.desk
        self._zone = ZoneInfo(site.newsletter.time_zone)

    def router(self) -> APIRouter:
        """Return all routes."""
        router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
        for path, show, change in (
            ("/preferences", self.door, self.ask_for_link),
            ("/preferences/{issue}/{token}", self.of_message, self.save_of_message),
            ("/my/{ticket}", self.of_visit, self.save_of_visit),
            ("/move/{ticket}", self.ask_to_move, self.move),
            ("/undo-move/{ticket}", self.ask_to_undo, self.undo_move),
        ):
            router.add_api_route(path, show, methods=["GET", "HEAD"])
            router.add_api_route(path, change, methods=["POST"])
        router.add_api_route("/preferences/{issue}/{token}/link", self.mail_link, methods=["POST"])
        router.add_api_route("/my/{ticket}/download", self.download, methods=["GET"])
        router.add_api_route("/my/{ticket}/address", self.ask_owner, methods=["POST"])
        router.add_api_route("/my/{ticket}/erase", self.erase, methods=["POST"])
        return router

    def door(self) -> Response:
        """Show the form that asks for a link to a reader's own page."""
        return self._site.pages.answer("door", wrong={}, address="")

    async def ask_for_link(self, sent: Sent, client: From) -> Response:
        """Mail the link if the address is a reader's. The response is the same if it isn't."""
        try:
            address = parse_typed_address(sent.text("address"))
        except ValueError as err:
            return self._site.pages.answer("door", 422, wrong={"address": str(err)}, address=sent.text("address"))
        return await self._mail_link(address, client)

    async def mail_link(self, issue: str, token: str, client: From) -> Response:
        """Mail the link to the reader who got this message."""
        reader = await run_in_threadpool(self._of_message, issue, token)
        return self._site.pages.answer("link") if reader is None else await self._mail_link(reader.address, client)

    def of_message(self, issue: str, token: str) -> Response:
        """Show the preferences behind the link in a message's footer."""
        return self._page(self._of_message(issue, token), f"/preferences/{issue}/{token}", own=False)

    async def save_of_message(self, issue: str, token: str, sent: Sent) -> Response:
        """Save the preferences submitted through the link in a message's footer."""
        key, path = self._site.signer.verify(Purpose.PREFERENCES, issue, token), f"/preferences/{issue}/{token}"
        await self._changing.admit(f"message {key}", path)
        return await self._save(key, sent, path, own=False)

    def of_visit(self, ticket: str) -> Response:
        """Show a reader's own page, behind the mailed link."""
        return self._page(self._visitor(ticket), f"/my/{ticket}", own=True)

    async def save_of_visit(self, ticket: str, sent: Sent) -> Response:
        """Save the preferences submitted on a reader's own page."""
        path = f"/my/{ticket}"
        reader = await self._admitted(ticket, path)
        if reader is None:
            return self._site.pages.answer("nobody")
        return await self._save(reader.key, sent, path, own=True)

    def download(self, ticket: str) -> Response:
        """Return everything stored about the reader, as a file."""
        reader = self._visitor(ticket)
        if reader is None:
            raise TokenError("nothing is stored")
        text = json.dumps(stored_about(self._site.store, reader), ensure_ascii=False, indent=2) + "\n"
        attached = {"Content-Disposition": 'attachment; filename="my-data.json"'}
        return Response(text, media_type="application/json", headers=attached)

    async def ask_owner(self, ticket: str, sent: Sent, client: From) -> Response:
        """Mail a confirmation link to the new address."""
        reader = await self._admitted(ticket, f"/my/{ticket}/address")
        if reader is None:
            return self._site.pages.answer("nobody")
        try:
            address = parse_typed_address(sent.text("address"))
        except ValueError as err:
            wrong = {"address": str(err)}
            return await run_in_threadpool(self._page, reader, f"/my/{ticket}", own=True, wrong=wrong, status=422)
        await self._asking.ask(self._desk.move(reader, address, client=client, now=self._site.clock()))
        return self._site.pages.answer("asked")

    def ask_to_move(self, ticket: str) -> Response:
        """Show the button that confirms a new address."""
        try:
            given = self._moving(ticket)
        except ExpiredError:
            return self._site.pages.answer("expired", 410, again="")
        if given.confirmed is not None:
            return self._site.pages.answer("moved", wrong="")
        return self._site.pages.answer("move", address=masked(given.address), action=f"/move/{ticket}")

    async def move(self, ticket: str) -> Response:
        """Change the address. Doing it twice changes nothing."""
        return await self._moved(f"/move/{ticket}", ticket, self._moving, self._site.store.readers.move, "moved")

    def ask_to_undo(self, ticket: str) -> Response:
        """Show the button that undoes an address change, and nothing about the reader."""
        try:
            given = self._undoing(ticket)
        except ExpiredError:
            return self._site.pages.answer("undone", 410, wrong="expired")
        if given.confirmed is not None:
            return self._site.pages.answer("undone", wrong="")
        return self._site.pages.answer("undo-move", address=masked(given.address), action=f"/undo-move/{ticket}")

    async def undo_move(self, ticket: str) -> Response:
        """Give the reader their old address back."""
        undo = self._site.store.readers.undo_move
        return await self._moved(f"/undo-move/{ticket}", ticket, self._undoing, undo, "undone")

    async def _moved(
        self,
        path: str,
        ticket: str,
        redeem: Callable[[str], Confirmation],
        change: Callable[[Confirmation, datetime, Callable[[str], Iterator[tuple[str, str]]]], Subscriber | None],
        page: str,
    ) -> Response:
        answer = self._site.pages.answer
        try:
            given = await run_in_threadpool(redeem, ticket)
            await self._changing.admit(given.key, path)
            now, fingerprints = self._site.clock(), self._site.signer.fingerprints
            reader = await self._changing.write(lambda: change(given, now, fingerprints))
        except ExpiredError:
            return answer("expired", 410, again="") if page == "moved" else answer(page, 410, wrong="expired")
        except TakenError:
            return answer(page, 409, wrong="taken")
        except StoreError as err:
            if type(err) is not StoreError:
                raise
            return answer(page, 409, wrong="never mailed")
        if reader is None:
            return answer("nobody")
        self._site.wake()
        return answer(page, wrong="")

    async def erase(self, ticket: str, sent: Sent) -> Response:
        """Delete the reader's data if they have ticked the box."""
        reader = await self._admitted(ticket, f"/my/{ticket}/erase")
        if reader is not None and sent.text("sure") != "yes":
            sure = {"sure": "Please tick the box to confirm."}
            return await run_in_threadpool(self._page, reader, f"/my/{ticket}", own=True, wrong=sure, status=422)
        if reader is not None:  # not through the shared writer: erasing also waits for other connections' reads to end
            await run_in_threadpool(erase, self._site.store, self._site.signer, self._site.kept, reader)
        return self._site.pages.answer("erased")

    async def _mail_link(self, address: str, client: From) -> Response:
        await self._asking.ask(self._desk.visit(address, client=client, now=self._site.clock()))
        return self._site.pages.answer("link")

    def _of_message(self, issue: str, token: str) -> Subscriber | None:
        return self._site.store.subscribers.by_key(self._site.signer.verify(Purpose.PREFERENCES, issue, token))

    async def _admitted(self, ticket: str, path: str) -> Subscriber | None:
        """Return the reader whose ticket it is, if they still exist. Raise TooOftenError if it was used too often."""
        reader = await run_in_threadpool(self._visitor, ticket)
        if reader is not None:
            await self._changing.admit(f"visit {reader.key}", path)
        return reader

    def _visitor(self, ticket: str) -> Subscriber | None:
        key, made = self._site.signer.redeem(Errand.VISIT, ticket, now=self._site.clock(), lasts=VISIT_WITHIN)
        reader = self._site.store.subscribers.by_key(key)
        moved = reader and self._site.store.readers.moved(reader.id)
        # A link that was mailed to the old address may be read by somebody else there.
        if moved and made < moved:
            raise ExpiredError(key)
        return reader

    def _moving(self, ticket: str) -> Confirmation:
        return self._confirmation(ticket, Errand.MOVE, ConfirmationKind.MOVE, CONFIRM_WITHIN)

    def _undoing(self, ticket: str) -> Confirmation:
        return self._confirmation(ticket, Errand.UNDO_MOVE, ConfirmationKind.UNDO, UNDO_MOVE_WITHIN)

    def _confirmation(self, ticket: str, errand: Errand, kind: ConfirmationKind, lasts: timedelta) -> Confirmation:
        key, _ = self._site.signer.redeem(errand, ticket, now=self._site.clock(), lasts=lasts)
        given = self._site.store.confirmations.find(key)
        if given is None or given.kind is not kind:
            raise TokenError("this address change no longer exists")
        return given

    async def _save(self, key: str, sent: Form, action: str, *, own: bool) -> Response:
        reader, saved, wrong = await self._changing.write(lambda: self._choose(key, sent, own=own))
        status = 422 if wrong else 200
        return await run_in_threadpool(self._page, reader, action, own=own, saved=saved, wrong=wrong, status=status)

    def _choose(self, key: str, sent: Form, *, own: bool) -> tuple[Subscriber | None, bool, dict[str, str]]:
        """Store a reader's choices. Return the reader, whether they were saved, and the errors by field."""
        now, store = self._site.clock(), self._site.store
        reader = store.subscribers.by_key(key)
        if reader is None or reader.status is not SubscriberStatus.CONFIRMED:
            return reader, False, {}
        wanted, wrong = self._wanted(reader, sent, now, own=own)
        if wrong:
            return wanted, False, wrong
        return store.readers.choose(key, wanted, now), True, {}

    def _wanted(self, reader: Subscriber, sent: Form, now: datetime, *, own: bool) -> tuple[Subscriber, dict[str, str]]:
        """Return the reader with the submitted choices, and the errors by field."""
        wrong: dict[str, str] = {}
        reader = self._renamed(reader)
        declared = {topic.slug for topic in self._site.newsletter.topics}
        excludes = known_topics(sent.all("exclude"), self._site.newsletter.topics)
        follows = known_topics(sent.all("topic"), self._site.newsletter.topics)
        wanted = replace(
            reader,
            # Topics that the newsletter no longer declares aren't on the page, so keep them.
            topics=tuple(sorted({*(set(reader.topics) - declared), *follows} - set(excludes))),
            excludes=tuple(sorted({*(set(reader.excludes) - declared), *excludes})),
        )
        language = sent.text("language")
        if (language in LANGUAGES and language != _shown(reader.language)) or not language:
            wanted = replace(wanted, language=language)
        if self._site.newsletter.weekly_digest:
            weekly = sent.text("frequency") == Frequency.WEEKLY
            wanted = replace(wanted, frequency=Frequency.WEEKLY if weekly else Frequency.EACH)
        if self._site.newsletter.counting.names_readers:
            wanted = replace(wanted, uncounted=bool(sent.text("uncounted")))
        try:
            if own:  # the page behind a footer's link doesn't show the name
                first_name, last_name = parse_name(sent.text("name"))
                wanted = replace(wanted, first_name=first_name, last_name=last_name)
        except ValueError as err:
            wrong["name"] = f"{str(err)[:1].upper()}{str(err)[1:]}."
        try:
            # Keep an unchanged value: an import may have set a date that can't be chosen here.
            if sent.text("paused_until") != self._pause(reader, now):
                wanted = replace(wanted, paused_until=parse_pause(sent.text("paused_until"), now, self._zone))
        except ValueError as err:
            wrong["paused_until"] = str(err)
        return wanted, wrong

    def _page(
        self,
        reader: Subscriber | None,
        action: str,
        *,
        own: bool,
        saved: bool = False,
        wrong: Mapping[str, str] | None = None,
        status: int = 200,
    ) -> Response:
        if reader is None:
            return self._site.pages.answer("nobody")
        reader = self._renamed(reader)
        now = self._site.clock()
        return self._site.pages.answer(
            "preferences",
            status,
            reader=reader,
            active=reader.status is SubscriberStatus.CONFIRMED,
            address=masked(reader.address),
            paused_until=self._pause(reader, now),
            own=own,
            action=action,
            saved=saved,
            wrong=wrong or {},
            groups=groups(self._site.newsletter.topics),
            languages=LANGUAGES,
            language=_shown(reader.language),
            weekly=self._site.newsletter.weekly_digest,
            counted=self._site.newsletter.counting.names_readers,
            consents=self._site.store.readers.consents(reader.id)[-LATEST:] if own else [],
            issues=len(self._site.store.readers.issues_of(reader.id)) if own else 0,
            unsubscribe=self._unsubscribe(reader),
        )

    def _renamed(self, reader: Subscriber) -> Subscriber:
        """Return the reader with the current slugs of the topics that they follow and exclude."""
        topics = self._site.newsletter.topics
        excludes = {topics.current(slug) for slug in reader.excludes}
        follows = {topics.current(slug) for slug in reader.topics} - excludes
        return replace(reader, topics=tuple(sorted(follows)), excludes=tuple(sorted(excludes)))

    def _pause(self, reader: Subscriber, now: datetime) -> str:
        """Return the date that the form shows for a pause; empty if there is none."""
        until = reader.paused_until
        return until.astimezone(self._zone).date().isoformat() if until and until > now else ""

    def _unsubscribe(self, reader: Subscriber) -> str:
        return f"/unsubscribe/preferences/{self._site.signer.sign(Purpose.UNSUBSCRIBE, 'preferences', reader.key)}"


def _shown(language: str) -> str:
    """Return a language as the form lists it: without its region if the form knows it, else unchanged."""
    bare = language.partition("-")[0].lower()
    return bare if bare in LANGUAGES else language
