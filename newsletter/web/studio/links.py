"""The links page: a box to paste links into, and a card for each link that waits for a decision."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from newsletter.domain.captured_links import CapturedLink
from newsletter.domain.plurals import counted
from newsletter.errors import UsageError
from newsletter.files.newsletter_folder import ISSUES
from newsletter.web.http.forms import Form, SubmittedForm
from newsletter.web.http.path_numbers import NUMBER
from newsletter.web.preview.snapshot import Snapshot
from newsletter.web.studio.context import Studio
from newsletter.web.studio.link_services import DuplicateLine, candidate_of, duplicate_lines, duplicates_of
from newsletter.web.studio.paths import entry_path
from newsletter.web.studio.replies import saved, session_of, wants_json

_PAGE = "/links"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCard:
    """A link that waits, with its duplicates; ``fetching`` says that its page is still being read."""

    link: CapturedLink
    duplicates: tuple[DuplicateLine, ...]
    fetching: bool


class UnknownActError(UsageError):
    """An act on a link that the studio doesn't know."""

    code = "link-act-unknown"

    def __init__(self) -> None:
        super().__init__("choose what to do with this link", hint="use one of its buttons")


def router(studio: Studio) -> APIRouter:
    """Return the routes."""
    return LinksPages(studio).router()


class LinksPages:
    """The routes, one method each."""

    def __init__(self, studio: Studio) -> None:
        self._studio, self._links = studio, studio.links

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        router.add_api_route("/links", self.links, response_class=HTMLResponse)
        router.add_api_route("/links", self.paste, methods=["POST"])
        router.add_api_route("/links/chosen/{act}", self.act_on_chosen, methods=["POST"])
        router.add_api_route(f"/links/{NUMBER}/{{act}}", self.act, methods=["POST"])
        return router

    def links(self) -> str:
        """Show the links that wait and those that are put off."""
        return self._page()

    def paste(self, request: Request, form: SubmittedForm) -> Response:
        """Store the links of a pasted text; lines without any come back into the box."""
        links, now = self._links, self._studio.now
        pasted = links.desk.paste(
            self._studio.person, form.text("text"), day=self._studio.today(self._studio.snapshot), now=now
        )
        links.fetcher.fetch(pasted.added)
        links.changed()
        rest = "\n".join(pasted.other_lines)
        announce = _pasted_words(len(pasted.added), len(pasted.already), len(pasted.other_lines))
        if rest and not wants_json(request):
            return HTMLResponse(self._page(rest=rest, notice=announce))
        return saved(request, form, at=now, announce=announce, go_to=_next(request, _PAGE), rest=rest)

    def act(self, number: int, act: str, request: Request, form: SubmittedForm) -> Response:
        """Do something with a link: ``entry``, ``issue``, ``put-off``, ``drop``, ``restore`` or ``fetch``."""
        announce, path = self._do(act, number, form, request)
        self._links.changed()
        target = path if path and act == "entry" else _next(request, _PAGE)
        return saved(request, form, at=self._studio.now, announce=announce, go_to=target, entry=path)

    def act_on_chosen(self, act: str, request: Request, form: SubmittedForm) -> Response:
        """Do something with all chosen links."""
        chosen = [int(link) for link in form.all("link") if link.isdecimal() and len(link) < 10]
        if not chosen:
            raise UsageError("no link is chosen", hint="tick the links first")
        for link in chosen:
            announce, _ = self._do(act, link, form, request)
        self._links.changed()
        words = announce if len(chosen) == 1 else _DONE[act].format(what=counted(len(chosen), "link"), more="")
        return saved(request, form, at=self._studio.now, announce=words, go_to=_next(request, _PAGE))

    def _do(self, act: str, link: int, form: Form, request: Request) -> tuple[str, str]:
        """Do one thing with one link. Return what was done in words, and the path of its entry, if it has one."""
        desk, person, now = self._links.desk, self._studio.person, self._studio.now
        language = self._studio.snapshot.settings.newsletter.language
        more = slug = ""
        match act:
            case "entry":
                slug = desk.make_entry(person, link, language=language, now=now)
                title = slug
            case "issue":
                issue = self._issue_path(form.text("issue"))
                slug = desk.add_to_issue(
                    person, link, issue, language=language, session=session_of(request), now=now
                ).slug
                title, more = slug, f" to {form.text('issue')}"
            case "put-off":
                until = self._day(form)
                title = desk.put_off(person, link, until).title
                more = f" until {until.day} {until:%B}"
            case "drop":
                title = desk.drop(person, link, now=now).title
            case "restore":
                title = desk.restore(person, link).title
            case "fetch":
                title = ""
                self._links.fetcher.fetch([link])
            case _:
                raise UnknownActError
        path = entry_path(slug) if slug else ""
        return _DONE[act].format(what=f"“{title}”", more=more), path

    def _issue_path(self, slug: str) -> str:
        return self._studio.snapshot.manuscripts.issue(slug).path or f"{ISSUES}/{slug}.md"

    def _day(self, form: Form) -> datetime.date:
        today = self._studio.today(self._studio.snapshot)
        try:
            day = datetime.date.fromisoformat(form.text("until") or form.text("day"))
        except ValueError as err:
            raise UsageError("this is not a date", hint="write it as 2026-11-30") from err
        if day <= today:
            raise UsageError(f"{day} is not in the future", hint=f"choose a day after {today}")
        return day

    def _page(self, *, rest: str = "", notice: str = "") -> str:
        links, snapshot = self._links, self._studio.snapshot
        today = self._studio.today(snapshot)
        waiting, later = links.desk.lists(today)
        links.fetcher.resume(link.id for link in waiting if link.fetched_at is None)
        return self._studio.page(
            "links",
            place="links",
            cards=self._cards(waiting, snapshot),
            later=later,
            issues=self._studio.issues_for_links(),
            tomorrow=today + datetime.timedelta(days=1),
            next_week=today + datetime.timedelta(days=7 - today.weekday()),
            rest=rest,
            notice=notice,
        )

    def _cards(self, links: Sequence[CapturedLink], snapshot: Snapshot) -> list[LinkCard]:
        cards = []
        today = self._studio.today(snapshot)
        candidates = list(map(candidate_of, links))
        for at, link in enumerate(links):
            addresses = (link.url, link.facts.canonical_url)
            repeated = duplicates_of(snapshot, addresses, link.facts.title, candidates[at + 1 :])
            fetching = self._links.fetcher.is_fetching(link.id)
            cards.append(LinkCard(link=link, duplicates=duplicate_lines(repeated, today), fetching=fetching))
        return cards


def _next(request: Request, path: str) -> str:
    """Return the path that a form without scripts leads to; scripts stay on the page."""
    return "" if wants_json(request) else path


def _pasted_words(added: int, already: int, other: int) -> str:
    words = []
    if added:
        words.append(f"{counted(added, 'link')} added.")
    if already:
        words.append(f"{counted(already, 'link')} already waiting.")
    if other:
        words.append(f"{counted(other, 'line')} without a link.")
    return " ".join(words) or "Nothing was pasted."


_DONE = {
    "entry": "Made the entry {what}{more}.",
    "issue": "Added {what}{more}.",
    "put-off": "Put {what} off{more}.",
    "drop": "Dropped {what}{more}.",
    "restore": "Brought {what} back{more}.",
    "fetch": "Reading the page again.{more}",
}
