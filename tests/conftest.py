"""Settings for the whole suite: the same examples for property tests every time, and one real browser for all tests."""

import gc
import itertools
import os
import signal
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from newsletter.__main__ import collect_rarely
from tests import statement_cache  # noqa: F401  it listens
from tests.databases import database_url, databases, empty_postgresql, postgresql_server, store  # noqa: F401  fixtures

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

gc.disable()  # until all tests are collected: their modules and items stay, and looking through them takes a second

settings.register_profile("suite", derandomize=True, deadline=None)
settings.load_profile("suite")
# Without bytecode files, each process started by a test would compile the whole program, and each worker all tests.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a shell's background job; tests press Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return more workers than processors for ``-n auto``: tests spend about half of their time waiting."""
    return (os.cpu_count() or 1) + 2


def pytest_collection_finish() -> None:
    """Exclude modules and tests, which stay until the end, from garbage collection: every send runs it.

    Otherwise it runs as rarely as in the program itself.
    """
    collect_rarely()
    gc.collect()
    gc.freeze()
    gc.enable()


_finished = itertools.count(1)


def pytest_runtest_logfinish() -> None:
    """Exclude what tests have loaded meanwhile, too: modules, templates, parsed files and statements."""
    if next(_finished) % 50 == 1:
        gc.collect()
        gc.freeze()


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """Start a real Chromium that can reach only loopback. Without one, tests fail rather than being skipped."""
    from playwright.sync_api import expect

    from tests.browser import launched

    expect.set_options(timeout=30_000)  # a busy machine is slow, which isn't a failure
    with launched() as running:
        yield running


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """Open an empty page with its own profile, 1280 px wide, in light mode."""
    context = browser.new_context(viewport={"width": 1280, "height": 860}, color_scheme="light")
    yield context.new_page()
    context.close()
