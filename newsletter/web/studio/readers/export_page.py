"""The export of readers as a CSV file."""

from collections.abc import Iterator

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from newsletter.domain.people import Act
from newsletter.domain.subscriber import SubscriberStatus
from newsletter.errors import UsageError
from newsletter.publishing.readers.reader_files import export_readers
from newsletter.publishing.readers.reader_lookup import require_sight
from newsletter.web.http.forms import SubmittedForm
from newsletter.web.studio.context import Studio
from newsletter.web.studio.readers import words
from newsletter.web.studio.readers.list_page import PAGE, has_readers, open_store

EXPORT = f"{PAGE}/export"
_BOM = "\ufeff"  # by which spreadsheets recognise UTF-8
_LINES = 500  # in a piece of the answer


def router(studio: Studio) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.get(EXPORT, response_class=HTMLResponse)
    def choose() -> str:
        """Show the form to choose what to export."""
        require_sight(studio.person)
        segments = studio.snapshot.settings.segments.values()
        return studio.page(
            "readers/export",
            place="readers",
            segments=tuple(segments),
            statuses=words.STATUSES,
            has_readers=has_readers(studio),
        )

    @router.post(EXPORT)
    def export(form: SubmittedForm) -> Response:
        """Return readers as a CSV file, row by row."""
        require_sight(studio.person, Act.EXPORT_READERS)
        slug, status = form.text("segment"), form.text("status")
        segments = studio.snapshot.settings.segments
        if (slug and slug not in segments) or (status and status not in words.STATUSES):
            raise UsageError("there is no such segment or status", hint="choose one of the list")
        store = open_store(studio)
        try:
            lines = export_readers(
                store,
                studio.person,
                now=studio.now,
                segment=segments[slug] if slug else None,
                status=SubscriberStatus(status) if status else None,
            )
        except BaseException:
            store.close()
            raise

        def content() -> Iterator[str]:
            with store:
                yield _BOM
                piece: list[str] = []
                for line in lines:
                    piece.append(line)
                    if len(piece) == _LINES:
                        yield "".join(piece)
                        piece = []
                yield "".join(piece)

        name = "-".join(filter(None, ("readers", slug, status, f"{studio.today(studio.snapshot):%Y-%m-%d}")))
        headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
        return StreamingResponse(content(), media_type="text/csv; charset=utf-8", headers=headers)

    return router
