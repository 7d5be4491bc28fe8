"""The pages about captured links and the entries that are made of them."""

from fastapi import APIRouter

from newsletter.web.studio.capture import CapturePages
from newsletter.web.studio.context import Studio
from newsletter.web.studio.entry_page import EntryPages
from newsletter.web.studio.link_services import LinkServices
from newsletter.web.studio.links import LinksPages


def router(studio: Studio) -> APIRouter:
    """Return the routes."""
    services = LinkServices(studio)
    router = APIRouter()
    for pages in (LinksPages(services), CapturePages(services), EntryPages(services)):
        router.include_router(pages.router())
    return router
