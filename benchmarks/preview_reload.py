"""How long a saved file takes to be on the preview's screen, against reloading the same page in the browser.

The preview is a process of its own, the browser a real Chromium (``make test`` installs one), the newsletter the sample
of this project. Each round changes the subject of the last issue, and waits until the page shows it.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from itertools import count
from pathlib import Path
from urllib.parse import urljoin

from playwright.sync_api import Page, expect

from benchmarks.results import Report, in_turns, parser
from tests.browser import launched

ROUNDS, BOUND = 7, 2.5
ISSUE = "2026-11-23"
ROOT = Path(__file__).parents[1]


def main() -> None:
    """Measure saving and reloading in turns."""
    chosen = parser(__doc__)
    chosen.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = chosen.parse_args()
    with tempfile.TemporaryDirectory() as folder, launched() as browser:
        root = Path(folder) / "newsletter"
        for name in ("issues", "templates"):
            shutil.copytree(ROOT / name, root / name)
        shutil.copy(ROOT / "newsletter.toml", root)
        command = [sys.executable, "-m", "newsletter", "-C", str(root), "preview", "--no-open", "--port", "18028"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                address = server.stdout.readline().split()[4]
                page = browser.new_page()
                page.goto(address)  # its token gives access
                page.goto(urljoin(address, f"/issues/{ISSUE}"))
                expect(page.locator(".live")).to_have_text("Live")
                path, numbers = root / "issues" / f"{ISSUE}.md", count(1)
                medians = in_turns(
                    arguments.rounds,
                    {"save": lambda: save(page, path, next(numbers)), "reload": lambda: reload(page)},
                )
            finally:
                server.terminate()
    report = Report(as_json=arguments.json)
    report.add(
        "a saved file is on the preview's screen",
        f"{medians['save'] * 1000:.0f} ms",
        yardstick=f"reloading the page: {medians['reload'] * 1000:.0f} ms",
        ratio=medians["save"] / medians["reload"],
        at_most=BOUND,
    )
    report.finish()


def save(page: Page, path: Path, number: int) -> float:
    """Change the issue's subject; return the seconds until the page shows it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    at = next(at for at, line in enumerate(lines) if line.startswith("subject:"))
    lines[at] = f"subject: A subject saved for round {number}."
    began = time.perf_counter()
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    page.get_by_text(f"saved for round {number}.").first.wait_for()
    return time.perf_counter() - began


def reload(page: Page) -> float:
    """Reload the page; return the seconds until it shows the subject and listens for changes."""
    began = time.perf_counter()
    page.reload(wait_until="commit")
    page.get_by_text("saved for round").first.wait_for()
    seconds = time.perf_counter() - began
    expect(page.locator(".live")).to_have_text("Live")
    return seconds


if __name__ == "__main__":
    main()
