"""`newsletter entry set` and `newsletter issue add`, `move` and `remove`: the studio's operations for scripts."""

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter import bootstrap
from newsletter.cli import options, output, resources

if TYPE_CHECKING:
    from newsletter.content import Manuscripts, OutlinedSection
    from newsletter.domain.changes import Change
    from newsletter.editing import Changed
    from newsletter.settings import Settings

_REQUIRED = ("title", "url", "source", "topics")  # an empty one stays in the file, and a check reports it

Slug = Annotated[
    str,
    typer.Argument(
        metavar="SLUG", help="The entry's slug.", autocompletion=options.complete_entries, show_default=False
    ),
]
Items = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="ITEM…",
        help="Slugs of entries and blocks, in order.",
        autocompletion=options.complete_entries,
        show_default=False,
    ),
]
Section = Annotated[
    str | None,
    typer.Option(metavar="TITLE", help="A section's title, or #2 for the second one.", show_default=False),
]
NewSection = Annotated[
    str | None,
    typer.Option(metavar="TITLE", help="Put them into a new section with this title.", show_default=False),
]


def set_field(
    context: typer.Context,
    slug: Slug,
    field: Annotated[str, typer.Argument(metavar="FIELD", help="A field of its file, or “framing” or “quotation”.")],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="The value; “-” reads it from standard input.")],
    seen: Annotated[
        str | None,
        typer.Option(metavar="VALUE", help="Only if the field still has this value.", show_default=False),
    ] = None,
    json: options.AsJson = False,
) -> None:
    """Set a field of an entry and print the entry's path.

    Nothing else in the file changes. An empty value removes a field. Separate topics with commas.

    newsletter entry set night-train title "The night train returns"
    newsletter entry set night-train topics "Railways, Cities"
    newsletter entry set night-train framing - < framing.md
    """
    from newsletter import content
    from newsletter.content.writing import UnknownEntryError
    from newsletter.domain.changes import SetField
    from newsletter.errors import did_you_mean

    settings = resources.load_settings(context)
    entries = content.read_manuscripts(settings.root).entries
    if slug not in entries:
        raise UnknownEntryError(name=slug, suggestion=did_you_mean(slug, entries))
    text = sys.stdin.read() if value == "-" else value
    wanted = text if text.strip() or field in _REQUIRED else None
    change = SetField(name=field, value=wanted)
    changed = _change(settings, entries[slug].path, change, seen=seen)
    _report(changed, {"field": field, "value": changed.value, "merged": changed.merged}, json=json)


def add_items(
    context: typer.Context,
    issue: options.IssueName,
    items: Items = None,
    section: Section = None,
    new_section: NewSection = None,
    before: Annotated[
        str | None,
        typer.Option(metavar="ITEM", help="Put them before this entry or block; else at the end.", show_default=False),
    ] = None,
    json: options.AsJson = False,
) -> None:
    """Add entries and blocks to an issue and print the issue's path.

    They go to the end of the last section, or where the options say.

    newsletter issue add next night-train two-clocks
    newsletter issue add 2026-11-30 night-train --section "On the move" --before tram-to-the-beach
    newsletter issue add next bell --new-section "By the sea"
    """
    from newsletter.domain.changes import AddItem, AddSection, Change, Several

    settings = resources.load_settings(context)
    path, read, sections = _issue(settings, issue)
    _require_known(items or [], read)
    target = _target(sections, section, new_section, before)
    changes: list[Change] = [AddSection(title=new_section)] if new_section else []
    changes += [AddItem(item=item, section=target, before=before) for item in items or []]
    _report_issue(settings, _change(settings, path, Several(changes=tuple(changes))), json=json)


def move_items(
    context: typer.Context,
    issue: options.IssueName,
    items: Items = None,
    section: Section = None,
    new_section: NewSection = None,
    before: Annotated[
        str | None,
        typer.Option(metavar="ITEM", help="Put them before this one; else at the end.", show_default=False),
    ] = None,
    json: options.AsJson = False,
) -> None:
    """Move entries and blocks within an issue, or a whole section, and print the issue's path.

    Without an ITEM it moves the section, and --before names another one.

    newsletter issue move next night-train --before two-clocks
    newsletter issue move next night-train --section "On the move"
    newsletter issue move next --section "By the sea" --before "On the move"
    """
    from newsletter.domain.changes import AddSection, Change, MoveItem, MoveSection, Several
    from newsletter.errors import UsageError

    settings = resources.load_settings(context)
    path, _, sections = _issue(settings, issue)
    changes: list[Change] = [AddSection(title=new_section)] if new_section else []
    if not items:
        if section is None or new_section:
            raise UsageError("there is nothing to move", hint="name an entry or a block, or a section with --section")
        other = None if before is None else _key(sections, before)
        changes.append(MoveSection(section=_key(sections, section), before=other))
    for item in items or []:
        own = next((known.key for known in sections if item in _keys(known)), "")
        stays = section is None and new_section is None and before is None
        target = own or "#1" if stays else _target(sections, section, new_section, before)
        changes.append(MoveItem(item=item, section=target, before=before))
    _report_issue(settings, _change(settings, path, Several(changes=tuple(changes))), json=json)


