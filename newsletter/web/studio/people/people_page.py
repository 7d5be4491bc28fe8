"""The page of the team: members, their roles, invitations and sessions."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from newsletter import staff
from newsletter.domain.people import Act, Role, may
from newsletter.domain.staff import StaffMember
from newsletter.errors import UsageError
from newsletter.web.http.forms import SubmittedForm
from newsletter.web.http.path_numbers import NUMBER
from newsletter.web.studio.context import Studio
from newsletter.web.studio.local_times import local_clock
from newsletter.web.studio.replies import saved

PEOPLE = "/people"
ROLES = {
    Role.WRITER: "catches links and writes entries",
    Role.EDITOR: "edits all entries, composes issues and approves what others changed",
    Role.PUBLISHER: "sends, and sees reports",
    Role.ADMIN: "looks after readers, people and settings",
}


def router(studio: Studio) -> APIRouter:
    """Return the routes."""
    return PeoplePages(studio).router()


class PeoplePages:
    """The routes, one method each."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        router.add_api_route(PEOPLE, self.show, response_class=HTMLResponse)
        router.add_api_route(PEOPLE, self.invite, methods=["POST"])
        router.add_api_route(f"{PEOPLE}/{NUMBER}/role", self.change_role, methods=["POST"])
        router.add_api_route(f"{PEOPLE}/{NUMBER}/invitation", self.invite_again, methods=["POST"])
        router.add_api_route(f"{PEOPLE}/{NUMBER}/sign-out", self.end_sessions, methods=["POST"])
        router.add_api_route(f"{PEOPLE}/{NUMBER}/remove", self.remove, methods=["POST"])
        return router

    def show(self) -> str:
        """Show the team."""
        studio = self._studio
        with studio.open_store() as store:
            members = staff.team(store, studio.person, now=studio.now)
        return studio.page(
            "people/people",
            place="people",
            team=members,
            roles=ROLES,
            own=studio.person.address,
            may_manage=may(studio.person, Act.MANAGE_PEOPLE),
            mails=studio.hosting is not None,
            local=local_clock(studio),
        )

    def invite(self, request: Request, form: SubmittedForm) -> Response:
        """Add somebody to the team, and mail them where to sign in."""
        studio = self._studio
        with studio.open_store() as store:
            member = staff.invite(
                store,
                studio.person,
                form.text("address"),
                name=form.text("name"),
                role=_role(form.text("role")),
                now=studio.now,
            )
        words = f"{member.name} is on the team."
        return self._saved(request, form, self._mailed(member, words))

    def change_role(self, request: Request, number: int, form: SubmittedForm) -> Response:
        """Give somebody another role."""
        studio = self._studio
        with studio.open_store() as store:
            member = staff.change_role(store, studio.person, number, _role(form.text("role")), now=studio.now)
        return self._saved(request, form, f"{member.name} is {_article(member.role)} {member.role} now.")

    def invite_again(self, request: Request, number: int, form: SubmittedForm) -> Response:
        """Mail somebody once more where to sign in."""
        studio = self._studio
        with studio.open_store() as store:
            member = staff.invited(store, studio.person, number, now=studio.now)
        return self._saved(request, form, self._mailed(member, ""))

    def end_sessions(self, request: Request, number: int, form: SubmittedForm) -> Response:
        """Sign somebody out everywhere."""
        studio = self._studio
        with studio.open_store() as store:
            member = staff.end_sessions(store, studio.person, number, now=studio.now)
        return self._saved(request, form, f"{member.name} is signed out everywhere.")

    def remove(self, request: Request, number: int, form: SubmittedForm) -> Response:
        """Remove somebody from the team."""
        studio = self._studio
        with studio.open_store() as store:
            member = staff.remove(store, studio.person, number, now=studio.now)
        return self._saved(request, form, f"{member.name} is no longer on the team.")

    def _mailed(self, member: StaffMember, words: str) -> str:
        hosting = self._studio.hosting
        if hosting is None:
            return words
        hosting.mailer.send(staff.invitation_letter(member, self._studio.person.name, hosting.origin))
        return f"{words} An invitation is on its way to {member.address}.".strip()

    def _saved(self, request: Request, form: SubmittedForm, words: str) -> Response:
        return saved(request, form, at=self._studio.now, announce=words, back=PEOPLE)


def _role(text: str) -> Role:
    if text not in set(Role):
        raise UsageError("this isn’t a role", hint=f"choose one of {', '.join(Role)}")
    return Role(text)


def _article(role: Role) -> str:
    return "an" if role[0] in "aeiou" else "a"
