"""Add tracking and UTM parameters to the links of an issue, if the publisher wants them. No I/O.

This happens once, to the compiled issue, before it is frozen. So it costs nothing for each reader's message, and the
checks, the preview and the archive show the original links.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from newsletter.domain.issue import Entry, Issue, Item
from newsletter.domain.publication import Newsletter
from newsletter.domain.tracking import TRAP, Link, TrackingLevel
from newsletter.message.compiled_issue import CompiledIssue, IssuePart
from newsletter.message.link_slots import READER
from newsletter.message.template import Slot, Template, join_constants

CLICK, OPEN = "c", "o"  # the first segments of their paths
_ANCHOR = re.compile(r'<a\b[^<>]*?\shref="(?P<url>https?://[^"<>]*)(?=")', re.IGNORECASE)
_BRACKETED = re.compile(r"<(?P<url>https?://[^<>\s]+)(?=>)", re.IGNORECASE)
# Filters suspect phishing if a link's text is an address and its target is another host.
_SHOWN = re.compile(r'"[^<>]*>\s*(?:<(?!/a\b)[^<>]*>\s*)*(?:https?://|www\.)', re.IGNORECASE)
_END = re.compile(r"</body\s*>", re.IGNORECASE)


def with_tracking(compiled: CompiledIssue, issue: Issue, newsletter: Newsletter) -> CompiledIssue:
    """Return the issue with its links as they are sent; the same issue if the settings require no changes."""
    rules = newsletter.counting
    if rules.clicks is TrackingLevel.OFF and not rules.utm_source:
        return _with_open_image(compiled, newsletter)
    links = _LinkRewriter(issue, newsletter)
    changed = replace(
        compiled,
        html=tuple(links.in_part(part, _ANCHOR, markup=True) for part in compiled.html),
        text=tuple(links.in_part(part, _BRACKETED, markup=False) for part in compiled.text),
    )
    return _with_open_image(replace(changed, links=tuple(links.tracked.values())), newsletter)


def without_tracking(markup: str, compiled: CompiledIssue) -> str:
    """Return a message's HTML with the issue's original links and without anything that tracks."""
    urls = {link.number: link.url for link in compiled.links}
    issue = re.escape(compiled.issue)
    trap = rf'<a\shref="[^"<>]*/{CLICK}/{issue}/{TRAP}"[^<>]*></a>'
    image = rf'<img\ssrc="[^"<>]*/{OPEN}/{issue}[./][^<>]*>'
    counted = rf'(?<=\shref=")[^"<>]*/{CLICK}/{issue}/(\d+)(?:/[A-Za-z0-9_-]*)?(?=")'

    def original(match: re.Match[str]) -> str:
        url = urls.get(int(match[1]))
        return match[0] if url is None else _attribute(url)

    return re.sub(counted, original, re.sub(f"{trap}|{image}", "", markup))


@dataclass
class _LinkRewriter:
    """A rewriter of an issue's links; each URL is tracked once in each entry and block."""

    issue: Issue
    newsletter: Newsletter
    tracked: dict[tuple[str, int | None], Link] = field(default_factory=dict)

    def in_part(self, part: IssuePart, pattern: re.Pattern[str], *, markup: bool) -> IssuePart:
        pieces: list[str | Slot] = []
        for piece in part.template:
            if isinstance(piece, Slot):
                pieces.append(piece)
            else:
                pieces += self._in_text(piece, pattern, part.item, markup=markup)
        return replace(part, template=tuple(join_constants(pieces)))

    def _in_text(self, text: str, pattern: re.Pattern[str], item: int | None, *, markup: bool) -> Iterator[str | Slot]:
        end = 0
        for match in pattern.finditer(text):
            url = html.unescape(match["url"]) if markup else match["url"]
            if f"{url}/".startswith(f"{self.newsletter.base_url}/"):
                continue
            yield text[end : match.start("url")]
            if markup and _SHOWN.match(text, match.end()):
                yield _attribute(self._tagged(url))
            else:
                yield from self._outgoing(url, item, markup=markup)
            end = match.end()
        yield text[end:]

    def _tagged(self, url: str) -> str:
        rules = self.newsletter.counting
        return _with_utm(url, rules.utm_source, rules.utm_medium, self.issue.slug)

    def _outgoing(self, url: str, item: int | None, *, markup: bool) -> Template:
        rules, base = self.newsletter.counting, self.newsletter.base_url
        tagged = self._tagged(url)
        if rules.clicks is TrackingLevel.OFF:
            return (_attribute(tagged) if markup else tagged,)
        link = self.tracked.get((tagged, item))
        if link is None:
            link = self._link(len(self.tracked) + 1, tagged, None if item is None else self.issue.items[item])
            self.tracked[tagged, item] = link
        address = f"{base}/{CLICK}/{self.issue.slug}/{link.number}"
        return (f"{address}/", Slot(READER)) if rules.clicks is TrackingLevel.INDIVIDUAL else (address,)

    def _link(self, number: int, url: str, item: Item | None) -> Link:
        if item is None:
            return Link(number=number, url=url)
        is_entry = isinstance(item, Entry)
        return Link(
            number=number,
            url=url,
            entry=item.slug if is_entry else "",
            position=self.issue.entries.index(item) + 1 if is_entry else 0,
            topics=tuple(self.newsletter.topics.resolve(topic).slug for topic in item.topics),
        )


def _with_open_image(compiled: CompiledIssue, newsletter: Newsletter) -> CompiledIssue:
    """Add an image that mail clients fetch when a message is opened, and a link that only machines follow."""
    rules = newsletter.counting
    added: list[str | Slot] = []
    if rules.clicks is not TrackingLevel.OFF:
        trap = f"{newsletter.base_url}/{CLICK}/{compiled.issue}/{TRAP}"
        added.append(f'<a href="{trap}" tabindex="-1" aria-hidden="true" style="display:none"></a>')
    if rules.opens is not TrackingLevel.OFF:
        image = f"{newsletter.base_url}/{OPEN}/{compiled.issue}"
        style = 'width="1" height="1" alt="" style="display:block;width:1px;height:1px;border:0"'
        named: Template = ("/", Slot(READER)) if rules.opens is TrackingLevel.INDIVIDUAL else ()
        added += [f'<img src="{image}', *named, f'.gif" {style}>']
    if not added:
        return compiled
    *others, last = compiled.html
    foot = list(last.template)
    at, text = next((at, text) for at, text in reversed(list(enumerate(foot))) if isinstance(text, str))
    end = max((match.start() for match in _END.finditer(text)), default=len(text.rstrip("\n")))
    foot[at : at + 1] = [text[:end], *added, text[end:]]
    return replace(compiled, html=(*others, replace(last, template=tuple(join_constants(foot)))))


def _with_utm(url: str, source: str, medium: str, campaign: str) -> str:
    parts = urlsplit(url)
    if not source or any(name.lower().startswith("utm_") for name, _ in parse_qsl(parts.query)):
        return url
    ours = urlencode({"utm_source": source, "utm_medium": medium, "utm_campaign": campaign})
    return urlunsplit(parts._replace(query=f"{parts.query}&{ours}" if parts.query else ours))


def _attribute(url: str) -> str:
    """Return a URL escaped for an attribute in double quotes."""
    return html.escape(url, quote=False).replace('"', "&quot;")
