"""Folders that Git ignores."""

import subprocess
from pathlib import Path

from newsletter.files.cache_folder import make_cache_folder


def test_git_ignores_what_can_be_made_again(tmp_path: Path) -> None:
    folder = tmp_path / ".newsletter" / "pictures"
    make_cache_folder(folder)
    make_cache_folder(folder)
    (folder / "harbour.jpg").touch()
    (tmp_path / "newsletter.toml").touch()
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    listed = ["git", "-C", str(tmp_path), "status", "--porcelain", "--untracked-files=all"]
    assert subprocess.run(listed, check=True, capture_output=True, text=True).stdout == "?? newsletter.toml\n"
