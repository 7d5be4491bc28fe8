"""Render an email for the preview: filled in for a sample reader, in the mode that the toolbar selects.

It is shown in a sandboxed frame without scripts. The frame has the same origin only so that the page around it can
measure its height: the page scrolls, and the frame doesn't.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup, escape

from newsletter.domain.publication import Newsletter
from newsletter.domain.subscriber import Subscriber
from newsletter.message.link_slots import LINKS, OWN
from newsletter.message.merge_fields import merge_field
from newsletter.message.mime import Email
from newsletter.message.template import Slot, Template, fill_html, fill_text
from newsletter.tokens import throwaway_signer
from newsletter.web.preview.view_options import ColorScheme, Images, ViewOptions

SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"  # links open in a new tab
SAMPLE = Subscriber(address="ada@example.com", first_name="Ada", last_name="Lovelace", key="0" * 32)


def policy(images: Images) -> str:
    """Return the frame's Content-Security-Policy: inline style, images if they are on, nothing else."""
    sources = "'self' https: data:" if images is Images.ON else "'none'"
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src {sources}; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors 'self'; sandbox {SANDBOX}"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRow:
    """A message as an inbox lists it."""

    sender: str
    subject: str
    preheader: str


def sample_values(email: Email, newsletter: Newsletter, subscriber: Subscriber = SAMPLE) -> dict[str, str]:
    """Return a reader's value for every slot; the links are as long as real ones but lead nowhere."""
    links = throwaway_signer().links(newsletter.base_url, email.issue, votes=email.votes)
    return subscriber.slot_values() | links(SAMPLE.key)


def inbox_row(email: Email, values: Mapping[str, str]) -> InboxRow:
    """Return the sender, subject and preheader with these values."""
    return InboxRow(
        sender=email.sender.name or email.sender.address,
        subject=fill_text(email.subject, values),
        preheader=fill_text(email.preheader, values),
    )


def framed(email: Email, values: Mapping[str, str], options: ViewOptions, prefix: str = "") -> str:
    """Return the HTML part for the frame. The reader's own links lead to a page that explains them."""
    pages = f"{prefix}/reader-links"
    own = {f"{LINKS}{name}": f"{pages}/{name}" for name in OWN} | dict.fromkeys(email.votes, f"{pages}/vote")
    html = _as_if_preferred(fill_html(email.html, {**values, **own}), options.mode)
    return _at_head(html, f'<base target="_blank">{_canvas(html, options.mode)}')


def source_lines(template: Template) -> list[Markup]:
    """Return the lines of a part's source, with merge fields marked."""
    return Markup("").join(_shown(part) for part in template).split("\n")


def _shown(part: str | Slot) -> Markup:
    if isinstance(part, str):
        return escape(part)
    return Markup("<mark>{}</mark>").format(merge_field(part))


_STYLED = re.compile(r"<style\b[^>]*>.*?</style>|\bmedia\s*=\s*\"[^\"]*\"", re.DOTALL | re.IGNORECASE)
_PREFERENCE = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)", re.IGNORECASE)


def _as_if_preferred(html: str, mode: ColorScheme) -> str:
    """Replace queries for the preferred colour scheme: a frame would follow the editor's system, not the toolbar."""

    def decided(query: re.Match[str]) -> str:
        return "(min-width: 0)" if query[1].lower() == mode else "(max-width: 0)"  # always, never

    return _STYLED.sub(lambda styled: _PREFERENCE.sub(decided, styled[0]), html)


def _canvas(html: str, mode: ColorScheme) -> str:
    """Return a style that makes the canvas and default text dark only if the email supports dark mode."""
    dark = mode is ColorScheme.DARK and re.search(r"color-scheme\b[^>;}]*\bdark\b", html, re.IGNORECASE)
    return f"<style>:root{{color-scheme:{'dark' if dark else 'light'} only!important}}</style>"


def _at_head(html: str, addition: str) -> str:
    before = re.search(r"<head\b[^>]*>", html, re.IGNORECASE) or re.search(r"<!doctype\b[^>]*>", html, re.IGNORECASE)
    at = before.end() if before else 0
    return html[:at] + addition + html[at:]
