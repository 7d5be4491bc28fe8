"""Read a form with a file (multipart/form-data) as it arrives, without holding the file in memory.

https://www.rfc-editor.org/rfc/rfc7578
"""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

from newsletter.errors import NewsletterError

_MOST_HEADERS = 16 * 1024  # bytes in front of a part
_LONGEST_FIELD = 64 * 1024  # bytes of a field that isn't a file
_MOST_PARTS = 100
_BOUNDARY = re.compile(r"""boundary=(?:"([^"]{1,70})"|([^\s";,]{1,70}))""", re.IGNORECASE)  # RFC 2046 §5.1.1
_NAME = re.compile(r'[; ]name="([^"]*)"', re.IGNORECASE)
_FILE_NAME = re.compile(r'[; ]filename="([^"]*)"', re.IGNORECASE)


class UploadError(NewsletterError):
    """A form with a file that didn't arrive as a whole, or isn't one."""

    code = "upload"

    def __init__(self, what: str = "the file didn't arrive as a whole") -> None:
        super().__init__(what, hint="choose the file again")


@dataclass(slots=True, kw_only=True)
class ReceivedForm:
    """The fields of a form, and the name that its file has on the sender's computer; empty if there is none."""

    file_name: str = ""
    fields: dict[str, str] = field(default_factory=dict)


async def receive_form(
    content_type: str, chunks: AsyncIterator[bytes], name: str, write: Callable[[bytes], object]
) -> ReceivedForm:
    """Pass the content of the file in the field ``name`` to ``write``, and return the rest of the form.

    Raise UploadError.
    """
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise UploadError("this is not a form with a file")
    parts = _Parts((boundary[1] or boundary[2]).encode("latin-1", "replace"), name, write)
    async for chunk in chunks:
        parts.feed(chunk)
    return parts.finish()


class _Parts:
    """A parser of the parts of a form, fed with pieces of any size."""

    def __init__(self, boundary: bytes, name: str, write: Callable[[bytes], object]) -> None:
        self._delimiter = b"\r\n--" + boundary
        self._name, self._write = name, write
        self._form = ReceivedForm()
        self._buffer = bytearray(b"\r\n")  # the first delimiter needs no line before it
        self._step: Callable[[], bool] = self._read_body
        self._sink: Callable[[bytes], object] = _ignore
        self._count = 0
        self._done = False

    def feed(self, chunk: bytes) -> None:
        """Take the next piece. Raise UploadError."""
        if self._done:
            return  # an epilogue has no meaning
        self._buffer += chunk
        while self._step():
            pass

    def finish(self) -> ReceivedForm:
        """Return the form. Raise UploadError if its end is missing."""
        if not self._done:
            raise UploadError()
        return self._form

    def _read_body(self) -> bool:
        at = self._buffer.find(self._delimiter)
        if at < 0:
            sure = len(self._buffer) - len(self._delimiter) + 1  # what follows may be the beginning of a delimiter
            if sure > 0:
                self._sink(bytes(self._buffer[:sure]))
                del self._buffer[:sure]
            return False
        self._sink(bytes(self._buffer[:at]))
        del self._buffer[: at + len(self._delimiter)]
        self._step = self._read_end_of_delimiter
        return True

    def _read_end_of_delimiter(self) -> bool:
        if len(self._buffer) < 2:
            return False
        end = bytes(self._buffer[:2])
        if end == b"--":
            self._done = True
            return False
        if end != b"\r\n":
            raise UploadError("this is not a form with a file")
        self._count += 1
        if self._count > _MOST_PARTS:
            raise UploadError("this form has too many fields")
        self._step = self._read_headers
        return True

    def _read_headers(self) -> bool:
        at = self._buffer.find(b"\r\n\r\n")
        if at > _MOST_HEADERS or (at < 0 and len(self._buffer) > _MOST_HEADERS):
            raise UploadError("this is not a form with a file")
        if at < 0:
            return False
        head = bytes(self._buffer[:at]).decode("utf-8", "replace")
        del self._buffer[: at + 4]
        self._sink = self._sink_for(head)
        self._step = self._read_body
        return True

    def _sink_for(self, head: str) -> Callable[[bytes], object]:
        """Return where the content of a part goes: to ``write``, to the form's fields, or nowhere."""
        disposition = next((line for line in head.split("\r\n") if line.lower().startswith("content-disposition:")), "")
        name, file_name = _NAME.search(disposition), _FILE_NAME.search(disposition)
        if name is None:
            return _ignore
        if file_name is None:
            return _FieldSink(self._form.fields, unquote(name[1]))
        if unquote(name[1]) != self._name or self._form.file_name or not file_name[1]:
            return _ignore
        self._form.file_name = unquote(file_name[1])
        return self._write


class _FieldSink:
    """A collector of the value of a field that isn't a file."""

    def __init__(self, fields: dict[str, str], name: str) -> None:
        self._fields, self._name, self._value = fields, name, bytearray()

    def __call__(self, piece: bytes) -> None:
        self._value += piece
        if len(self._value) > _LONGEST_FIELD:
            raise UploadError("a field of this form is too long")
        self._fields[self._name] = self._value.decode("utf-8", "replace").replace("\0", "")


def _ignore(_piece: bytes) -> None:
    """Ignore the content of a part."""
