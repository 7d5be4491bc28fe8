"""Real git repositories for tests, apart from the configuration of the person who runs them."""

import os
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from newsletter.git import Identity, Repository, find_repository

NOW = datetime(2026, 11, 29, 7, 41, tzinfo=UTC)
ADA = Identity(name="Ada Marsh", address="ada@lantern.example.org")


class Checkout:
    """A working tree with its own HOME beside it. ``git`` runs the user's own git there."""

    def __init__(self, home: Path, folder: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.config = home / "gitconfig"
        self.config.touch()
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            "HOME": str(home),
            "GIT_CONFIG_GLOBAL": str(self.config),
            "GIT_CONFIG_NOSYSTEM": "1",
        }

    def git(self, *arguments: str, check: bool = True, variables: Mapping[str, str] | None = None) -> str:
        """Run git as the user does, and return what it printed. With ``check``, it has to succeed."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env={**self.environment, **(variables or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout.removesuffix("\n")

    def set_global(self, name: str, value: str) -> None:
        """Set a value in the user's personal configuration."""
        self.git("config", "--file", str(self.config), name, value)

    def write(self, path: str, text: str) -> Path:
        """Write a file, and return its path."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def repository(self, folder: str = "") -> Repository:
        """Return the newsletter's repository, as the program finds it."""
        found = find_repository(self.folder / folder, environment=self.environment)
        assert isinstance(found, Repository), found
        return found

    @property
    def staged(self) -> str:
        """What is staged, byte for byte: modes, blobs and names."""
        return self.git("-c", "core.fsmonitor=false", "ls-files", "--stage")


def checkout(folder: Path, *, files: Mapping[str, str] | None = None) -> Checkout:
    """Create a repository on the branch ``main`` with a first commit of these files; without files, with none."""
    made = Checkout(folder / "home", folder / "letters")
    made.set_global("user.name", "Robin Vale")
    made.set_global("user.email", "robin@lantern.example.org")
    made.git("init", "--quiet", "--initial-branch=main")
    for path, text in (files or {}).items():
        made.write(path, text)
    if files:
        made.git("add", "--all")
        made.git("commit", "--quiet", "--message=First")
    return made
