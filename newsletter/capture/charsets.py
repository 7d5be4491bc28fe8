"""Decode a page's bytes. Bytes that don't fit become replacement characters, never an error.

The order is that of the HTML standard (§13.2.3.2): a byte order mark, the Content-Type header, a declaration in the
first bytes. Without any of them, it is UTF-8 if it is valid, else Shift-JIS or EUC-JP if the bytes make Japanese, else
windows-1255 if they make Hebrew, else windows-1252, which is also what pages mean by Latin-1.
"""

import codecs
import re

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_IN_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([^\s\"';,]+)", re.IGNORECASE)
_IN_PAGE = re.compile(
    rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})|<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.:-]{2,40})",
    re.IGNORECASE,
)
_SEARCHED = 8192  # bytes; the standard says 1024, and browsers read on
_HEBREW = re.compile(rb"[\xe0-\xfa]{2,}")

# What browsers read under a label (https://encoding.spec.whatwg.org/#names-and-labels), where Python differs.
_MEANT = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "utf-16-le": "utf-8",  # a declaration that could be read isn't UTF-16
    "utf-16-be": "utf-8",
    "utf-16": "utf-8",
}
_NEVER = frozenset(("utf-7", "utf-32", "utf-32-le", "utf-32-be", "idna", "punycode", "raw-unicode-escape"))
_OF_BROWSERS = {
    "iso-8859-8-i": "iso8859-8",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "x-gbk": "gb18030",
    "x-user-defined": "",
}


def decoded(html: bytes, content_type: str = "") -> str:
    """Return a page's text."""
    for mark, encoding in _MARKS:
        if html.startswith(mark):
            return html[len(mark) :].decode(encoding, errors="replace")
    declared = _declared(html, content_type)
    if declared:
        return _decoded_as(html, declared)
    return _decoded_as(html, _guessed(html))


def _declared(html: bytes, content_type: str) -> str:
    in_header, in_page = _IN_HEADER.search(content_type), _IN_PAGE.search(html[:_SEARCHED])
    labels = [in_header[1] if in_header else ""]
    if in_page:
        labels.append((in_page[1] or in_page[2]).decode("ascii", errors="replace"))
    known = [encoding for label in labels if (encoding := _encoding(label))]
    return known[0] if known else ""


def _encoding(label: str) -> str:
    label = _OF_BROWSERS.get(label.lower(), label)
    try:
        info = codecs.lookup(label) if label else None
    except (LookupError, ValueError):
        return ""
    if info is None or info.name in _NEVER or not info._is_text_encoding:  # noqa: SLF001  there is no public way to ask
        return ""
    return _MEANT.get(info.name, info.name)


def _guessed(html: bytes) -> str:
    if _fits(html, "utf-8"):
        return "utf-8"
    sample = html[:200_000]
    for encoding in ("euc_jp", "cp932"):
        kana = re.findall("[\u3040-\u30ff]", sample.decode(encoding, errors="replace"))
        if len(kana) >= 8 and _fits(sample, encoding):
            return encoding
    high = sum(byte >= 0x80 for byte in sample)
    hebrew = sum(len(run) for run in _HEBREW.findall(sample))
    # Hebrew letters stand together, in words without Latin ones; accented letters stand alone.
    return "cp1255" if high >= 20 and hebrew > 0.8 * high else "cp1252"


def _fits(html: bytes, encoding: str) -> bool:
    """Return whether bytes are valid in an encoding, except for a character that is cut off at the end."""
    try:
        codecs.getincrementaldecoder(encoding)().decode(html, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _decoded_as(html: bytes, encoding: str) -> str:
    try:
        return html.decode(encoding, errors="replace")
    except (UnicodeError, ValueError, LookupError):
        return html.decode("cp1252", errors="replace")