def remove_items(
    context: typer.Context,
    issue: options.IssueName,
    items: Items = None,
    section: Section = None,
    json: options.AsJson = False,
) -> None:
    """Remove entries, blocks or a section from an issue and print the issue's path. Their files stay.

    The items of a removed section move to the section before it.

    newsletter issue remove next night-train
    newsletter issue remove 2026-11-30 --section "By the sea"
    """
    from newsletter.domain.changes import Change, RemoveItem, RemoveSection, Several
    from newsletter.errors import UsageError

    settings = resources.load_settings(context)
    path, _, sections = _issue(settings, issue)
    if not items and section is None:
        raise UsageError("there is nothing to remove", hint="name an entry or a block, or a section with --section")
    changes: list[Change] = [RemoveItem(item=item) for item in items or []]
    if section is not None:
        changes.append(RemoveSection(section=_key(sections, section)))
    _report_issue(settings, _change(settings, path, Several(changes=tuple(changes))), json=json)


def _change(settings: "Settings", path: str, change: "Change", *, seen: str | None = None) -> "Changed":
    from newsletter.editing import UNSEEN

    return resources.open_editing(settings).change(
        bootstrap.local_person(settings.root),
        path,
        change,
        seen=UNSEEN if seen is None else seen,
        session="command",
        now=datetime.now(tz=UTC),
    )


def _report(changed: "Changed", facts: Mapping[str, object], *, json: bool) -> None:
    """Print a change's path, or its facts as JSON, and what was different from what the command expected."""
    if json:
        output.as_json(
            {
                "path": changed.path,
                "changed": bool(changed.undo),
                **facts,
                "notes": changed.notes,
                "digest": changed.digest,
            }
        )
        return
    output.say(changed.path)
    for line in changed.notes or (() if changed.undo else ("It already was like this; nothing was changed.",)):
        output.note(line)


def _report_issue(settings: "Settings", changed: "Changed", *, json: bool) -> None:
    from newsletter.content import outline
    from newsletter.editing import Editing

    sections = outline(Editing(settings.root).read(changed.path).text, path=changed.path) if json else ()
    listed = [{"key": known.key, "title": known.title or None, "items": _keys(known)} for known in sections]
    _report(changed, {"sections": listed}, json=json)


def _issue(settings: "Settings", name: str) -> "tuple[str, Manuscripts, Sequence[OutlinedSection]]":
    """Return an issue's path, all manuscripts, and its sections. Raise UsageError if there is no such issue."""
    from newsletter import content
    from newsletter.editing import Editing

    slug = resources.issue_slug(settings, name)
    read = content.read_manuscripts(settings.root)
    path = read.issue(slug).path
    return path, read, content.outline(Editing(settings.root).read(path).text, path=path)


def _require_known(items: Sequence[str], read: "Manuscripts") -> None:
    """Raise UsageError if an item is neither an entry nor a block, or if there is none."""
    from newsletter.content.writing import UnknownEntryError
    from newsletter.errors import UsageError, did_you_mean

    known = {**read.entries, **read.blocks}
    for item in items:
        if item not in known:
            raise UnknownEntryError(name=item, suggestion=did_you_mean(item, known))
    if not items:
        raise UsageError("there is nothing to add", hint="name an entry or a block")


def _target(
    sections: "Sequence[OutlinedSection]", section: str | None, new_section: str | None, before: str | None
) -> str:
    """Return the key of the section that items go to. Raise UsageError if the options don't fit the issue."""
    from newsletter.errors import UsageError

    if section is not None and new_section is not None:
        raise UsageError("--section and --new-section exclude each other", hint="write one of them")
    of_before = next((known.key for known in sections if before in _keys(known)), None)
    key = new_section or (_key(sections, section) if section is not None else of_before)
    if before is not None and (of_before is None or of_before != key):
        where = "in this issue" if of_before is None else "in that section"
        raise UsageError(f'"{before}" is not {where}', hint="name an entry or block that is there after --before")
    return key or (sections[-1].key if sections else "#1")


def _key(sections: "Sequence[OutlinedSection]", title: str) -> str:
    """Return the key of a section by its title or its number, such as #2. Raise UsageError if there is none."""
    from newsletter.errors import UsageError, did_you_mean

    numbered = {f"#{number}": known.key for number, known in enumerate(sections, 1)}
    keys = numbered | {known.title: known.key for known in reversed(sections) if known.title}
    if title in keys:
        return keys[title]
    names = [known.title or f"#{number}" for number, known in enumerate(sections, 1)]
    listed = f"it has: {', '.join(names)}" if names else "it has none; --new-section makes one"
    raise UsageError(f'the issue has no section "{title}"', hint=did_you_mean(title, names) or listed)


def _keys(section: "OutlinedSection") -> list[str]:
    return [item.key for item in section.items]
