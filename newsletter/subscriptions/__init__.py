"""What readers do themselves: sign up, confirm, unsubscribe, change their address, export and delete their data."""

from newsletter.subscriptions.data_export import stored_about
from newsletter.subscriptions.erasure import erase
from newsletter.subscriptions.leftover_files import files_below, files_with, files_with_any
from newsletter.subscriptions.service_mail import Mailing
from newsletter.subscriptions.sign_up import Client, SignUpRequests, TooOftenError
from newsletter.subscriptions.typed_input import masked, parse_name

__all__ = [
    "Client",
    "Mailing",
    "SignUpRequests",
    "TooOftenError",
    "erase",
    "files_below",
    "files_with",
    "files_with_any",
    "masked",
    "parse_name",
    "stored_about",
]
