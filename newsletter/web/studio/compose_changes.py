"""Changes to an issue's list, from the forms of the compose page, and what each has done, in words."""

from collections.abc import Callable, Iterable, Sequence

from newsletter.content import MissingItemError, MissingSectionError, OutlinedSection
from newsletter.domain.changes import (
    AddItem,
    AddSection,
    Change,
    MoveItem,
    MoveSection,
    RemoveItem,
    RemoveSection,
    RenameSection,
    SetField,
    SetMember,
    Several,
)
from newsletter.errors import UsageError
from newsletter.web.http.forms import Form
from newsletter.web.studio.compose_items import section_name

Outline = Sequence[OutlinedSection]


class UnknownChangeError(UsageError):
    """A change that the compose page doesn't know; ``name`` is its name in the form."""

    code = "change-unknown"

    def __init__(self, *, name: str) -> None:
        self.name = name
        super().__init__(f'there is no change "{name}"', hint="reload the page")


class FirstOrLastError(UsageError):
    """An item or section that can't move further, since it is already the first or the last."""

    code = "first-or-last"

    def __init__(self) -> None:
        super().__init__("it can’t move any further that way", hint="it is already the first or the last")


def change_of(form: Form, outline: Outline, overridden: Callable[[], Iterable[str]]) -> Change:
    """Return the change that a form asks for.

    ``overridden`` returns the names of the fields of the entry in the form that the issue changes. Raise
    UnknownChangeError, FirstOrLastError, MissingItemError or MissingSectionError.
    """
    name, item, section = form.text("change"), form.text("item"), form.text("section")
    before, title = form.text("before") or None, form.text("title")
    made: dict[str, Callable[[], Change]] = {
        "add": lambda: AddItem(item=item, section=chosen_section(form, outline), before=before),
        "remove": lambda: RemoveItem(item=item),
        "move": lambda: MoveItem(item=item, section=section, before=before),
        "move-up": lambda: _item_up(outline, item),
        "move-down": lambda: _item_down(outline, item),
        "pin": lambda: SetMember(name="pinned", word=item, present=True),
        "unpin": lambda: SetMember(name="pinned", word=item, present=False),
        "drop-overrides": lambda: Several(
            changes=tuple(SetField(name=f"overrides.{item}.{field}", value=None) for field in overridden())
        ),
        "add-section": lambda: AddSection(title=title, before=before),
        "rename-section": lambda: RenameSection(section=section, title=title),
        "move-section": lambda: MoveSection(section=section, before=before),
        "move-section-up": lambda: _section_up(outline, section),
        "move-section-down": lambda: _section_down(outline, section),
        "remove-section": lambda: RemoveSection(section=section),
    }
    if name not in made:
        raise UnknownChangeError(name=name)
    return made[name]()


def chosen_section(form: Form, outline: Outline) -> str:
    """Return the key of the section that a form names, or of the last one."""
    return form.text("section") or (outline[-1].key if outline else "#1")


def _item_up(outline: Outline, key: str) -> MoveItem:
    at, within = _find(outline, key)
    keys = [item.key for item in outline[at].items]
    if within:
        return MoveItem(item=key, section=outline[at].key, before=keys[within - 1])
    if not at:
        raise FirstOrLastError
    return MoveItem(item=key, section=outline[at - 1].key)


def _item_down(outline: Outline, key: str) -> MoveItem:
    at, within = _find(outline, key)
    keys = [item.key for item in outline[at].items]
    if within + 1 < len(keys):
        return MoveItem(item=key, section=outline[at].key, before=_at(keys, within + 2))
    if at + 1 == len(outline):
        raise FirstOrLastError
    following = outline[at + 1]
    return MoveItem(item=key, section=following.key, before=_at([item.key for item in following.items], 0))


def _section_up(outline: Outline, key: str) -> MoveSection:
    at = _section_at(outline, key)
    if not at:
        raise FirstOrLastError
    return MoveSection(section=key, before=outline[at - 1].key)


def _section_down(outline: Outline, key: str) -> MoveSection:
    at = _section_at(outline, key)
    if at + 1 == len(outline):
        raise FirstOrLastError
    return MoveSection(section=key, before=_at([section.key for section in outline], at + 2))


def _at(keys: Sequence[str], at: int) -> str | None:
    return keys[at] if at < len(keys) else None


def _find(outline: Outline, key: str) -> tuple[int, int]:
    """Return an item's section, and its place there."""
    for at, section in enumerate(outline):
        for within, item in enumerate(section.items):
            if item.key == key:
                return at, within
    raise MissingItemError(item=key)


def _section_at(outline: Outline, key: str) -> int:
    for at, section in enumerate(outline):
        if section.key == key:
            return at
    raise MissingSectionError(section=key)


def announcement(change: Change, outline: Outline, title: Callable[[str], str]) -> str:
    """Return what a change has done, for screen readers: "Night train, 2 of 5, On the move".

    ``outline`` is the issue's after the change; ``title`` returns the title of the entry with a key, or "" for a block.
    """
    match change:
        case AddItem() | MoveItem():
            return _whereabouts(outline, change.item, title(change.item) or "The block")
        case RemoveItem():
            name = title(change.item)
            return f"{name} is on the shelf" if name else "The block is no longer in the issue"
        case SetMember():
            return f"{title(change.word)} is {'pinned' if change.present else 'no longer pinned'}"
        case AddSection():
            return f"Section {change.title or 'without a title'} added"
        case RenameSection():
            return f"The section is now {change.title or 'without a title'}"
        case MoveSection():
            names = [section.key for section in outline]
            at = names.index(change.section) + 1 if change.section in names else len(names)
            return f"{change.section}, section {at} of {len(names)}"
        case RemoveSection():
            return f"Section {change.section} removed"
        case _:
            return "Saved"


def _whereabouts(outline: Outline, key: str, title: str) -> str:
    try:
        at, within = _find(outline, key)
    except MissingItemError:  # somebody else has removed it meanwhile
        return f"{title} is no longer in the issue"
    name = section_name(outline[at], at + 1, len(outline))
    return f"{title}, {within + 1} of {len(outline[at].items)}, {name}"
