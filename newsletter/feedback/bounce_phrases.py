"""Interpret bounces that are written for people: find a mail system's own words in them, and classify those."""

import re
from collections.abc import Iterable, Iterator
from email.message import Message
from email.utils import getaddresses

from newsletter.domain.addresses import address_key
from newsletter.domain.bounce_classification import blames_us, is_gone
from newsletter.domain.events import Bounce

LONGEST = 4000  # characters that are read: the reason comes at the beginning
LONGEST_SUBJECT = 1000
_READ = 65_536  # characters, including the returned message
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")
# Servers' words for a missing address, if they give no code or a vague one.
_UNKNOWN_ADDRESS = re.compile(
    r"(user|recipient|mailbox|mail-box|address|account|alias)\b.{0,40}\b(unknown|not found|not exist|n['o]t exist"
    r"|no longer|invalid|not available|closed|non-?exist|not recognized)|(unknown|no such|invalid|non-?existent)\b"
    r".{0,20}\b(user|recipient|mailbox|address|account|alias|person)|does not exist|doesn't have .{0,20}account"
    r"|not a (known|valid) (user|recipient|address|mailbox)|not listed in|no mailbox (here|found)",
    re.IGNORECASE | re.DOTALL,
)
# Words that point to another reason; some of them blame the sender or the message.
_OTHERWISE = re.compile(
    r"quota|full|exceed|over ?size|too (large|big)|spam|block|polic|reputation|gr[ae]y ?list|tempor|try again|relay"
    r"|unsolicited|rate limit|sender (address|domain|verif|denied|reject|not|unknown|invalid)|return.path|helo"
    r"|domain (name )?(not|does)|host (name )?(not|unknown)|unauthenticated|lookup (has )?failed"
    r"|\b(spf|dkim|dmarc|ldap|dns)\b",
    re.IGNORECASE,
)
# The mailbox is disabled (RFC 3463 §3.3), perhaps temporarily, unless the words say that it doesn't exist.
_SWITCHED_OFF = "5.2.1"
_UNKNOWN = re.compile(
    r"\b(user|recipient|mailbox|address|account)\W{1,3}(is )?(unknown|not found|does not exist|doesn't exist)\b"
    r"|\b(unknown|no such|non-?existent) (user|recipient|mailbox|address|account)\b",
    re.IGNORECASE,
)
# The recipient's domain doesn't exist or accepts no mail. A server whose lookup fails reports a 4.x.x code first, and
# retries for days.
_NO_DOMAIN_CODES = frozenset({"", "5.0.0", "5.1.0", "5.1.2", "5.4.0", "5.4.3", "5.4.4"})
_NO_DOMAIN = re.compile(
    r"\bNXDOMAIN\b|\bhost or domain name not found\b|\bnull MX\b"
    r"|\b(host|domain)( name)? (is )?(unknown|not found|does not exist|doesn't exist)\b"
    r"|\b(unknown|no such|non-?existent) (host|domain)\b|\bdomain .{1,80} does not (exist|accept mail)"
    r"|\bno (valid )?(MX|mail (host|server|exchanger)s?)( records?)? (for|found)\b"
    r"|\ball relevant MX records point to non-?existent hosts",
    re.IGNORECASE,
)
_FOR_NOW = re.compile(r"tempor|try again|try later|SERVFAIL|timed? ?out|sender|\b4\.4\.\d", re.IGNORECASE)
_VAGUE = frozenset({"", "5.0.0", "5.1.0", "5.2.0", "5.3.0", "5.5.0", "5.7.1"})

_SYSTEM = re.compile(
    r"(mailer[-_. ]?daemon|post[-_.]?master|mail[-_. ]?deliver\w{0,9}|mail system|ndr|mdaemon)\b|system administrator",
    re.IGNORECASE,
)
_NO_REPLY = re.compile(r"\bno-?reply\b", re.IGNORECASE)
_UNDELIVERED = re.compile(
    r"undeliver|(not|n't|never|unable to|failed to)\W{1,9}(\w{1,40}\W{1,9}){0,3}?deliver"
    r"|deliver\w{0,9}\W{1,9}(\w{1,40}\W{1,9}){0,3}?(fail|error|problem)"
    r"|returned mail|returning message|failure notice|mail (failure|error|system error)|non-?delivery|not reach"
    r"|message (could not|cannot|was not)|^\W*(\w+ )?5\d\d[ -]",
    re.IGNORECASE | re.MULTILINE,
)
_WAITING = re.compile(
    r"\b(still (trying|being|in the queue)|will (keep|continue)|delayed|not yet|no action is required|warning:)",
    re.IGNORECASE,
)

