"""The pages on which a file of readers is uploaded, checked and imported."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response

from newsletter.domain.people import Act
from newsletter.domain.subscriber import SubscriberStatus
from newsletter.errors import NewsletterError, UsageError
from newsletter.publishing.readers.import_state import ImportChoices, ImportState
from newsletter.publishing.readers.reader_lookup import require_sight
from newsletter.subscriber_files import FIELDS, IGNORED, PLATFORMS, FileEncoding
from newsletter.web.http.forms import Form, SubmittedForm
from newsletter.web.http.multipart import UploadError, receive_form
from newsletter.web.studio.context import Studio
from newsletter.web.studio.paths import import_path
from newsletter.web.studio.readers import words
from newsletter.web.studio.readers.list_page import PAGE
from newsletter.web.studio.replies import refused, saved, status_of, wants_json

IMPORT = f"{PAGE}/import"
AUTOMATIC = "auto"
_OF_PLATFORMS = ("email", "first_name", "last_name", "name", "topics", "language", "time_zone")


def router(studio: Studio) -> APIRouter:
    """Return the routes."""
    return ImportPages(studio).router()


class ImportPages:
    """The routes, one method each."""

    def __init__(self, studio: Studio) -> None:
        self._studio, self._imports = studio, studio.imports

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        own = f"{IMPORT}/{{id_}}"
        router.add_api_route(IMPORT, self.choose_file, response_class=HTMLResponse)
        router.add_api_route(IMPORT, self.upload, methods=["POST"])
        router.add_api_route(own, self.show, response_class=HTMLResponse)
        router.add_api_route(f"{own}/state", self.state)
        router.add_api_route(f"{own}/refused.csv", self.refused_rows)
        for act in ("choices", "start", "stop", "discard"):
            router.add_api_route(f"{own}/{act}", getattr(self, act), methods=["POST"])
        return router

    def choose_file(self) -> str:
        """Show the form to upload a file, and the imports of the last day."""
        return self._start_page()

    async def upload(self, request: Request) -> Response:
        """Receive a file, and check it. The form is read as it comes, so this answers its errors itself."""
        try:
            state = await self._receive(request)
        except NewsletterError as err:
            if wants_json(request):
                return refused(err)
            page = await run_in_threadpool(self._start_page, err)
            return HTMLResponse(page, status_code=status_of(err))
        path = import_path(state.id)
        if wants_json(request):
            return JSONResponse({"go_to": path, "saved_at": self._studio.now.isoformat(timespec="seconds")})
        return RedirectResponse(path, status_code=303)

    def show(self, id_: str) -> str:
        """Show what is known of a file, what its columns mean, and how far its import is."""
        state = self._imports.state(self._studio.person, id_)
        newsletter = self._studio.snapshot.settings.newsletter
        return self._studio.page(
            "readers/import",
            place="readers",
            state=state,
            path=import_path(state.id),
            platforms={name: platform.title for name, platform in PLATFORMS.items()},
            statuses=words.STATUSES,
            encodings=tuple(FileEncoding),
            fields=_OF_PLATFORMS if state.choices.platform else FIELDS,
            ignored=IGNORED,
            automatic=AUTOMATIC,
            topics=tuple(newsletter.topics),
            words=words,
        )

    def state(self, id_: str) -> Response:
        """Return how far an import is, for scripts."""
        state = self._imports.state(self._studio.person, id_)
        return JSONResponse(
            {
                "phase": state.phase,
                "percent": state.percent,
                "words": progress_words(state),
                "running": state.is_running,
            }
        )

    def refused_rows(self, id_: str) -> Response:
        """Return the rows that were refused, as a CSV file."""
        path = self._imports.refused_rows(self._studio.person, id_)
        return FileResponse(path, media_type="text/csv; charset=utf-8", filename="refused.csv")

    def choices(self, id_: str, request: Request, form: SubmittedForm) -> Response:
        """Check a file again with other meanings of its columns."""
        state = self._imports.choose(self._studio.person, id_, _choices(form))
        return self._done(request, form, state, "Checking the file again.")

    def start(self, id_: str, request: Request, form: SubmittedForm) -> Response:
        """Import a file."""
        state = self._imports.start(self._studio.person, id_)
        return self._done(request, form, state, "The import has begun.")

    def stop(self, id_: str, request: Request, form: SubmittedForm) -> Response:
        """Stop an import after the readers that are being stored."""
        state = self._imports.stop(self._studio.person, id_)
        return self._done(request, form, state, "Stopped.")

    def discard(self, id_: str, request: Request, form: SubmittedForm) -> Response:
        """Delete an uploaded file."""
        self._imports.discard(self._studio.person, id_)
        return saved(request, form, at=self._studio.now, announce="The file was deleted.", go_to=IMPORT)

    async def _receive(self, request: Request) -> ImportState:
        person = self._studio.person
        with await run_in_threadpool(self._imports.receive, person) as upload:
            content_type = request.headers.get("content-type", "")
            received = await receive_form(content_type, request.stream(), "file", upload.write)
            if not received.file_name:
                raise UploadError("no file was chosen")
            status = _status(received.fields)
            return await run_in_threadpool(
                lambda: self._imports.begin(person, upload, file_name=received.file_name, status=status)
            )

    def _done(self, request: Request, form: Form, state: ImportState, announce: str) -> Response:
        return saved(request, form, at=self._studio.now, announce=announce, back=import_path(state.id))

    def _start_page(self, error: NewsletterError | None = None) -> str:
        require_sight(self._studio.person, Act.IMPORT_READERS)
        return self._studio.page(
            "readers/upload",
            place="readers",
            recent=self._imports.recent(self._studio.person),
            error=error,
            platforms=[platform.title for platform in PLATFORMS.values()],
            zone=self._studio.snapshot.settings.zone,
        )


def progress_words(state: ImportState) -> str:
    """Return in words how far an import is."""
    if state.merged or state.is_import:
        return f"{state.merged:,} of {state.read:,} readers"
    return f"{state.read:,} rows read"


def _status(fields: Mapping[str, str]) -> SubscriberStatus:
    try:
        return SubscriberStatus(fields.get("status") or SubscriberStatus.CONFIRMED)
    except ValueError as err:
        raise UsageError("there is no such status", hint="choose one of the list") from err


def _choices(form: Form) -> ImportChoices:
    """Return the choices in a form. Raise UsageError."""
    platform, encoding = form.text("platform"), form.text("encoding")
    try:
        written_in = FileEncoding(encoding or FileEncoding.UTF_8)
    except ValueError as err:
        raise UsageError("there is no such encoding", hint="choose one of the list") from err
    if platform and platform not in PLATFORMS:
        raise UsageError("there is no such platform", hint="choose one of the list")
    same = platform == form.text("was")  # what columns mean depends on the platform
    meanings = zip(form.all("column"), form.all("meaning"), strict=False) if same else ()
    tags = zip(form.all("tag"), form.all("tag-topic"), strict=False)
    return ImportChoices(
        platform=platform,
        status=_status({"status": form.text("status")}),
        encoding=written_in,
        columns={column: meaning for column, meaning in meanings if meaning and meaning != AUTOMATIC},
        tags={tag: topic for tag, topic in tags if topic},
    )
