"""A file's history: its versions side by side, and *Bring back*, which is a new change."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from newsletter.editing import (
    Comparison,
    FileGoneError,
    FileText,
    bring_back,
    compare_texts,
    require_sight,
    seen_versions,
)
from newsletter.errors import NotFoundError
from newsletter.git import Version, text_at
from newsletter.web.http.forms import SubmittedForm
from newsletter.web.studio.context import Studio
from newsletter.web.studio.local_times import local_clock
from newsletter.web.studio.paths import file_path
from newsletter.web.studio.replies import saved, session_of

_NOW = "now"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownVersion:
    """A version of a file beside another text: the version before it, or with ``against_now`` the file as it is now.

    ``is_current`` says that the file has this version's text, so that there is nothing to bring back.
    """

    version: Version
    comparison: Comparison
    against_now: bool
    is_current: bool


def router(studio: Studio) -> APIRouter:
    """Return the routes."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/history/{path:path}")
    def show(path: str, version: str = "", against: str = "") -> str:
        """Show a file's versions, and one of them side by side with another."""
        require_sight(studio.person, path)
        current = _current(studio, path)
        versions = seen_versions(studio.repository, studio.person, path) if studio.repository else ()
        if current is None and not versions:
            raise FileGoneError(path=path)
        chosen = _chosen(versions, version)
        return studio.page(
            "history",
            path=path,
            page=file_path(path),
            versions=versions,
            local=local_clock(studio),
            shown=_shown(studio, versions, chosen, current, against) if chosen else None,
            digest=current.digest if current else "",
        )

    @router.post("/history/{path:path}")
    def restore(path: str, request: Request, form: SubmittedForm) -> Response:
        """Give the file the text of a version again, unless somebody has changed it since the page was shown."""
        now = studio.now
        changed = bring_back(
            studio.editing,
            studio.repository,
            studio.person,
            path,
            form.text("version"),
            seen_digest=form.text("digest"),
            session=session_of(request),
            now=now,
        )
        return saved(
            request,
            form,
            at=now,
            announce="Brought back.",
            digest=changed.digest,
            undo=changed.undo,
            go_to=file_path(path),
        )

    return router


def _current(studio: Studio, path: str) -> FileText | None:
    try:
        return studio.editing.read(path)
    except FileGoneError:
        return None


def _chosen(versions: Sequence[Version], sha: str) -> Version | None:
    if not sha:
        return versions[0] if versions else None
    version = next((known for known in versions if known.sha == sha), None)
    if version is None:
        raise NotFoundError("there is no such version", hint="choose one of the file's history")
    return version


def _shown(
    studio: Studio, versions: Sequence[Version], chosen: Version, current: FileText | None, against: str
) -> ShownVersion:
    text = _text(studio, chosen)
    is_current = current is not None and text == current.text
    if against == _NOW:
        comparison = compare_texts(text, current.text if current else "")
        return ShownVersion(version=chosen, comparison=comparison, against_now=True, is_current=is_current)
    at = versions.index(chosen)
    before = _text(studio, versions[at + 1]) if at + 1 < len(versions) else ""
    comparison = compare_texts(before, text)
    return ShownVersion(version=chosen, comparison=comparison, against_now=False, is_current=is_current)


def _text(studio: Studio, version: Version) -> str:
    if version.deleted or studio.repository is None:
        return ""
    return text_at(studio.repository, version.sha, version.path)
