"""Files that may still have an erased reader's address, in any encoding; files that can't be read are named."""

import base64
import errno
import gzip
import html
import json
import os
import quopri
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from newsletter.domain.addresses import address_key
from newsletter.subscriptions import files_below, files_with, files_with_any
from tests.subscriptions.address_encodings import BEFORE, NOW, encodings


@pytest.mark.parametrize("address", [BEFORE, NOW])
def test_other_files_with_the_address_are_reported_in_any_encoding(tmp_path: Path, address: str) -> None:
    domain = encodings(address.partition("@")[2])
    forms = sorted(form for form in encodings(address) if form not in domain)
    for number, form in enumerate(forms):
        (tmp_path / f"{number}").write_bytes(b'"to": "' + form + b'", "size": 1\n')
    (tmp_path / f"{address}.eml").touch()
    others = [tmp_path / "others.csv", tmp_path / "domain.csv", tmp_path / "longer.csv"]
    others[0].write_text("reader@example.org\n" * 100_000)
    others[1].write_text(f"postmaster@{address.partition('@')[2]}\n")
    others[2].write_text(f"x{address}\n{address}.com\n")
    files = files_below([tmp_path], without=[])
    assert len(files) == len(forms) + 4
    assert set(files) - {left.path for left in files_with(address, files)} == set(others)


@pytest.mark.parametrize("address", [BEFORE, NOW, "o'zenobia+a/b@quillfeather.example"])
def test_check_reports_an_erased_address_in_every_encoding(tmp_path: Path, address: str) -> None:
    octets = address.encode()
    forms = [
        octets,
        octets.upper() if octets.isascii() else octets,
        f"\ufeff“{address}”".encode("utf-16-le"),
        address.encode("utf-16-be"),
        octets.hex().encode(),
        base64.b64encode(b'{"a very long beginning": "of a message", "to": "' + octets + b'"}'),
        base64.urlsafe_b64encode(b"<" + octets + b">"),
        base64.encodebytes(b"The message that we could not deliver was one to " + octets + b", on Monday."),
        quote(f"<{address}>", safe="").encode(),
        quote(quote(address)).encode(),
        quopri.encodestring(b"A long line for one who reads mail slowly: " + octets, quotetabs=True),
        html.escape(address).replace("@", "&#64;").encode(),
        address.encode("ascii", "xmlcharrefreplace"),
        json.dumps(f"\n{address}\n").replace("@", "\\u0040").encode(),
        f"https://example.org/?to='{address}'".encode(),
        address.encode("latin-1"),
    ]
    for number, form in enumerate(forms):
        (tmp_path / f"{number}").write_bytes(b'"to": "' + form + b'", "size": 1\n')
    (tmp_path / f"{address.replace('/', '-')}.eml").write_bytes(b"" if "/" not in address else octets)
    others = [tmp_path / "domain.csv", tmp_path / "longer.csv"]
    others[0].write_text(f"postmaster@{address.partition('@')[2]}\n")
    others[1].write_text(f"x{address}\n{address}.com\n")
    files = files_below([tmp_path], without=[])
    assert len(files) == len(forms) + 3

    def is_sought(names: list[str]) -> bool:
        return address_key(address) in map(address_key, names)

    for leftovers in (files_with_any(is_sought, files), files_with(address, files)):
        assert set(files) - {left.path for left in leftovers} == set(others)


def test_program_folders_are_not_searched_and_unreadable_files_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (".git", ".venv/lib", "venv/lib", "mine", "locked", "Maildir/.Old/cur"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "mail").write_text(NOW)
    (tmp_path / ".readers.csv.0a1b2c3d.part").write_text(NOW)  # left by a killed export
    (tmp_path / "venv/pyvenv.cfg").touch()
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "folder").symlink_to("mine")
    os.mkfifo(tmp_path / "pipe")  # opening it would wait for a writer
    with zipfile.ZipFile(tmp_path / "damaged.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("mail", "Words. " * 99)
    content = bytearray((tmp_path / "damaged.zip").read_bytes())
    content[50:70] = b"\xff" * 20
    (tmp_path / "damaged.zip").write_bytes(content)
    (tmp_path / "log.gz").write_bytes(gzip.compress(b"Words. " * 99)[:-9])
    lists = os.scandir

    def scandir(path: Path) -> Iterator[os.DirEntry[str]]:
        if Path(path).name == "locked":  # its mode doesn't stop root
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return lists(path)

    monkeypatch.setattr(os, "scandir", scandir)
    files = files_below([tmp_path], without=[])
    mailbox = files_below([tmp_path / "Maildir"], without=[], hidden=True)
    assert mailbox == [tmp_path / "Maildir/.Old/cur/mail"]
    damaged = "it is a damaged archive, or one with a password"
    expected = {"mine/mail": "", ".readers.csv.0a1b2c3d.part": "", "damaged.zip": damaged, "log.gz": damaged}
    files.append(tmp_path / "removed meanwhile")
    for leftovers in (files_with_any(lambda names: NOW in names, files), files_with(NOW, files)):
        unread = {str(left.path.relative_to(tmp_path)): left.unread for left in leftovers}
        assert unread.pop("locked") == "permission denied"
        assert unread == expected


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="a file that nobody can read, root neither")
def test_an_unreadable_file_is_named() -> None:
    file = Path("/proc/self/mem")
    for leftovers in (files_with_any(lambda _: False, [file]), files_with(NOW, [file])):
        ((path, unread),) = [(left.path, left.unread) for left in leftovers]
        assert path == file
        assert unread == "Input/output error"


def test_a_search_takes_time_in_proportion_to_a_file(tmp_path: Path) -> None:
    pieces: list[str] = []

    def is_sought(names: list[str]) -> bool:
        pieces.extend(names)
        return False

    (tmp_path / "letters.bin").write_bytes(b"x" * 3_000_000 + b"@" * 100_000 + b"!" * 100_000 + b"@example.org")
    assert list(files_with_any(is_sought, files_below([tmp_path], without=[]))) == []
    assert sum(map(len, pieces)) < 100_000
