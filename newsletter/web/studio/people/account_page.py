"""One's own account: name, passkeys, sessions and the weekly summary. A studio without accounts has none."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from newsletter import staff
from newsletter.web.http.forms import Form, SubmittedForm
from newsletter.web.http.path_numbers import NUMBER
from newsletter.web.studio.context import Studio
from newsletter.web.studio.current_person import visit_in_progress
from newsletter.web.studio.local_times import local_clock
from newsletter.web.studio.replies import saved

ACCOUNT = "/account"


def router(studio: Studio) -> APIRouter:
    """Return the routes; there are none without accounts."""
    return AccountPages(studio).router() if studio.hosting is not None else APIRouter()


class AccountPages:
    """The routes, one method each."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        router.add_api_route(ACCOUNT, self.show, response_class=HTMLResponse)
        router.add_api_route(f"{ACCOUNT}/name", self.rename, methods=["POST"])
        router.add_api_route(f"{ACCOUNT}/summary", self.choose_summary, methods=["POST"])
        router.add_api_route(f"{ACCOUNT}/keys/{NUMBER}/name", self.rename_key, methods=["POST"])
        router.add_api_route(f"{ACCOUNT}/keys/{NUMBER}/remove", self.remove_key, methods=["POST"])
        router.add_api_route(f"{ACCOUNT}/sessions/{NUMBER}/end", self.end_session, methods=["POST"])
        router.add_api_route(f"{ACCOUNT}/sessions/others/end", self.sign_out_elsewhere, methods=["POST"])
        return router

    def show(self) -> str:
        """Show the account."""
        studio, visit = self._studio, visit_in_progress()
        with studio.open_store() as store:
            keys = store.passkeys.of_member(visit.member.id)
            sessions = store.staff_sessions.of_member(visit.member.id, studio.now)
        return studio.page(
            "people/account",
            place="account",
            member=visit.member,
            keys=keys,
            sessions=sessions,
            current=visit.session.id,
            local=local_clock(studio),
        )

    def rename(self, request: Request, form: SubmittedForm) -> Response:
        """Give the member another name."""
        with self._studio.open_store() as store:
            staff.rename_self(store, visit_in_progress(), form.text("name"), now=self._studio.now)
        return self._saved(request, form, "Your name is saved.")

    def choose_summary(self, request: Request, form: SubmittedForm) -> Response:
        """Note whether the member wants the weekly summary."""
        wanted = form.text("wanted") == "yes"
        with self._studio.open_store() as store:
            staff.choose_summary(store, visit_in_progress(), wanted)
        return self._saved(request, form, "You get the weekly summary." if wanted else "You get no weekly summary.")

    def rename_key(self, request: Request, number: int, form: SubmittedForm) -> Response:
        """Give a passkey another name."""
        with self._studio.open_store() as store:
            staff.rename_key(store, visit_in_progress(), number, form.text("name"), now=self._studio.now)
        return self._saved(request, form, "The passkey is renamed.")

    def remove_key(self, request: Request, number: int, form: SubmittedForm) -> Response:
        """Remove a passkey."""
        with self._studio.open_store() as store:
            name = staff.remove_key(store, visit_in_progress(), number, now=self._studio.now)
        return self._saved(request, form, f"The passkey {name} is removed.")

    def end_session(self, request: Request, number: int, form: SubmittedForm) -> Response:
        """End one of the member's other sessions."""
        with self._studio.open_store() as store:
            staff.end_session(store, visit_in_progress(), number, now=self._studio.now)
        return self._saved(request, form, "That browser is signed out.")

    def sign_out_elsewhere(self, request: Request, form: SubmittedForm) -> Response:
        """End all other sessions of the member."""
        with self._studio.open_store() as store:
            staff.sign_out_elsewhere(store, visit_in_progress(), self._studio.now)
        return self._saved(request, form, "You are signed out everywhere else.")

    def _saved(self, request: Request, form: Form, words: str) -> Response:
        return saved(request, form, at=self._studio.now, announce=words, back=ACCOUNT)
