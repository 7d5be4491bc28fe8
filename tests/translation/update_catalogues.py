"""Update the catalogues with the messages of this checkout: ``make messages``."""

import sys
from pathlib import Path

from tests.translation.extraction import update

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Update the catalogues, and report how many messages each still has to translate."""
    missing = update(ROOT)
    for language, number in missing.items():
        sys.stdout.write(f"{language}.po: {number or 'nothing'} to translate\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
