"""Find the sections and blocks of an issue again that have been changed. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from newsletter.domain.reviews import Outline

Sections = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedSections:
    """The sections of two outlines; ``partners`` has the index of each section of ``before`` that is still there."""

    before: Sections
    after: Sections
    partners: Mapping[int, int]

    def name_before(self, at: int) -> str:
        """Return a section's name in a sentence, as it was; "" if there was only one."""
        return _name(self.before, at)

    def name_after(self, at: int) -> str:
        """Return a section's name in a sentence, as it is; "" if there is only one."""
        return _name(self.after, at)


def _name(sections: Sections, at: int) -> str:
    title = sections[at]["title"]
    if title:
        return f"“{title}”"
    return f"section {at + 1}" if len(sections) > 1 else ""


def match_sections(before: Sections, after: Sections) -> MatchedSections:
    """Match sections by their headings, and those that have another one by the items that they share."""
    partners: dict[int, int] = {}
    free = set(range(len(after)))
    for at, section in enumerate(before):
        same = next((to for to in sorted(free) if after[to]["title"] == section["title"]), None)
        if same is not None:
            partners[at] = same
            free.discard(same)
    for at, section in enumerate(before):
        if at not in partners:
            shared = {to: len(set(section["items"]) & set(after[to]["items"])) for to in free}
            best = max(sorted(free), key=lambda to: shared[to], default=None)
            if best is not None and shared[best]:
                partners[at] = best
                free.discard(best)
    if len(before) == len(after) == 1:
        partners = {0: 0}
    return MatchedSections(before=before, after=after, partners=dict(sorted(partners.items())))


def with_same_keys(before: Outline, after: Outline) -> Outline:
    """Return ``before`` with the keys that ``after`` has for the same blocks.

    Blocks without a file are numbered by kind, and one that was added or moved changes the numbers of others. So blocks
    that are equal get equal keys first, then those with the same heading, and then the others of a kind in their order.
    """
    names: dict[str, str] = {}
    loose = {key: item for key, item in before["items"].items() if "#" in key and "kind" in item}
    left = {key: item for key, item in after["items"].items() if "#" in key and "kind" in item}
    for alike in (_are_equal, _have_one_name, _are_of_a_kind):
        for key, item in list(loose.items()):
            same = next((other for other, kept in left.items() if alike(item, kept)), None)
            if same is not None:
                names[key] = same
                del loose[key], left[same]
    names |= {key: f"{key} before" for key in loose}
    if all(key == name for key, name in names.items()):
        return before
    items = {names.get(key, key): item for key, item in before["items"].items()}
    sections = [
        {**section, "items": [names.get(key, key) for key in section["items"]]} for section in before["sections"]
    ]
    return {**before, "items": items, "sections": sections}


def _are_equal(item: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return dict(item) == dict(other)


def _have_one_name(item: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return bool(item["name"]) and (item["kind"], item["name"]) == (other["kind"], other["name"])


def _are_of_a_kind(item: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return bool(item["kind"] == other["kind"])
