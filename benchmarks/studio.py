"""How fast the studio is in a real browser, with 1,000 entries, 250 issues and 100,000 readers, against its bounds.

    python -m benchmarks.studio [--entries 1000] [--readers 100000] [--rounds 7]

The studio is a process of its own. *Paint* is the browser's first contentful paint, counted from the request. A saved
field and a moved entry are timed from the key to the new bytes in the file, and to the preview that shows them. Each
result is a median; a result within 10 % of its bound doesn't count as reached. Memory is what the process holds after
all of this, and after the pages of an entry, of captured links and of capturing one.
"""

import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import sqlalchemy as sa
from playwright.sync_api import Page

from benchmarks.check_newsletter import make
from benchmarks.freeze import WHEN
from benchmarks.long_history import NUMBERS
from benchmarks.long_history import READERS as FILL
from benchmarks.results import Report, in_turns, parser
from newsletter.store import open_store
from tests.browser import launched

ENTRIES, READERS, ROUNDS = 1_000, 100_000, 7
DRAFT_ENTRIES = 12
MARGIN = 0.9  # of each bound
PAGE_MS, FILE_MS, PREVIEW_MS, MOVE_MS, NUMBERS_MS, MEMORY_MB = 150, 100, 300, 100, 300, 150
_WATCH_PREVIEW = """words => {
  let left = 0;
  document.addEventListener("focusout", () => { left = performance.now(); }, {once: true, capture: true});
  const email = () => document.querySelector("iframe.email:not(.arriving)")?.contentDocument?.body;
  previewShown = new Promise((resolve) => {
    const isShown = () => email()?.textContent.includes(words);
    const look = () => isShown() ? resolve(performance.now() - left) : requestAnimationFrame(look);
    look();
  });
}"""
_PAINT = """() => new Promise((resolve) => {
  const paint = () => performance.getEntriesByName("first-contentful-paint")[0];
  const look = () => paint() ? resolve(paint().startTime) : requestAnimationFrame(look);
  look();
})"""
_READERS = re.compile("/readers$")  # the address of an issue's counts
_TOPIC = (  # each reader follows about five topics; one in 17 excludes them
    "INSERT OR IGNORE INTO subscriber_topic"
    " SELECT id, 'topic-' || ((id * {0} + id / {1}) % 40), id % 17 = 0 FROM subscriber"
)


def write(root: Path, entries: int, readers: int) -> str:
    """Write the newsletter, its readers and tomorrow's draft, and return the draft's slug."""
    make(root, entries)
    database = f"sqlite:///{root / 'newsletter.db'}"
    with open_store(database):
        pass
    engine = sa.create_engine(database)
    with engine.begin() as connection:
        connection.exec_driver_sql(FILL.format(when=WHEN, numbers=NUMBERS["sqlite"].format(1, readers)))
        for number in range(3, 8):
            connection.exec_driver_sql(_TOPIC.format(7_919 + number, number))
    engine.dispose()
    day = (datetime.now(UTC) + timedelta(days=1)).date()
    slugs = "".join(f"  - entry-{number:04}\n" for number in range(0, min(entries, DRAFT_ENTRIES * 7), 7))
    front = f"date: {day}\nsubject: A draft\npreheader: It waits.\ntailored: true\nentries:\n{slugs}"
    draft = f"---\n{front}---\nGood morning.\n"
    (root / "issues" / f"{day}.md").write_text(draft, encoding="utf-8")
    return str(day)


