"""How long `newsletter check` takes for 1,000 entries and 250 issues, as a process: at most 3 s.

    python benchmarks/check_newsletter.py [FOLDER]

makes the newsletter in a temporary folder, or in FOLDER to keep it, and prints the best and the median of five runs
and the processor time of one.
"""

import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

ENTRIES = 1_000
ISSUES = 250
RUNS = 5
LIMIT = 3.0  # seconds

SETTINGS = """\
name = "The Long Run"
from = "The Long Run <editors@longrun.example.org>"
postal_address = "1 Track Lane, 12345 Fieldham"
base_url = "https://longrun.example.org"
[segments.science]
any = ["topic-1", "topic-2"]
"""
SAYING = (
    "the quiet return of a night train that takes hours nobody was using and spends them on distance while an "
    "attendant switches off corridor lamps one by one because few passengers like to watch fields come up out of dark"
)
WORDS = SAYING.split()


def make(root: Path) -> None:
    """Write a newsletter whose files differ from each other as real ones do, the same at each run."""
    choose = random.Random(1957)
    entries = root / "issues" / "entries"
    entries.mkdir(parents=True)
    topics = "".join(f'[topics.topic-{n}]\nname = "Topic {n}"\naliases = ["Subject {n}"]\n' for n in range(40))
    (root / "newsletter.toml").write_text(SETTINGS + topics, encoding="utf-8")
    for number in range(ENTRIES):
        (entries / f"entry-{number:04}.md").write_text(_entry(choose, number), encoding="utf-8")
    each = ENTRIES // ISSUES
    for number in range(ISSUES):
        day = date(2025, 1, 1) + timedelta(days=number)
        slugs = ", ".join(f"entry-{index:04}" for index in range(number * each, (number + 1) * each))
        (root / "issues" / f"{day}.md").write_text(_issue(choose, number, day, slugs), encoding="utf-8")


def _sentence(choose: random.Random, words: int) -> str:
    return " ".join(choose.choices(WORDS, k=words)).capitalize() + "."


def _paragraph(choose: random.Random) -> str:
    return " ".join(_sentence(choose, choose.randint(8, 24)) for _ in range(5))


def _entry(choose: random.Random, number: int) -> str:
    topics = ", ".join(f"Subject {topic}" for topic in choose.sample(range(40), 3))
    return (
        f"---\ntitle: About number {number}\nurl: https://example.org/review/{number}\nsource: The Review\n"
        f"author: Ada Writer\ndate: 2024-12-0{number % 9 + 1}\ntopics: [{topics}]\n---\n"
        f"{_paragraph(choose)} She *knows* [a source](https://example.org/source/{number}) for it:\n\n"
        f"> [The] words “as they stood” are here. {_paragraph(choose)} . . .\n>\n> {_paragraph(choose)}\n"
    )


def _issue(choose: random.Random, number: int, day: date, slugs: str) -> str:
    subject = _sentence(choose, 7)[:-1]
    return (
        f"---\ndate: {day}\nnumber: {number + 1}\nsubject: {subject}\npreheader: {_sentence(choose, 12)}\n"
        f"segments: [science]\nentries: [{slugs}]\n---\n"
        f'Good morning, {{{{ subscriber.first_name | default("reader") }}}}. {_paragraph(choose)}\n'
    )


def seconds(root: Path) -> float:
    """One run from the start of the process to its end. Anything found is a mistake of this benchmark."""
    start = time.perf_counter()
    ran = subprocess.run(
        [sys.executable, "-m", "newsletter", "check"], cwd=root, capture_output=True, text=True, check=False
    )
    taken = time.perf_counter() - start
    if ran.returncode != 0 or "No problems found" not in ran.stdout:
        raise SystemExit(f"check did not pass:\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}")
    return taken


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(temporary) / "newsletter"
        if not root.exists():
            make(root)
        times = [seconds(root) for _ in range(RUNS)]
    best, median = min(times), statistics.median(times)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = (used.ru_utime + used.ru_stime) / RUNS
    what = f"check of {ENTRIES:,} entries and {ISSUES} issues"
    print(f"{what}: {best:.2f} s, median {median:.2f} s, {processor:.2f} s of processor time | | at most {LIMIT:.0f} s")
    if best > LIMIT:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
