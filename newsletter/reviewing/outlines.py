"""An issue's outline: all that somebody reviews, as JSON, to say later in words what has changed. No I/O."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from newsletter.domain.addresses import Mailbox
from newsletter.domain.blocks import Block, ListedLink
from newsletter.domain.issue import Entry, Issue, Item
from newsletter.domain.publication import Newsletter, ThemeSettings
from newsletter.domain.reviews import Outline
from newsletter.domain.segment import Segment
from newsletter.domain.topics import Topics
from newsletter.domain.tracking import TrackingSettings
from newsletter.reviewing.canonical import canonical_text, digest_of_value

# The names of fields in sentences. A field that isn't here can't change what readers get.
ISSUE_FIELDS: Mapping[str, str] = {
    "subject": "subject",
    "preheader": "preheader",
    "date": "date",
    "number": "number",
    "language": "language",
    "digest": "weekly digest",
}
TAILORING_FIELDS: Mapping[str, str] = {
    "always": "tailored",
    "minimum": "fewest entries for a reader",
    "maximum": "most entries for a reader",
    "otherwise": "what readers get if nothing matches",
}
ENTRY_FIELDS: Mapping[str, str] = {
    "title": "title",
    "url": "link",
    "source": "source",
    "author": "author",
    "date": "date",
    "image": "image",
    "image_alt": "image’s description",
    "label": "verb of the link",
    "language": "language",
    "kind": "kind",
    "minutes": "minutes to read",
    "paywall": "paywall",
    "gift": "gift link",
    "not_before": "embargo",
}
BLOCK_FIELDS: Mapping[str, str] = {
    "title": "title",
    "who": "name",
    "where": "source",
    "url": "link",
    "image": "image",
    "image_alt": "image’s description",
}
SETTINGS: Mapping[str, str] = {
    "name": "newsletter’s name",
    "sender": "sender",
    "reply_to": "reply address",
    "postal_address": "postal address",
    "base_url": "address of the readers’ pages",
    "picture_host": "address of the pictures",
    "language": "newsletter’s language",
    "other_languages": "newsletter’s other languages",
    "time_zone": "time zone",
    "weekly_digest": "newsletter’s weekly digest",
}


def outline_of(
    issue: Issue,
    newsletter: Newsletter,
    segments: Iterable[Segment],
    *,
    pictures: Iterable[str] = (),
    files: Mapping[str, str] | None = None,
    program: str = "",
) -> Outline:
    """Return the outline of an issue that goes to these segments.

    ``pictures`` are the names of its published pictures, which their content determines. ``files`` has the digests of
    the theme's own files by their paths, ``program`` is the program's version.
    """
    keys = item_keys(issue)
    items = iter(keys)
    return {
        "fields": _fields(issue, ISSUE_FIELDS) | _fields(issue.tailored, TAILORING_FIELDS),
        "note": issue.note,
        "pinned": sorted(issue.pinned),
        "sections": [
            {"title": section.title or "", "items": [next(items) for _ in section.items]} for section in issue.sections
        ],
        "items": {key: _item(item) for key, item in zip(keys, issue.items, strict=True)},
        "segments": {segment.slug: digest_of_value(segment) for segment in segments},
        "topics": _topics(issue, newsletter.topics),
        "settings": _settings(newsletter),
        "pictures": sorted(pictures),
        "files": dict(files or {}),
        "program": program,
    }


def item_keys(issue: Issue) -> list[str]:
    """Return a key for each item: its slug, or for a block without a file its kind and its number of that kind."""
    seen: Counter[str] = Counter()
    keys = []
    for item in issue.items:
        key = f"entry {item.slug}" if isinstance(item, Entry) else f"{item.kind} {item.slug}".rstrip()
        seen[key] += 1
        is_repeated = seen[key] > 1 or (isinstance(item, Block) and not item.slug)
        keys.append(f"{key} #{seen[key]}" if is_repeated else key)
    return keys


def _item(item: Item) -> dict[str, Any]:
    if isinstance(item, Entry):
        return {
            "name": item.title or item.slug,
            "fields": _fields(item, ENTRY_FIELDS),
            "topics": list(item.topics),
            "passages": [[passage.kind.value, passage.markdown] for passage in item.passages],
        }
    return {
        "name": item.title or item.slug,
        "kind": item.kind.value,
        "fields": _fields(item, BLOCK_FIELDS),
        "topics": list(item.topics),
        "passages": [["text", item.text]] if item.text else [],
        "links": [_link(link) for link in item.links],
    }


def _link(link: ListedLink) -> list[str]:
    return [link.title, link.url, link.source, link.kind]


def _fields(value: object, names: Mapping[str, str]) -> dict[str, str]:
    """Return those fields that have a value, as text; a switch is *yes* if it is on."""
    texts = {name: _text(getattr(value, name)) for name in names}
    return {name: text for name, text in texts.items() if text}


def _text(value: object) -> str:
    if value is None or value is False:
        return ""
    if isinstance(value, Mailbox):
        return f"{value.name} <{value.address}>"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "yes" if value is True else str(value)


def _topics(issue: Issue, topics: Topics) -> dict[str, str]:
    """Return all that is declared about the issue's topics and those above them, by slug."""
    own = {topics.resolve(name).slug for item in issue.items for name in item.topics}
    slugs = own.union(*(topics.ancestors(slug) for slug in own))
    return {slug: canonical_text(topics.resolve(slug)) for slug in sorted(slugs)}


def _settings(newsletter: Newsletter) -> dict[str, str]:
    """Return the settings that every email follows: as text if people would read it, else as JSON."""
    texts = {name: _text(getattr(newsletter, name)) for name in SETTINGS}
    tailored = {f"tailored {name}": getattr(newsletter.tailored, name) for name in TAILORING_FIELDS}
    theme = {f"theme {field.name}": getattr(newsletter.theme, field.name) for field in fields(ThemeSettings)}
    counting = {
        f"counting {field.name}": getattr(newsletter.counting, field.name) for field in fields(TrackingSettings)
    }
    return texts | {name: canonical_text(value) for name, value in (tailored | theme | counting).items()}
