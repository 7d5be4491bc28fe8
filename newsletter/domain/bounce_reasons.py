"""Explain why a delivery failed, from a provider's reply, in words that an operator understands. No I/O.

A mail server gives its reason in three ways: a reply code (RFC 5321 §4.2), an enhanced status code (RFC 3463 and
IANA's registry), and words of its own, which differ from server to server. The enhanced code is the clearest.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

LONGEST = 120  # characters of a reason
LONGEST_READ = 4000  # characters of a server's reply that are examined


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
    if name and name[1] in _SES:
        listed = name[1] in _REJECTED and _LISTED.search(detail)
        return _refusal(f"{name[1]}: {_ON_THE_LIST if listed else _SES[name[1]]}")
    for pattern, reason, hint in _OWN:
        if pattern.search(detail):
            return _refusal(reason, hint)
    return _refusal(_without_particulars(detail) or "no reason was given")


def is_gone(status: str, words: str) -> bool:
    """Return whether an enhanced status code and the words with it mean that an address will never exist."""
    class_, _, about = status.partition(".")
    gone = about in _GONE or (about == "4.1" and _UNKNOWN_TO_EXCHANGE.search(words[:LONGEST_READ]))
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


def _explain_reply(reply: re.Match[str]) -> FailureReason:
    code, class_, subject, detail, words, step = reply.groups()
    about = "" if subject in (None, "0") else f"{int(subject)}.{int(detail)}"
    known = _ENHANCED.get(about) or _SUBJECTS.get(about.partition(".")[0]) or _BASIC.get(code) or _CLASSES[code[0]]
    prefix = f"{code} {class_}.{about}" if about else code
    reason = f"{prefix}: {'for now, ' if code[0] == '4' else ''}{known}"
    gone = (
        step == "RCPT TO"
        and code[0] == "5"
        and (is_gone(f"{class_}.{about}", words) or (not about and code in _GONE and not blames_us(words)))
    )
    return _refusal(reason, _HINTS.get(about, ""), gone=gone)


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

# No command undoes a suppression, so only codes that can't mean anything else are listed. RFC 3463 §3.2: no mailbox of
# this name; bad address syntax; mailbox moved, without a new address. RFC 7505 §4: 5.1.10, a domain that accepts no
# mail, which Exchange Online also uses for a recipient that it can't find; RFC 7504 §4: 556, the same.
# Not 5.1.2: it affects all readers of a domain at once, and also occurs while its name servers fail. Not 5.2.1: "the
# mailbox exists" (RFC 3463 §3.3) and may be enabled again. Not 550 alone: "not found, no access, or rejected for
# policy reasons" (RFC 5321 §4.2.3). Not 5.4.1: Exchange Online uses it for unknown recipients, in words of its own, and
# other servers for network trouble. Exchange Online uses 5.1.351 for a recipient unknown to the server behind it.
_GONE = frozenset({"1.1", "1.3", "1.6", "1.10", "1.351", "556"})
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

_DNS = "set up SPF, DKIM and DMARC for the sender's domain"
_FROM = "check `from` in newsletter.toml"
_ADDRESSING = "there is a problem with the address"
_SYNTAX = "the server did not understand a command"

# https://www.iana.org/assignments/smtp-enhanced-status-codes: subject and detail, for any class.
_ENHANCED: Mapping[str, str] = {
    "1.0": _ADDRESSING,
    "1.1": "the address does not exist",
    "1.2": "the address's domain does not exist or does not accept mail",
    "1.3": "the address is malformed",
    "1.4": "the address may mean more than one mailbox",
    "1.6": "the mailbox has moved and no longer accepts mail here",
    "1.7": "the sender's address is malformed",
    "1.8": "the sender's domain does not exist or does not accept mail",
    "1.10": "the address does not exist or its domain does not accept mail",
    "1.351": "the address does not exist",
    "2.1": "the mailbox is disabled",
    "2.2": "the mailbox is full",
    "2.3": "the message is too large for the mailbox",
    "2.4": "the address is a mailing list that does not work",
    "3.1": "the mail server is full",
    "3.2": "the mail server does not accept mail",
    "3.3": "the mail server lacks a feature that the message needs",
    "3.4": "the message is too large for the mail server",
    "3.5": "the mail server is misconfigured",
    "4.1": "the mail server does not answer or does not know the address",
    "4.2": "the connection to the mail server was lost",
    "4.3": "the mail server's directory does not answer",
    "4.4": "there is no route to the mail server",
    "4.5": "the mail server is overloaded",
    "4.6": "the message went round in a loop",
    "4.7": "the message waited too long",
    "5.3": "too many recipients for the server",
    "6.7": "the mail server does not support addresses beyond ASCII",
    "6.9": "the mail server does not support headers beyond ASCII",
    "7.1": "a rule of the mail server refuses the message",
    "7.2": "the sender may not write to this mailing list",
    "7.13": "the account is disabled",
    # RFC 7372
    "7.20": "the message has no valid DKIM signature",
    "7.21": "the message has no DKIM signature that the mail server accepts",
    "7.22": "the message has no DKIM signature of the sender's domain",
    "7.23": "the sender's SPF record does not include the sending server",
    "7.24": "the sender's SPF record can't be evaluated",
    "7.25": "the sending server has no valid reverse DNS name",
    "7.26": "the message fails more than one of SPF, DKIM and DMARC",
    "7.27": "the sender's domain does not accept mail",  # RFC 7505 §4.2
    "7.28": "the mail server sees too much mail from the sender",
    "7.30": "the mail server lacks the encryption that the message requires",
    # Outlook.com, for senders of more than 5,000 messages a day
    "7.515": "the message does not pass SPF, DKIM and DMARC",
}
_SUBJECTS: Mapping[str, str] = {
    "1": _ADDRESSING,
    "2": "there is a problem with the mailbox",
    "3": "there is a problem with the mail server",
    "4": "there is a network problem on the way to the mail server",
    "5": _SYNTAX,
    "6": "the mail server does not accept the message's content",
    "7": "the mail server refuses the message for security reasons",
}
_BASIC: Mapping[str, str] = {
    "421": "the server is not available",
    "450": "the mailbox is not available",
    "451": "the server has an internal problem",
    "452": "the server is out of space",
    "454": "the server is not available",
    "521": "the server does not accept mail",  # RFC 7504 §3
    "550": "the address does not exist, or a rule refuses the message",
    "551": "the mailbox is not on this server",
    "552": "there is no space for the message",
    "553": "the server does not accept this address",
    "554": "the server refuses the message",
    "556": "the address's domain does not accept mail",
}
_CLASSES: Mapping[str, str] = {
    "2": "the server accepted it",
    "4": "the server defers it",
    "5": _SYNTAX,  # 500 to 504; others are listed above
}
_HINTS: Mapping[str, str] = {
    "1.7": _FROM,
    "1.8": _FROM,
    "2.3": "make the issue smaller",
    "3.4": "make the issue smaller",
    **dict.fromkeys(("7.20", "7.21", "7.22", "7.23", "7.24", "7.26", "7.515"), _DNS),
    "7.25": "set up reverse DNS (PTR) for the sending server",
    "7.27": _FROM,
}

# SESv2: BulkEmailEntryResult and the errors of a call.
_SLOWER = "SES is throttling"
_DATA = "SES does not accept the address or the reader's data"
_TROUBLE = "SES had an internal error"
_SES: Mapping[str, str] = {
    "SUCCESS": "SES accepted the message but returned no id",
    "MESSAGE_REJECTED": "SES refuses the message",
    "MessageRejected": "SES refuses the message",
    "INVALID_PARAMETER": _DATA,
    "INVALID_PARAMETER_VALUE": _DATA,
    "BadRequestException": _DATA,
    "ValidationException": _DATA,
    "TRANSIENT_FAILURE": "SES has a temporary problem",
    "FAILED": "SES could not accept the message",
    "ACCOUNT_THROTTLED": _SLOWER,
    "TooManyRequestsException": _SLOWER,
    "ThrottlingException": _SLOWER,
    "Throttling": _SLOWER,
    "InternalFailure": _TROUBLE,
    "InternalServerError": _TROUBLE,
    "InternalServiceErrorException": _TROUBLE,
    "ServiceUnavailable": _TROUBLE,
    "ServiceUnavailableException": _TROUBLE,
}
_NAME = re.compile(r"([A-Za-z_]+)(?::|$)")
# Addresses on SES's list had a hard bounce, perhaps from another sender; SES removes them after some days.
_REJECTED = frozenset({"MESSAGE_REJECTED", "MessageRejected"})
_LISTED = re.compile(r"black ?list|suppress", re.IGNORECASE)
_ON_THE_LIST = "the address is on SES's suppression list"

_UNKNOWN = "the message may or may not have arrived"
_OWN: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (
        re.compile("the message can(not|'t) be (made|built): .*codec can't encode", re.DOTALL),
        "the message can't be built: the reader's data can't be encoded",
        "correct the reader's data",
    ),
    (
        re.compile("the message can(not|'t) be (made|built): the address"),
        "the message can't be built: the address can't be mailed",
        "correct the reader's address",
    ),
    (
        re.compile("(not|n't) (take|accept|support) addresses beyond ASCII"),
        "the server does not support addresses beyond ASCII (SMTPUTF8)",
        "",
    ),
    (
        re.compile(r"^the connection (was lost|ended).*\(at the answer to the message\)$", re.DOTALL),
        "the connection was lost after the message",
        _UNKNOWN,
    ),
    (re.compile("^the connection (was lost|ended)"), "the connection was lost before the message was complete", ""),
    (
        re.compile("^the program ended before the provider answered"),
        "the program ended before the provider answered",
        _UNKNOWN,
    ),
    (re.compile("^the provider gave no receipt"), "the provider gave no receipt", _UNKNOWN),
    (re.compile(r"^SES answered for \d+ of \d+ recipients"), "SES's answer was cut off", _UNKNOWN),
    # botocore's messages
    (re.compile("^Read timeout on endpoint"), "SES did not answer in time", _UNKNOWN),
    (re.compile("^Connection was closed before"), "the connection to SES was lost before its answer", _UNKNOWN),
)
