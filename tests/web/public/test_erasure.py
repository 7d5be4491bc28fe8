"""After an erasure no file of the newsletter has the reader's addresses in any encoding, even after late events."""

import base64
import binascii
import errno
import gzip
import html
import json
import os
import quopri
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
import sqlalchemy as sa

from newsletter import subscriber_files
from newsletter.domain.addresses import address_key
from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.domain.events import Bounce, Event, EventKind
from newsletter.domain.segment import EVERYONE
from newsletter.domain.send import Send
from newsletter.domain.subscriber import Subscriber, SuppressionReason
from newsletter.feedback import Feedback
from newsletter.message.mime import Wire
from newsletter.providers import open_provider
from newsletter.store.tables import send
from newsletter.subscriptions import files_below, files_with, files_with_any
from tests import ledger, make
from tests.rows import execute
from tests.web.public.public_pages import Public, link_in

BEFORE, NOW = "Zenobia.Quill+news@müller-ältere.example", "zenobia@quillfeather.example"


def encodings(address: str) -> set[bytes]:
    """Return the forms in which a file may contain an address, without base64 characters shared with its neighbours."""
    forms: set[bytes] = set()
    for text in {address, address_key(address), address.casefold(), address.upper(), address.partition("@")[2]}:
        octets = text.encode()
        forms |= {octets, text.encode("utf-16-le"), text.encode("utf-16-be"), binascii.hexlify(octets)}
        forms |= {quote(text, safe="").encode(), quote(text).encode(), quopri.encodestring(octets, quotetabs=True)}
        forms |= {
            html.escape(text).encode(),
            text.encode("ascii", "xmlcharrefreplace"),
            text.replace("@", "&#64;").encode(),
        }
        forms |= {
            text.encode("unicode_escape"),
            text.replace("@", "\\u0040").encode(),
            text.replace("@", "=40").encode(),
        }
        for shift in range(3):
            forms.add(base64.b64encode(b"x" * shift + octets)[4 if shift else 0 : -4])
            forms.add(base64.urlsafe_b64encode(b"x" * shift + octets)[4 if shift else 0 : -4])
    return {form for form in forms if len(form) > 8}


def traces(root: Path, *addresses: str) -> list[str]:
    """Return which files below a folder have an address in their name or content, in any encoding."""
    forms = {form.lower() for address in addresses for form in encodings(address)}
    files = [path for path in root.rglob("*") if path.is_file()]
    contents = {
        str(path): path.read_bytes().lower() + b"\n" + str(path.relative_to(root)).lower().encode() for path in files
    }
    return sorted(f"{path}: {form!r}" for path, content in contents.items() for form in forms if form in content)


def event(key: str, at: datetime, **some: object) -> Event:
    """Return an event of a provider."""
    return Event(**({"key": key, "provider": "ses", "at": at} | some))  # type: ignore[arg-type]


def late(address: str, key: str, at: datetime) -> Iterator[Event]:
    """Return all events that may still come for an erased reader's address."""
    raw = f'{{"destination": ["{address}"], "quoted": "{quote(address)}"}}'
    for kind in EventKind:
        bounce = Bounce.PERMANENT if kind is EventKind.BOUNCED else None
        common = {"kind": kind, "bounce": bounce, "detail": f"<{address}>", "raw": raw, "issue": "2026-11-23"}
        link = f"https://example.org/?to={quote(address)}" if kind is EventKind.CLICKED else ""
        for name, reader in (("named", key), ("unnamed", "")):
            yield event(f"{kind}-{name}-{address == NOW}", at, address=address, reader=reader, link=link, **common)
    yield event(f"unreadable-{address == NOW}", at, kind=EventKind.UNKNOWN, raw=raw)


