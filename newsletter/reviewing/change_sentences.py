"""Say in words how an issue differs from what it was at an approval or proof. No I/O."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from newsletter.domain.reviews import Outline
from newsletter.reviewing.field_words import (
    field_changes,
    link_changes,
    member_changes,
    passage_changes,
    quoted,
    text_change,
    value_change,
)
from newsletter.reviewing.moves import moved_members, ordinal
from newsletter.reviewing.outlines import BLOCK_FIELDS, ENTRY_FIELDS, ISSUE_FIELDS, SETTINGS, TAILORING_FIELDS
from newsletter.reviewing.pairing import MatchedSections, match_sections, with_same_keys

_COUNTING = "how clicks and opens are counted"
_THEME = "theme"


def changes_in_words(before: Outline, after: Outline) -> tuple[str, ...]:
    """Return a sentence for each difference between two outlines, none if they are equal.

    They begin in small letters and have no full stop, so that they can be joined with semicolons.
    """
    before = with_same_keys(before, after)
    return tuple(_sentences(before, after))


def _sentences(before: Outline, after: Outline) -> Iterator[str]:
    yield from field_changes(before["fields"], after["fields"], {**ISSUE_FIELDS, **TAILORING_FIELDS})
    yield from text_change(before["note"], after["note"], "note")
    yield from _item_list(before, after)
    for key, item in after["items"].items():
        if key in before["items"]:
            yield from _item(before["items"][key], item)
    names = {key.removeprefix("entry "): item["name"] for key, item in _all_items(before, after).items()}
    pinned, now = ([names.get(slug, slug) for slug in outline["pinned"]] for outline in (before, after))
    yield from (f"{quoted(name)} pinned" for name in now if name not in pinned)
    yield from (f"{quoted(name)} no longer pinned" for name in pinned if name not in now)
    yield from _segments(before["segments"], after["segments"])
    yield from _surroundings(before, after)


def _all_items(before: Outline, after: Outline) -> Mapping[str, Any]:
    return {**before["items"], **after["items"]}


def _item_list(before: Outline, after: Outline) -> Iterator[str]:
    """Yield what was added, removed and moved: sections first."""
    matched = match_sections(before["sections"], after["sections"])
    yield from _sections(matched)
    places, now = _places(before["sections"]), _places(after["sections"])
    for key, place in now.items():
        if key not in places:
            section = matched.name_after(place.section)
            where = f" to {section}" if section else ""
            yield f"{_name(after, key)} added{where}, {ordinal(place.number)}"
    yield from (f"{_name(before, key)} removed" for key in places if key not in now)
    for key, place in now.items():
        if key in places and matched.partners.get(places[key].section) != place.section:
            origin, target = matched.name_before(places[key].section), matched.name_after(place.section)
            yield f"{_name(after, key)} moved from {origin or 'the start'} to {target or 'the start'}"
    for at, partner in matched.partners.items():
        yield from _moves(before, after, at, partner)


def _sections(matched: MatchedSections) -> Iterator[str]:
    for at, partner in matched.partners.items():
        title, now = matched.before[at]["title"], matched.after[partner]["title"]
        if title != now:
            yield from value_change(title, now, f"heading of the {ordinal(partner + 1)} section")
    taken = set(matched.partners.values())
    for at, section in enumerate(matched.after):
        if at not in taken:
            yield f"{_section_name(section, at)} added"
    for at, section in enumerate(matched.before):
        if at not in matched.partners:
            yield f"{_section_name(section, at)} removed"
    order = [str(at) for at in matched.partners]
    partners = {partner: at for at, partner in matched.partners.items()}
    order_now = [str(partners[at]) for at in range(len(matched.after)) if at in partners]
    for moved in moved_members(order, order_now):
        place, now = int(moved), matched.partners[int(moved)]
        yield f"{_section_name(matched.after[now], now)} moved from {ordinal(place + 1)} to {ordinal(now + 1)}"


def _section_name(section: Mapping[str, Any], at: int) -> str:
    return f"section {quoted(section['title'])}" if section["title"] else f"{ordinal(at + 1)} section"


def _moves(before: Outline, after: Outline, at: int, partner: int) -> Iterator[str]:
    """Yield the moves within a section."""
    own, now = before["sections"][at]["items"], after["sections"][partner]["items"]
    several = len(after["sections"]) > 1
    title = after["sections"][partner]["title"]
    where = f" in {quoted(title)}" if several and title else ""
    for key in moved_members(own, now):
        origin, target = own.index(key), now.index(key)
        if origin != target:
            yield f"{_name(after, key)} moved from {ordinal(origin + 1)} to {ordinal(target + 1)}{where}"
        else:  # others were added or removed around it
            beside = f"below {_name(after, now[target - 1])}" if target else "to the top"
            yield f"{_name(after, key)} moved {beside}{where}"


@dataclass(frozen=True, slots=True)
class _Place:
    """An item's section, from 0, and its number there, from 1."""

    section: int
    number: int


