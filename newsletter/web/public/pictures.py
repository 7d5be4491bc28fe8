"""Serve the pictures that messages and pages show. A picture's address never changes its content."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from newsletter.domain.caching import IMMUTABLE
from newsletter.pictures import UnknownPictureError, media_type
from newsletter.web.http.etags import has_version
from newsletter.web.public.pages import Site

_HEADERS = {
    "Cache-Control": IMMUTABLE,
    "X-Robots-Tag": "all",
    "Cross-Origin-Resource-Policy": "cross-origin",  # webmail and feed readers show it in their own pages
}


class PicturePages:
    """The route of pictures."""

    def __init__(self, site: Site) -> None:
        self._library = site.pictures

    def route(self) -> Route:
        """Return the route."""
        return Route("/images/{name}", self.picture, methods=["GET", "HEAD"])

    def picture(self, request: Request) -> Response:
        """Return a picture by its published name. Raise UnknownPictureError if there is none."""
        name = str(request.path_params["name"])
        content = self._library.content(name)
        if content is None:
            raise UnknownPictureError(name=name)
        tag = f'"{name}"'
        headers = _HEADERS | {"ETag": tag}
        if has_version(request.headers, tag):
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers, media_type=media_type(name))
