"""A record of the content that SES has accepted, which tells a fault in an email from one in a recipient's data."""

import threading

from newsletter.domain.consent import SERVICE
from newsletter.message.mime import Email
from newsletter.message.template import Template

_MOST = 1000  # contents that are remembered

_Content = tuple[str, Template]


class AcceptedContent:
    """A record of accepted content: each issue, and each kind of service mail. Thread-safe.

    SES rejects a call in the same words whether its email is at fault or the data of one recipient. If it has accepted
    the same content for another recipient, the data is.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._contents: dict[_Content, None] = {}

    def add(self, email: Email) -> None:
        """Note that SES has accepted this content for a recipient."""
        with self._lock:
            self._contents[_content(email)] = None
            while len(self._contents) > _MOST:
                del self._contents[next(iter(self._contents))]

    def __contains__(self, email: Email) -> bool:
        with self._lock:
            return _content(email) in self._contents


def _content(email: Email) -> _Content:
    """Return what all editions of an issue have in common, or all service mail of a kind."""
    # Service mail of all kinds has the same issue name. An issue's subject may differ between its editions.
    return email.issue, email.subject if email.issue == SERVICE else ()
