"""Finding a newsletter's repository, or telling why there is none."""

import os
from pathlib import Path

import pytest

from newsletter.git import (
    GitBusyError,
    GitError,
    GitTimeoutError,
    Identity,
    NoRepository,
    NoRepositoryReason,
    commit,
    find_repository,
)
from newsletter.git.errors import without_credentials
from newsletter.git.process import GitProcess
from tests.git.repositories import ADA, NOW, Checkout, checkout


@pytest.fixture
def lantern(tmp_path: Path) -> Checkout:
    return checkout(tmp_path, files={"newsletter.toml": "", "a.md": "a\n"})


def reason(root: Path, lantern: Checkout, *, program: str = "git", **variables: str) -> NoRepositoryReason | None:
    found = find_repository(root, program=program, environment={**lantern.environment, **variables})
    return found.reason if isinstance(found, NoRepository) else None


def fake_git(folder: Path, script: str) -> str:
    """Make a program that stands in for git."""
    program = folder / "fake-git"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(program)


def test_the_reasons_for_having_no_repository(lantern: Checkout, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    ceiling = {"GIT_CEILING_DIRECTORIES": str(tmp_path)}
    assert reason(tmp_path / "elsewhere", lantern, **ceiling) is NoRepositoryReason.NO_REPOSITORY
    assert reason(lantern.folder / ".git", lantern) is NoRepositoryReason.NO_REPOSITORY
    assert reason(lantern.folder, lantern, program="no-such-git") is NoRepositoryReason.NO_GIT
    old = fake_git(tmp_path, "echo git version 2.20.1")
    assert reason(lantern.folder, lantern, program=old) is NoRepositoryReason.OLD_GIT
    apple = fake_git(tmp_path, "echo xcode-select: error >&2; exit 1")
    assert reason(lantern.folder, lantern, program=apple) is NoRepositoryReason.NO_GIT
    (lantern.folder / ".git/config").write_text("[core\n")
    assert reason(lantern.folder, lantern) is NoRepositoryReason.BROKEN


def test_a_folder_that_its_repository_ignores_has_none(lantern: Checkout) -> None:
    lantern.write(".gitignore", ".demo/\n")
    lantern.write(".demo/newsletter.toml", "")
    assert reason(lantern.folder / ".demo", lantern) is NoRepositoryReason.IGNORED


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder to another user")
def test_a_repository_of_another_user_is_not_used(lantern: Checkout) -> None:
    for path in (lantern.folder, lantern.folder / ".git"):
        os.chown(path, 65534, 65534)
    assert reason(lantern.folder, lantern) is NoRepositoryReason.NOT_OURS
    lantern.set_global("safe.directory", str(lantern.folder))
    assert reason(lantern.folder, lantern) is None


def test_variables_that_point_git_elsewhere_are_ignored(lantern: Checkout, tmp_path: Path) -> None:
    other = checkout(tmp_path / "other", files={"x": "x"})
    lantern.environment |= {"GIT_DIR": str(other.folder / ".git"), "GIT_INDEX_FILE": "/nowhere/index"}
    assert lantern.repository().folder == lantern.folder / ".git"


def test_the_user_is_read_from_gits_configuration(lantern: Checkout) -> None:
    assert lantern.repository().user() == Identity(name="Robin Vale", address="robin@lantern.example.org")
    lantern.config.write_text("")
    assert lantern.repository().user() is None


def test_a_lock_that_another_git_holds_is_waited_for(lantern: Checkout) -> None:
    lock = lantern.folder / ".git/index.lock"
    lock.touch()
    lantern.write("a.md", "changed\n")
    lantern.write("new.md", "new\n")
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 2:
            lock.unlink()

    paths = ("a.md", "new.md")
    outcome = commit(lantern.repository(), paths, message="Edit", author=ADA, now=NOW, wait=wait)
    assert (outcome.paths, waited) == (paths, [0.1, 0.2])
    lock.touch()
    lantern.write("a.md", "again\n")
    with pytest.raises(GitBusyError):
        commit(lantern.repository(), ["a.md"], message="Edit", author=ADA, now=NOW, waits=())


def test_a_program_that_takes_too_long_is_killed_with_its_children(tmp_path: Path) -> None:
    program = fake_git(tmp_path, "sleep 600 & echo $! > child; wait")
    with pytest.raises(GitTimeoutError):
        GitProcess(folder=tmp_path, program=program, environment={}).run("log", seconds=0.5)
    child = tmp_path / "child"
    assert not child.exists() or not _runs(int(child.read_text()))


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def test_credentials_are_never_in_messages(tmp_path: Path) -> None:
    program = fake_git(tmp_path, "echo 'fatal: unable to access https://robin:s3:cr@et@host.example/x' >&2; exit 128")
    with pytest.raises(GitError) as raised:
        GitProcess(folder=tmp_path, program=program, environment={}).run("log")
    assert "s3" not in str(raised.value) + raised.value.detail
    assert raised.value.detail == "fatal: unable to access https://host.example/x"
    assert without_credentials("ssh://git@host/x and git@host:x") == "ssh://host/x and git@host:x"


@pytest.mark.parametrize("name", ["", " \n ", "<>", "...", "Ada <ada>\nMarsh", "\0Ada", "Zoë 🚂"])
def test_odd_names_of_authors(lantern: Checkout, name: str) -> None:
    lantern.write("a.md", name)
    author = Identity(name=name, address="ada@x.example>\n")
    assert commit(lantern.repository(), ["a.md"], message="\0 Edit\n\n#1", author=author, now=NOW).sha
    assert lantern.git("log", "-1", "--format=%ae") == "ada@x.example"
