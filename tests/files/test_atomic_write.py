"""A file is written completely or not at all, however its writer is stopped, and only under its own name."""

import errno
import fcntl
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from newsletter.files.atomic_write import (
    UnfinishedFile,
    create_file,
    rewrite_file,
    sync_folder,
    write_file,
    write_files,
)

BEFORE, AFTER = b"before\n" * 1000, b"after\n" * 2000


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@contextmanager
def umask(mask: int) -> Iterator[None]:
    previous = os.umask(mask)
    try:
        yield
    finally:
        os.umask(previous)


@contextmanager
def room_for(octets: int) -> Iterator[None]:
    """Let no file grow beyond a size, so that the system really refuses to write more."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    for content in (BEFORE, AFTER, b""):
        write_file(path, content)
        assert path.read_bytes() == content
    assert names(tmp_path) == ["page.html"]


@pytest.mark.parametrize(("mask", "public"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)])
def test_the_umask_decides_who_may_read_unless_the_file_is_private(tmp_path: Path, mask: int, public: int) -> None:
    with umask(mask):
        write_file(tmp_path / "page.html", AFTER)
        create_file(tmp_path / "entry.md", AFTER)
        write_file(tmp_path / "readers.csv", AFTER, private=True)
        write_files({tmp_path / "one.eml": AFTER, tmp_path / "two.eml": AFTER}, private=True)
    assert {name: mode(tmp_path / name) for name in names(tmp_path)} == {
        "page.html": public,
        "entry.md": public,
        "readers.csv": 0o600,
        "one.eml": 0o600,
        "two.eml": 0o600,
    }


def test_a_private_file_is_private_before_it_is_complete_and_where_a_public_one_was(tmp_path: Path) -> None:
    path, part = tmp_path / "readers.csv", tmp_path / ".readers.csv.part"
    with umask(0o022):
        for public in (path, part):
            public.write_bytes(BEFORE)
        with UnfinishedFile(path, private=True, part=part) as unfinished:
            assert mode(part) == 0o600
            assert (path.read_bytes(), mode(path)) == (BEFORE, 0o644)
            unfinished.replace()
    assert mode(path) == 0o600


def test_a_link_is_replaced_and_its_target_stays(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(BEFORE)
    (tmp_path / "symbolic").symlink_to(target)
    (tmp_path / "hard").hardlink_to(target)
    (tmp_path / ".page.part").symlink_to(target)  # another process's file under the temporary name
    write_file(tmp_path / "symbolic", AFTER)
    write_file(tmp_path / "hard", AFTER)
    write_file(tmp_path / "page", AFTER, part=tmp_path / ".page.part")
    assert target.read_bytes() == BEFORE
    assert {name: (tmp_path / name).read_bytes() for name in names(tmp_path)} == {
        "target": BEFORE,
        "symbolic": AFTER,
        "hard": AFTER,
        "page": AFTER,
    }
    assert not (tmp_path / "symbolic").is_symlink()


def test_a_new_file_never_replaces_one(tmp_path: Path) -> None:
    path = tmp_path / "entry.md"
    assert create_file(path, BEFORE)
    assert not create_file(path, AFTER)
    (tmp_path / "dangling.md").symlink_to("nowhere.md")
    assert not create_file(tmp_path / "dangling.md", AFTER)
    assert path.read_bytes() == BEFORE
    assert names(tmp_path) == ["dangling.md", "entry.md"]


def test_a_new_file_never_replaces_one_where_there_are_no_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(source: Path, target: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    assert create_file(tmp_path / "entry.md", BEFORE)
    assert not create_file(tmp_path / "entry.md", AFTER)
    assert (tmp_path / "entry.md").read_bytes() == BEFORE
    assert names(tmp_path) == ["entry.md"]


@pytest.mark.parametrize("write", [write_file, create_file])
def test_no_room_leaves_the_old_file_and_names_it(tmp_path: Path, write: object) -> None:
    assert callable(write)
    path = tmp_path / "page.html"
    path.write_bytes(BEFORE)
    with room_for(100), pytest.raises(OSError, match="File too large") as caught:
        write(path, AFTER)
    assert caught.value.filename == str(path)
    assert path.read_bytes() == BEFORE
    assert names(tmp_path) == ["page.html"]


def test_files_that_belong_together_are_all_replaced_or_none(tmp_path: Path) -> None:
    small, large = tmp_path / "issue.txt", tmp_path / "issue.html"
    small.write_bytes(BEFORE)
    with room_for(100), pytest.raises(OSError, match="File too large") as caught:
        write_files({small: b"short", large: AFTER})
    assert caught.value.filename == str(large)
    assert small.read_bytes() == BEFORE
    assert names(tmp_path) == ["issue.txt"]
    write_files({small: b"short", large: AFTER})
    assert (small.read_bytes(), large.read_bytes()) == (b"short", AFTER)
    assert names(tmp_path) == ["issue.html", "issue.txt"]


@pytest.mark.parametrize("permissions", [0o600, 0o640, 0o664, 0o755])
def test_a_rewritten_file_keeps_its_permissions_and_its_owner(tmp_path: Path, permissions: int) -> None:
    path = tmp_path / "entry.md"
    path.write_bytes(BEFORE)
    path.chmod(permissions)
    if os.getuid() == 0:
        os.chown(path, 1234, 5678)
    owner = (path.stat().st_uid, path.stat().st_gid)
    assert rewrite_file(path, AFTER, unless=lambda: False)
    assert (path.read_bytes(), mode(path)) == (AFTER, permissions)
    assert (path.stat().st_uid, path.stat().st_gid) == owner


def test_a_file_is_not_rewritten_if_it_must_not_be_or_cannot_be(tmp_path: Path) -> None:
    path = tmp_path / "entry.md"
    path.write_bytes(BEFORE)
    assert not rewrite_file(path, AFTER, unless=lambda: True)
    with room_for(100), pytest.raises(OSError, match="File too large"):
        rewrite_file(path, AFTER, unless=lambda: False)
    with pytest.raises(FileNotFoundError):
        rewrite_file(tmp_path / "nowhere.md", AFTER, unless=lambda: False)
    assert path.read_bytes() == BEFORE
    assert names(tmp_path) == ["entry.md"]


def test_an_error_names_the_file_and_not_the_temporary_one(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for path, reason in ((tmp_path / "nowhere/page", FileNotFoundError), (tmp_path / "folder", IsADirectoryError)):
        with pytest.raises(reason) as caught:
            write_file(path, AFTER)
        assert caught.value.filename == str(path)
    assert names(tmp_path) == ["folder"]


@pytest.mark.parametrize("path", ["", ".", "/", ".."])
def test_a_path_without_a_name_is_refused_as_a_folder(path: str) -> None:
    with pytest.raises(IsADirectoryError) as caught:
        write_file(Path(path), AFTER)
    assert caught.value.filename == str(Path(path))


def test_a_context_that_fails_deletes_the_file_and_passes_the_error_on(tmp_path: Path) -> None:
    failure = OSError(errno.EIO, "the disk of another file")

    def write() -> None:
        with UnfinishedFile(tmp_path / "page") as unfinished:
            unfinished.file.write(AFTER)
            raise failure

    with pytest.raises(OSError, match="another file") as caught:
        write()
    assert caught.value is failure
    assert names(tmp_path) == []


def test_a_long_name_has_a_temporary_one_that_the_file_system_allows(tmp_path: Path) -> None:
    for name in ("é" * 127, "n" * 255):
        assert create_file(tmp_path / name, AFTER)
    assert names(tmp_path) == sorted(("é" * 127, "n" * 255))


def test_content_and_name_are_synced_before_the_writer_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The order is what survives a power cut: content, then the name, then the folder that has it."""
    path, order = tmp_path / "marker", []
    synced, renamed = os.fsync, Path.replace

    def sync(handle: int) -> None:
        order.append("folder" if os.path.samestat(os.fstat(handle), tmp_path.stat()) else "content")
        synced(handle)

    def rename(source: Path, target: Path) -> Path:
        order.append("name")
        return renamed(source, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "replace", rename)
    write_file(path, AFTER)
    assert order == ["content", "name", "folder"]
    order.clear()
    write_file(path, AFTER, sync_name=False)
    assert order == ["content", "name"]
    order.clear()
    write_file(path, AFTER, sync=False)
    assert order == ["name"]
    sync_folder(tmp_path)
    assert order == ["name", "folder"]


