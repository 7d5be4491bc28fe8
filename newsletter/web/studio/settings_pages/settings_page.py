"""The settings: newsletter.toml as it stands, each setting with its findings."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from newsletter.web.studio.context import Studio


def router(studio: Studio) -> APIRouter:
    """Return the routes."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/settings")
    def show() -> str:
        return studio.page("text")

    return router
