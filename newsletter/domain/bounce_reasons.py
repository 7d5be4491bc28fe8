"""Explain why a delivery failed, from a provider's reply, in words that an operator understands. No I/O.

A mail server gives its reason in three ways: a reply code (RFC 5321 §4.2), an enhanced status code (RFC 3463 and
IANA's registry), and words of its own, which differ from server to server. The enhanced code is the clearest.
"""

import re
from dataclasses import dataclass

from newsletter.domain.bounce_classification import GONE, blames_us, is_gone
from newsletter.domain.reply_texts import BASIC, CLASSES, ENHANCED, HINTS, ON_THE_LIST, OWN, SES, SUBJECTS

LONGEST = 120  # characters of a reason


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureReason:
    """A reason why a delivery was refused, deferred or is uncertain.

    ``reason`` can be grouped by: it contains no address and no queue id. ``words`` adds the consequence, or what to do.
    ``gone`` means that the address does not exist and never will, so it is suppressed, unless far more addresses than
    usual bounce.
    """

    reason: str
    words: str
    gone: bool = False


def explain(detail: str) -> FailureReason:
    """Return an explanation of a delivery's detail; unknown details keep the provider's words."""
    last = _GIVEN_UP.sub("", detail)
    if last != detail:
        why = explain(last)
        return FailureReason(reason=_cut(f"given up: {why.reason}"), words=f"given up: {why.words}")
    reply = _REPLY.fullmatch(detail.strip())
    if reply:
        return _explain_reply(reply)
    name = _NAME.match(detail)
    if name and name[1] in SES:
        listed = name[1] in _REJECTED and _LISTED.search(detail)
        return _refusal(f"{name[1]}: {ON_THE_LIST if listed else SES[name[1]]}")
    for pattern, reason, hint in OWN:
        if pattern.search(detail):
            return _refusal(reason, hint)
    return _refusal(_without_particulars(detail) or "no reason was given")


def _explain_reply(reply: re.Match[str]) -> FailureReason:
    code, class_, subject, detail, words, step = reply.groups()
    about = "" if subject in (None, "0") else f"{int(subject)}.{int(detail)}"
    known = ENHANCED.get(about) or SUBJECTS.get(about.partition(".")[0]) or BASIC.get(code) or CLASSES[code[0]]
    prefix = f"{code} {class_}.{about}" if about else code
    reason = f"{prefix}: {'for now, ' if code[0] == '4' else ''}{known}"
    gone = (
        step == "RCPT TO"
        and code[0] == "5"
        and (is_gone(f"{class_}.{about}", words) or (not about and code in GONE and not blames_us(words)))
    )
    return _refusal(reason, HINTS.get(about, ""), gone=gone)


def _refusal(reason: str, then: str = "", *, gone: bool = False) -> FailureReason:
    return FailureReason(reason=reason, words=f"{reason}; {then}" if then else reason, gone=gone)


def _without_particulars(text: str) -> str:
    """Return the text without the parts that differ each time: addresses, host names, ids, numbers."""
    words = ["…" if _PARTICULAR.search(word) else word for word in text.split()]
    plain = " ".join(word for word, before in zip(words, ["", *words], strict=False) if not word == before == "…")
    return _cut(plain)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


_PARTICULAR = re.compile(r"[@\d]")


_GIVEN_UP = re.compile(r"^(?:given up after \d+ attempts: )+")
# A reply code, an enhanced code (optional), words, and the command: "550 5.1.1 no such user (to RCPT TO)".
_REPLY = re.compile(
    r"([245]\d\d)(?![\w.])[ -]?(?:[#\[(]?([245])\.(\d{1,3})\.(\d{1,3})(?![\w.]))?(.*?)(?: \(to ([^()]*)\))?",
    re.ASCII | re.DOTALL,
)


_NAME = re.compile(r"([A-Za-z_]+)(?::|$)")
# Addresses on SES's list had a hard bounce, perhaps from another sender; SES removes them after some days.
_REJECTED = frozenset({"MESSAGE_REJECTED", "MessageRejected"})
_LISTED = re.compile(r"black ?list|suppress", re.IGNORECASE)
