"""Build the public web application from the readers' pages, which need no JavaScript and set no cookies."""

from collections.abc import Callable, Sequence

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from newsletter.domain.caching import IMMUTABLE
from newsletter.errors import NewsletterError
from newsletter.tokens import ExpiredError
from newsletter.web.http.client_address import Network
from newsletter.web.http.compression import GZIP, VARY, accepts_gzip, compressed
from newsletter.web.http.gateway import Gateway, GatewayRules
from newsletter.web.public.address_change import AddressChangePages
from newsletter.web.public.archive import ArchivePages
from newsletter.web.public.change_writer import ChangeWriter
from newsletter.web.public.error_pages import ErrorPages
from newsletter.web.public.local_pages import VisitorPages
from newsletter.web.public.mail_request_writer import MailRequestWriter
from newsletter.web.public.pages import Site
from newsletter.web.public.pictures import PicturePages
from newsletter.web.public.polls import PollPages
from newsletter.web.public.preferences import PreferencesPages
from newsletter.web.public.sign_up import SignUpPages
from newsletter.web.public.sign_up_api import SignUpApi
from newsletter.web.public.tracking import TrackedLinks
from newsletter.web.public.unsubscribe import UnsubscribePages
from newsletter.web.public.view_in_browser import ViewInBrowser
from newsletter.web.public.webhooks import LARGEST_BODY, PATH, Webhooks

TIME_LIMIT = 15.0  # seconds for a request's headers, and then for the rest of the request
HOLD_BACK = 1.0  # seconds: slows a flood on 64 connections down to 64 requests a second
A_DAY = "public, max-age=86400"


def public_app(
    site: Site,
    *,
    proxies: Sequence[Network] = (),
    hooks: Webhooks | None = None,
    log: Callable[[str], object] = lambda _: None,
    hold_back: float = HOLD_BACK,
    time_limit: float = TIME_LIMIT,
) -> FastAPI:
    """Return the application with all public pages of a newsletter, below the path of its ``base_url``.

    ``proxies`` are the networks of trusted proxies; ``hooks`` receives the providers' webhooks; ``log`` logs internal
    errors. A client over its rate limit waits ``hold_back`` seconds for each response. A request has ``time_limit``
    seconds once its headers are complete.
    """
    app = FastAPI(
        title=site.newsletter.name,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        redirect_slashes=False,
    )
    app.state.pages = site.pages
    errors = ErrorPages(site.pages, log)
    app.add_exception_handler(NewsletterError, errors.answer)
    app.add_exception_handler(HTTPException, errors.answer)
    app.add_exception_handler(RequestValidationError, errors.answer)
    app.add_exception_handler(ExpiredError, errors.expired)
    requests, changes = MailRequestWriter(site), ChangeWriter(site)
    unsubscribe = UnsubscribePages(site, changes)
    # The busiest routes come first, since they are tried in order, and are plain: FastAPI would validate each response.
    app.routes.extend((*([hooks.route()] if hooks else ()), unsubscribe.route(), *TrackedLinks(site).routes()))
    app.routes.append(PicturePages(site).route())
    routers = [
        SignUpPages(site, requests, changes).router(),
        unsubscribe.router(),
        PreferencesPages(site, requests, changes).router(),
        PollPages(site, changes).router(),
        AddressChangePages(site, changes).router(),
        SignUpApi(site, requests).router(),
        ArchivePages(site).router(),
        ViewInBrowser(site).router(),
    ]
    for router in routers:
        app.include_router(router)
    app.add_api_route("/help", _help, methods=["GET", "HEAD"], include_in_schema=False, response_model=None)
    app.add_route(site.pages.css_name, _style_sheet(site))
    for path, (icon, kind) in site.pages.icons.items():
        app.add_route(path, _lasting(Response(icon, media_type=kind, headers={"Cache-Control": A_DAY})))
    routes = [*app.routes, *(route for router in routers for route in router.routes)]
    errors.routes = [route for route in routes if isinstance(route, Route)]
    rules = GatewayRules(
        base_url=site.newsletter.base_url,
        picture_host=site.newsletter.picture_host,
        proxies=proxies,
        larger_bodies={PATH: LARGEST_BODY},
        seconds=time_limit,
        hold_back=hold_back,
    )

    def refuses(method: str, path: str, client: str) -> bool:
        return requests.refuses(method, path, client) or changes.refuses(method, path)

    app.add_middleware(Gateway, rules=rules, error_response=errors.at, refuses=refuses, log=log)
    return app


async def _help(pages: VisitorPages) -> Response:
    return pages.answer("help")


def _lasting(answer: Response) -> Callable[[Request], Response]:
    return lambda _request: answer


def _style_sheet(site: Site) -> Callable[[Request], Response]:
    small, headers = compressed(site.pages.css.encode()), {"Cache-Control": IMMUTABLE} | VARY

    def style_sheet(request: Request) -> Response:
        if accepts_gzip(request.headers):
            return Response(small, media_type="text/css", headers=headers | GZIP)
        return Response(site.pages.css, media_type="text/css", headers=headers)

    return style_sheet
