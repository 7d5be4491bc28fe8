"""Describe the mistakes in a newsletter.toml, each with its line and a hint."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from newsletter.domain.languages import same_language
from newsletter.domain.segment import EVERYONE
from newsletter.domain.segment_rule_parser import RuleWords, parse_rule
from newsletter.domain.segment_rule_tokens import RuleSyntaxError
from newsletter.errors import Finding, FindingsError, Place, Severity, did_you_mean
from newsletter.files import library_errors
from newsletter.files.toml_lines import setting_place
from newsletter.settings.file import SettingsFile, SkeletonSectionTable, TopicTable
from newsletter.settings.segments import languages_of, rule_words

_WITH_PASSWORD = ("database",)  # the setting whose value may contain a password, so messages don't show it


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A mistake in the setting at ``keys``."""

    keys: tuple[str, ...]
    what: str
    hint: str


def contradictions(file: SettingsFile) -> Iterator[Mistake]:
    """Yield the mistakes in settings that are each valid and contradict each other."""
    yield from _wrong_languages(file.language, file.languages or [])
    yield from _wrong_translations(file)
    for slug, topic in file.topics.items():
        yield from _wrong_parents(slug, topic.parent, file.topics)
    words = rule_words(file)
    for slug, segment in file.segments.items():
        keys = ("segments", slug)
        if slug == EVERYONE.slug:
            yield Mistake(keys=keys, what='"everyone" is built in', hint="give the segment another slug")
        elif segment.where is not None:
            yield from _wrong_rule((*keys, "where"), segment.where, words)
        elif not (segment.any or segment.all or segment.none):
            hint = 'add any, all, none or where, or use "everyone"'
            yield Mistake(keys=keys, what="the segment has no rule", hint=hint)
    if file.feedback.unsubscribe_mail and not file.feedback.mailbox:
        yield Mistake(
            keys=("feedback", "unsubscribe_mail"),
            what="unsubscribe_mail is set without a mailbox to read it from",
            hint="set mailbox to where that mail arrives",
        )
    if bool(file.images.bucket) != bool(file.images.url):
        missing = "url" if file.images.bucket else "bucket"
        hint = "add the address below which readers find the bucket's objects" if missing == "url" else "add its name"
        yield Mistake(keys=("images", missing), what=f"[images] has no {missing}", hint=hint)
    yield from _wrong_skeletons(file)
    low, high = file.tailored.minimum, file.tailored.maximum
    if low is not None and high is not None and low > high:
        yield Mistake(
            keys=("tailored", "minimum"),
            what=f"the minimum of {low} entries is higher than the maximum of {high}",
            hint="lower the minimum or raise the maximum",
        )


def _wrong_rule(keys: tuple[str, ...], rule: str, words: RuleWords) -> Iterator[Mistake]:
    try:
        parse_rule(rule, words)
    except RuleSyntaxError as err:
        yield Mistake(keys=keys, what=f"where, {err.what}", hint=err.hint)


def _wrong_skeletons(file: SettingsFile) -> Iterator[Mistake]:
    known = {EVERYONE.slug, *file.segments}
    for weekday, skeleton in file.skeletons.items():
        for slug in skeleton.segments:
            if slug not in known:
                hint = did_you_mean(slug, known) or f"there are: {', '.join(sorted(known))}"
                yield Mistake(keys=("skeletons", weekday, "segments"), what=f'no segment "{slug}"', hint=hint)
        titles = [section.title for section in skeleton.sections if isinstance(section, SkeletonSectionTable)]
        if repeated := next((title for at, title in enumerate(titles) if title in titles[:at]), None):
            what = f'the section "{repeated}" is there twice'
            yield Mistake(keys=("skeletons", weekday, "sections"), what=what, hint="give each its own title")


def _wrong_languages(language: str | None, languages: Sequence[str]) -> Iterator[Mistake]:
    for at, tag in enumerate(languages):
        if any(same_language(tag, earlier) for earlier in languages[:at]):
            yield Mistake(keys=("languages",), what=f'"{tag}" is in languages twice', hint="remove one")
    if language and languages and not same_language(language, languages[0]):
        what = f'language is "{language}", but languages begins with "{languages[0]}"'
        yield Mistake(keys=("languages",), what=what, hint=f'put "{language}" first, or remove language')


def _wrong_translations(file: SettingsFile) -> Iterator[Mistake]:
    for tag in file.translations:
        if not any(same_language(tag, other) for other in languages_of(file)[1:]):
            what = f'"{tag}" is not one of the newsletter\'s other languages'
            hint = f'add "{tag}" to languages; the words in the first language are description and frequency'
            yield Mistake(keys=("translations", tag), what=what, hint=hint)


def _wrong_parents(slug: str, parent: str | None, topics: Mapping[str, TopicTable]) -> Iterator[Mistake]:
    keys = ("topics", slug, "parent")
    if parent is not None and parent not in topics:
        hint = did_you_mean(parent, topics) or f"add [topics.{parent}]"
        yield Mistake(keys=keys, what=f'no topic "{parent}"', hint=hint)
        return
    way = [slug]
    while parent is not None and parent in topics and parent not in way:
        way.append(parent)
        parent = topics[parent].parent
    if parent == slug:  # each other topic in the circle gets its own error
        yield Mistake(
            keys=keys, what=f"the topics {' > '.join([*way, slug])} form a circle", hint="remove one of the parents"
        )


def settings_error(mistakes: Iterable[Mistake], text: str) -> FindingsError:
    """Return one error with all mistakes, ordered by line; mistakes without a line come last."""
    findings = [setting_finding(setting_place(text, *mistake.keys), mistake.what, mistake.hint) for mistake in mistakes]
    return FindingsError(sorted(findings, key=lambda finding: (finding.place.line is None, finding.place.line)))


def setting_finding(place: Place, what: str, hint: str) -> Finding:
    """Return a mistake as a finding."""
    return Finding(rule="setting-invalid", severity=Severity.ERROR, place=place, what=what, hint=hint)


def mistakes_in(errors: Sequence[ErrorDetails]) -> Iterator[Mistake]:
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
            yield Mistake(keys=keys, what=f'unknown setting "{name}"', hint=hint)
        elif error["type"] == "missing":
            if keys not in meant:
                yield Mistake(keys=keys, what=f'"{name}" is missing', hint="docs/settings.md explains it")
        else:
            hint = library_errors.of_value(error)
            value = "this value" if keys == _WITH_PASSWORD else repr(error["input"])
            yield Mistake(keys=keys, what=f"{_shown(error['loc'])} cannot be {value}", hint=hint)


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
