"""Messages that failed, grouped by reason and by mailbox provider, without their readers. No I/O."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from newsletter.domain.bounce_reasons import explain
from newsletter.domain.mailbox_providers import FEWEST, OTHERS, UNKNOWN, mailbox_provider
from newsletter.domain.plurals import capitalised
from newsletter.domain.reply_texts import CLASSES, ENHANCED, SUBJECTS


class FailureKind(StrEnum):
    """A kind of failure."""

    REFUSED = "refused"  # at once, by the provider or the reader's server
    HARD = "hard"  # reported later; the address doesn't accept mail
    SOFT = "soft"  # reported later; another message may arrive, and some of these did in the end


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureRow:
    """A number of messages that failed for the same reason at the same domain.

    ``status`` is an enhanced code (RFC 3463) or empty, ``detail`` has the server's words.
    """

    kind: FailureKind
    status: str
    detail: str
    domain: str
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceGroup:
    """A number of messages that failed, by reason in words and by provider."""

    kind: FailureKind
    reason: str
    provider: str
    messages: int


def grouped_bounces(rows: Iterable[FailureRow]) -> tuple[BounceGroup, ...]:
    """Return the groups, the biggest first. A domain is named only if enough messages failed there.

    A small one may be one reader's own.
    """
    rows = list(rows)
    at_domain: Counter[str] = Counter()
    for row in rows:
        at_domain[row.domain] += row.messages
    counts: Counter[tuple[FailureKind, str, str]] = Counter()
    for row in rows:
        if not row.domain:
            provider = UNKNOWN
        else:
            provider = mailbox_provider(row.domain) or (row.domain if at_domain[row.domain] >= FEWEST else OTHERS)
        counts[row.kind, _reason(row), provider] += row.messages
    groups = [
        BounceGroup(kind=kind, reason=reason, provider=provider, messages=messages)
        for (kind, reason, provider), messages in counts.items()
    ]
    return tuple(sorted(groups, key=lambda group: (-group.messages, group.kind, group.reason, group.provider)))


def _reason(row: FailureRow) -> str:
    """Return a reason that says nothing about a single message."""
    _, _, about = row.status.partition(".")
    known = ENHANCED.get(about) or (SUBJECTS.get(about.partition(".")[0]) if about else None)
    if known:
        return capitalised(known)
    if row.detail:
        _, colon, words = (reason := explain(row.detail).reason).partition(": ")
        return capitalised(words if colon else reason)
    return capitalised(CLASSES.get(row.status[:1], "no reason was given"))
