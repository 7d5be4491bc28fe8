"""Write the golden files anew: ``python -m tests.rendering.renew_golden``; then look at ``git diff``."""

from tests.rendering.samples import NOWHERE, golden


def renew() -> None:
    """Write every golden file."""
    for name, content in golden().items():
        (NOWHERE / name).write_text(content, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    renew()
