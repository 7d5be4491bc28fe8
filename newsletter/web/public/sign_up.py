"""Sign up and confirm. Responses never reveal whether an address is already known."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from newsletter.domain.consent import Confirmation, SignUpChoices
from newsletter.domain.picks import MOST_PICKS
from newsletter.domain.subscriber import Frequency
from newsletter.errors import TokenError
from newsletter.subscriptions import PersonalLinks, confirm_sign_up, masked, parse_name
from newsletter.tokens import ExpiredError, TicketPurpose
from newsletter.web.http.forms import Form, SubmittedForm
from newsletter.web.public.change_writer import ChangeWriter
from newsletter.web.public.fields import (
    RequestingClient,
    known_topics,
    parse_typed_address,
    topic_groups,
)
from newsletter.web.public.latest_issue import FEW_PICKS, latest_issue_values
from newsletter.web.public.local_pages import LocalPages, VisitorPages
from newsletter.web.public.mail_request_writer import MailRequestWriter
from newsletter.web.public.pages import Site

FASTEST = timedelta(seconds=2)  # nobody fills in a form faster
FORM_LASTS = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Filled:
    """The values in the form; ``wrong`` has the errors by field."""

    address: str = ""
    name: str = ""
    topics: tuple[str, ...] = ()
    frequency: Frequency = Frequency.EACH
    wrong: dict[str, str]


class SignUpPages:
    """The routes, one method each."""

    def __init__(self, site: Site, requests: MailRequestWriter, writer: ChangeWriter) -> None:
        self._site, self._requests, self._writer = site, requests, writer
        self._links = PersonalLinks(site.store, site.signer)

    def router(self) -> APIRouter:
        """Return all routes."""
        router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
        router.add_api_route("/subscribe", self.form, methods=["GET", "HEAD"])
        router.add_api_route("/subscribe", self.sign_up, methods=["POST"])
        router.add_api_route("/confirm/{ticket}", self.confirm_form, methods=["GET", "HEAD"])
        router.add_api_route("/confirm/{ticket}", self.confirm, methods=["POST"])
        router.add_api_route("/confirm/{ticket}/again", self.again, methods=["POST"])
        return router

    def form(self, pages: VisitorPages) -> Response:
        """Show the empty form, which search engines may list."""
        page = self._form_page(pages, _Filled(wrong={}))
        page.headers["X-Robots-Tag"] = "all"
        return page

    async def sign_up(self, form: SubmittedForm, client: RequestingClient, pages: VisitorPages) -> Response:
        """Mail a confirmation link. A form from another site, or sent within two seconds, is shown again first."""
        filled, choices = self._parsed(form, pages.language)
        if filled.wrong:
            return self._form_page(pages, filled, status=422)
        if not self._filled_in_by_a_person(form):
            return self._form_page(pages, filled, once_more=True)
        if not form.text("website"):  # only bots see that field
            await self._requests.sign_up(filled.address, choices, client, how="form", wording=pages.wording)
        return pages.answer("confirmation-sent")

    def confirm_form(self, ticket: str, pages: VisitorPages) -> Response:
        """Show the button that confirms a sign-up."""
        try:
            sign_up = self._links.sign_up(ticket, self._site.clock())
        except ExpiredError:
            return pages.answer("expired", 410, again=f"/confirm/{ticket}/again")
        pages = self._site.pages.closest_to(sign_up.choices.language)
        if sign_up.confirmed is not None:
            return pages.answer("confirmed", visit="", **self._latest(pages, MOST_PICKS))
        return self._confirm_page(
            pages, ticket, sign_up, f"{sign_up.choices.first_name} {sign_up.choices.last_name}".strip()
        )

    async def confirm(self, ticket: str, form: SubmittedForm, pages: VisitorPages) -> Response:
        """Confirm a sign-up, with the name as submitted. Doing it twice changes nothing."""
        try:
            sign_up = await run_in_threadpool(self._links.sign_up, ticket, self._site.clock())
        except ExpiredError:
            return pages.answer("expired", 410, again=f"/confirm/{ticket}/again")
        pages = self._site.pages.closest_to(sign_up.choices.language)
        await self._writer.admit(sign_up.key, f"/confirm/{ticket}")
        try:
            first_name, last_name = parse_name(form.text("name"))
        except ValueError as err:
            return self._confirm_page(pages, ticket, sign_up, form.text("name"), wrong=str(err), status=422)
        now = self._site.clock()
        choices = replace(sign_up.choices, first_name=first_name, last_name=last_name)
        site = self._site
        confirm = partial(
            confirm_sign_up,
            site.store,
            site.signer,
            sign_up,
            choices,
            wording=pages.wording,
            welcome=site.newsletter.welcome_mail,
            now=now,
        )
        reader = await self._writer.write(confirm)
        site.wake()
        visit = f"/my/{self._site.signer.ticket(TicketPurpose.VISIT, reader.key, now)}"
        return pages.answer("confirmed", visit=visit, **self._latest(pages, MOST_PICKS))

    async def again(self, ticket: str, client: RequestingClient, pages: VisitorPages) -> Response:
        """Mail another confirmation link in place of an expired one."""
        expired = await run_in_threadpool(self._links.expired_sign_up, ticket, self._site.clock())
        if expired is not None:
            await self._requests.sign_up_again(expired, client)
        return pages.answer("confirmation-sent")

    def _confirm_page(
        self, pages: LocalPages, ticket: str, sign_up: Confirmation, name: str, *, wrong: str = "", status: int = 200
    ) -> Response:
        return pages.answer(
            "confirm",
            status,
            ticket=ticket,
            address=masked(sign_up.address),
            wording=pages.wording,  # never the wording given to the API, which anyone may have written
            topics=[self._site.newsletter.topics.resolve(slug).name for slug in sign_up.choices.topics],
            name=name,
            wrong={"name": wrong} if wrong else {},
        )

    def _parsed(self, form: Form, language: str) -> tuple[_Filled, SignUpChoices]:
        wrong: dict[str, str] = {}
        address, (first_name, last_name) = form.text("address"), ("", "")
        try:
            address = parse_typed_address(address)
        except ValueError as err:
            wrong["address"] = str(err)
        try:
            first_name, last_name = parse_name(form.text("name"))
        except ValueError as err:
            wrong["name"] = str(err)
        weekly = self._site.newsletter.weekly_digest and form.text("frequency") == Frequency.WEEKLY
        choices = SignUpChoices(
            first_name=first_name,
            last_name=last_name,
            topics=known_topics(form.all("topic"), self._site.newsletter.topics),
            frequency=Frequency.WEEKLY if weekly else Frequency.EACH,
            language=language,
        )
        filled = _Filled(
            address=address,
            name=form.text("name"),
            topics=choices.topics,
            frequency=choices.frequency,
            wrong=wrong,
        )
        return filled, choices

    def _filled_in_by_a_person(self, form: Form) -> bool:
        now = self._site.clock()
        try:
            _, opened = self._site.signer.redeem(TicketPurpose.FORM, form.text("opened"), now=now, lasts=FORM_LASTS)
        except TokenError:
            return False
        return now - opened >= FASTEST

    def _form_page(self, pages: LocalPages, filled: _Filled, *, once_more: bool = False, status: int = 200) -> Response:
        return pages.answer(
            "subscribe",
            status,
            filled=filled,
            wrong=filled.wrong,
            once_more=once_more,
            groups=topic_groups(self._site.newsletter.topics),
            weekly=self._site.newsletter.weekly_digest,
            wording=pages.wording,
            opened=_opened(self._site, self._site.clock()),
            picture=self._site.cards.shown,
            graph_image=self._site.cards.of_newsletter(),
            **self._latest(pages, FEW_PICKS),
        )

    def _latest(self, pages: LocalPages, most: int) -> dict[str, object]:
        return latest_issue_values(self._site, pages.words.language, most)


def _opened(site: Site, now: datetime) -> str:
    return site.signer.ticket(TicketPurpose.FORM, secrets.token_hex(16), now)
