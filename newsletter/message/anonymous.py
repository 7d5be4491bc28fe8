"""An issue for everybody, as the archive and its pages show it: no link in it is a reader's own. No I/O."""

import re
from collections.abc import Iterable

from newsletter.message.link_slots import BROWSER, PREFERENCES, UNSUBSCRIBE, VOTE

_NO_VOTE = "https://vote.invalid/"
_VOTE_LINK = re.compile(rf'<a\b[^<>]*\shref="{re.escape(_NO_VOTE)}"[^<>]*>(.*?)</a>', re.DOTALL | re.IGNORECASE)


def anonymous_links(slots: Iterable[str], *, base_url: str, browser: str) -> dict[str, str]:
    """Return a value for every link among the names of some slots.

    Links to a reader's settings lead to the page where anybody can ask for theirs; ``browser`` is the page itself.
    Call ``without_votes`` on HTML with these values.
    """
    preferences = f"{base_url}/preferences"
    own = {UNSUBSCRIBE: preferences, PREFERENCES: preferences, BROWSER: browser}
    return own | {name: _NO_VOTE for name in slots if name.startswith(VOTE)}


def without_votes(html: str) -> str:
    """Return HTML with the answers of a poll as text: without a reader nobody can vote."""
    return _VOTE_LINK.sub(r"\1", html)
