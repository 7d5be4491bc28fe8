"""What readers do themselves: sign up, confirm, choose, leave, move, look at what is stored, be erased."""

from newsletter.subscribing.asking import Client, Desk, TooOftenError
from newsletter.subscribing.erasing import erase
from newsletter.subscribing.leftovers import files_below, files_with, files_with_any
from newsletter.subscribing.mailing import Mailing
from newsletter.subscribing.names import masked, parse_name
from newsletter.subscribing.stored import stored_about

__all__ = [
    "Client",
    "Desk",
    "Mailing",
    "TooOftenError",
    "erase",
    "files_below",
    "files_with",
    "files_with_any",
    "masked",
    "parse_name",
    "stored_about",
]
