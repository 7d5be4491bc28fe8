"""Sign up and confirm. Responses never reveal whether an address is already known."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from newsletter.domain.consent import CONFIRM_WITHIN, Choices, Confirmation, ConfirmationKind
from newsletter.domain.subscriber import Frequency
from newsletter.errors import StoreError, TokenError
from newsletter.subscriptions import masked, parse_name
from newsletter.tokens import Errand, ExpiredError
from newsletter.web.http.forms import Form, From, Sent, groups, known_topics, parse_typed_address
from newsletter.web.public.pages import Site
from newsletter.web.public.preferences_writer import Changing
from newsletter.web.public.sign_up_writer import Asking

AT_LEAST = timedelta(seconds=2)  # nobody fills in a form faster
AT_MOST = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Filled:
    """The values in the form; ``wrong`` has the errors by field."""

    address: str = ""
    name: str = ""
    topics: tuple[str, ...] = ()
    frequency: Frequency = Frequency.EACH
    wrong: dict[str, str]


class SigningUp:
    """The routes of the sign-up, one method each."""

    def __init__(self, site: Site, asking: Asking, changing: Changing) -> None:
        self._site, self._asking, self._changing, self._desk = site, asking, changing, asking.desk

    def router(self) -> APIRouter:
        """Return all routes."""
        router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
        router.add_api_route("/subscribe", self.form, methods=["GET", "HEAD"])
        router.add_api_route("/subscribe", self.sign_up, methods=["POST"])
        router.add_api_route("/confirm/{ticket}", self.ask, methods=["GET", "HEAD"])
        router.add_api_route("/confirm/{ticket}", self.confirm, methods=["POST"])
        router.add_api_route("/confirm/{ticket}/again", self.again, methods=["POST"])
        return router

    def form(self) -> Response:
        """Show the empty form."""
        return self._form(_Filled(wrong={}))

    async def sign_up(self, sent: Sent, client: From) -> Response:
        """Mail a confirmation link. A form from another site, or sent within two seconds, is shown again first."""
        filled, choices = self._filled(sent)
        if filled.wrong:
            return self._form(filled, status=422)
        if not self._by_hand(sent):
            return self._form(filled, once_more=True)
        if not sent.text("website"):  # only bots see that field
            wording, now = self._site.pages.wording, self._site.clock()
            await self._asking.ask(
                self._desk.sign_up(filled.address, choices, client=client, how="form", wording=wording, now=now)
            )
        return self._site.pages.answer("asked")

    def ask(self, ticket: str) -> Response:
        """Show the button that confirms a sign-up."""
        try:
            given = self._given(ticket)
        except ExpiredError:
            return self._site.pages.answer("expired", 410, again=f"/confirm/{ticket}/again")
        if given.confirmed is not None:
            return self._site.pages.answer("confirmed", visit="")
        return self._confirming(ticket, given, f"{given.choices.first_name} {given.choices.last_name}".strip())

    async def confirm(self, ticket: str, sent: Sent) -> Response:
        """Confirm a sign-up, with the name as submitted. Doing it twice changes nothing."""
        try:
            given = await run_in_threadpool(self._given, ticket)
        except ExpiredError:
            return self._site.pages.answer("expired", 410, again=f"/confirm/{ticket}/again")
        await self._changing.admit(given.key, f"/confirm/{ticket}")
        try:
            first_name, last_name = parse_name(sent.text("name"))
        except ValueError as err:
            return self._confirming(ticket, given, sent.text("name"), wrong=_sentence(err), status=422)
        now = self._site.clock()
        choices = replace(given.choices, first_name=first_name, last_name=last_name)
        try:
            wording = self._site.pages.wording
            reader = await self._changing.write(partial(self._desk.confirm, given, choices, wording=wording, now=now))
        except StoreError as err:
            if type(err) is not StoreError:
                raise
            raise TokenError("this sign-up no longer exists") from err
        visit = f"/my/{self._site.signer.ticket(Errand.VISIT, reader.key, now)}"
        return self._site.pages.answer("confirmed", visit=visit)

    async def again(self, ticket: str, client: From) -> Response:
        """Mail another confirmation link in place of an expired one."""
        now = self._site.clock()
        try:
            key, _ = self._site.signer.redeem(Errand.CONFIRM, ticket, now=now, lasts=CONFIRM_WITHIN)
        except ExpiredError as err:
            key = err.subject
        given = await run_in_threadpool(self._site.store.confirmations.find, key)
        if given is not None and given.confirmed is None:
            await self._asking.ask(self._desk.ask_again(given, client=client, now=now))
        return self._site.pages.answer("asked")

    def _given(self, ticket: str) -> Confirmation:
        key, _ = self._site.signer.redeem(Errand.CONFIRM, ticket, now=self._site.clock(), lasts=CONFIRM_WITHIN)
        given = self._site.store.confirmations.find(key)
        if given is None or given.kind is not ConfirmationKind.SIGN_UP:
            raise TokenError("this sign-up no longer exists")
        return given

    def _confirming(
        self, ticket: str, given: Confirmation, name: str, *, wrong: str = "", status: int = 200
    ) -> Response:
        return self._site.pages.answer(
            "confirm",
            status,
            ticket=ticket,
            address=masked(given.address),
            wording=self._site.pages.wording,  # never the wording given to the API, which anyone may have written
            topics=[self._site.newsletter.topics.find(slug).name for slug in given.choices.topics],
            name=name,
            wrong={"name": wrong} if wrong else {},
        )

    def _filled(self, sent: Form) -> tuple[_Filled, Choices]:
        wrong: dict[str, str] = {}
        address, (first_name, last_name) = sent.text("address"), ("", "")
        try:
            address = parse_typed_address(address)
        except ValueError as err:
            wrong["address"] = str(err)
        try:
            first_name, last_name = parse_name(sent.text("name"))
        except ValueError as err:
            wrong["name"] = _sentence(err)
        weekly = self._site.newsletter.weekly_digest and sent.text("frequency") == Frequency.WEEKLY
        choices = Choices(
            first_name=first_name,
            last_name=last_name,
            topics=known_topics(sent.all("topic"), self._site.newsletter.topics),
            frequency=Frequency.WEEKLY if weekly else Frequency.EACH,
        )
        filled = _Filled(
            address=address,
            name=sent.text("name"),
            topics=choices.topics,
            frequency=choices.frequency,
            wrong=wrong,
        )
        return filled, choices

    def _by_hand(self, sent: Form) -> bool:
        now = self._site.clock()
        try:
            _, opened = self._site.signer.redeem(Errand.FORM, sent.text("opened"), now=now, lasts=AT_MOST)
        except TokenError:
            return False
        return now - opened >= AT_LEAST

    def _form(self, filled: _Filled, *, once_more: bool = False, status: int = 200) -> Response:
        return self._site.pages.answer(
            "subscribe",
            status,
            filled=filled,
            wrong=filled.wrong,
            once_more=once_more,
            groups=groups(self._site.newsletter.topics),
            weekly=self._site.newsletter.weekly_digest,
            wording=self._site.pages.wording,
            opened=_opened(self._site, self._site.clock()),
        )


def _opened(site: Site, now: datetime) -> str:
    return site.signer.ticket(Errand.FORM, secrets.token_hex(16), now)


def _sentence(err: ValueError) -> str:
    text = str(err)
    return f"{text[:1].upper()}{text[1:]}."
