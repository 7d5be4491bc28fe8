"""A file as text: for what has no field, and for files that can't be read in any other way."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from newsletter.editing import require_sight
from newsletter.errors import Finding, FindingsError
from newsletter.files.newsletter_folder import SETTINGS_FILE
from newsletter.web.http.forms import SubmittedForm
from newsletter.web.preview.source_files import SourceLine, excerpt
from newsletter.web.studio.context import Studio
from newsletter.web.studio.paths import file_path
from newsletter.web.studio.replies import saved, session_of, text_of

_OTHER = "another text"  # the digest of no file


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingAtLine:
    """A finding of a file with the lines around it."""

    finding: Finding
    lines: tuple[SourceLine, ...]


def router(studio: Studio) -> APIRouter:
    """Return the routes."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/text/{path:path}")
    def show(path: str) -> str:
        """Show a manuscript's whole text, with its findings at their lines."""
        require_sight(studio.person, path)
        file = studio.editing.read(path)
        findings = sorted(findings_of(studio, file.path), key=lambda finding: finding.place.line or 0)
        return studio.page(
            "text",
            path=file.path,
            page=file_path(file.path),
            text=text_of(file.text),
            findings=[
                FindingAtLine(finding=finding, lines=excerpt(studio.root, finding.place)) for finding in findings
            ],
        )

    @router.post("/text/{path:path}")
    def save(path: str, request: Request, form: SubmittedForm) -> Response:
        """Replace the whole text, unless somebody has changed the file since it was shown."""
        now = studio.now
        require_sight(studio.person, path)  # a conflict shows the text
        file = studio.editing.read(path)
        value, texts = form.exact("value"), form.exact_all("seen")
        seen_digest = file.digest if text_of(file.text) in (*texts, value) else _OTHER
        changed = studio.editing.replace_text(
            studio.person, path, value, seen_digest=seen_digest, session=session_of(request), now=now
        )
        return saved(request, form, at=now, value=value, digest=changed.digest, undo=changed.undo)

    return router


def findings_of(studio: Studio, path: str) -> tuple[Finding, ...]:
    """Return the findings in a file; those of newsletter.toml are what keeps all pages from being shown."""
    if path != SETTINGS_FILE:
        return studio.snapshot.findings_of(path)
    try:
        _ = studio.snapshot
    except FindingsError as err:
        return err.findings
    return ()
