"""Settings for the whole suite: property tests try the same examples every time; one real browser for all its tests."""

import gc
import os
import signal
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from newsletter.__main__ import collect_rarely
from tests import statements  # noqa: F401  it listens
from tests.databases import database_url, databases, empty_postgresql, postgresql_server, store  # noqa: F401  fixtures

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

settings.register_profile("suite", derandomize=True, deadline=None)
settings.load_profile("suite")
# Each process that a test starts would compile the whole program anew, and each worker all tests.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a shell's background job: tests press Ctrl-C all the same
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Have more workers than processors with ``-n auto``: about half of the time, tests wait for something."""
    return (os.cpu_count() or 1) + 2


def pytest_collection_finish() -> None:
    """Keep the garbage collector out of the modules and tests that stay until the end: a send runs it each time.

    Otherwise it runs as seldom as in the program itself.
    """
    collect_rarely()
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """A real Chromium that reaches nothing but loopback; fails, and does not skip, where none can be had."""
    from playwright.sync_api import expect

    from tests.browser import launched

    expect.set_options(timeout=30_000)  # a busy machine is slow, and that is no failure
    with launched() as running:
        yield running


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """An empty page of a profile of its own, 1280 px wide, light."""
    context = browser.new_context(viewport={"width": 1280, "height": 860}, color_scheme="light")
    yield context.new_page()
    context.close()
