"""An email prepared for the frame."""

import re

from newsletter.message.link_slots import vote_slot
from newsletter.message.template import Slot
from newsletter.web.preview.frame import framed, inbox_row, sample_values, source_lines
from newsletter.web.preview.view_options import ColorScheme, ViewOptions
from tests import make

PAGE = """<!DOCTYPE html><html><head><meta name="color-scheme" content="light dark"><style>
@media (prefers-color-scheme: dark) and (min-width: 480px) { p { color: white } }
@media (prefers-color-scheme:light) { p { color: black } }
</style></head><body><p>(prefers-color-scheme: dark) is a media query.</p>
<picture><source media="(prefers-color-scheme: dark)" srcset="https://example.org/d.png"></picture></body></html>
"""


def test_the_sample_reader_fills_every_slot() -> None:
    email = make.email()
    values = sample_values(email, make.newsletter())
    assert email.slots <= set(values)
    row = inbox_row(email, values)
    assert (row.sender, row.subject, row.preheader) == ("The Daily Test", "Good morning, Ada", "For Ada")


def test_the_readers_own_links_stay_in_the_preview() -> None:
    vote = Slot(vote_slot("yes"))
    email = make.email(html=('<a href="', vote, '">Yes</a> <a href="', Slot("links.unsubscribe"), '">Unsubscribe</a>'))
    values = sample_values(email, make.newsletter())
    html = framed(email, values, ViewOptions())
    assert re.findall('href="([^"]*)"', html) == ["/reader-links/vote", "/reader-links/unsubscribe"]
    assert "news.example.org" not in html
    assert values[vote.name].startswith("https://news.example.org/vote/2026-11-23/1/")


def test_a_color_preference_is_resolved_only_in_styles() -> None:
    email = make.email(html=(PAGE,))
    dark = framed(email, {}, ViewOptions(mode=ColorScheme.DARK))
    assert "@media (min-width: 0) and (min-width: 480px)" in dark
    assert "@media (max-width: 0) {" in dark
    assert '<source media="(min-width: 0)"' in dark
    assert "<p>(prefers-color-scheme: dark) is a media query.</p>" in dark
    assert "<style>:root{color-scheme:dark only!important}</style>" in dark
    light = framed(email, {}, ViewOptions())
    assert "@media (max-width: 0) and (min-width: 480px)" in light
    assert "@media (min-width: 0) {" in light
    assert "<style>:root{color-scheme:light only!important}</style>" in light


def test_an_email_without_dark_mode_stays_on_white() -> None:
    email = make.email(html=("<!doctype html><p>No head and no dark mode.</p>",))
    html = framed(email, {}, ViewOptions(mode=ColorScheme.DARK))
    assert html.startswith(
        '<!doctype html><base target="_blank"><style>:root{color-scheme:light only!important}</style><p>'
    )


def test_the_source_shows_merge_fields_in_place() -> None:
    first, second = source_lines(
        ("<p>Hello\n<b>", Slot("subscriber.first_name", "<you>"), "</b>", Slot("links.browser"))
    )
    assert first == "&lt;p&gt;Hello"
    name, link = "subscriber.first_name | default(&#34;&lt;you&gt;&#34;)", "links.browser"
    assert second == f"&lt;b&gt;<mark>{{{{ {name} }}}}</mark>&lt;/b&gt;<mark>{{{{ {link} }}}}</mark>"
