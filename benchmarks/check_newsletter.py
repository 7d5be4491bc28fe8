"""How long ``newsletter check`` takes, against parsing the same files: 1,000 entries and 250 issues.

Both are processes, and both start with nothing cached. The yardstick reads each file, parses its front matter with
ruamel.yaml and its text with markdown-it, and looks at nothing.
"""

import random
import tempfile
from datetime import date, timedelta
from pathlib import Path

from benchmarks.processes import processor_seconds
from benchmarks.results import Report, in_turns, parser

ENTRIES, PER_ISSUE = 1_000, 4
ROUNDS = 5
BOUND = 3.5

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
WORDS = list(dict.fromkeys(SAYING.split()))


def make(root: Path, count: int) -> None:
    """Write a newsletter with ``count`` entries whose files differ as real ones do; the same in each run."""
    choose = random.Random(1957)
    entries = root / "issues" / "entries"
    entries.mkdir(parents=True)
    topics = "".join(f'[topics.topic-{n}]\nname = "Topic {n}"\naliases = ["Subject {n}"]\n' for n in range(40))
    (root / "newsletter.toml").write_text(SETTINGS + topics, encoding="utf-8")
    for number in range(count):
        (entries / f"entry-{number:04}.md").write_text(_entry(choose, number), encoding="utf-8")
    for number in range(count // PER_ISSUE):
        day = date(2025, 1, 1) + timedelta(days=number)
        slugs = ", ".join(f"entry-{at:04}" for at in range(number * PER_ISSUE, (number + 1) * PER_ISSUE))
        (root / "issues" / f"{day}.md").write_text(_issue(choose, number, day, slugs), encoding="utf-8")


def _sentence(choose: random.Random, words: int) -> str:
    return " ".join(choose.sample(WORDS, k=words)).capitalize() + "."


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


PARSE = """
import sys
from pathlib import Path
from markdown_it import MarkdownIt
from ruamel.yaml import YAML

yaml, markdown = YAML(typ="safe", pure=True), MarkdownIt("commonmark")
for path in sorted(Path(sys.argv[1]).rglob("*.md")):
    _, front, body = path.read_text(encoding="utf-8").split("---\\n", 2)
    yaml.load(front)
    markdown.parse(body)
"""


def main() -> None:
    """Measure both in turns."""
    chosen = parser(__doc__)
    chosen.add_argument("--entries", type=int, default=ENTRIES)
    chosen.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = chosen.parse_args()
    report = Report(as_json=arguments.json)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "newsletter"
        make(root, arguments.entries)
        tasks = {
            "check": lambda: processor_seconds("-m", "newsletter", "-C", root, "check", says="No problems found"),
            "parse": lambda: processor_seconds("-c", PARSE, root),
        }
        medians = in_turns(arguments.rounds, tasks)
    report.add(
        f"check of {arguments.entries:,} entries and {arguments.entries // PER_ISSUE:,} issues, as a process,"
        " processor time",
        f"{medians['check']:.2f} s",
        yardstick=f"ruamel.yaml and markdown-it parse the same files: {medians['parse']:.2f} s",
        ratio=medians["check"] / medians["parse"],
        at_most=BOUND,
    )
    report.finish()


if __name__ == "__main__":
    main()