_KILLED = """
import os, signal, sys
from pathlib import Path
from newsletter.files.atomic_write import write_file
def killed(*_): os.kill(os.getpid(), signal.SIGKILL)
Path.replace = killed
write_file(Path(sys.argv[1]), b"after" * 1000, private=True, part=Path(sys.argv[2]) if sys.argv[2] else None)
"""


@pytest.mark.parametrize("part", ["", ".readers.csv.part"])
def test_a_writer_killed_before_the_renaming_leaves_the_old_file(tmp_path: Path, part: str) -> None:
    path, fixed = tmp_path / "readers.csv", tmp_path / part if part else None
    path.write_bytes(BEFORE)
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(path), str(fixed or "")], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert path.read_bytes() == BEFORE
    (left,) = (name for name in names(tmp_path) if name != "readers.csv")
    assert left.startswith(".readers.csv.")
    assert left.endswith(".part")
    assert mode(tmp_path / left) == 0o600
    write_file(path, AFTER, private=True, part=fixed)
    assert path.read_bytes() == AFTER
    assert names(tmp_path) == ["readers.csv"]


def test_unfinished_files_of_killed_processes_are_removed_and_those_in_use_stay(tmp_path: Path) -> None:
    abandoned = (".readers.csv.0a1b2c3d.part", ".readers.csv.ffffffff.part")
    others = (".readers.csv.part", ".other.csv.0a1b2c3d.part", ".readers.csv.0a1b2c3d.part.txt", "readers.csv.part")
    for name in (*abandoned, *others):
        (tmp_path / name).write_bytes(BEFORE)
    (tmp_path / ".readers.csv.12345678.part").symlink_to(tmp_path / "readers.csv.part")
    with UnfinishedFile(tmp_path / "readers.csv", private=True) as unfinished:
        (mine,) = set(names(tmp_path)) - {*abandoned, *others, ".readers.csv.12345678.part"}
        unfinished.file.write(AFTER)
        write_file(tmp_path / "readers.csv", BEFORE)
        assert (tmp_path / mine).exists()
        unfinished.replace()
    assert names(tmp_path) == sorted(("readers.csv", ".readers.csv.12345678.part", *others))
    assert (tmp_path / "readers.csv").read_bytes() == AFTER
    assert (tmp_path / "readers.csv.part").read_bytes() == BEFORE


