"""``python -m newsletter.translation`` in a checkout updates the catalogues. ``make messages`` runs it."""

import sys
from pathlib import Path

from newsletter.translation.extraction import update


def main() -> int:
    """Update the catalogues, and report how many messages each still has to translate."""
    missing = update(Path.cwd())
    for language, number in missing.items():
        sys.stdout.write(f"{language}.po: {number or 'nothing'} to translate\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
