"""Merge fields in a subject, preheader or note: ``{{ subscriber.first_name | default("reader") }}``. No I/O.

Besides the reader's values there are those of their edition: ``{{ edition.titles[0] }}``, ``{{ edition.count }}``,
``{{ edition.picks }}``, and links such as ``{{ links.preferences }}``, which only work as a link's whole target
(``message.prose``).

The grammar has no other forms, and nothing an editor types is ever run as template code. In a theme, Jinja objects
stand for the same slots.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from difflib import get_close_matches

from newsletter.domain.subscriber import SUBSCRIBER_FIELDS, SUBSCRIBER_SLOT
from newsletter.message.edition_slots import COUNT_SLOT, PICKS_SLOT, title_position
from newsletter.message.link_slots import EXAMPLE, LINKS, LinkFieldError, parse_link_field
from newsletter.message.template import Slot, Template

_BRACES = re.compile(r"\{\{(.*?)(?:\}\}|(?=\{\{)|$)", re.MULTILINE)
_FIELD = re.compile(
    r"""\s*(?P<scope>[A-Za-z_]\w*)\.(?P<name>[A-Za-z_]\w*(?:\[[0-9]{1,2}\])?)
        (?:\s*\|\s*default\(\s*(?:"(?P<double>[^"{}]*)"|'(?P<single>[^'{}]*)')\s*\))?\s*""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeField:
    """A ``{{ … }}`` in a text, from ``start`` to ``end``; without a ``slot`` it is invalid, and ``what`` says why.

    ``default`` is None if the field has none, not even an empty one. ``closed`` is false if its ``}}`` is missing.
    ``link`` names the slot of a link: a field that is valid as a link's target in prose and nowhere else.
    """

    start: int
    end: int
    slot: Slot | None
    default: str | None = None
    closed: bool = True
    what: str = ""
    hint: str = ""
    link: str = ""


def merge_fields(text: str, attributes: Collection[str] | None = None) -> tuple[MergeField, ...]:
    """Return every ``{{`` in a text, valid or not.

    ``attributes`` are the names of subscribers' custom fields; without them, any name is valid.
    """
    if "{{" not in text:  # as in most texts: the checks look at every paragraph of every entry
        return ()
    known = None if attributes is None else (*SUBSCRIBER_FIELDS, *attributes)
    return tuple(_field(match, known) for match in _BRACES.finditer(text))


def without_merge_fields(text: str, replacement: Callable[[MergeField], str] = lambda _: "") -> str:
    """Return a text with a replacement for each merge field, valid or not, except for those that have no end."""
    pieces, done = [], 0
    for field in merge_fields(text):
        if field.closed:
            pieces += [text[done : field.start], replacement(field)]
            done = field.end
    return "".join((*pieces, text[done:]))


def merge_field(slot: Slot) -> str:
    """Return the merge field for a slot as an editor writes it."""
    quote = "'" if '"' in slot.default else '"'
    default = f" | default({quote}{slot.default}{quote})" if slot.default else ""
    return f"{{{{ {slot.name}{default} }}}}"


def _field(match: re.Match[str], known: tuple[str, ...] | None) -> MergeField:
    start, end, written = match.start(), match.end(), match[0]

    def invalid(what: str, hint: str, *, closed: bool = True) -> MergeField:
        return MergeField(start=start, end=end, slot=None, closed=closed, what=what, hint=hint)

    if not written.endswith("}}"):
        return invalid(f'"{_short(written)}" has no end', "close it with }}", closed=False)
    if match[1].strip().startswith(LINKS):
        return _link(match)
    field = _FIELD.fullmatch(match[1])
    if field is None:
        curly = any(quote in match[1] for quote in "“”„‘’«»")
        hint = "use straight quotes" if curly else 'write {{ subscriber.first_name | default("reader") }}'
        return invalid(f'"{_short(written)}" is not a merge field', hint)
    name = f"{field['scope']}.{field['name']}"
    if not (name in (COUNT_SLOT, PICKS_SLOT) or title_position(name) is not None or _is_of_subscriber(name, known)):
        return invalid(f'no merge field "{name}"', _suggestion(name, known or ()))
    default = field["double"] if field["double"] is not None else field["single"]
    return MergeField(start=start, end=end, slot=Slot(name, default or ""), default=default)


def _link(match: re.Match[str]) -> MergeField:
    start, end, shown = match.start(), match.end(), _short(match[0])
    try:
        link = parse_link_field(match[1])
    except LinkFieldError as err:
        return MergeField(
            start=start, end=end, slot=None, what=err.what or f'"{shown}" is not a merge field', hint=err.hint
        )
    return MergeField(
        start=start, end=end, slot=None, link=link, what=f'"{shown}" is not the target of a link', hint=EXAMPLE
    )


def _is_of_subscriber(name: str, known: tuple[str, ...] | None) -> bool:
    own = name.removeprefix(SUBSCRIBER_SLOT)
    return own != name and (own in known if known is not None else "[" not in own)


def _short(written: str) -> str:
    return written if len(written) <= 40 else written[:39] + "…"


def _suggestion(name: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(name.rpartition(".")[2], known, 1, 0.6)
    if close:
        return f'did you mean "subscriber.{close[0]}"?'
    return f"there are {', '.join(f'subscriber.{field}' for field in known)}; newsletter.toml's attributes add more"


def template_of(text: str, attributes: Collection[str] = ()) -> Template:
    """Split a text at its merge fields; anything that isn't a valid merge field stays as text."""
    parts: list[str | Slot] = []
    done = 0
    for field in merge_fields(text, attributes):
        if field.slot is not None:
            parts.extend((text[done : field.start], field.slot))
            done = field.end
    return tuple(part for part in (*parts, text[done:]) if part != "")
