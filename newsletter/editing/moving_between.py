"""Move an item from one issue to another: a change of two files."""

import datetime

from newsletter.content import FileKind, apply_change
from newsletter.domain.changes import AddItem, RemoveItem
from newsletter.domain.people import Person
from newsletter.editing.operations import Editing
from newsletter.editing.values import Changed
from newsletter.errors import NewsletterError


def move_between_issues(
    editing: Editing,
    person: Person,
    item: str,
    *,
    source: str,
    target: str,
    section: str,
    before: str | None = None,
    session: str = "",
    now: datetime.datetime,
) -> tuple[AddItem, Changed]:
    """Move an item from the issue at the path ``source`` to a section of the one at ``target``.

    It is added first and removed then, so that no failure loses it; if it can't be removed, it isn't added. Return the
    addition and what it has changed. Raise MissingItemError if the source hasn't the item, and the errors of
    ``Editing.change``.
    """
    removal = RemoveItem(item=item)
    inverse = apply_change(editing.read(source).text, removal, FileKind.ISSUE, path=source).inverse.change
    # A block without a file takes its text along, and an entry its comments.
    own_text = inverse.source if isinstance(inverse, AddItem) else ""
    addition = AddItem(item=item, section=section, before=before, source=own_text)
    changed = editing.change(person, target, addition, session=session or _NOBODY, now=now)
    try:
        editing.change(person, source, removal, session=session, now=now)
    except NewsletterError:
        if changed.undo:
            editing.undo(person, session or _NOBODY, only=changed.undo, now=now)
        raise
    return addition, changed


_NOBODY = "moving between issues"  # a session for those without one
