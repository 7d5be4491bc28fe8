"""Rewrite the golden files: run ``python -m tests.rendering.renew_golden`` and review ``git diff``."""

from tests.rendering.samples import GOLDEN, NOWHERE, golden


def renew() -> None:
    """Write every golden file."""
    for name in GOLDEN:
        for path, content in golden(name).items():
            (NOWHERE / path).write_text(content, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    renew()
