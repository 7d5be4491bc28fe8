"""Words typed twice: "the the". Only words of which no good sentence has two in a row, in the language they belong to.

"had had", "that that", "her her", German "die die" and "der der", French "nous nous" are right, and never reported.
"""

import re
from collections.abc import Iterator

from newsletter.checks.places import below
from newsletter.checks.rules import found
from newsletter.checks.visible import visible
from newsletter.errors import Finding, Place

_ANYWHERE = "the these their our your into been because between through about"
# Words that tell a language, of which two different ones have to stand in the text; and those never doubled in it.
_LANGUAGES = (
    ("the and with from that of", "a an and as at be by for from his of or she they this to we with"),
    ("und der die das nicht ist von mit", "beim eine einen eines für im oder und vom von zum zur"),
    ("les des est dans une et que", "avec dans des du et les pour une"),
    ("los las que del una el por", "con del el en las los para por una"),
)
_DOUBLED = re.compile(r"(?<![\w’'–-])([^\W\d_]+)(?:[ \t\u00a0]{1,2}|[ \t]*\n[ \t]*)(\1)(?![\w’'–-])", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")


def doubled_findings(markdown: str, place: Place) -> Iterator[Finding]:
    """Find words typed twice in a text that begins at ``place``; code and addresses don't count."""
    if not _DOUBLED.search(markdown):
        return
    text = visible(markdown)
    words = {word.lower() for word in _WORD.findall(text)}
    never = set(_ANYWHERE.split())
    for telling, doubled in _LANGUAGES:
        if len(words.intersection(telling.split())) > 1:
            never.update(doubled.split())
    for match in _DOUBLED.finditer(text):
        first, second = match[1], match[2]
        if second.lower() not in never or not second.islower() or (second == "a" and first == "A"):
            continue  # "the The Times", "vitamin A a day"
        after = text[match.end() : match.end() + len(second) + 8].lstrip()
        if after.startswith("[sic") or re.match(rf"{second}\b", after):  # thrice is on purpose
            continue
        here = below(place, text.count("\n", 0, match.start(2)))
        yield found("word-doubled", here, f'the word "{second}" is typed twice')