@contextmanager
def running_studio(root: Path) -> Iterator[tuple[int, str]]:
    """Run the studio; yield the number of its process and the address that it prints."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "newsletter", "-C", str(root), "studio", "--no-open", "--port", port]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            found = re.search(r"http://\S+", server.stdout.readline())
            assert found
            yield server.pid, found[0]
        finally:
            server.terminate()


def milliseconds(began: float) -> float:
    """Return the milliseconds since a moment of ``time.perf_counter``."""
    return (time.perf_counter() - began) * 1000


def until(holds: Callable[[], bool], began: float) -> float:
    """Wait until something holds, for at most ten seconds; return the milliseconds since ``began``."""
    while not holds():
        if milliseconds(began) > 10_000:
            raise TimeoutError
        time.sleep(0.001)
    return milliseconds(began)


class Editor:
    """An editor at the compose page of a draft, whose actions return how many milliseconds they took."""

    def __init__(self, page: Page, address: str, file: Path) -> None:
        self._page, self._address, self._file = page, address, file
        self._numbers = count(1)
        self._preview_ms = self._numbers_ms = 0.0

    def paint(self, path: str) -> float:
        """Open a page and return the time to its first contentful paint."""
        self._page.goto(urljoin(self._address, path))
        return float(self._page.evaluate(_PAINT))

    def compose(self) -> None:
        """Open the compose page, and wait until its preview is there."""
        self._page.goto(urljoin(self._address, f"/issues/{self._file.stem}"))
        self._email.get_by_text("Good morning.").first.wait_for()

    def save(self) -> float:
        """Type a note and leave its field; return the time until the file has it. ``preview`` has that of its mail."""
        words = f"Good morning. Round {next(self._numbers)} begins."
        field = self._page.locator("textarea[name=value]").first
        field.fill(words)
        self._page.evaluate(_WATCH_PREVIEW, words)
        with self._page.expect_response(_READERS):  # the next change begins after the counts for this one
            began = time.perf_counter()
            field.blur()
            saved = until(lambda: words in self._file.read_text(encoding="utf-8"), began)
            self._preview_ms = float(self._page.evaluate("previewShown"))
        return saved

    def preview(self) -> float:
        """Return the time from leaving the field that was saved last to the preview that shows it."""
        return self._preview_ms

    def move(self) -> float:
        """Move the first entry down by a key; return the time until the file has the new order.

        ``numbers`` has that of its counts of readers.
        """
        before = self._file.read_bytes()
        item = self._page.locator("#sections [data-list] .item-title").first
        item.focus()
        with self._page.expect_response(_READERS) as arriving:
            began = time.perf_counter()
            self._page.keyboard.press("Alt+ArrowDown")
            moved = until(lambda: self._file.read_bytes() != before, began)
        arriving.value.finished()
        self._numbers_ms = milliseconds(began)
        return moved

    def numbers(self) -> float:
        """Return the time from the key of the last move to the counts of readers for the new order."""
        return self._numbers_ms

    @property
    def _email(self) -> Any:
        return self._page.frame_locator("iframe.email:not(.arriving)")


def memory_mb(process: int) -> float:
    """Return the memory that a process holds now, in MB; Linux only."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+)", status)
    assert found
    return int(found[1]) / 1000


def main() -> None:
    """Measure pages, saves, moves and memory."""
    chosen = parser(__doc__)
    chosen.add_argument("--entries", type=int, default=ENTRIES)
    chosen.add_argument("--readers", type=int, default=READERS)
    chosen.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = chosen.parse_args()
    report = Report(as_json=arguments.json)
    with tempfile.TemporaryDirectory() as folder, launched() as browser:
        root = Path(folder) / "newsletter"
        draft = write(root, arguments.entries, arguments.readers)
        with running_studio(root) as (process, address):
            page = browser.new_page(viewport={"width": 1280, "height": 860})
            page.goto(address)  # its token gives access
            editor = Editor(page, address, root / "issues" / f"{draft}.md")
            editor.compose()
            pages = {"desk": lambda: editor.paint("/"), "compose": lambda: editor.paint(f"/issues/{draft}")}
            times = in_turns(arguments.rounds, pages)
            editor.compose()
            changes = {"save": editor.save, "preview": editor.preview, "move": editor.move, "numbers": editor.numbers}
            times |= in_turns(arguments.rounds, changes)
            for path in ("/entries/entry-0000", "/links", "/capture"):
                editor.paint(path)
            memory = memory_mb(process) if sys.platform == "linux" else 0.0
    for what, key, bound in (
        ("the desk, from request to paint", "desk", PAGE_MS),
        ("an issue of 12 entries, from request to paint", "compose", PAGE_MS),
        ("a saved field in its file", "save", FILE_MS),
        ("a saved field in the preview", "preview", PREVIEW_MS),
        ("a moved entry in its file", "move", MOVE_MS),
        ("the counts of readers after a move", "numbers", NUMBERS_MS),
    ):
        report.add(what, f"{times[key]:.0f} ms", yardstick=f"{bound} ms", ratio=times[key] / bound, at_most=MARGIN)
    if memory:
        ratio = memory / MEMORY_MB
        report.add("the studio's memory", f"{memory:.0f} MB", yardstick=f"{MEMORY_MB} MB", ratio=ratio, at_most=MARGIN)
    report.finish()


if __name__ == "__main__":
    main()