# The beginning of the returned message, in a text that has both.
_COPY = re.compile(
    r"^(?:[^\w\n]*(?:(?:the )?(?:original|returned|undelivered|unsent|source|failed) (?:message|mail)(?: headers?)?"
    r"(?: follows?| attached| as follows)?|(?:original )?message headers?(?: follow)?"
    r"|(?:this|below|below this line|included|following|attached) is (?:a|the) (?:copy|header).*"
    r"|(?:the )?headers? (?:of|from) the (?:original|source) (?:message|mail).*)[^\w\n]*$"
    r"|[> \t]*(?:Received|Return-Path|DKIM-Signature):)",
    re.IGNORECASE | re.MULTILINE,
)
# Lines that name someone other than the failed recipient.
_OTHERS = re.compile(
    r"[> \t]*((original )?(sender|from|to|cc|reply-to|mail from|subject|message-id|references|in-reply-to)\s*:|from\s)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[^\s@<>()\[\]\"',;:=]{1,64}@[^\s@<>()\[\]\"',;:]+\.[^\s@<>()\[\]\"',;:.]+")
_TO_LINE = re.compile(r"^[> \t]*To:(.{0,500}@.*)$", re.IGNORECASE | re.MULTILINE)


def own_words(parts: Iterable[Message]) -> tuple[str, str]:
    """Split a report's text into its own words and its copy of the returned message."""
    text = "\n".join(_texts(parts))[:_READ]
    copy = _COPY.search(text)
    return (text[: copy.start()], text[copy.start() :]) if copy else (text, "")


def status_in(words: str) -> str:
    """Return the first enhanced status code (RFC 3463) that is not a success, or ""."""
    return next((status for status in _STATUS.findall(words[:_READ]) if status[0] != "2"), "")


def permanence(status: str, words: str) -> Bounce:
    """Classify a bounce as permanent or transient; in doubt as undetermined, which counts only together with others."""
    words = " ".join(words[:LONGEST].split())
    if status.startswith("4"):
        return Bounce.TRANSIENT
    if is_gone(status, words):
        return Bounce.PERMANENT
    if status == _SWITCHED_OFF and _UNKNOWN.search(words) and not blames_us(words, status):
        return Bounce.PERMANENT
    if _has_no_domain(status, words):
        return Bounce.PERMANENT
    if (
        status in _VAGUE
        and _UNKNOWN_ADDRESS.search(words)
        and not _OTHERWISE.search(words)
        and not blames_us(words, status)
    ):
        return Bounce.PERMANENT
    if status[1:] in (".2.2", ".2.3", ".3.4", ".4.7") or status.startswith(("5.7.", "5.6.")):
        return Bounce.TRANSIENT
    return Bounce.UNDETERMINED


def _has_no_domain(status: str, words: str) -> bool:
    """Return whether the recipient's domain does not exist or accepts no mail."""
    missing = status in _NO_DOMAIN_CODES and _NO_DOMAIN.search(words)
    return bool(missing) and not _FOR_NOW.search(words) and not blames_us(words, status)


def is_mail_system(sender: str) -> bool:
    """Return whether a From header is that of a mail system. Many of those have no address at all."""
    return not sender.strip("<> ") or "<>" in sender or bool(_SYSTEM.search(sender))


def is_no_reply(sender: str) -> bool:
    """Return whether a From header is a no-reply address."""
    return bool(_NO_REPLY.search(sender))


def says_undelivered(subject: str, words: str) -> bool:
    """Return whether the text says that something was not delivered."""
    return bool(_UNDELIVERED.search(f"{subject[:LONGEST_SUBJECT]}\n{words[:LONGEST]}"))


def says_unknown_address(words: str) -> bool:
    """Return whether the text says that an address doesn't exist, as mail systems do, and people about an old one."""
    return bool(_UNKNOWN_ADDRESS.search(words[:LONGEST]))


def is_waiting(words: str) -> bool:
    """Return whether the mail system is still trying."""
    return bool(_WAITING.search(words[:LONGEST])) and "permanent" not in words.casefold()


def recipient_in(words: str, copy: str, known: Iterable[str]) -> str:
    """Return the failed recipient: the first address in the words that is not in ``known``, or else the To address of
    the returned message, or "".
    """
    known_keys = {address_key(address) for _, address in getaddresses([text[:LONGEST_SUBJECT] for text in known])}
    for line in words[:LONGEST].splitlines():
        for match in () if _OTHERS.match(line) else _ADDRESS.finditer(line):
            if address_key(match[0]) not in known_keys and not _SYSTEM.match(match[0]):
                return match[0]
    to_line = _TO_LINE.search(copy)
    return next((address for _, address in getaddresses([to_line[1]]) if "@" in address), "") if to_line else ""


def _texts(parts: Iterable[Message]) -> Iterator[str]:
    """Yield the plain text parts; if there are none, the HTML parts without their tags."""
    texts: list[str] = []
    tagged: list[str] = []
    for part in parts:
        payload = part.get_payload(decode=True)
        if part.get_content_maintype() in ("text", "multipart") and isinstance(payload, bytes):
            text = payload[:_READ].decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
            (tagged if part.get_content_subtype() == "html" else texts).append(text)
    yield from texts or (re.sub(r"<(?![^<>\s]+@)[^<>]*>", " ", text) for text in tagged)
