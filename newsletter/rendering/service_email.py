"""Render service mail (sign-ups, readers' settings) from the theme's ``service/<kind>.html`` and ``.txt``."""

from collections.abc import Mapping
from types import MappingProxyType

from newsletter.domain.consent import SERVICE, ServiceKind
from newsletter.domain.publication import Newsletter
from newsletter.errors import Place
from newsletter.message.mime import Email
from newsletter.rendering.bidi import isolated, marked
from newsletter.rendering.clean_text import one_line
from newsletter.rendering.compiling import list_id
from newsletter.rendering.context import ContextBuilder
from newsletter.rendering.placeholders import Placeholders
from newsletter.rendering.templating import render_template
from newsletter.rendering.theme_faults import broken
from newsletter.rendering.themes import Theme
from newsletter.translation import catalogue

_SUBJECT = "Subject: "


def service_email(
    kind: ServiceKind,
    link: str,
    newsletter: Newsletter,
    theme: Theme,
    more_values: Mapping[str, object] = MappingProxyType({}),
) -> Email:
    """Return service mail with this link, and no text that a visitor typed.

    ``more_values`` are others that its templates need. Raise FindingsError if a template is broken.
    """
    html = _written(f"service/{kind}.html", link, newsletter, theme, more_values, markup=True)
    name = f"service/{kind}.txt"
    subject, _, text = _written(name, link, newsletter, theme, more_values, markup=False).partition("\n")
    if not subject.startswith(_SUBJECT):
        place = Place(path=theme.files.shown(name), line=1)
        raise broken("the message has no subject", hint="begin its first line with “Subject: ”", place=place)
    return Email(
        issue=SERVICE,
        newsletter=newsletter.name,
        sender=newsletter.sender,
        reply_to=newsletter.reply_to,
        list_id=list_id(newsletter),
        help_url=f"{newsletter.base_url}/help",
        archive_url=f"{newsletter.base_url}/",
        subject=(one_line(subject.removeprefix(_SUBJECT)),),
        preheader=(),
        html_parts=((html.rstrip("\n") + "\n",),),
        text_parts=((text.strip("\n") + "\n",),),
    )


def _written(
    name: str, link: str, newsletter: Newsletter, theme: Theme, more_values: Mapping[str, object], *, markup: bool
) -> str:
    words = catalogue(theme.language)
    builder = ContextBuilder(Placeholders(), newsletter, words.direction, markup=markup)
    publication, rtl = one_line(newsletter.name), words.direction == "rtl"
    values = theme.values(builder) | {
        "link": link,
        **more_values,
        "publication": isolated(publication, words.direction, marks=True)
        if markup
        else marked(publication, words.direction),
        "language": words.language,  # that of the message's words, which may be English in a newsletter that is not
        "direction": words.direction,
        "start": "right" if rtl else "left",
        "end": "left" if rtl else "right",
    }
    return render_template(theme.environment(markup=markup), name, values, theme.files)
