"""Find out whether a link repeats an entry, an earlier link, or the story of one.

Two addresses are the same if they are equal without scheme, ``www.``, ``m.``, final slash, fragment, tracking
parameters, redirect wrappers and AMP's additions.

Two titles are similar if they share enough words. A word counts more the longer it is, up to eight characters, and
words that stand in every headline don't count. The similarity is the weight of the shared words over the weight of all
of them (Jaccard), at least 0.6; a title of fewer than three such words must be the same word for word. Titles with
different numbers are of different pieces.
"""

import datetime
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from newsletter.capture.clean_urls import clean_url
from newsletter.capture.values import Candidate, Duplicate, Duplicates
from newsletter.content import Manuscripts
from newsletter.domain.web_addresses import canonical_address

SIMILAR = 0.6
_FEWEST_WORDS = 3
_WORD = re.compile(r"\w+")
_COMMON_WORDS = (
    "about after all before can do has have more new no not our over we you your a an and are as at be but by for "
    "from how in into is it its of on or that the their this to was what when where who why will with der die das "
    "den dem ein eine und oder im in von zu mit auf für ist wie was warum le la les un une de des du et ou en "
    "dans sur pour par est que qui el los las una y o con por para del"
)
_COMMON = frozenset(_COMMON_WORDS.split())
_AMP_PATH = re.compile(r"/amp(?:\.html)?/?$|\.amp(?:\.html)?$|^/amp(?=/)")
_AMP_QUERY = re.compile(r"(?:^|&)(?:amp=(?:1|true)?|(?:outputType|output|view|mode)=amp)(?=&|$)", re.IGNORECASE)
_MOBILE = re.compile(r"^(?:m|mobile|amp)\.(?=[^.]+\.)")


def find_duplicates(addresses: str | Iterable[str], title: str, candidates: Iterable[Candidate]) -> Duplicates:
    """Return the candidates that a link repeats, by one of its addresses or by a similar title.

    Those that ran come with the latest first, those that wait with the longest first.
    """
    keys = {key for url in ([addresses] if isinstance(addresses, str) else addresses) if (key := address_key(url))}
    words = title_words(title)
    duplicates = []
    for candidate in candidates:
        if address_key(candidate.url) in keys:
            duplicates.append(Duplicate(candidate=candidate, same_address=True))
        elif words and similarity(words, title_words(candidate.title)) >= SIMILAR:
            duplicates.append(Duplicate(candidate=candidate, same_address=False))
    return Duplicates(
        ran=tuple(sorted((item for item in duplicates if item.candidate.issue), key=_day, reverse=True)),
        waiting=tuple(sorted((item for item in duplicates if not item.candidate.issue), key=_day)),
    )


def entry_candidates(manuscripts: Manuscripts) -> Iterator[Candidate]:
    """Yield the entries of a newsletter, each with the latest issue that it is in."""
    latest = {entry.slug: issue for issue in manuscripts.issues for entry in issue.entries}
    for entry in manuscripts.entries.values():
        issue = latest.get(entry.slug)
        yield Candidate(
            url=entry.url,
            title=entry.title,
            name=entry.slug,
            date=issue.date if issue else None,
            issue=issue.slug if issue else "",
            place=entry.place("url"),
        )


@lru_cache(maxsize=16_384)
def address_key(url: str) -> str:
    """Return an address in the form in which addresses are compared, or "" if it is none."""
    host_and_path, _, query = canonical_address(clean_url(url)).partition("?")
    host, slash, path = host_and_path.partition("/")
    if not host:
        return ""
    path = _AMP_PATH.sub("", slash + path).rstrip("/")
    query = _AMP_QUERY.sub("", query).strip("&")
    return f"{_MOBILE.sub('', host)}{path}?{query}"


@lru_cache(maxsize=16_384)
def title_words(title: str) -> frozenset[str]:
    """Return the words of a title that count; all of them, as one, if there are too few."""
    plain = title.casefold().replace("’", "'").replace("'s ", " ")
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain)
        plain = "".join(character for character in plain if not unicodedata.combining(character))
    words = frozenset(_WORD.findall(plain))
    telling = frozenset(word for word in words if word not in _COMMON and (len(word) > 1 or word.isdigit()))
    if len(telling) >= _FEWEST_WORDS:
        return telling
    return frozenset((" ".join(_WORD.findall(plain)),)) if words else frozenset()


def similarity(words: frozenset[str], others: frozenset[str]) -> float:
    """Return how similar two titles are, from 0 to 1, by their words."""
    shared = words & others
    if not shared:
        return 0.0
    numbers, other_numbers = ({word for word in title if word.isdigit()} for title in (words, others))
    if numbers and other_numbers and numbers != other_numbers:  # day 1 and day 2 are different pieces
        return 0.0
    return sum(map(word_weight, shared)) / sum(map(word_weight, words | others))


def word_weight(word: str) -> int:
    """Return how much a word of a title counts."""
    return min(len(word), 8)


def _day(item: Duplicate) -> tuple[datetime.date, str]:
    return item.candidate.date or datetime.date.min, item.candidate.name
