"""The outbox: files that a mail client can open, one per reader even if written repeatedly."""

import errno
import mailbox
import os
import resource
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.errors import ProviderError, SettingsError
from newsletter.message.mime import Recipient, Wire
from newsletter.providers import Provider, open_kept_messages, open_provider
from tests import make
from tests.message_checklist import complaints
from tests.providers.conftest import readers, statuses

SUBMITTED, REFUSED = DeliveryStatus.SUBMITTED, DeliveryStatus.REFUSED


def outbox(root: Path, **options: Any) -> Provider:
    return open_provider("outbox", options, root=root, environment={})


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def path_of(receipt: Receipt, address: str = "") -> Path:
    """Return the one file that a receipt's pattern matches, which itself has no address."""
    assert "@" not in receipt.provider_id
    pattern = Path(receipt.provider_id)
    (path,) = pattern.parent.glob(f"{address}{pattern.name}")
    return path


def test_each_reader_gets_a_file_in_the_issues_folder(root: Path, wire: Wire) -> None:
    recipients = readers(2)
    receipts = list(outbox(root).submit(make.letters(wire, recipients)))
    assert statuses(receipts) == {1: SUBMITTED, 2: SUBMITTED}
    assert files(root) == [
        "outbox/2026-11-23/reader1@example.com.000000000000.eml",
        "outbox/2026-11-23/reader2@example.com.000000000000.eml",
    ]
    for recipient, receipt in zip(recipients, receipts, strict=True):
        content = path_of(receipt, recipient.address).read_bytes()
        assert content == wire.message(recipient)
        assert complaints(content) == []


def test_a_message_handed_over_twice_makes_one_file(root: Path, wire: Wire) -> None:
    for _ in range(2):
        provider = outbox(root)
        assert provider.deduplicates
        list(provider.submit(make.letters(wire, readers(1))))
        provider.close()
    assert len(files(root)) == 1


def test_a_maildir_is_read_by_the_standard_library(root: Path, wire: Wire) -> None:
    recipients = readers(3)
    list(outbox(root, format="maildir", path="mail").submit(make.letters(wire, recipients)))
    maildir = mailbox.Maildir(str(root / "mail" / "2026-11-23"), create=False)
    assert sorted(str(message["To"]) for message in maildir) == [recipient.address for recipient in recipients]
    assert sorted(path.name for path in (root / "mail" / "2026-11-23").iterdir()) == ["cur", "new", "tmp"]
    assert list((root / "mail" / "2026-11-23" / "tmp").iterdir()) == []
    for path in (root / "mail" / "2026-11-23" / "new").iterdir():
        content = path.read_bytes()
        assert b"\r" not in content
        assert complaints(content.replace(b"\n", b"\r\n")) == []


def test_a_read_message_is_not_added_to_the_maildir_again(root: Path, wire: Wire) -> None:
    provider = outbox(root, format="maildir")
    (receipt,) = provider.submit(make.letters(wire, readers(1)))
    new = path_of(receipt)
    seen = new.parent.parent / "cur" / f"{new.name}:2,S"
    new.rename(seen)
    (again,) = provider.submit(make.letters(wire, readers(1)))
    assert again.provider_id == str(seen.with_name(Path(receipt.provider_id).name))
    assert files(root) == [str(seen.relative_to(root))]


@pytest.mark.parametrize("kind", ["eml", "maildir"])
@pytest.mark.parametrize(
    "address",
    [
        "../../etc/passwd@example.com",
        "a/b@example.com",
        "-rf@example.com",
        "grüße@bücher.example",
        "." + "x" * 63 + "@" + "y." * 80 + "example",
    ],
)
def test_no_address_escapes_the_folder(root: Path, wire: Wire, address: str, kind: str) -> None:
    reader = Recipient(subscriber=1, key=make.KEY, address=address, values=make.recipient().values)
    assert statuses(list(outbox(root, format=kind).submit(make.letters(wire, [reader])))) == {1: SUBMITTED}
    (name,) = files(root)
    assert Path(name).parts[:2] == ("outbox", "2026-11-23")
    assert len(Path(name).name) < 255


def test_a_value_that_cannot_be_encoded_refuses_only_its_reader(root: Path, wire: Wire) -> None:
    bad = make.recipient(2, first_name="\udcff")
    receipts = list(outbox(root).submit(make.letters(wire, [make.recipient(1), bad, make.recipient(3)])))
    assert statuses(receipts) == {1: SUBMITTED, 2: REFUSED, 3: SUBMITTED}
    assert len(files(root)) == 2


