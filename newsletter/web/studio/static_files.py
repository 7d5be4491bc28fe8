"""The studio's scripts and styles, and those that it shares with the preview."""

from pathlib import Path

from fastapi import FastAPI

from newsletter.reports.page import STATIC as REPORTS
from newsletter.web.http.kept_files import kept_path, mount_kept
from newsletter.web.preview.app import STATIC as SHARED

STATIC = Path(__file__).parent / "static"
OPEN_PATHS = ("/static/", "/studio/", "/report-styles/")  # they reveal nothing about the newsletter

_OWN_PATH, _SHARED_PATH, _REPORTS_PATH = "/studio", "/static", "/report-styles"


def mount_static_files(app: FastAPI) -> None:
    """Serve the files, so that browsers keep them."""
    mount_kept(app, _SHARED_PATH, SHARED)
    mount_kept(app, _OWN_PATH, STATIC)
    mount_kept(app, _REPORTS_PATH, REPORTS)


def static_paths() -> dict[str, str]:
    """Return the paths of these folders, as templates name them."""
    return {
        "static": kept_path(_OWN_PATH, STATIC),
        "shared_static": kept_path(_SHARED_PATH, SHARED),
        "report_styles": kept_path(_REPORTS_PATH, REPORTS),
    }
