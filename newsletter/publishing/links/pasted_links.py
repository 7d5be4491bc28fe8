"""Find the links in pasted text: one or many, alone or beside their titles."""

import re
from dataclasses import dataclass

_MOST = 200  # links in one paste
_URL = re.compile(r"https?://[^\s<>\"“”]+|(?<![\w@/.])www\.[^\s<>\"“”]+", re.IGNORECASE)
_BARE = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}/\S+", re.IGNORECASE)  # example.org/story
_MARKDOWN = re.compile(r"\[([^\]]*)\]\((https?://[^\s)]+)\)", re.IGNORECASE)
_EMPTY_BRACKETS = re.compile(r"\(\s*\)|\[\s*\]|<\s*>")
_AROUND_TITLE = " \t\u00a0-–—:|·•*>."


@dataclass(frozen=True, slots=True, kw_only=True)
class PastedLink:
    """An address as it was pasted, and its title if it had one."""

    url: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastedText:
    """The links of a pasted text in its order, each once, and the lines that have none."""

    links: tuple[PastedLink, ...]
    other_lines: tuple[str, ...]


def read_pasted(text: str) -> PastedText:
    """Return the links of a text: addresses, ``title address``, ``[title](address)``, or a title above its address.

    Of more than 200 links, the others stay lines.
    """
    links: dict[str, PastedLink] = {}
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    other: list[str] = []
    above = ""  # a line without a link, which may be the title of the next
    for line in lines:
        in_line = _links_in(line)
        if not in_line or len(links) + len(in_line) > _MOST:
            other += [above] if above else []
            above = line
            continue
        if above and len(in_line) == 1 and not in_line[0].title:
            in_line = [PastedLink(url=in_line[0].url, title=above)]
        elif above:
            other.append(above)
        above = ""
        for link in in_line:
            links.setdefault(link.url, link)
    return PastedText(links=tuple(links.values()), other_lines=(*other, *filter(None, (above,))))


def _links_in(line: str) -> list[PastedLink]:
    if _BARE.fullmatch(line):
        return [PastedLink(url=f"https://{line}")]
    marked = [PastedLink(url=match[2], title=match[1].strip()) for match in _MARKDOWN.finditer(line)]
    rest = _MARKDOWN.sub(" ", line)
    urls = [_trimmed(match[0]) for match in _URL.finditer(rest)]
    if marked or len(urls) != 1:
        return [*marked, *(PastedLink(url=_whole(url)) for url in urls)]
    title = _EMPTY_BRACKETS.sub(" ", rest.replace(urls[0], " "))
    return [PastedLink(url=_whole(urls[0]), title=" ".join(title.split()).strip(_AROUND_TITLE))]


def _trimmed(url: str) -> str:
    """Return an address without the punctuation of its sentence; a closing bracket stays if it was opened."""
    while url[-1] in ".,;:!?'’)]}>*":
        if url[-1] == ")" and url.count("(") >= url.count(")"):
            break
        url = url[:-1]
    return url


def _whole(url: str) -> str:
    return url if "://" in url else f"https://{url}"
