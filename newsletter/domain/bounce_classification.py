"""Tell from a mail server's reply whether a bounce is about the address, the mailbox or us. No I/O."""

import re

LONGEST_READ = 4000  # characters of a server's reply that are examined


def is_gone(status: str, words: str) -> bool:
    """Return whether an enhanced status code and the words with it mean that an address will never exist."""
    class_, _, about = status.partition(".")
    gone = about in GONE or (about == "4.1" and _UNKNOWN_TO_EXCHANGE.search(words[:LONGEST_READ]))
    return class_ == "5" and bool(gone) and not _PASSES.search(words[:LONGEST_READ]) and not blames_us(words, status)


def about_mailbox(status: str, words: str) -> bool:
    """Return whether a bounce that is not permanent is about the recipient's mailbox, not about us or the message.

    Automatic replies, which SES reports as bounces, have no status and no such words.
    """
    if is_full(status, words):
        return True
    subject, _, detail = status.partition(".")[2].partition(".")
    about_recipient = (subject == "1" and detail not in _OF_SENDER) or (subject == "2" and detail != "3")
    return about_recipient and not blames_us(words, status)


def is_full(status: str, words: str) -> bool:
    """Return whether the mailbox is full, which may last as long as a holiday."""
    return status.endswith(".2.2") or (status.partition(".")[2] in ("", "0.0", "2.0", "2.1") and _is_full(words))


def _is_full(words: str) -> bool:
    return bool(_FULL.search(words[:LONGEST_READ]))


def blames_us(words: str, status: str = "") -> bool:
    """Return whether a mail server's words are about the sender, its domain or its rate, whatever the status says.

    A second code, about a policy, overrules a status that is about the recipient.
    """
    words = _NAMES.sub(" ", words[:LONGEST_READ])
    return bool(_BLAMES_THE_SENDER.search(words) or (status[1:3] != ".7" and _OF_A_POLICY.search(words)))


# A suppression lasts until an operator lifts it, so only codes that can't mean anything else are listed. RFC 3463 §3.2:
# no mailbox of this name; bad address syntax; mailbox moved, without a new address. RFC 7505 §4: 5.1.10, a domain that
# accepts no mail, which Exchange Online also uses for a recipient that it can't find; RFC 7504 §4: 556, the same.
# Not 5.1.2: it affects all readers of a domain at once, and also occurs while its name servers fail. Not 5.2.1: "the
# mailbox exists" (RFC 3463 §3.3) and may be enabled again. Not 550 alone: "not found, no access, or rejected for
# policy reasons" (RFC 5321 §4.2.3). Not 5.4.1: Exchange Online uses it for unknown recipients, in words of its own, and
# other servers for network trouble. Exchange Online uses 5.1.351 for a recipient unknown to the server behind it.
GONE = frozenset({"1.1", "1.3", "1.6", "1.10", "1.351", "556"})
_UNKNOWN_TO_EXCHANGE = re.compile(r"recipient address rejected: access denied", re.IGNORECASE)
_OF_SENDER = frozenset({"7", "8"})
_FULL = re.compile(
    r"(mailbox|mail ?box|inbox|account|user|recipient|storage)[^.\n]{0,40}\b(full|over ?quota|out of space)"
    r"|\b(over|exceed\w*|out of)[^.\n]{0,30}\b(quota|storage|disk space|mailbox)|\bquota exceeded",
    re.IGNORECASE,
)
# Filters refuse senders and sizes with all kinds of codes; such an answer says nothing about the address.
_BLAMES_THE_SENDER = re.compile(
    r"spam|block|black ?list|polic|reputation|gr[ae]y ?list|quota|size (limit )?exceed"
    r"|sender (address|domain|verif|host|ip\b|id\b|denied|reject|not|unknown|invalid|does)|domain of (the )?sender"
    r"|\b(after|to|in|of|at) (the )?(pipelined )?\W?mail from"
    r"|\b(after|reply to|response to) (initial conn|helo\b|ehlo\b|auth\b)"
    r"|(?<!recipient address rejected: )access (is )?denied|not (authori[sz]ed|permitted|allowed) to (send|relay)"
    r"|unauthenticat|authentication (required|fail)|relay(ing)? (access )?(denied|not)"
    r"|client host|\byour ip\b|\b(sending|from) domain\b|reverse dns|message content (rejected|refused)|\bbanned\b"
    r"|(unknown|envelope|verify) sender|verify (your|the sender)|mail from \S+ refused|permanently deferred"
    r"|too many|too fast|too quickly|rate.?limit|throttl|\b(this|per|an|each) (second|minute|hour|day)\b"
    r"|\b(spf|dkim|dmarc|ptr|rdns|dnsbl|rbl|helo)\b",
    re.IGNORECASE,
)
# Addresses and the name of the replying server are ignored: antispam@example.org may not exist, like any other address.
_NAMES = re.compile(r"(?<![^\s<>@:=])[^\s<>@:=]++@[^\s<>@]++|(?<!\S)\S++ said\b")
# The server that looks up the address has a problem of its own, whatever code it gives.
_PASSES = re.compile(
    r"tempor|maintenance|\btry (again )?later|\bLDAP\b|lookup (has )?failed|\bDNS (fail|error|time)", re.IGNORECASE
)
_OF_A_POLICY = re.compile(r"(?<![\d.])[45]\.7\.\d")
