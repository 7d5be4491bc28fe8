"""The compose page's routes: an issue beside the shelf and its preview, and the changes that an editor makes there."""

from collections.abc import Iterable

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from newsletter import content
from newsletter.content import FileKind
from newsletter.domain.changes import Change, SetMember, Several
from newsletter.domain.issue_names import UnknownIssueError
from newsletter.domain.topics import SLUG
from newsletter.editing import Changed, move_between_issues
from newsletter.errors import printable
from newsletter.files.newsletter_folder import ISSUES
from newsletter.web.http.forms import Form, SubmittedForm
from newsletter.web.http.memory import return_memory
from newsletter.web.studio.compose_changes import (
    Outline,
    UnknownChangeError,
    announcement,
    change_of,
    chosen_section,
)
from newsletter.web.studio.compose_items import override_names
from newsletter.web.studio.compose_page import ComposeState, compose_values, outline_of, reader_values
from newsletter.web.studio.context import Studio
from newsletter.web.studio.paths import issue_path
from newsletter.web.studio.replies import saved, session_of
from newsletter.web.studio.saving import save_field


def router(studio: Studio) -> APIRouter:
    """Return the routes."""
    pages = ComposePages(studio)
    router = APIRouter()
    router.add_api_route("/compose", pages.next_issue)
    router.add_api_route("/issues/{slug}", pages.issue, response_class=HTMLResponse)
    router.add_api_route("/issues/{slug}/readers", pages.readers, response_class=HTMLResponse)
    router.add_api_route("/issues/{slug}/changes", pages.change, methods=["POST"])
    router.add_api_route("/issues/{slug}/fields/{name}", pages.field, methods=["POST"])
    router.add_api_route("/issues/{slug}/members/{name}", pages.members, methods=["POST"])
    return router


class ComposePages:
    """The routes, one method each."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def next_issue(self) -> Response:
        """Go to the next issue that hasn't begun to be sent; without one, to a new issue."""
        issue = next(iter(self._studio.coming_issues()), None)
        return RedirectResponse(issue_path(issue.slug) if issue else "/issues", status_code=303)

    def issue(self, slug: str, request: Request) -> str:
        """Show an issue with the shelf and its preview."""
        state = ComposeState.parse(request.query_params)
        return self._studio.page("compose", place="compose", **compose_values(self._studio, slug, state))

    def change(self, slug: str, request: Request, form: SubmittedForm) -> Response:
        """Change the issue's list: add, move, remove or pin an item, or change a section."""
        path = self._path(slug)
        outline = outline_of(self._studio, path)
        if form.text("change") == "paste" and form.text("from") not in ("", slug):
            return self._paste(path, request, form, outline)
        if form.text("change") == "add" and form.text("link"):
            return self._add_link(path, request, form, outline)
        change = change_of(form, outline, lambda: self._overridden(slug, form.text("item")))
        changed = self._changed(path, change, request)
        return self._answer(request, form, path, change, changed)

    def field(self, slug: str, name: str, request: Request, form: SubmittedForm) -> Response:
        """Save a field of the issue, or an override of a field of one of its entries."""
        # An empty override would hide the entry's own words.
        empty = None if name == "number" or name.startswith("overrides.") else ""
        path = self._path(slug)
        return save_field(self._studio, request, form, path=path, name=name, kind=FileKind.ISSUE, empty=empty)

    def members(self, slug: str, name: str, request: Request, form: SubmittedForm) -> Response:
        """Add a word to a list of words or remove it; or, without ``present``, set the whole list."""
        path = self._path(slug)
        if form.text("present"):
            change: Change = SetMember(name=name, word=form.text("word"), present=form.text("present") == "yes")
        else:
            change = self._difference(path, name, form.all("word"))
        return self._answer(request, form, path, change, self._changed(path, change, request))

    def readers(self, slug: str) -> str:
        """Return the part of the page that says how many readers get how many entries."""
        try:
            return self._studio.part("compose_readers", **reader_values(self._studio, slug))
        finally:
            return_memory()  # of a hundred thousand readers

    def _add_link(self, path: str, request: Request, form: Form, outline: Outline) -> Response:
        """Make an entry of a link that waits, and add it."""
        if not form.text("link").isdecimal():
            raise UnknownChangeError(name="add")
        studio = self._studio
        try:
            added = studio.links.desk.add_to_issue(
                studio.person,
                int(form.text("link")[:18]),
                path,
                language=studio.snapshot.settings.newsletter.language,
                section=chosen_section(form, outline),
                session=session_of(request),
                now=studio.now,
            )
        finally:
            studio.links.changed()  # also if only the entry was made
        return self._answer(request, form, path, added.addition, added.changed)

    def _paste(self, path: str, request: Request, form: Form, outline: Outline) -> Response:
        """Move an item here from another issue."""
        addition, changed = move_between_issues(
            self._studio.editing,
            self._studio.person,
            form.text("item"),
            source=self._path(form.text("from")),
            target=path,
            section=chosen_section(form, outline),
            before=form.text("before") or None,
            session=session_of(request),
            now=self._studio.now,
        )
        return self._answer(request, form, path, addition, changed)

    def _changed(self, path: str, change: Change, request: Request) -> Changed:
        studio = self._studio
        return studio.editing.change(studio.person, path, change, session=session_of(request), now=studio.now)

    def _answer(self, request: Request, form: Form, path: str, change: Change, changed: Changed) -> Response:
        outline = outline_of(self._studio, path)
        words = announcement(change, outline, self._studio.title_of)
        return saved(
            request,
            form,
            at=self._studio.now,
            announce=" ".join((f"{words}.", *changed.notes)),
            digest=changed.digest,
            undo=changed.undo,
            notes=changed.notes,
            sections=[section.key for section in outline],
        )

    def _difference(self, path: str, name: str, wanted: Iterable[str]) -> Change:
        """Return the changes that make a list of words the wanted one."""
        words = tuple(word for word in wanted if word)
        value = content.field_value(self._studio.editing.read(path).text, name, FileKind.ISSUE)
        known = value if isinstance(value, tuple) else ()
        gone = (SetMember(name=name, word=word, present=False) for word in known if word not in words)
        new = (SetMember(name=name, word=word, present=True) for word in words if word not in known)
        return Several(changes=(*gone, *new))

    def _overridden(self, slug: str, item: str) -> tuple[str, ...]:
        """Return the names of the fields of an entry that the issue changes."""
        return override_names(self._studio.snapshot.manuscripts.issue(slug)).get(item, ())

    @staticmethod
    def _path(slug: str) -> str:
        if not SLUG.fullmatch(slug):
            raise UnknownIssueError(name=printable(slug, 80), suggestion="")
        return f"{ISSUES}/{slug}.md"
