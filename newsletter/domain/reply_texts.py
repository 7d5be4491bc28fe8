"""Plain words for the codes of mail servers, the errors of SES and our own details of a delivery. No I/O."""

import re
from collections.abc import Mapping

_DNS = "set up SPF, DKIM and DMARC for the sender's domain"
_FROM = "check `from` in newsletter.toml"
_ADDRESSING = "there is a problem with the address"
_SYNTAX = "the server did not understand a command"


# https://www.iana.org/assignments/smtp-enhanced-status-codes: subject and detail, for any class.
ENHANCED: Mapping[str, str] = {
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


SUBJECTS: Mapping[str, str] = {
    "1": _ADDRESSING,
    "2": "there is a problem with the mailbox",
    "3": "there is a problem with the mail server",
    "4": "there is a network problem on the way to the mail server",
    "5": _SYNTAX,
    "6": "the mail server does not accept the message's content",
    "7": "the mail server refuses the message for security reasons",
}


BASIC: Mapping[str, str] = {
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


CLASSES: Mapping[str, str] = {
    "2": "the server accepted it",
    "4": "the server defers it",
    "5": _SYNTAX,  # 500 to 504; others are listed above
}


HINTS: Mapping[str, str] = {
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
SES: Mapping[str, str] = {
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


ON_THE_LIST = "the address is on SES's suppression list"
_UNKNOWN = "the message may or may not have arrived"
OWN: tuple[tuple[re.Pattern[str], str, str], ...] = (
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