@pytest.mark.parametrize("kind", ["eml", "maildir"])
def test_a_full_disk_stops_the_send_and_leaves_no_half_file(
    root: Path, wire: Wire, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []

    def full(handle: int) -> None:
        written.append(handle)
        if len(written) > 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)  # a full disk may be reported here rather than by write()
    receipts: list[Receipt] = []
    with pytest.raises(ProviderError, match="No space left") as caught:
        receipts.extend(outbox(root, format=kind).submit(make.letters(wire, readers(3))))
    assert caught.value.hint == "free disk space or fix the folder's permissions"
    assert statuses(receipts) == {1: SUBMITTED}
    assert len(files(root)) == 1


def test_a_file_in_the_place_of_the_folder_is_named(root: Path, wire: Wire) -> None:
    (root / "taken").write_text("")
    provider = outbox(root, path="taken/outbox")
    with pytest.raises(ProviderError, match=r"taken is not a folder") as caught:
        provider.check_sender(make.SENDER)
    assert "[provider] path" in caught.value.hint
    with pytest.raises(ProviderError, match="cannot write"):
        list(provider.submit(make.letters(wire, readers(1))))


def test_a_folder_without_permission_is_named(root: Path) -> None:
    (root / "outbox").mkdir(mode=0o500)
    provider = outbox(root)
    child = os.fork()
    if not child:  # root can write everywhere, so this process becomes nobody
        if os.geteuid() == 0:
            os.setuid(65534)
        try:
            provider.check_sender(make.SENDER)
        except ProviderError as err:
            os._exit(0 if "is not writable" in err.what else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0


def test_a_check_writes_nothing(root: Path) -> None:
    outbox(root, path="not/there/yet").check_sender(make.SENDER)
    assert list(root.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"format": "mbox"}, r"\[provider\] format: .*\"eml\" or \"maildir\", not 'mbox'"),
        ({"path": 7}, r"\[provider\] path: write text in quotes"),
        ({"path": ""}, r"\[provider\] path: "),
        ({"folder": "x"}, r"\[provider\] folder: no such option; outbox takes format, path"),
    ],
)
def test_a_wrong_option_is_reported_with_its_hint(root: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        outbox(root, **options)
    assert "docs/providers.md" in caught.value.hint


@pytest.mark.parametrize("kind", ["eml", "maildir"])
def test_a_message_that_does_not_fit_stops_the_send_and_leaves_no_half_file(root: Path, wire: Wire, kind: str) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(ProviderError, match="the file is too large"):
            list(outbox(root, format=kind).submit(make.letters(wire, readers(1))))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert files(root) == []


@pytest.mark.parametrize("kind", ["eml", "maildir"])
def test_the_next_attempt_replaces_files_of_a_killed_one(root: Path, wire: Wire, kind: str) -> None:
    name = f"reader1@example.com.{make.recipient(1).key[:12]}"
    left = root / "outbox" / "2026-11-23" / (f"tmp/{name}" if kind == "maildir" else f".{name}.part")
    left.parent.mkdir(parents=True)
    left.write_text("half a mess")
    list(outbox(root, format=kind).submit(make.letters(wire, readers(1))))
    assert not left.exists()
    assert len(files(root)) == 1


@pytest.mark.parametrize("path", ["outbox", "outbox/rehearsal"])
@pytest.mark.parametrize("kind", ["eml", "maildir"])
def test_only_their_owner_can_read_messages(root: Path, wire: Wire, kind: str, path: str) -> None:
    umask = os.umask(0o022)
    try:
        list(outbox(root, format=kind, path=path).submit(make.letters(wire, readers(1))))
    finally:
        os.umask(umask)
    made = [root / "outbox", *(root / "outbox").rglob("*")]
    assert {file.stat().st_mode & 0o777 for file in made if file.is_dir()} == {0o700}
    assert {file.stat().st_mode & 0o777 for file in made if file.is_file()} == {0o600}


@pytest.mark.parametrize("kind", ["eml", "maildir"])
def test_only_the_readers_own_messages_are_deleted(root: Path, wire: Wire, kind: str) -> None:
    first, second = (replace(reader, key=f"{number:032x}"[::-1]) for number, reader in enumerate(readers(2), 1))
    list(outbox(root, format=kind).submit(make.letters(wire, [first, second])))
    service = Wire(replace(wire.email, issue="service"), make.WHEN)
    list(
        outbox(root, format=kind).submit(
            make.letters(service, [replace(first, key="e" * 32), replace(second, key="f" * 32)])
        )
    )
    kept = open_kept_messages({"format": kind}, root=root, environment={})
    assert kept.forget(first.key, lambda address: address == first.address) == 2
    left = files(root)
    assert len(left) == 2
    assert all(second.address in path for path in left)
