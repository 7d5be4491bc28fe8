"""A newsletter made by `newsletter init`, and the command line as a shell runs it."""

import io
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Protocol

import pytest
import typer.main

from newsletter.__main__ import main
from newsletter.cli import resources
from tests.databases import new_sqlite
from tests.make import SECRET

READERS = """\
address,first_name,topics
ada@example.com,Ada,Science
ben@example.net,Ben,Cities
cleo@example.org,Cleo,"Oceans, Railways"
"""


_OF_THE_LOCK = (".newsletter/.gitignore", ".newsletter/lock")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A command's exit status and output."""

    status: int
    stdout: str
    stderr: str


class Run(Protocol):
    """A function that runs a command in this process, like a shell except for the interpreter's start."""

    def __call__(self, *arguments: str, stdin: str | None = None) -> Outcome:
        """Run a command. ``stdin`` is typed at a terminal; without it there is no terminal."""
        ...


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs a command in the current folder."""

    def run(*arguments: str, stdin: str | None = None) -> Outcome:
        monkeypatch.setattr(sys, "stdin", io.StringIO() if stdin is None else _Terminal(stdin))
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main(list(arguments))
        out, err = capsys.readouterr()
        return Outcome(status=left.value.code if isinstance(left.value.code, int) else -1, stdout=out, stderr=err)

    return run


@pytest.fixture(scope="session", autouse=True)
def _commands() -> Iterator[None]:
    """Read the commands from their functions once, as in a process that runs one of them."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(typer.main, "get_command", cache(typer.main.get_command))
        yield


@pytest.fixture(scope="session")
def _fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "daily-test"
    with pytest.raises(SystemExit) as left:
        main(["init", str(folder), "--name", "The Daily Test"])
    assert left.value.code == 0
    for path in (folder / "newsletter.toml", *(folder / "issues/entries").glob("*.md")):
        own = path.read_text().replace("example.org", "daily.example").replace("1 Example Street", "1 Test Street")
        path.write_text(own)  # as an editor does before the first real send
    (first,) = (folder / "issues").glob("*.md")
    first.rename(folder / "issues" / "2026-11-23.md")
    first = folder / "issues" / "2026-11-23.md"
    lines = first.read_text().splitlines(keepends=True)
    first.write_text("".join("date: 2026-11-23\n" if line.startswith("date:") else line for line in lines))
    return folder


@pytest.fixture
def root(_fresh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a newsletter with one issue, dated today (2026-11-23); it is the current folder and the secret is set."""
    folder = tmp_path / "daily-test"
    shutil.copytree(_fresh, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("NEWSLETTER_SECRET", SECRET)
    monkeypatch.setattr(resources, "today", lambda _settings: date(2026, 11, 23))
    monkeypatch.setattr(resources, "web_client", lambda: None)  # tests that load pages serve their own
    return folder


@pytest.fixture
def readers(root: Path, run: Run) -> Path:
    """Add three readers to the newsletter."""
    new_sqlite(root / "newsletter.db")
    file = root / "readers.csv"
    file.write_text(READERS)
    assert run("subscribers", "import", str(file)).status == 0
    return root


def files(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder by path, to detect any change; without the newsletter's lock."""
    found = {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name: content for name, content in found.items() if name not in _OF_THE_LOCK}


def edit(path: str, old: str, new: str) -> None:
    """Change a file as an editor would."""
    text = Path(path).read_text()
    assert old in text
    Path(path).write_text(text.replace(old, new))
