"""What an undo has taken back, in words."""

from collections.abc import Callable

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
)
from newsletter.domain.settings_changes import (
    RenameTable,
    SetSetting,
    SettingsChange,
    SeveralSettings,
    change_in_words,
)


def undone_in_words(change: Change | SettingsChange | None, title: Callable[[str], str]) -> str:
    """Return a sentence about a change that has been undone: "Undone: Night train moved."

    ``title`` returns the title of the entry with a key, or "" for a block.
    """
    match change:
        case SetSetting() | RenameTable() | SeveralSettings():
            what = change_in_words(change)
        case SetField():
            what = change.name.rpartition(".")[2].replace("_", " ")
        case SetMember(name="pinned"):
            what = f"{title(change.word)} {'pinned' if change.present else 'unpinned'}"
        case SetMember():
            what = f"{change.word} {'added' if change.present else 'removed'}"
        case AddItem() | MoveItem() | RemoveItem():
            verbs = {AddItem: "added", MoveItem: "moved", RemoveItem: "removed"}
            what = f"{title(change.item) or 'block'} {verbs[type(change)]}"
        case AddSection():
            what = f"section {change.title} added"
        case RenameSection():
            what = f"section {change.section} renamed"
        case MoveSection():
            what = f"section {change.section} moved"
        case RemoveSection():
            what = f"section {change.section} removed"
        case _:
            return "Undone."
    return f"Undone: {what}."
