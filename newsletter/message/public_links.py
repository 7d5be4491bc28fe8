"""The links of an issue that are the same for all readers: the archive, the sign-up page, a reply. No I/O."""

from urllib.parse import quote

from newsletter.domain.issue import Issue
from newsletter.domain.publication import Newsletter
from newsletter.message.edition_slots import EDITION_SLOT
from newsletter.message.encoding import ascii_domain, header_safe
from newsletter.message.merge_fields import template_of
from newsletter.message.template import Slot, fill_text


def public_links(issue: Issue, newsletter: Newsletter) -> dict[str, str]:
    """Return the URLs by name: ``archive``, ``subscribe`` and ``reply``."""
    return {
        "archive": f"{newsletter.base_url}/",
        "subscribe": f"{newsletter.base_url}/subscribe",
        "reply": _reply_link(issue, newsletter),
    }


def _reply_link(issue: Issue, newsletter: Newsletter) -> str:
    """Return a ``mailto:`` link (RFC 6068) to the address for replies, with the issue's subject.

    If the subject depends on the reader's edition, the newsletter's name and the date take its place.
    """
    template = template_of(issue.subject, newsletter.attributes)
    if any(isinstance(part, Slot) and part.name.startswith(EDITION_SLOT) for part in template):
        subject = f"{newsletter.name}, {issue.date.isoformat()}"
    else:
        subject = fill_text(template, {})
    address = ascii_domain((newsletter.reply_to or newsletter.sender).address)
    reply = quote(f"Re: {header_safe(subject)}", safe="", errors="replace")
    return f"mailto:{quote(address, safe='@', errors='replace')}?subject={reply}"
