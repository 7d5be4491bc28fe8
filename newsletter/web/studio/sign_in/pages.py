"""The pages that members sign in on, and sign out: with a passkey, with a link by mail, and their first passkey.

Everybody can see them: they say nothing about the newsletter, and the answer to an address is the same for every one.
"""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from newsletter import staff
from newsletter.domain.addresses import parse_address
from newsletter.domain.plurals import capitalised
from newsletter.domain.staff import StaffMember
from newsletter.errors import NewsletterError
from newsletter.staff import LinkRequest, browser_words, hashed, new_secret
from newsletter.web.http.client_address import client_of
from newsletter.web.http.forms import SubmittedForm
from newsletter.web.studio.context import Studio
from newsletter.web.studio.current_person import current_visit, visit_in_progress
from newsletter.web.studio.replies import own_path, status_of, wants_json
from newsletter.web.studio.sign_in.guard import NEW_PASSKEY, SIGN_IN, SIGN_OUT
from newsletter.web.studio.sign_in.hosting import Hosting


def router(studio: Studio) -> APIRouter:
    """Return the routes; there are none without accounts."""
    return SignInPages(studio, studio.hosting).router() if studio.hosting is not None else APIRouter()


class SignInPages:
    """The routes, one method each."""

    def __init__(self, studio: Studio, hosting: Hosting) -> None:
        self._studio, self._hosting = studio, hosting

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        router.add_api_route(SIGN_IN, self.sign_in, response_class=HTMLResponse)
        router.add_api_route(f"{SIGN_IN}/options", self.options, methods=["POST"])
        router.add_api_route(f"{SIGN_IN}/passkey", self.use_passkey, methods=["POST"])
        router.add_api_route(f"{SIGN_IN}/link", self.ask_for_link, methods=["POST"])
        router.add_api_route(f"{SIGN_IN}/link/{{secret}}", self.link, response_class=HTMLResponse)
        router.add_api_route(f"{SIGN_IN}/link/{{secret}}", self.use_link, methods=["POST"])
        router.add_api_route(NEW_PASSKEY, self.new_passkey, response_class=HTMLResponse)
        router.add_api_route(f"{NEW_PASSKEY}/options", self.new_passkey_options, methods=["POST"])
        router.add_api_route(NEW_PASSKEY, self.register, methods=["POST"])
        router.add_api_route(SIGN_OUT, self.sign_out, methods=["POST"])
        return router

    def sign_in(self, next: str = "/") -> Response:  # noqa: A002  the query's name
        """Show the page to sign in on; somebody who is signed in goes on."""
        visit = current_visit.get()
        if visit is not None:
            return RedirectResponse(NEW_PASSKEY if visit.may_only_register else own_path(next), status_code=303)
        return HTMLResponse(self._sign_in_page(next=own_path(next)))

    def options(self, request: Request) -> Response:
        """Return the options for signing in with a passkey, and identify the browser that asks."""
        self._admit(request)
        browser = self._hosting.browser_secret(request.headers) or new_secret()
        site, now = self._hosting.site(""), self._studio.now
        answer = _json(staff.sign_in_options(self._hosting.store, site, browser, now))
        self._hosting.set_browser(answer, browser)
        return answer

    def use_passkey(self, request: Request, form: SubmittedForm) -> Response:
        """Sign in with a passkey."""
        self._admit(request)
        secret = staff.sign_in(
            self._hosting.store,
            self._hosting.site(""),
            form.exact("credential"),
            browser=self._hosting.browser_secret(request.headers),
            replaces=self._hosting.session_secret(request.headers),
            client=_client_words(request),
            now=self._studio.now,
        )
        answer = JSONResponse({"go_to": own_path(form.text("next"))})
        self._hosting.set_session(answer, secret)
        return answer

    def ask_for_link(self, request: Request, form: SubmittedForm) -> Response:
        """Mail a link to an address if it is a member's, and answer the same if it isn't."""
        typed = form.text("address")
        try:
            address = parse_address(typed)
        except ValueError as err:
            problem = f"That isn’t an email address: {err}."
            page = self._sign_in_page(address=typed, problem=problem)
            return HTMLResponse(page, status_code=422)
        browser, now = new_secret(), self._studio.now
        try:
            is_admitted = staff.admit_link_request(
                self._hosting.store, self._hosting.signer, address, client_of(request), now
            )
        except staff.TooManySignInsError as err:
            page = self._sign_in_page(address=typed, problem=_sentence(err))
            return HTMLResponse(page, status_code=429)
        if is_admitted:
            self._hosting.mailer.request_link(LinkRequest(address=address, browser=hashed(browser), at=now))
        answer = HTMLResponse(self._page("link-sent", address=address))
        self._hosting.set_browser(answer, browser)
        return answer

    def link(self) -> str:
        """Show the button that uses a link: programs that open every link in a mail press none."""
        return self._page("use-link")

    def use_link(self, request: Request, secret: str) -> Response:
        """Use a link up, and go on to the first passkey."""
        try:
            self._admit(request)
            _, session = staff.use_link(
                self._hosting.store,
                secret,
                browser=self._hosting.browser_secret(request.headers),
                replaces=self._hosting.session_secret(request.headers),
                client=_client_words(request),
                now=self._studio.now,
            )
        except (staff.UnusableLinkError, staff.TooManySignInsError) as err:
            return HTMLResponse(self._sign_in_page(problem=_sentence(err)), status_code=status_of(err))
        answer = RedirectResponse(NEW_PASSKEY, status_code=303)
        self._hosting.set_session(answer, session)
        return answer

    def new_passkey(self) -> Response:
        """Show the page that sets up a passkey."""
        visit = visit_in_progress()
        keys = self._hosting.store.passkeys.of_member(visit.member.id)
        page = self._page("new-passkey", member=visit.member, keys=keys, by_link=visit.may_only_register)
        return HTMLResponse(page)

    def new_passkey_options(self) -> Response:
        """Return the options for a new passkey."""
        site = self._hosting.site(self._newsletter_name())
        return _json(staff.registration_options(self._hosting.store, site, visit_in_progress(), self._studio.now))

    def register(self, request: Request, form: SubmittedForm) -> Response:
        """Register a passkey, and go on signed in."""
        visit = visit_in_progress()
        secret = staff.register(
            self._hosting.store,
            self._hosting.site(""),
            visit,
            form.exact("credential"),
            name=form.text("name")[:60],
            client=_client_words(request),
            now=self._studio.now,
        )
        if visit.member.joined_at is not None:
            self._tell_of_key(visit.member, form.text("name")[:60] or _client_words(request))
        answer = JSONResponse({"go_to": "/" if visit.may_only_register else "/account"})
        self._hosting.set_session(answer, secret)
        return answer

    def sign_out(self, request: Request) -> Response:
        """End the session, and have the browser forget what was typed and not saved."""
        staff.sign_out(self._hosting.store, visit_in_progress(), self._studio.now)
        answer: Response = RedirectResponse(SIGN_IN, status_code=303)
        if wants_json(request):
            answer = JSONResponse({"go_to": SIGN_IN})
        self._hosting.forget_session(answer)
        return answer

    def _tell_of_key(self, member: StaffMember, name: str) -> None:
        self._hosting.mailer.send(staff.new_key_letter(member, name, self._hosting.origin))

    def _admit(self, request: Request) -> None:
        staff.admit_client(self._hosting.store, self._hosting.signer, client_of(request), self._studio.now)

    def _sign_in_page(self, *, next: str = "/", address: str = "", problem: str = "") -> str:  # noqa: A002  as above
        return self._page("sign-in", next=next, address=address, problem=problem)

    def _page(self, name: str, **values: object) -> str:
        return self._studio.part(f"sign-in/{name}", **values)

    def _newsletter_name(self) -> str:
        try:
            return self._studio.snapshot.settings.newsletter.name
        except NewsletterError:
            return self._studio.root.name


def _sentence(error: NewsletterError) -> str:
    return f"{capitalised(error.what)}: {error.hint}."


def _client_words(request: Request) -> str:
    return browser_words(request.headers.get("user-agent", ""))


def _json(text: str) -> Response:
    return Response(text, media_type="application/json")
