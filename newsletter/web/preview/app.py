"""Build the preview's application and serve it on this computer."""

import asyncio
import contextlib
import secrets
import socket
import threading
import webbrowser
from collections.abc import AsyncIterator, Callable, Collection
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp

from newsletter import bootstrap, settings
from newsletter.errors import NewsletterError, UsageError
from newsletter.web.http.local_access import LocalAccess, LocalRules
from newsletter.web.http.security import PREVIEW_HEADERS
from newsletter.web.http.server import Server, listen
from newsletter.web.preview import routes
from newsletter.web.preview.file_watcher import FileWatcher
from newsletter.web.preview.preview_settings import PreviewSettings
from newsletter.web.preview.snapshot import SnapshotCache

HOST = "127.0.0.1"
PORT = 8025
STATIC = Path(__file__).parent / "static"


def preview_app(
    root: Path,
    *,
    allowed_hosts: Collection[str],
    token: str,
    watcher: FileWatcher | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> FastAPI:
    """Return the preview of the newsletter at ``root`` (the folder of newsletter.toml), whose files may be broken.

    ``allowed_hosts`` are the Host headers it answers for, with the port. ``token`` is required, first in the query and
    then as a cookie. Pass ``watcher`` to be able to end the streams of open pages.
    """
    watcher = watcher or FileWatcher(root)
    snapshots = SnapshotCache(root, lambda: preview_settings(root, clock))
    person = partial(bootstrap.local_person, root)
    pages = routes.PreviewPages(root, snapshots, watcher, routes.templates(), person)

    @contextlib.asynccontextmanager
    async def watching(_app: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(watcher.watch())
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    app = FastAPI(title="Preview", lifespan=watching, docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(pages.router())
    app.mount("/static", StaticFiles(directory=STATIC))
    rules = LocalRules(name="preview", hosts=allowed_hosts, token=token, headers=PREVIEW_HEADERS)
    app.add_middleware(LocalAccess, rules=rules)
    app.add_exception_handler(NewsletterError, pages.broken)
    app.add_exception_handler(404, pages.nowhere)
    app.add_exception_handler(RequestValidationError, pages.nowhere)
    return app


def serve_preview(
    root: Path,
    *,
    port: int | None = None,
    open_page: Callable[[str], object] = webbrowser.open,
    say: Callable[[str], object] = print,
) -> None:
    """Serve the preview until interrupted. Print its address, with the token, and open it with ``open_page``.

    Without a ``port`` use 8025, or a free one if that is in use. Raise UsageError if the given port is in use.
    """
    listening = listen_locally(port, PORT)
    number = listening.getsockname()[1]
    token = secrets.token_urlsafe(24)
    watcher = FileWatcher(root)
    app = preview_app(root, allowed_hosts=(f"{HOST}:{number}", f"localhost:{number}"), token=token, watcher=watcher)
    address = f"http://{HOST}:{number}/?token={token}"

    def ready() -> None:
        say(address)
        # In a thread: a text browser would block the server.
        threading.Thread(target=open_page, args=(address,), daemon=True).start()

    with listening, contextlib.suppress(KeyboardInterrupt):
        preview_server(app, watcher, ready).run(sockets=[listening])


def preview_server(app: ASGIApp, watcher: FileWatcher, ready: Callable[[], object]) -> Server:
    """Return a server of the preview or the studio, which ends the streams of open pages when it stops."""
    # Warnings are only about other programs' malformed requests; errors are ours.
    config = uvicorn.Config(
        app,
        loop="asyncio",
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the studio's guard decides whose X-Forwarded-For is trusted
        ws="none",
    )
    return Server(config, ready=ready, closing=watcher.close)


def preview_settings(root: Path, clock: Callable[[], datetime]) -> PreviewSettings:
    """Return the settings that the pages need, as newsletter.toml has them now. Raise SettingsError."""
    read = settings.load(root)
    return PreviewSettings(
        root=read.root,
        newsletter=read.newsletter,
        segments=read.segments,
        has_database=partial(bootstrap.has_database, read),
        open_store=partial(bootstrap.open_store, read),
        clock=clock,
        reminder=read.studio.reminder,
        mails=read.mails,
        approval=read.approval,
    )


def listen_locally(port: int | None, usual: int) -> socket.socket:
    """Return a socket at a port of this computer: without ``port`` the usual one, or a free one if that is in use.

    Raise UsageError if the given port is in use.
    """
    if port is None:
        with contextlib.suppress(UsageError):
            return listen(HOST, usual)
    return listen(HOST, port or 0, taken="choose another with --port, or omit --port to use a free one")
