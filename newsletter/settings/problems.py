"""Describe the mistakes in a newsletter.toml, each with its line and a hint."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from newsletter.domain.segment import EVERYONE
from newsletter.errors import SettingsError, did_you_mean
from newsletter.files import library_errors
from newsletter.files.toml_lines import setting_place
from newsletter.settings.file import SettingsFile, TopicTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A mistake in the setting at ``keys``."""

    keys: tuple[str, ...]
    what: str
    hint: str


def contradictions(file: SettingsFile) -> Iterator[Wrong]:
    """Yield the mistakes in settings that are each valid and contradict each other."""
    for slug, topic in file.topics.items():
        yield from _wrong_parents(slug, topic.parent, file.topics)
    for slug, segment in file.segments.items():
        keys = ("segments", slug)
        if slug == EVERYONE.slug:
            yield Wrong(keys=keys, what='"everyone" is built in', hint="give the segment another slug")
        elif not (segment.any or segment.all or segment.none):
            yield Wrong(keys=keys, what="the segment has no rule", hint='add any, all or none, or use "everyone"')
    if file.feedback.unsubscribe_mail and not file.feedback.mailbox:
        yield Wrong(
            keys=("feedback", "unsubscribe_mail"),
            what="unsubscribe_mail is set without a mailbox to read it from",
            hint="set mailbox to where that mail arrives",
        )
    low, high = file.tailored.minimum, file.tailored.maximum
    if low is not None and high is not None and low > high:
        yield Wrong(
            keys=("tailored", "minimum"),
            what=f"the minimum of {low} entries is above the maximum of {high}",
            hint="lower the minimum or raise the maximum",
        )


def _wrong_parents(slug: str, parent: str | None, topics: Mapping[str, TopicTable]) -> Iterator[Wrong]:
    keys = ("topics", slug, "parent")
    if parent is not None and parent not in topics:
        hint = did_you_mean(parent, topics) or f"add [topics.{parent}]"
        yield Wrong(keys=keys, what=f'no topic "{parent}"', hint=hint)
        return
    way = [slug]
    while parent is not None and parent in topics and parent not in way:
        way.append(parent)
        parent = topics[parent].parent
    if parent == slug:  # each other topic in the circle gets its own error
        yield Wrong(
            keys=keys, what=f"the topics {' > '.join([*way, slug])} form a circle", hint="remove one of the parents"
        )


def settings_error(wrong: Iterable[Wrong], text: str) -> SettingsError:
    """Return one error for all mistakes, ordered by line; mistakes without a line come last."""
    places = [(setting_place(text, *mistake.keys), mistake) for mistake in wrong]
    places.sort(key=lambda pair: (pair[0].line is None, pair[0].line))
    first, *others = (SettingsError(mistake.what, hint=mistake.hint, place=place) for place, mistake in places)
    first.others = tuple(others)
    return first


def explained(errors: Sequence[ErrorDetails]) -> Iterator[Wrong]:
    """Yield the mistakes that pydantic reports, in our words."""
    meant: set[tuple[str, ...]] = set()  # settings that are missing because they are probably misspelt
    for error in errors:
        keys = tuple(str(key) for key in error["loc"] if key != "[key]")
        if error["type"] == "extra_forbidden":
            meant.update((*keys[:-1], close) for close in get_close_matches(keys[-1], _known(keys), 1))
    for error in errors:
        keys = tuple(str(key) for key in error["loc"] if key != "[key]")
        name = ".".join(keys)
        if error["type"] == "extra_forbidden":
            hint = did_you_mean(keys[-1], _known(keys)) or "docs/settings.md lists all settings"
            yield Wrong(keys=keys, what=f'unknown setting "{name}"', hint=hint)
        elif error["type"] == "missing":
            if keys not in meant:
                yield Wrong(keys=keys, what=f'"{name}" is missing', hint="docs/settings.md explains it")
        else:
            hint = library_errors.of_value(error)
            yield Wrong(keys=keys, what=f"{_shown(error['loc'])} cannot be {error['input']!r}", hint=hint)


def _shown(location: Sequence[int | str]) -> str:
    """Return a setting's name in quotes, with the number of a list's item, counted from 1."""
    name = ".".join(str(key) for key in location if isinstance(key, str) and key != "[key]")
    items = [key for key in location if isinstance(key, int)]
    return f'item {items[0] + 1} of "{name}"' if items else f'"{name}"'


def _known(keys: Sequence[str]) -> list[str]:
    """Return the valid names in the table that contains a setting, as the file spells them."""
    annotation = SettingsFile.model_fields[keys[0]].annotation if len(keys) > 1 else SettingsFile
    types = (annotation, *get_args(annotation))
    table = next(candidate for candidate in types if isinstance(candidate, type) and issubclass(candidate, BaseModel))
    return [field.alias or name for name, field in table.model_fields.items()]
