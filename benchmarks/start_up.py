"""How long ``newsletter --help`` takes, as a process, against a Typer command that does nothing."""

import time

from benchmarks.processes import processor_seconds
from benchmarks.results import Report, in_turns, parser

ROUNDS, BOUND = 15, 1.8
BARE = """
import typer
app = typer.Typer()
@app.command()
def greet(name: str = typer.Option("reader", help="Whom to greet.")) -> None:
    print(name)
app()
"""


def main() -> None:
    """Measure both in turns."""
    chosen = parser(__doc__)
    chosen.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = chosen.parse_args()
    began = time.perf_counter()
    processor_seconds("-m", "newsletter", "--help")
    wall = time.perf_counter() - began
    medians = in_turns(
        arguments.rounds,
        {
            "ours": lambda: processor_seconds("-m", "newsletter", "--help"),
            "bare": lambda: processor_seconds("-c", BARE, "--help"),
        },
    )
    report = Report(as_json=arguments.json)
    report.add(
        "newsletter --help, as a process, processor time",
        f"{medians['ours']:.2f} s ({wall:.2f} s in all)",
        yardstick=f"--help of a Typer command that does nothing: {medians['bare']:.2f} s",
        ratio=medians["ours"] / medians["bare"],
        at_most=BOUND,
    )
    report.finish()


if __name__ == "__main__":
    main()
