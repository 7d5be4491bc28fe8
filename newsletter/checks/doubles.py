"""Check for words typed twice ("the the"), limited to words that good sentences hardly ever repeat in their language.

"had had", "that that", "her her", German "die die" and "der der", French "nous nous" are correct and never reported.
Longer words are reported in English, German, French and Russian text only: other languages double them on purpose.
"""

import re
from collections.abc import Iterator

from newsletter.checks.places import below
from newsletter.checks.rules import make_finding
from newsletter.checks.visible import visible_prose
from newsletter.errors import Finding, Place

_ANYWHERE = "the these their our your into been because between through about and from of they with"
# Pairs of words that identify a language, if a text has two different ones, and words never doubled in that language.
_LANGUAGES = (
    ("the and with from that of", "a an and as at be by for from his of or she they this to we with"),
    ("und der die das nicht ist von mit", "beim dem eine einen eines für im oder und vom von zum zur"),
    ("les des est dans une et que", "avec dans de des du et les pour une"),
    ("los las que del una el por", "con de del el en las los para por una"),
    ("и в не на что как это", "в для за и из от по"),
)
_LONGER = ("the and with from that of", "und der die das nicht ist", "les des est dans une", "и в не на что как это")
_LONG = 5  # letters
_PURPOSE = "again always great later maybe never quite really still super truly werden würden immer faire очень долго"
_DOUBLED_ON_PURPOSE = frozenset(_PURPOSE.split())
_DOUBLED = re.compile(r"(?<![\w’'–-])([^\W\d_]+)(?:[ \t\u00a0]{1,2}|[ \t]*\n[ \t]*)(\1)(?![\w’'–-])", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")


def doubled_findings(markdown: str, place: Place) -> Iterator[Finding]:
    """Yield words typed twice in a text that begins at ``place``, ignoring code and addresses."""
    if not _DOUBLED.search(markdown):
        return
    text = visible_prose(markdown)
    words = {word.lower() for word in _WORD.findall(text)}
    never = set(_ANYWHERE.split())
    for telling, doubled in _LANGUAGES:
        if len(words.intersection(telling.split())) > 1:
            never.update(doubled.split())
    longer = any(len(words.intersection(telling.split())) > 1 for telling in _LONGER) or "the" in words
    for match in _DOUBLED.finditer(text):
        first, second = match[1], match[2]
        if not second.islower() or (second == "a" and first == "A"):
            continue  # "the The Times", "vitamin A a day"
        is_slip = longer and first == second and len(second) >= _LONG and second not in _DOUBLED_ON_PURPOSE
        if second.lower() not in never and not is_slip:
            continue  # German "die Waren waren": the noun has a capital
        if second == "de" and text[match.end() :].lstrip()[:1].isupper():
            continue  # "la mort de de Gaulle"
        after = text[match.end() : match.end() + len(second) + 8].lstrip()
        if after.startswith("[sic") or re.match(rf"{second}\b", after):  # three times is on purpose
            continue
        here = below(place, text.count("\n", 0, match.start(2)))
        yield make_finding("word-doubled", here, f'the word "{second}" is typed twice')
