"""A real Chromium for the tests: the system's if there is one, else Playwright's own.

Its headless shell is best: a new page takes a quarter of the processor time there.

``python -m tests.browser install`` installs one if needed, and otherwise explains why it can't.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Error, sync_playwright

_SHELL = "chromium-headless-shell"  # also the name of Debian's package
_NAMES = (
    _SHELL,
    "chrome-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "chrome",
    "microsoft-edge",
)
_APT_INSTALL = (
    *("apt-get", "-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=10"),
    *("install", "-y", "--no-install-recommends"),
)
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--renderer-process-limit=1",
    # A page is open for a second: optimizing its scripts costs more than it saves.
    "--js-flags=--no-opt --no-maglev",
    # Only loopback, whatever a page or the browser itself requests.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


def system_browser() -> str | None:
    """Return the path of the system's Chromium or Chrome, if one runs."""
    installed = (shutil.which(name) for name in _NAMES)
    return next((path for path in (*filter(None, installed), *PLACES) if _runs(path)), None)


@contextmanager
def launched() -> Iterator[Browser]:
    """Start a headless browser with a new, empty profile. Raises RuntimeError if there is none."""
    with sync_playwright() as playwright:
        # Chromium's sandbox can't run as root.
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        try:
            browser = playwright.chromium.launch(executable_path=system_browser(), args=[*_FLAGS, *root])
        except Error as err:
            raise RuntimeError(f"no browser: `python -m tests.browser install` gets one; {err}") from err
        try:
            yield browser
        finally:
            browser.close()


def install() -> str:
    """Install a browser if needed, and return what was done. Raises RuntimeError with the reason if it can't."""
    path, tried = system_browser(), []
    if shutil.which("apt-get") and os.geteuid() == 0 and not shutil.which(_SHELL):
        if not path:
            tried.append(_tried(["apt-get", "update"]))
        tried.append(_tried([*_APT_INSTALL, _SHELL]))  # not every system with apt-get has it
        path = system_browser()
        if not path:
            tried.append(_tried([*_APT_INSTALL, "chromium"]))
            path = system_browser()
    if path:
        return f"the tests use {path}"
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    if not own.exists():
        tried.append(_tried([sys.executable, "-m", "playwright", "install", "chromium"]))
    if own.exists() and _runs(str(own)):
        return f"the tests use Playwright's own {own}"
    if own.exists():
        tried.append(f"{own} does not run; `playwright install-deps chromium`, as root, brings what it needs")
    raise RuntimeError("no browser can be had:\n" + "\n".join(tried))


def _runs(path: str) -> bool:
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _tried(command: list[str]) -> str:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    last = "\n".join(f"  {line}" for line in done.stdout.strip().splitlines()[-5:])
    return f"`{' '.join(command)}` left with {done.returncode}:\n{last}"


def main(arguments: list[str]) -> int:
    """``python -m tests.browser install``."""
    if arguments != ["install"]:
        print("usage: python -m tests.browser install", file=sys.stderr)  # noqa: T201
        return 2
    try:
        print(install())  # noqa: T201
    except RuntimeError as err:
        print(err, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