def test_no_file_contains_an_erased_readers_addresses(pages: Public, visitor: httpx.Client, tmp_path: Path) -> None:
    pages.sign_up(visitor, name="Zenobia Quill", address=BEFORE)
    visitor.post(link_in(pages.mails()[0]), data={"name": "Zenobia Quill"})
    (reader,) = pages.store.subscribers.stream()
    pages.store.subscribers.merge([[make_other(number) for number in range(300)]], now=pages.clock())
    # An issue in the outbox, another one in flight, and a mailed link in the outbox.
    provider = open_provider("outbox", {"path": "outbox"}, root=pages.root, environment={})
    done, flying = (frozen(pages, issue) for issue in ("2026-11-23", "2026-11-24"))
    batch = ledger.claim(pages.store, done.id, size=400)
    everybody = [
        replace(make.recipient(), subscriber=delivery.subscriber, key=delivery.key, address=delivery.address)
        for delivery in batch
    ]
    receipts = list(provider.submit(make.letters(Wire(make.email(), make.WHEN), everybody)))
    ledger.record(pages.store, done.id, receipts, batch=batch)
    late_batch = ledger.claim(pages.store, flying.id, size=400)
    assert len(receipts) == len(late_batch) == 301
    visitor.post("/preferences", data={"address": BEFORE.upper().replace("Ü", "ü").replace("Ä", "ä")})
    while pages.mailer.send_batch():
        pass
    assert len(list(pages.outbox.glob("service/*"))) == 1
    at = pages.clock()
    Feedback(pages.store, pages.site.signer, soft_bounces=99).record(
        list(late(BEFORE, reader.key, at))[:6], now=pages.clock()
    )
    pages.clock.move(hours=30)
    visitor.post(f"{pages.visit(reader)}/address", data={"address": NOW})
    move = link_in(next(mail for mail in pages.mails() if mail["To"] == NOW))
    visitor.post(move)
    pages.store.suppressions.add(BEFORE, SuppressionReason.COMPLAINED, now=pages.clock())
    pages.clock.move(days=40)  # the confirmations are deleted by now; former addresses are still known, as hashes
    pages.store.confirmations.tidy(pages.clock())
    visitor.post(f"{pages.visit(reader)}/address", data={"address": "zenobia@quillfeather-later.example"})
    reason = f"relay refuses: 554 5.7.1 <{NOW}>: Relay access denied, as for {BEFORE}."
    execute(pages.store, sa.update(send).where(send.c.id == flying.id).values(reason=reason))
    assert traces(pages.root, BEFORE)
    assert traces(pages.root, NOW)

    assert visitor.post(f"{pages.visit(reader)}/erase", data={"sure": "yes"}).status_code == 200
    assert traces(pages.root, BEFORE, NOW) == []

    file = tmp_path.parent / f"{tmp_path.name}.csv"
    file.write_text(f"email,suppressed\n{NOW},\n{BEFORE},complained\nben@example.com,\n")
    for address in (BEFORE, NOW):
        Feedback(pages.store, pages.site.signer, soft_bounces=1).record(
            list(late(address, reader.key, at)), now=pages.clock()
        )
    form = subscriber_files.OwnFormat(topics=make.topics())
    report = subscriber_files.import_readers(
        pages.store.subscribers.merge, [file], form, signer=pages.site.signer, now=pages.clock()
    )
    assert (report.added, report.kept_away) == (1, 2)
    words = {"status": DeliveryStatus.REFUSED, "detail": f"550 <{NOW}> said no", "provider_id": f"<1.{NOW}>"}
    answers = [
        Receipt(subscriber=delivery.subscriber, **(words if delivery.key == reader.key else OK))
        for delivery in late_batch
    ]
    ledger.record(pages.store, flying.id, answers, batch=late_batch)
    ledger.record(pages.store, done.id, [Receipt(subscriber=reader.id, **words)])  # type: ignore[arg-type]
    assert pages.store.scrub()
    assert traces(pages.root, BEFORE, NOW) == []


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
        assert unread.pop("locked") != ""
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


def test_a_removal_without_a_match_keeps_an_earlier_one_to_be_scrubbed(pages: Public) -> None:
    pages.reader(NOW)
    assert pages.store.subscribers.remove(NOW)
    assert not pages.store.subscribers.remove(NOW)
    assert pages.store.unscrubbed
    assert pages.store.scrub()
    assert not pages.store.unscrubbed


def test_service_messages_to_a_non_ascii_address_are_erased(pages: Public, visitor: httpx.Client) -> None:
    address = "zenobía.quillfeather@example.com"
    reader = pages.reader(address)
    visitor.post("/preferences", data={"address": address})
    while pages.mailer.send_batch():
        pass
    assert traces(pages.outbox, address)
    visitor.post(f"{pages.visit(reader)}/erase", data={"sure": "yes"})
    assert list(pages.outbox.rglob("*.eml")) == []


OK = {"status": DeliveryStatus.SUBMITTED}


def frozen(pages: Public, issue: str) -> Send:
    """Freeze an issue for all readers."""
    compiled = replace(make.compiled(), issue=issue)
    return pages.store.sends.freeze(
        compiled=compiled, tailor=make.tailor(), date=make.WHEN, segments=[EVERYONE], provider="outbox", now=make.WHEN
    )


def make_other(number: int) -> Subscriber:
    """Return another reader, to fill the database's file."""
    return Subscriber(address=f"reader{number}@example.org", first_name="R" * (number % 40))
