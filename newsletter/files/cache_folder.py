"""Create cache folders that git ignores."""

from pathlib import Path

CACHE = ".newsletter"
_IGNORED = "# Everything here can be made again.\n*\n"


def make_cache_folder(folder: Path) -> None:
    """Create a folder below ``.newsletter`` unless it exists. Raise OSError."""
    if folder.is_dir():
        return
    folder.mkdir(parents=True, exist_ok=True)
    cache = next((above for above in folder.parents if above.name == CACHE), folder)
    ignored = cache / ".gitignore"
    if not ignored.exists():
        ignored.write_text(_IGNORED, encoding="utf-8")
