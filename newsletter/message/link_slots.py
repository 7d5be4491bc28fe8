"""The slots for links: those of each reader, a vote in the issue's poll, and those that are the same for all. No I/O.

Editors write them as a link's whole target: ``[your topics]({{ links.preferences }})``, ``[Yes]({{ links.vote("yes")
}})``.
"""

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

from newsletter.message.template import Slot, Template
from newsletter.tokens import LINK_SLOT, READER_SLOT, Purpose

LINKS = LINK_SLOT  # the prefix of all their names
OWN = tuple(purpose.value for purpose in Purpose)  # each reader's own
PUBLIC = ("archive", "subscribe", "reply")  # the same for all readers
UNSUBSCRIBE, PREFERENCES, BROWSER = (purpose.slot for purpose in Purpose)
READER = READER_SLOT  # a token only, for tracking
VOTE = f"{LINKS}vote"
LONGEST_ANSWER = 40  # characters
EXAMPLE = "write [your topics]({{ links.preferences }})"

_LINK = re.compile(
    r"""\s*links\.(?P<name>[A-Za-z_]\w*)\s*
        (?P<call>\(\s*(?:"(?P<double>[^"{}]*)"|'(?P<single>[^'{}]*)')?\s*\))?\s*""",
    re.VERBOSE,
)
_VOTE = re.compile(r"""links\.vote\((["'])(.*)\1\)""", re.DOTALL)


class LinkFieldError(ValueError):
    """A merge field for a link that doesn't exist or can't be read, with a hint."""

    def __init__(self, what: str, hint: str) -> None:
        self.what, self.hint = what, hint
        super().__init__(what)


def vote_slot(answer: str) -> str:
    """Return the name of the slot for the link that votes for an answer."""
    quote = "'" if '"' in answer else '"'
    return f"{VOTE}({quote}{answer}{quote})"


def answer_of(name: str) -> str | None:
    """Return the answer that a slot's link votes for, or None if it is another slot."""
    match = _VOTE.fullmatch(name)
    return match[2] if match else None


def vote_slots(templates: Iterable[Template]) -> tuple[str, ...]:
    """Return the names of the slots for votes in some templates, each once, in order."""
    names = (part.name for template in templates for part in template if isinstance(part, Slot))
    return tuple(dict.fromkeys(name for name in names if name.startswith(VOTE)))


def parse_link_field(written: str) -> str:
    """Return the name of the slot that the text between ``{{`` and ``}}`` stands for. Raise LinkFieldError."""
    link = _LINK.fullmatch(written)
    if link is None:
        raise LinkFieldError("", EXAMPLE)
    name = link["name"]
    if name == "vote":
        return vote_slot(_answer(link["double"] or link["single"] or ""))
    if name not in (*OWN, *PUBLIC):
        close = get_close_matches(name, (*OWN, *PUBLIC, "vote"), 1, 0.6)
        known = ", ".join(f"{LINKS}{known}" for known in (*OWN, *PUBLIC))
        hint = f'did you mean "links.{close[0]}"?' if close else f'there are {known} and links.vote("…")'
        raise LinkFieldError(f'no merge field "links.{name}"', hint)
    if link["call"]:
        raise LinkFieldError(f"links.{name} takes nothing in parentheses", f"write {{{{ links.{name} }}}}")
    return f"{LINKS}{name}"


def _answer(text: str) -> str:
    """Return an answer with its spaces and accents in one form, so that it is counted as one."""
    answer = unicodedata.normalize("NFC", " ".join(text.split()))
    if not answer:
        raise LinkFieldError("a vote has no answer", 'write [Yes]({{ links.vote("yes") }})')
    if len(answer) > LONGEST_ANSWER:
        what = f"the answer of a vote has {len(answer)} characters, more than {LONGEST_ANSWER}"
        raise LinkFieldError(what, "shorten it; the link's text may be longer")
    return answer
