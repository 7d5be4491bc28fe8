"""Using a passkey again, before an act that asks for that: scripts do it and repeat the request, or a page does."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from newsletter import staff
from newsletter.web.http.forms import SubmittedForm
from newsletter.web.studio.context import Studio
from newsletter.web.studio.current_person import visit_in_progress
from newsletter.web.studio.sign_in.hosting import Hosting

CONFIRM = "/confirm"


def router(studio: Studio) -> APIRouter:
    """Return the routes; there are none without accounts, where nobody needs to confirm anything."""
    router = APIRouter()
    if studio.hosting is None:
        return router
    hosting: Hosting = studio.hosting

    @router.post(f"{CONFIRM}/options")
    def options() -> Response:
        """Return the options for using a passkey again."""
        text = staff.confirmation_options(hosting.store, hosting.site(""), visit_in_progress(), studio.now)
        return Response(text, media_type="application/json")

    @router.post(CONFIRM)
    def confirm(form: SubmittedForm) -> Response:
        """Note that the passkey was used. The session gets another secret."""
        visit = visit_in_progress()
        client = visit.session.client
        credential = form.exact("credential")
        secret = staff.confirm(hosting.store, hosting.site(""), visit, credential, client=client, now=studio.now)
        answer = JSONResponse({"confirmed": True})
        hosting.set_session(answer, secret)
        return answer

    return router
