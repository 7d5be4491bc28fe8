"""Say in words what a sitting has changed, from the files' texts before and after it. No I/O."""

import dataclasses
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from newsletter.content import FileKind, kind_of
from newsletter.content.blocks import parse_block
from newsletter.content.entries import parse_entry
from newsletter.content.issues import Draft, parse_draft
from newsletter.content.markdown import join_passages
from newsletter.domain.blocks import Block
from newsletter.domain.date_words import day_in_words
from newsletter.domain.issue import Entry, Issue, PassageKind
from newsletter.errors import printable
from newsletter.files.newsletter_folder import SETTINGS_FILE
from newsletter.files.toml_layout import parsed

_LONGEST = 72  # characters of a message's first line
_TITLE = 50  # characters
_MOST = 4  # fields that are named
_FIELD_WORDS = {"by": "owner", "url": "link", "image_alt": "alternative text", "date": "date", "in_feeds": "feeds"}
_NOT_FIELDS = ("slug", "path", "lines", "passages", "image_size", "sections")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """A file's text before and after a sitting; None where it doesn't exist."""

    path: str
    before: str | None
    after: str | None


def commit_message(changes: Sequence[FileChange]) -> str:
    """Return a commit's message, such as ``Edit Night train: framing and topics``.

    For several files, the first line sums them up and a list follows.
    """
    sentences = [_sentence(change) for change in changes]
    if not sentences:
        return "Edit the newsletter"
    joined = "; ".join([sentences[0], *(_lowered(sentence) for sentence in sentences[1:])])
    if len(sentences) == 1 or len(joined) <= _LONGEST:
        return joined
    others = len(sentences) - 1
    first = f"{sentences[0].partition(': ')[0]} and {others} other {'file' if others == 1 else 'files'}"
    return "\n".join([first, "", *(f"- {sentence}" for sentence in sentences)])


def _sentence(change: FileChange) -> str:
    if change.before == change.after:
        return f"Edit {_name(change)}"
    if change.path == SETTINGS_FILE and change.before is not None and change.after is not None:
        return _settings_sentence(change.before, change.after)
    verb = "Add" if change.before is None else "Remove" if change.after is None else "Edit"
    details: Iterable[str] = ()
    if change.before is not None and change.after is not None:
        if kind_of(change.path) is FileKind.ISSUE:
            verb = "Compose"
        details = _details(change.path, change.before, change.after)
    words = list(details)
    shown = f": {_listed(words, separator=verb == 'Compose')}" if words else ""
    return f"{verb} {_name(change)}{shown}"


def _settings_sentence(before: str, after: str) -> str:
    """Return what has changed in newsletter.toml: ``Change settings: name, segments.asia and theme.colors``."""
    try:
        old, new = _leaves(parsed(before)), _leaves(parsed(after))
    except ValueError:  # it isn't TOML, before or afterwards
        return f"Edit {SETTINGS_FILE}"
    changed = [path for path in {**old, **new} if old.get(path) != new.get(path)]
    names = list(dict.fromkeys(printable(".".join(path[:2]), _TITLE) for path in changed))
    return f"Change settings: {_listed(names, separator=False)}" if names else f"Edit {SETTINGS_FILE}"


def _leaves(table: Mapping[str, Any], above: tuple[str, ...] = ()) -> dict[tuple[str, ...], object]:
    """Return all settings that aren't tables themselves by their paths."""
    leaves: dict[tuple[str, ...], object] = {}
    for name, value in table.items():
        if isinstance(value, dict) and value:
            leaves |= _leaves(value, (*above, name))
        else:
            leaves[*above, name] = value
    return leaves


def _name(change: FileChange) -> str:
    """Return an entry's title, an issue's date in words, or a file's path."""
    text = change.after if change.after is not None else change.before or ""
    parsed = _parsed(change.path, text)
    if isinstance(parsed, Entry | Block):
        title = parsed.title or parsed.slug.replace("-", " ")
        return printable(" ".join(title.split()), _TITLE)
    if isinstance(parsed, Draft):
        return _issue_name(parsed.issue)
    return printable(change.path, _TITLE)