def _places(sections: Sequence[Mapping[str, Any]]) -> dict[str, _Place]:
    return {
        key: _Place(at, number)
        for at, section in enumerate(sections)
        for number, key in enumerate(section["items"], start=1)
    }


def _name(outline: Outline, key: str) -> str:
    """Return an item's name in sentences: its title, with its kind if it is a block."""
    item = outline["items"][key]
    kind = item.get("kind", "")
    if item["name"]:
        return f"{kind} {quoted(item['name'])}".lstrip()
    return f"{kind} {key.rpartition('#')[2]}" if kind else quoted(key.removeprefix("entry "))


def _item(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    kind = after.get("kind", "")
    name = quoted(after["name"] or before["name"]) if after["name"] or before["name"] else ""
    of = f"{kind} {name}".strip() + ": "
    yield from field_changes(before["fields"], after["fields"], BLOCK_FIELDS if kind else ENTRY_FIELDS, of=of)
    yield from passage_changes(before["passages"], after["passages"], of)
    yield from link_changes(before.get("links", ()), after.get("links", ()), of)
    yield from member_changes(before["topics"], after["topics"], "topic", of=of)


def _segments(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    yield from (f"segment {quoted(slug)} added" for slug in after if slug not in before)
    yield from (f"segment {quoted(slug)} removed" for slug in before if slug not in after)
    for slug, rule in after.items():
        if before.get(slug, rule) != rule:
            yield f"segment {quoted(slug)} has another rule, so other readers may be in it"


def _surroundings(before: Outline, after: Outline) -> Iterator[str]:
    """Yield what has changed around the issue: topics, settings, pictures, the theme's files, the program."""
    for slug in sorted({*before["topics"], *after["topics"]}):
        old, new = before["topics"].get(slug), after["topics"].get(slug)
        if old is not None and new is not None and old != new:
            yield f"topic {quoted(slug)} is declared differently"
    # Others come and go with the entries' own topics, or with a parent's.
    yield from _parents(before, after)
    settings, now = before["settings"], after["settings"]
    yield from field_changes(settings, now, SETTINGS)
    others = sorted({*settings, *now} - set(SETTINGS))
    changed = [name for name in others if settings.get(name) != now.get(name)]
    theme = [name.removeprefix(f"{_THEME} ").replace("_", " ") for name in changed if name.startswith(f"{_THEME} ")]
    if theme:
        yield f"how it looks changed: {', '.join(theme)} of the theme"
    if any(name.startswith("tailored ") for name in changed):
        yield "newsletter’s rules for tailoring changed"
    if any(name.startswith("counting ") for name in changed):
        yield f"{_COUNTING} changed"
    yield from (f"picture {quoted(name)} added" for name in after["pictures"] if name not in before["pictures"])
    yield from (f"picture {quoted(name)} removed" for name in before["pictures"] if name not in after["pictures"])
    files, files_now = before["files"], after["files"]
    for path in sorted({*files, *files_now}):
        if files.get(path) != files_now.get(path):
            yield f"how it looks changed: {path}"
    if before["program"] != after["program"]:
        yield f"the program was updated from {before['program']} to {after['program']}"


def _parents(before: Outline, after: Outline) -> Iterator[str]:
    """Yield topics that are only in one of the outlines although the items' topics are the same."""
    own, now = (
        {topic for item in outline["items"].values() for topic in item["topics"]} for outline in (before, after)
    )
    if own == now:
        for slug in sorted(set(before["topics"]) ^ set(after["topics"])):
            yield f"topic {quoted(slug)} is declared differently"