def test_a_folder_that_cannot_be_listed_can_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refused)
    write_file(tmp_path / "readers.csv", AFTER)
    assert (tmp_path / "readers.csv").read_bytes() == AFTER


def test_a_file_can_be_written_where_there_are_no_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(handle: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refused)
    write_file(tmp_path / "readers.csv", AFTER)
    assert {name: (tmp_path / name).read_bytes() for name in names(tmp_path)} == {"readers.csv": AFTER}


def test_concurrent_writers_publish_one_of_their_files_and_never_a_mixture(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    contents = {bytes([letter]) * 100_000 for letter in b"abcd"}
    write_file(path, min(contents))
    stop, seen, failures = threading.Event(), set(), []

    def look() -> None:
        while not stop.is_set():
            seen.add(path.read_bytes())

    def write(content: bytes) -> None:
        try:
            for _ in range(20):
                write_file(path, content, sync=False)
        except OSError as err:
            failures.append(err)

    reader = threading.Thread(target=look)
    writers = [threading.Thread(target=write, args=(content,)) for content in contents]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    reader.join()
    assert failures == []
    assert seen <= contents
    assert path.read_bytes() in contents
    assert names(tmp_path) == ["page.html"]


def test_one_of_many_creators_gets_the_name(tmp_path: Path) -> None:
    path, outcomes = tmp_path / "entry.md", []

    def create(content: bytes) -> None:
        outcomes.append((create_file(path, content), content))

    creators = [threading.Thread(target=create, args=(bytes([letter]) * 10_000,)) for letter in b"abcdefgh"]
    for thread in creators:
        thread.start()
    for thread in creators:
        thread.join()
    (winner,) = (content for created, content in outcomes if created)
    assert path.read_bytes() == winner
    assert len(outcomes) == len(creators)
    assert names(tmp_path) == ["entry.md"]


@pytest.mark.parametrize("private", [False, True])
def test_a_pipe_or_a_device_is_written_to_and_not_replaced(tmp_path: Path, private: bool) -> None:
    pipe, received = tmp_path / "pipe", list[bytes]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
    reader.start()
    write_file(pipe, AFTER, private=private)
    reader.join(60)
    assert received == [AFTER]
    assert pipe.is_fifo()
    assert names(tmp_path) == ["pipe"]


@pytest.mark.parametrize("private", [False, True])
def test_a_link_to_a_pipe_is_written_to_and_not_replaced(tmp_path: Path, private: bool) -> None:
    pipe, link, received = tmp_path / "pipe", tmp_path / "link", list[bytes]()
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
    reader.start()
    write_file(link, AFTER, private=private)
    reader.join(60)
    assert received == [AFTER]
    assert link.is_symlink()
    assert names(tmp_path) == ["link", "pipe"]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
@pytest.mark.parametrize("named", ["/proc/self/fd/{fd}", "/proc/thread-self/fd/{fd}", "second"])
def test_an_open_file_as_dev_stdout_names_it_is_written_to_at_its_end(tmp_path: Path, named: str) -> None:
    path, link = tmp_path / "page.html", tmp_path / "stdout"
    with path.open("wb") as file:
        file.write(BEFORE)
        file.flush()
        (tmp_path / "second").symlink_to(f"/proc/self/fd/{file.fileno()}")
        link.symlink_to(named.format(fd=file.fileno()))
        write_file(link, AFTER, private=True)
    assert path.read_bytes() == BEFORE + AFTER
    assert link.is_symlink()
    assert names(tmp_path) == ["page.html", "second", "stdout"]
    write_file(path, AFTER)  # under its own name it is replaced
    assert path.read_bytes() == AFTER
