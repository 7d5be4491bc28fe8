"""What open pages listen to: the stream of changes, and the commands and places that the palette finds."""

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from newsletter.web.studio.context import Studio


def router(studio: Studio) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.get("/changes")
    async def changes() -> StreamingResponse:
        """Stream the revision of the files, now and whenever one is saved, and who else is here."""
        changes = studio.watcher.events()
        if studio.presence is not None:
            changes = studio.presence.events(studio.person, changes)
        return StreamingResponse(changes, media_type="text/event-stream")

    return router
