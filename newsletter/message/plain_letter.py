"""A message in plain text to one person who isn't a reader: a notice to publishers, or a link to sign in."""

import secrets
from datetime import datetime

from newsletter.domain.consent import SERVICE
from newsletter.domain.publication import Newsletter
from newsletter.message.mime import Email, Letter, Recipient, Wire


def plain_letter(
    newsletter: Newsletter, *, address: str, subject: str, text: str, now: datetime, key: str = ""
) -> Letter:
    """Return the message, from the newsletter's sender. A repeated attempt has the ``key`` of the first one."""
    email = Email(
        issue=SERVICE,
        newsletter=newsletter.name,
        sender=newsletter.sender,
        reply_to=None,
        list_id="",
        subject=(subject,),
        preheader=(),
        html_parts=(),
        text_parts=((text,),),
    )
    to = Recipient(subscriber=0, key=key or secrets.token_hex(16), address=address, values={})
    return Letter(Wire(email, now), to)
