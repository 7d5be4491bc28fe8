"""A notice at the top of a proof, with a link to the page on which it is reviewed. No I/O."""

import html
import re
from dataclasses import replace

from newsletter.message.mime import Email
from newsletter.message.template import Slot, Template

_BODY = re.compile(r"<body\b[^<>]*>", re.IGNORECASE)
_STYLE = "padding:12px 16px;background:#fdf3d0;color:#2b2620;font:15px/1.5 Helvetica,Arial,sans-serif;text-align:center"


def with_notice(email: Email, words: str, link: str, url: str) -> Email:
    """Return an email that begins with these words and a link."""
    banner = (
        f'<div dir="ltr" lang="en" style="{_STYLE}">{html.escape(words)}'
        f' <a href="{html.escape(url)}" style="color:#2b2620;font-weight:600;white-space:nowrap">'
        f"{html.escape(link)}</a></div>"
    )
    text = f"{words}\n{link}: {url}\n\n"
    first, *others = email.text_parts or ((),)
    return replace(email, html_parts=_after_body(email.html_parts, banner), text_parts=((text, *first), *others))


def _after_body(parts: tuple[Template, ...], banner: str) -> tuple[Template, ...]:
    """Return the parts with a banner after the tag that opens the body; as they are if there is none."""
    for at, part in enumerate(parts):
        for place, piece in enumerate(part):
            match = None if isinstance(piece, Slot) else _BODY.search(piece)
            if match is not None and isinstance(piece, str):
                noticed = f"{piece[: match.end()]}{banner}{piece[match.end() :]}"
                return (*parts[:at], (*part[:place], noticed, *part[place + 1 :]), *parts[at + 1 :])
    return parts
