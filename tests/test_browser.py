"""The browser that the tests use, and its installation."""

import os
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page

from tests.browser import system_browser

REPOSITORY = Path(__file__).parents[1]


def _run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=REPOSITORY, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


def test_an_installed_browser_is_used(page: Page, tmp_path: Path) -> None:
    page.set_content("<h1>It runs</h1>")
    assert page.get_by_role("heading").inner_text() == "It runs"
    installed = system_browser()
    alone = {}
    if installed:  # and no apt-get, which would install a better one
        there = tmp_path / "chromium"
        there.write_text(f"#!/bin/sh\nPATH='{os.environ['PATH']}' exec '{installed}' \"$@\"\n")
        there.chmod(0o755)
        alone["PATH"] = str(tmp_path)
    done = _run("-m", "tests.browser", "install", **alone)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("the tests use ")


def test_a_page_can_reach_only_this_computer(page: Page) -> None:
    failed: list[str] = []
    page.on("requestfailed", lambda request: failed.append(request.url))
    page.set_content("<img src='https://example.org/x.png' alt=''>", wait_until="load")
    assert failed == ["https://example.org/x.png"]


def test_a_missing_browser_is_an_error_with_the_reason(tmp_path: Path) -> None:
    # No browser to run, and a download URL that refuses connections.
    program = "import sys, tests.browser as b; b.PLACES = (); sys.exit(b.main(['install']))"
    nowhere = {"PATH": str(tmp_path), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}
    done = _run("-c", program, **nowhere, PLAYWRIGHT_DOWNLOAD_HOST="http://127.0.0.1:9")
    assert done.returncode == 1
    assert "no browser can be had" in done.stderr
    assert "playwright install chromium" in done.stderr