def _issue_name(issue: Issue) -> str:
    if issue.date.year == 1:
        return printable(issue.slug, _TITLE)
    _, _, day = day_in_words(issue.date).partition(" ")
    rest = issue.slug.removeprefix(issue.date.isoformat()).strip("-")
    return f"{day.rpartition(' ')[0]} ({rest})" if rest else day.rpartition(" ")[0]


def _details(path: str, before: str, after: str) -> Iterator[str]:
    old, new = _parsed(path, before), _parsed(path, after)
    if isinstance(old, Draft) and isinstance(new, Draft):
        yield from _operations(_items(old), _items(new))
        yield from _sections(old, new)
        yield from _fields(old.issue, new.issue)
        if old.overrides != new.overrides and _overrides(old) != _overrides(new):
            yield "overrides"
    elif isinstance(old, Entry) and isinstance(new, Entry):
        yield from _fields(old, new)
        for kind in PassageKind:
            if _passages(old, kind) != _passages(new, kind):
                yield kind.value
    elif isinstance(old, Block) and isinstance(new, Block):
        yield from _fields(old, new)


def _fields(old: Entry | Block | Issue, new: Entry | Block | Issue) -> Iterator[str]:
    for field in dataclasses.fields(old):
        name = field.name
        if name not in _NOT_FIELDS and getattr(old, name) != getattr(new, name):
            yield _FIELD_WORDS.get(name, name.replace("_", " "))


def _passages(entry: Entry, kind: PassageKind) -> str:
    return join_passages(passage for passage in entry.passages if passage.kind is kind)


def _overrides(draft: Draft) -> object:
    """Return the overrides without their lines, which change with everything above them."""
    return None if draft.overrides is None else _plain(draft.overrides)


def _plain(value: object) -> object:
    if hasattr(value, "values"):
        return {name: _plain(inner) for name, inner in value.values.items()}
    if hasattr(value, "items"):
        return [_plain(inner) for inner in value.items]
    return getattr(value, "text", value)


def _items(draft: Draft) -> list[tuple[str, str]]:
    """Return each item's key with the title of its section, in order."""
    return [
        (item.name if isinstance(item, Block) else item.text, section.title or "")
        for section in draft.listed
        for item in section.items
    ]


def _operations(old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield the smallest numbers of moves, additions and removals that lead from one order to the other."""
    before = {key: at for at, (key, _) in enumerate(old)}
    after = {key for key, _ in new}
    sections = dict(old)
    kept = [(before[key], sections[key] == section) for key, section in new if key in before]
    stayed = _longest_increasing([at for at, same_section in kept if same_section])
    numbers = (
        ("move", len(kept) - stayed),
        ("add", len(after - before.keys())),
        ("remove", len(before.keys() - after)),
    )
    yield from (f"{verb} {number}" for verb, number in numbers if number)


def _sections(old: Draft, new: Draft) -> Iterator[str]:
    if [section.title for section in old.listed] != [section.title for section in new.listed]:
        yield "sections"


def _longest_increasing(numbers: Iterable[int]) -> int:
    """Return the length of the longest increasing subsequence: the items that stay where they are."""
    ends: list[int] = []
    for number in numbers:
        at = bisect_left(ends, number)
        ends[at : at + 1] = [number]
    return len(ends)


def _parsed(path: str, text: str) -> Entry | Block | Draft | None:
    slug = PurePosixPath(path).name.removesuffix(".md")
    match kind_of(path):
        case FileKind.ENTRY:
            return parse_entry(text, slug=slug, path=path)[0]
        case FileKind.BLOCK:
            return parse_block(text, slug=slug, path=path)[0]
        case FileKind.ISSUE:
            return parse_draft(text, slug=slug, path=path)
    return None


def _listed(words: Sequence[str], *, separator: bool) -> str:
    if len(words) > _MOST:
        words = [*words[: _MOST - 1], f"{len(words) - _MOST + 1} more"]
    if separator or len(words) == 1:
        return ", ".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
