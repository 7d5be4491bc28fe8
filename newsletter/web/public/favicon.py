"""Draw the favicon for browsers without SVG support: the mark of ``favicon.svg``, as a PNG inside an ICO."""

import re
import struct
import zlib
from functools import cache

SIDE, CORNER = 32, 7  # pixels
_WHITE = (255, 255, 255)
_GREY = (68, 68, 68)
_BARS = ((8, 8, 24, 12), (8, 15, 24, 18), (8, 21, 18, 24))  # left, top, right, bottom: as in the SVG
_FINE = 4  # samples per pixel, across and down


@cache
def favicon(color: str) -> bytes:
    """Return the icon in a colour, ``#rgb`` or ``#rrggbb``; in grey if the colour is written in any other way."""
    ground = _rgb(color)
    lines = [b"\0" + b"".join(_pixel(x, y, ground) for x in range(SIDE)) for y in range(SIDE)]
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 6, 0, 0, 0)  # eight bits, with transparency
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, data)
        for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(lines), 9)), (b"IEND", b""))
    )
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, SIDE, SIDE, 0, 0, 1, 32, len(png), 22) + png


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _pixel(x: int, y: int, ground: tuple[int, int, int]) -> bytes:
    covered = sum(
        _inside(x + (across + 0.5) / _FINE, y + (down + 0.5) / _FINE)
        for across in range(_FINE)
        for down in range(_FINE)
    )
    on_bar = any(left <= x < right and top <= y < bottom for left, top, right, bottom in _BARS)
    return bytes((*(_WHITE if on_bar else ground), 255 * covered // _FINE**2))


def _inside(x: float, y: float) -> bool:
    """Return whether a point is inside the square with rounded corners."""
    away = (max(CORNER - x, x - (SIDE - CORNER), 0), max(CORNER - y, y - (SIDE - CORNER), 0))
    return away[0] ** 2 + away[1] ** 2 <= CORNER**2


def _rgb(color: str) -> tuple[int, int, int]:
    digits = color.removeprefix("#")
    if not re.fullmatch(r"[0-9a-fA-F]{3}|[0-9a-fA-F]{6}", digits) or digits == color:
        return _GREY
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue
