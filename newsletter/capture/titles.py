"""Titles of pieces: without the name of their site, or made from their address."""

import re
from collections.abc import Iterable
from urllib.parse import unquote

from newsletter.capture.cleaning import one_clean_line, plain_words
from newsletter.capture.names import comparable
from newsletter.domain.plurals import capitalised
from newsletter.domain.web_addresses import split_address

_SEPARATOR = re.compile(r"\s+(?:[|·•‹›«»/–—:-]|::|\|\|)\s+|\s*[|｜]\s*|:\s+")
_LAST_SEPARATOR = re.compile(f"(?:{_SEPARATOR.pattern})$")
_FILE_ENDING = re.compile(r"\.(?:s?html?|php|aspx?|jsp|cfm)$", re.IGNORECASE)
_WORDLESS = re.compile(r"[\W\d_]*|index|default|home|amp|article|story", re.IGNORECASE)
_BARRIER = re.compile(
    r"just a moment\W*|attention required.*|access denied\W*|are you a (?:robot|human)\W*|please verify you are.*"
    r"|(?:403|404|429|500|503)\b.*|forbidden\W*|robot check|security check.*|checking your browser.*"
    r"|one moment, please\W*|page not found.*|not found|error|human verification"
    r"|pardon our interruption\W*|before you continue.*",
    re.IGNORECASE,
)


def clean_title(text: str, sites: Iterable[str]) -> str:
    """Return a title on one line, without the names of its site before or after it (``… | The Site``)."""
    title = plain_words(text)
    own = {key for site in sites if (key := comparable(site))}
    while True:
        separators = list(_SEPARATOR.finditer(title))
        for separator in separators[:1] + separators[-1:]:
            before, after = title[: separator.start()].strip(), title[separator.end() :].strip()
            if before and comparable(after) in own:
                title = before
                break
            if after and comparable(before) in own and separator is separators[0]:
                title = after
                break
        else:
            return title


def site_in_title(title: str, headings: Iterable[str]) -> str:
    """Return the name beside a heading in the page's title: “The Site” in “Heading | The Site”, or ""."""
    line = plain_words(title)
    for heading in headings:
        part = plain_words(heading)
        if not part:
            continue
        after = _SEPARATOR.match(line, len(part)) if line.casefold().startswith(part.casefold()) else None
        if after and not _SEPARATOR.search(line, after.end()):
            return line[after.end() :].strip()
        before = _LAST_SEPARATOR.search(line[: -len(part)]) if line.casefold().endswith(part.casefold()) else None
        if before and not _SEPARATOR.search(line[: before.start()]):
            return line[: before.start()].strip()
    return ""


def is_shortened(title: str, whole: str) -> bool:
    """Return whether a title ends with an ellipsis in place of the rest of a whole one; headlines had a limit once."""
    stem = title.removesuffix("…").removesuffix("...").rstrip()
    return stem != title and bool(stem) and len(whole) > len(title) and whole.startswith(stem)


def is_barrier(title: str) -> bool:
    """Return whether a title is that of an error page, or of a page that keeps programs out."""
    return _BARRIER.fullmatch(title.strip()) is not None


def title_from_address(url: str) -> str:
    """Return a title made from the words of an address, or its host: ``/2026/the-night-train.html``."""
    parts = split_address(url)
    if parts is None:
        return one_clean_line(url, 200)
    for segment in reversed(parts.path.split("/")):
        words = _FILE_ENDING.sub("", unquote(segment, errors="replace"))
        words = re.sub(r"[-_+\s]+", " ", words)
        words = one_clean_line(re.sub(r"\b[0-9a-f]{8,}\b|\b\d{5,}\b", "", words), 200)
        if not _WORDLESS.fullmatch(words):
            return capitalised(words)
    return one_clean_line(parts.hostname or url, 200)
