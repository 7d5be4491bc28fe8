"""Build the studio's application and serve it on this computer."""

import asyncio
import contextlib
import secrets
import threading
import webbrowser
from collections.abc import AsyncIterator, Callable, Collection
from datetime import datetime
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response

from newsletter.domain.people import ConfirmationNeededError
from newsletter.domain.studio_origin import STUDIO_PORT
from newsletter.editing import may_see
from newsletter.errors import FindingsError, NewsletterError, NotFoundError, UsageError
from newsletter.fetching import WebClient
from newsletter.files.newsletter_folder import SETTINGS_FILE
from newsletter.web.http.forms import read_form
from newsletter.web.http.local_access import LocalAccess, LocalRules
from newsletter.web.http.memory import keep_memory_small, return_memory_often
from newsletter.web.http.own_requests import BodyRules
from newsletter.web.http.security import STUDIO_HEADERS
from newsletter.web.http.server import listen
from newsletter.web.preview import app as preview
from newsletter.web.preview import routes
from newsletter.web.preview.file_watcher import FileWatcher
from newsletter.web.preview.issue_page import findings_in
from newsletter.web.preview.looking_once import LookOnce
from newsletter.web.studio import (
    capture,
    compose,
    desk,
    entry_page,
    file_text,
    history,
    links,
    live,
    new_issue,
    palette,
    remote_page,
    saving,
)
from newsletter.web.studio.audience import segments, topics
from newsletter.web.studio.context import Studio, machine_time
from newsletter.web.studio.opening import open_studio
from newsletter.web.studio.people import account_page, audit_page, people_page
from newsletter.web.studio.readers import export_page, import_pages, list_page, reader_page
from newsletter.web.studio.readers.import_pages import IMPORT
from newsletter.web.studio.replies import not_confirmed, not_saved, refused, status_of, wants_json
from newsletter.web.studio.results import pages as results
from newsletter.web.studio.review import review_page
from newsletter.web.studio.sending import send_page
from newsletter.web.studio.settings_pages import settings_page
from newsletter.web.studio.sign_in import confirming
from newsletter.web.studio.sign_in import pages as sign_in_pages
from newsletter.web.studio.sign_in.guard import StaffAccess, StaffRules
from newsletter.web.studio.sign_in.hosting import Hosting
from newsletter.web.studio.sign_in.serving import open_hosting
from newsletter.web.studio.starting import warm_up
from newsletter.web.studio.static_files import OPEN_PATHS, mount_static_files

PORT = STUDIO_PORT
PREVIEW = "/preview"
LARGEST_FILE = 256 * 1024 * 1024  # bytes; a million readers take about 100 MB
LARGEST_BODY = 2 * 1024 * 1024  # bytes; a form encodes each byte of a file in up to three

# Each page module's routes.
ROUTERS: tuple[Callable[[Studio], APIRouter], ...] = (
    desk.router,
    links.router,
    capture.router,
    entry_page.router,
    new_issue.router,
    compose.router,
    file_text.router,
    history.router,
    live.router,
    palette.router,
    remote_page.router,
    saving.router,
    results.router,
    segments.router,
    topics.router,
    settings_page.router,
    list_page.router,
    import_pages.router,
    export_page.router,
    reader_page.router,
    sign_in_pages.router,
    confirming.router,
    people_page.router,
    audit_page.router,
    account_page.router,
    send_page.router,
    review_page.router,
)


def studio_app(
    root: Path,
    *,
    allowed_hosts: Collection[str] = (),
    token: str = "",
    watcher: FileWatcher | None = None,
    clock: Callable[[], datetime] = machine_time,
    web_client: WebClient | None = None,
    hosting: Hosting | None = None,
) -> FastAPI:
    """Return the studio of the newsletter at ``root`` (the folder of newsletter.toml), whose files may be broken.

    ``allowed_hosts`` are the Host headers it answers for, with the port. ``token`` is required, first in the query and
    then as a cookie. Pass ``watcher`` to be able to end the streams of open pages. The preview's pages are below
    ``/preview``. ``web_client`` fetches the pages of captured links; without it, nothing is fetched.

    With ``hosting``, people sign in instead: then there is no token, and the only host is that of its origin.
    """
    watcher = watcher or FileWatcher(root)
    studio = open_studio(root, watcher, clock, web_client, hosting)
    previews = routes.PreviewPages(root, studio.snapshots, watcher, routes.templates(PREVIEW), lambda: studio.person)

    @contextlib.asynccontextmanager
    async def watching(_app: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(watcher.watch()), asyncio.create_task(return_memory_often())]
        studio.sittings.start()
        studio.syncing.start()
        if hosting is not None:
            hosting.mailer.start()
        await run_in_threadpool(studio.imports.tidy)
        yield
        await run_in_threadpool(studio.imports.close)
        if hosting is not None:
            await run_in_threadpool(hosting.mailer.stop)
        await run_in_threadpool(studio.sittings.stop)
        await run_in_threadpool(studio.syncing.stop)
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    app = FastAPI(title="Studio", lifespan=watching, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.studio = studio
    for router in (*(router(studio) for router in ROUTERS), previews.router()):
        app.router.routes += router.routes  # ``include_router`` would build a second copy of each: 2 MB and slower
    mount_static_files(app)
    app.add_middleware(LookOnce)
    _add_guard(app, studio, allowed_hosts, token)
    _show_errors(app, studio, previews)
    return app


def _add_guard(app: FastAPI, studio: Studio, allowed_hosts: Collection[str], token: str) -> None:
    bodies = BodyRules(largest=LARGEST_BODY, uploads={IMPORT: LARGEST_FILE})
    if studio.hosting is not None:
        staff_rules = StaffRules(
            hosting=studio.hosting,
            open_paths=OPEN_PATHS,
            bodies=bodies,
            clock=studio.clock,
            outside=lambda: studio.part("sign-in/outside"),
            visited=studio.presence.visited if studio.presence else lambda _person, _path: None,
        )
        app.add_middleware(StaffAccess, rules=staff_rules)
        return
    rules = LocalRules(
        name="studio",
        hosts=allowed_hosts,
        token=token,
        headers=STUDIO_HEADERS,
        open_paths=OPEN_PATHS,
        same_site="lax",  # a bookmarklet opens the capture window from another site
        bodies=bodies,
    )
    app.add_middleware(LocalAccess, rules=rules)


def serve_studio(
    root: Path,
    *,
    port: int | None = None,
    open_page: Callable[[str], object] = webbrowser.open,
    say: Callable[[str], object] = print,
) -> None:
    """Serve the studio until interrupted. Print its address, with the token, and open it with ``open_page``.

    Without a ``port`` use 8027, or a free one if that is in use. Raise UsageError if the given port is in use.
    """
    keep_memory_small()
    listening = preview.listen_locally(port, PORT)
    number = listening.getsockname()[1]
    token = secrets.token_urlsafe(24)
    watcher = FileWatcher(root)
    hosts = (f"{preview.HOST}:{number}", f"localhost:{number}")
    app = studio_app(root, allowed_hosts=hosts, token=token, watcher=watcher, web_client=WebClient())
    address = f"http://{preview.HOST}:{number}/?token={token}"

    def ready() -> None:
        say(address)
        threading.Thread(target=warm_up, args=(app.state.studio,), daemon=True).start()
        # In a thread: a text browser would block the server.
        threading.Thread(target=open_page, args=(address,), daemon=True).start()

    with listening, contextlib.suppress(KeyboardInterrupt):
        preview.preview_server(app, watcher, ready).run(sockets=[listening])


def serve_hosted_studio(
    root: Path,
    *,
    origin: str,
    address: str = preview.HOST,
    port: int = PORT,
    say: Callable[[str], object] = print,
    log: Callable[[str], object] = print,
) -> None:
    """Serve the studio at an origin to people who sign in, until interrupted; a proxy with TLS is before it.

    It listens on an ``address`` and ``port`` of this machine. ``say`` is called with the origin once it listens, and
    ``log`` with errors. Raise UsageError if the port is in use, SettingsError and StoreError.
    """
    keep_memory_small()
    watcher = FileWatcher(root)
    with (
        open_hosting(root, origin, log) as hosting,
        listen(address, port) as listening,
        contextlib.suppress(KeyboardInterrupt),
    ):
        app = studio_app(root, watcher=watcher, web_client=WebClient(), hosting=hosting)

        def ready() -> None:
            say(origin)
            threading.Thread(target=warm_up, args=(app.state.studio,), daemon=True).start()

        preview.preview_server(app, watcher, ready).run(sockets=[listening])


def _as_seen(studio: Studio, error: Exception) -> Exception:
    """Return an error as the person of the request may see it: mistakes in newsletter.toml quote it."""
    quotes = isinstance(error, FindingsError) and any(finding.place.path == SETTINGS_FILE for finding in error.findings)
    if not quotes or not studio.has_person or may_see(studio.person, SETTINGS_FILE):
        return error
    return UsageError("there is a mistake in the newsletter’s settings", hint="ask an admin to look at the settings")


def _show_errors(app: FastAPI, studio: Studio, previews: routes.PreviewPages) -> None:
    async def broken(request: Request, error: Exception) -> Response:
        """Handle a NewsletterError: show what is wrong and the hint instead of the page."""
        error = _as_seen(studio, error)
        if request.url.path.startswith(f"{PREVIEW}/"):
            return await previews.broken(request, error)
        if not isinstance(error, NewsletterError):
            raise error
        if wants_json(request):
            return refused(error)
        if not studio.has_person:
            return HTMLResponse(studio.part("sign-in/outside"), status_code=401)
        if isinstance(error, ConfirmationNeededError):
            page = not_confirmed(studio, request, await read_form(request))
            return HTMLResponse(page, status_code=status_of(error))
        if request.method == "POST":
            page = not_saved(studio, request.url.path, await read_form(request), error)
            return HTMLResponse(page, status_code=status_of(error))
        status = status_of(error)
        html = studio.page("broken", findings=findings_in(error), missing=status == 404, forbidden=status == 403)
        return HTMLResponse(html, status_code=status)

    async def nowhere(request: Request, _error: Exception) -> Response:
        """Handle a URL that no route has."""
        missing = NotFoundError(f"there is no page {request.url.path}", hint="go to the desk")
        return await broken(request, missing)

    app.add_exception_handler(NewsletterError, broken)
    app.add_exception_handler(404, nowhere)
    app.add_exception_handler(RequestValidationError, nowhere)
