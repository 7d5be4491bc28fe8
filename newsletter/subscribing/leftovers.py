"""Files that still have a reader's address after their rows are gone: logs, refused rows, exports, mail that came back.

Nothing of it is changed: only the person who made a file knows what else it is needed for.
"""

import base64
import gzip
import html
import json
import os
import quopri
import re
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO
from urllib.parse import quote, unquote

from newsletter.addresses import spellings

_PIECE, _OVERLAP = 1 << 20, 4096  # octets
_SHORTEST = 8  # octets of a base64 form: a shorter one may be anything
_TOGETHER = 1000  # addresses
_ADDRESS = re.compile(r"[^\s\x00<>()\[\]\"',;:=|\\]{1,64}@[^\s\x00<>()\[\]\"',;:=|\\@]{1,255}")
_NO_ARCHIVE = (gzip.BadGzipFile, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)


def files_below(places: Iterable[Path], *, without: Collection[Path]) -> list[Path]:
    """Return all files in folders, in the order of their names; links are not followed.

    Git's own files are left out: it compresses them, and has commands that look for words.
    """
    found = set()
    for place in places:
        waiting = [place]
        while waiting:
            path = waiting.pop()
            if path in without or path.is_symlink() or path.name == ".git":
                continue
            if path.is_dir():
                waiting += path.iterdir()
            elif path.is_file():
                found.add(path)
    return sorted(found)


def files_with(address: str, paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files that have an address in their name or content, in any encoding; compressed ones too.

    Files that can't be read are yielded too.
    """
    plain, encoded = _forms(address)
    # What may stand before an address: no part of a longer one, but the end of an escaped character.
    before = rb"(?:(?<![\w.+-])|(?<=[%=][0-9a-f]{2})|(?<=\\[nrt])|(?<=\\u[0-9a-f]{4}))"
    named = re.compile(before + b"(?:" + b"|".join(map(re.escape, plain)) + rb")(?!\.?[\w-])")

    def has(piece: bytes) -> bool:
        piece = piece.lower().replace(b"=\r\n", b"").replace(b"=\n", b"")  # RFC 2045 §6.7: soft line breaks
        unbroken = piece.translate(None, b"\r\n")
        as_text = any(form in piece for form in plain) and named.search(piece)
        return bool(as_text) or any(form in unbroken for form in encoded)

    for path in paths:
        name = os.fsencode(path.name).lower()  # an ending may follow the address
        if any(form in name for form in plain) or _has(path, has):
            yield path


def files_with_any(is_sought: Callable[[list[str]], bool], paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files that have in plain text an address that is sought, as ``is_sought`` says of some of them.

    Files that can't be read are yielded too.
    """
    for path in paths:
        known: set[str] = set()

        def has(piece: bytes, known: set[str] = known) -> bool:
            text = piece.decode("utf-8", "replace").replace("%40", "@").replace("=40", "@")
            named = {unquote(name).strip(".") for name in _ADDRESS.findall(text)}
            new = sorted(named - known)
            known |= named
            return any(is_sought(new[at : at + _TOGETHER]) for at in range(0, len(new), _TOGETHER))

        if _has(path, has):
            yield path


def _has(path: Path, has: Callable[[bytes], bool]) -> bool:
    try:
        return any(map(has, _pieces(path)))
    except OSError:
        return True


def _forms(address: str) -> tuple[set[bytes], set[bytes]]:
    """Return the forms that an address has as text, and those in which it may stand amid others; in lower case."""
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
    """Yield what is in a file, or in an archive's files, piece by piece, each after the end of the one before.

    Raises OSError.
    """
    with path.open("rb") as file:
        yield from _read(file)
    with suppress(*_NO_ARCHIVE):
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
