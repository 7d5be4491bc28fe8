"""Readers' own actions: signing up, preferences, unsubscribing, address changes, their data; and service mail."""

from newsletter.subscriptions.address_change import change_address
from newsletter.subscriptions.data_export import stored_about
from newsletter.subscriptions.erasure import erase
from newsletter.subscriptions.expiry import remove_expired
from newsletter.subscriptions.languages import page_language
from newsletter.subscriptions.leaving import give_reason, may_give_reason
from newsletter.subscriptions.leftover_files import Leftover, files_below, files_with, files_with_any
from newsletter.subscriptions.personal_links import PersonalLinks
from newsletter.subscriptions.polls import Ballot, ballot_of, record_vote
from newsletter.subscriptions.preferences import (
    PauseError,
    Preferences,
    can_change_preferences,
    change_preferences,
    pause,
    preferences_of,
    switch_to_digest,
)
from newsletter.subscriptions.request_limits import TooOftenError
from newsletter.subscriptions.service_mail import ServiceMailer
from newsletter.subscriptions.sign_up import MailRequests, confirm_sign_up
from newsletter.subscriptions.staff_requests import (
    BY_STAFF,
    MailedRecentlyError,
    mail_address_change,
    mail_confirmation,
)
from newsletter.subscriptions.typed_input import ENTER_SHORTER_NAME, masked, parse_name
from newsletter.subscriptions.unsubscribe import undo_ticket, undo_unsubscription, unsubscribe

__all__ = [
    "BY_STAFF",
    "ENTER_SHORTER_NAME",
    "Ballot",
    "Leftover",
    "MailRequests",
    "MailedRecentlyError",
    "PauseError",
    "PersonalLinks",
    "Preferences",
    "ServiceMailer",
    "TooOftenError",
    "ballot_of",
    "can_change_preferences",
    "change_address",
    "change_preferences",
    "confirm_sign_up",
    "erase",
    "files_below",
    "files_with",
    "files_with_any",
    "give_reason",
    "mail_address_change",
    "mail_confirmation",
    "masked",
    "may_give_reason",
    "page_language",
    "parse_name",
    "pause",
    "preferences_of",
    "record_vote",
    "remove_expired",
    "stored_about",
    "switch_to_digest",
    "undo_ticket",
    "undo_unsubscription",
    "unsubscribe",
]
