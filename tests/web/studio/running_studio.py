"""A real studio server for a newsletter on disk; ``tests.web.preview.running_preview`` writes small newsletters."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from fastapi import FastAPI
from starlette.types import ASGIApp

from newsletter.fetching import WebClient
from newsletter.web.preview.file_watcher import FileWatcher
from newsletter.web.studio.app import studio_app
from tests.web.preview.running_preview import TOKEN, Listening, listening_app, morning
from tests.web.studio.policy_reports import PolicyReports

__all__ = ["TOKEN", "Listening", "listening_studio"]


def _unchanged(_app: FastAPI) -> None:
    """Add nothing to the studio."""


@contextmanager
def listening_studio(
    root: Path,
    *,
    clock: Callable[[], datetime] = morning,
    prepare: Callable[[FastAPI], object] = _unchanged,
    web_client: WebClient | None = None,
    port: int = 0,
    token: str = TOKEN,
) -> Iterator[Listening]:
    """Run the studio of a newsletter on a port, by default a free one, in a thread that stops at the end.

    ``prepare`` may add routes; the studio's own context is ``app.state.studio``. ``web_client`` fetches captured pages.
    No browser may have reported a breach of the studio's policy by the end.
    """
    watcher = FileWatcher(root)
    collectors: list[PolicyReports] = []

    def app_for(host: str) -> ASGIApp:
        app = studio_app(root, allowed_hosts=[host], token=token, watcher=watcher, clock=clock, web_client=web_client)
        prepare(app)
        collectors.append(PolicyReports(app))
        return collectors[0]

    with listening_app(app_for, watcher, port) as at:
        yield at
    reports = list(collectors[0].reports.queue)
    assert not reports, reports
