"""Find files that still contain an erased reader's address: logs, refused rows, exports, bounced mail.

The files are only reported, never changed: only the person who made a file knows what else it is needed for.
"""

import base64
import binascii
import gzip
import html
import json
import lzma
import os
import quopri
import re
import string
import struct
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote, unquote_to_bytes

from newsletter.domain.addresses import spellings
from newsletter.files import library_errors
from newsletter.files.temporary_files import PART

_PIECE, _OVERLAP = 1 << 20, 4096  # octets
_SHORTEST = 8  # octets of a base64 form: a shorter one matches too much
_SHORTEST_WORD = 16  # octets of base64 or hexadecimal digits that may contain an address
_TOGETHER = 1000  # addresses looked up at once
_LONGEST = 256  # octets of either part of an address, with a margin
_DAMAGED = (
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


def _blanks(legal: str, more: Iterable[int] = ()) -> bytes:
    """Return a table for bytes.translate that replaces every octet except these with a space."""
    kept = {*legal.encode(), *more}
    return bytes(octet if octet in kept else ord(" ") for octet in range(256))


_OF_ADDRESSES = _blanks(string.ascii_letters + string.digits + "!#$%&'*+-/=?^_`{|}~.@", range(0x80, 0x100))
_OF_BASE64 = _blanks(string.ascii_letters + string.digits + "+/-_\n")
_AT = re.compile(rb"@[\w\x80-\xff-]{1,%d}\.[\w\x80-\xff.-]{1,%d}" % (_LONGEST, _LONGEST))
_BOUNDARY = re.compile(r"[^\w.+-]")
_DOMAIN = re.compile(r"[\w-]+(?:\.[\w-]+)+")
_ESCAPE = re.compile(rb"\\(?:[nrt]|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))")


@dataclass(frozen=True, slots=True)
class Leftover:
    """A file that contains an address, or a file or folder that can't be searched; ``unread`` then says why."""

    path: Path
    unread: str = ""


class _UnreadableError(Exception):
    """A file or an archive can't be read; the message says why."""


def files_below(places: Iterable[Path], *, without: Collection[Path], hidden: bool = False) -> list[Path]:
    """Return all files in folders, sorted by path, together with the folders that can't be read.

    Symbolic links are not followed. Python's virtual environments are left out and, unless ``hidden``, so are files and
    folders whose names begin with a dot, such as `.git`: Git compresses its files and has search commands of its own.
    Unfinished files that a killed process left, such as half an export, are included.
    """
    files = set()
    waiting = list(places)
    while waiting:
        place = waiting.pop()
        try:
            entries = list(os.scandir(place)) if place.is_dir() else []
            files |= {place} if place.is_file() and not place.is_symlink() else set()
        except OSError:
            files.add(place)
            continue
        if any(entry.name == "pyvenv.cfg" for entry in entries):
            continue
        for entry in entries:
            path = Path(entry.path)
            if path in without or (entry.name.startswith(".") and not hidden and not entry.name.endswith(PART)):
                continue
            if entry.is_dir(follow_symlinks=False):
                waiting.append(path)
            elif entry.is_file(follow_symlinks=False):
                files.add(path)
    return sorted(files)


def files_with(address: str, paths: Iterable[Path]) -> Iterator[Leftover]:
    """Yield the files with an address in their name or content, in any encoding, compressed files included.

    Also yield files that can't be searched, except those deleted in the meantime.
    """
    plain, encoded = _forms(address)
    # The address must not be the end of a longer one, but it may follow an escaped character.
    before = rb"(?:(?<![\w.+-])|(?<=[%=][0-9a-f]{2})|(?<=\\[nrt])|(?<=\\u[0-9a-f]{4}))"
    named = re.compile(before + b"(?:" + b"|".join(map(re.escape, plain)) + rb")(?!\.?[\w-])")

    def has(piece: bytes) -> bool:
        piece = piece.lower().replace(b"=\r\n", b"").replace(b"=\n", b"")  # RFC 2045 §6.7: soft line breaks
        unbroken = piece.translate(None, b"\r\n")
        as_text = any(form in piece for form in plain) and named.search(piece)
        return bool(as_text) or any(form in unbroken for form in encoded)

    for path in paths:
        name = os.fsencode(path.name).lower()  # an ending may follow the address
        if any(form in name for form in plain):
            yield Leftover(path)
        else:
            yield from _leftover(path, has)


def files_with_any(is_sought: Callable[[list[str]], bool], paths: Iterable[Path]) -> Iterator[Leftover]:
    """Yield the files that contain any address for which ``is_sought`` returns true, compressed files included.

    Addresses are recognised in the same encodings as by ``files_with``, except that base64 and hexadecimal text is only
    decoded from its start. Also yield files that can't be searched.
    """

    def has(piece: bytes) -> bool:
        names = sorted({name for text in _decoded(piece) for name in _addresses(text)})
        return any(is_sought(names[at : at + _TOGETHER]) for at in range(0, len(names), _TOGETHER))

    for path in paths:
        stem = path.name
        while stem and not has(os.fsencode(stem)):
            stem = stem.rpartition(".")[0]  # an ending may follow the address
        if stem:
            yield Leftover(path)
        else:
            yield from _leftover(path, has)


def _leftover(path: Path, has: Callable[[bytes], bool]) -> Iterator[Leftover]:
    try:
        if any(map(has, _pieces(path))):
            yield Leftover(path)
    except _UnreadableError as err:
        yield Leftover(path, unread=str(err))


def _addresses(text: bytes) -> Iterator[str]:
    """Yield every string in a text that may be an address, from each place where an address may begin."""
    text = text.translate(_OF_ADDRESSES)
    for mark in _AT.finditer(text):  # search for the @ first: most text has none
        if domain := _DOMAIN.match(_text(mark[0][1:])):
            local = _text(text[max(mark.start() - _LONGEST, 0) : mark.start()].rpartition(b" ")[2].rpartition(b"@")[2])
            for start in (0, *(boundary.end() for boundary in _BOUNDARY.finditer(local))):
                if start < len(local):
                    yield f"{local[start:]}@{domain[0]}"


def _decoded(piece: bytes) -> Iterator[bytes]:
    """Yield octets unchanged, then decoded from each encoding that they may be in."""
    yield piece
    if b"@\0" in piece or b"\0@" in piece:
        for codec in ("utf-16-le", "utf-16-be"):
            for start in (0, 1):
                yield piece[start:].decode(codec, "ignore").encode("utf-8", "ignore")
    if b"%" in piece:
        unquoted = unquote_to_bytes(piece)
        yield unquoted
        yield unquote_to_bytes(unquoted)
    if b"=" in piece:
        yield quopri.decodestring(piece)
    if b"&" in piece:
        yield html.unescape(_text(piece)).encode("utf-8", "replace")
    if b"\\" in piece:
        yield _ESCAPE.sub(_unescaped, piece)
    words = piece.replace(b"\r", b"").replace(b"\n\n", b" ").translate(_OF_BASE64).split(b" ")
    yield b"\n".join(map(_word_decoded, [word for word in words if len(word) >= _SHORTEST_WORD]))


def _unescaped(escape: re.Match[bytes]) -> bytes:
    digits = escape[1] or escape[2]
    return chr(int(digits, 16)).encode("utf-8", "replace") if digits else b"\n"


def _word_decoded(word: bytes) -> bytes:
    """Return the octets that a word of hexadecimal digits or base64 (of either alphabet) encodes."""
    word = word.replace(b"\n", b"")
    if not word.strip(string.hexdigits.encode()):
        return binascii.unhexlify(word[: len(word) // 2 * 2])
    digits = word[: len(word) - (len(word) % 4 == 1)].replace(b"-", b"+").replace(b"_", b"/")
    return binascii.a2b_base64(digits + b"==")


def _text(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _forms(address: str) -> tuple[set[bytes], set[bytes]]:
    """Return an address's textual forms and the encoded forms that may occur inside longer data, all in lower case."""
    plain: set[bytes] = set()
    encoded: set[bytes] = set()
    for text in spellings(address):
        octets = text.encode()
        plain |= {octets, html.escape(text).encode(), text.encode("ascii", "xmlcharrefreplace")}
        plain |= {json.dumps(text)[1:-1].encode(), text.encode("unicode_escape")}
        with suppress(UnicodeEncodeError):
            plain.add(text.encode("latin-1"))
        plain |= {quote(text, safe=safe).encode() for safe in ("", "@")} | {quote(quote(text)).encode()}
        plain.add(quopri.encodestring(octets, quotetabs=True).replace(b"=\n", b""))
        encoded |= {text.encode("utf-16-le"), text.encode("utf-16-be"), octets.hex().encode()}
        for shift in range(3):
            for encode in (base64.b64encode, base64.urlsafe_b64encode):
                form = encode(b"x" * shift + octets)[4 if shift else 0 : -4]
                encoded |= {form} if len(form) >= _SHORTEST else set()
    for mark in (b"=40", b"&#64;", b"&#x40;", b"&commat;", b"\\u0040"):
        plain |= {form.replace(b"@", mark) for form in plain}
    return {form.lower() for form in plain}, {form.lower() for form in encoded}


def _pieces(path: Path) -> Iterator[bytes]:
    """Yield the content of a file, and of the files in an archive, in pieces that overlap.

    Raises _UnreadableError.
    """
    try:
        with path.open("rb") as file:
            yield from _read(file)
    except FileNotFoundError:  # another process has just removed it
        return
    except IsADirectoryError as err:  # only folders that can't be listed are among the files
        raise _UnreadableError(_why_not_listed(path)) from err
    except OSError as err:
        raise _UnreadableError(library_errors.of_system(err)) from err
    try:
        yield from _unpacked(path)
    except (OSError, *_DAMAGED) as err:
        raise _UnreadableError("it is a damaged archive, or one with a password") from err


def _why_not_listed(folder: Path) -> str:
    try:
        os.scandir(folder).close()
    except OSError as err:
        return library_errors.of_system(err)
    return "the folder could not be listed before"


def _unpacked(path: Path) -> Iterator[bytes]:
    if path.suffix == ".gz":
        with gzip.open(path) as unpacked:
            yield from _read(unpacked)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                with archive.open(name) as member:
                    yield from _read(member)


def _read(file: IO[bytes] | gzip.GzipFile) -> Iterator[bytes]:
    end = b""
    while piece := file.read(_PIECE):
        yield end + piece
        end = piece[-_OVERLAP:]
