"""Two sessions over one file in 1,000 random interleavings: no accepted change is lost, no refused one is swallowed.

Every text that a session types has a token of its own, so that it can be found again: in the file, or in the conflict
that returns it, or among those that a session has deleted or undone after it has seen them.
"""

import os
import random
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from newsletter.content import FileKind, MissingItemError, field_value, outline
from newsletter.domain.changes import AddItem, Change, FieldValue, MoveItem, RemoveItem, SetField, SetMember
from newsletter.domain.people import Person
from newsletter.editing import ConflictError, Editing, NothingToUndoError
from tests.editing.newsletters import ADA, BEN, ISSUE, ISSUE_TEXT, NOW, newsletter

ROUNDS, FRESH = 1_000, 20  # a fresh file after so many rounds
FIELDS = ("subject", "preheader", "note")
ITEMS = ("night-train", "tram", "bell", "tide", "moss")
SECTIONS = ("On the move", "By the sea")
NOTE = "First.\n\nSecond.\n\nThird."
START = ISSUE_TEXT.replace("Good morning.", NOTE)

State = dict[str, object]


@dataclass
class Session:
    """One person with a page open: the values that the page shows, and the numbers of what can be undone."""

    person: Person
    shown: dict[str, str] = field(default_factory=dict)
    undoable: int = 0

    @property
    def name(self) -> str:
        """Return the key of its undo stack."""
        return self.person.name


class Interleaving:
    """A file that two sessions change, and what must be true of it after each change."""

    def __init__(self, root: Path, chance: random.Random) -> None:
        self.file, self.editing, self.chance = root / ISSUE, Editing(root), chance
        self.sessions = [Session(ADA), Session(BEN)]
        self.text, self.known = "", State()
        self.numbers = iter(range(10**6))
        self.counts = dict.fromkeys(("saved", "merged", "conflicts", "lists", "undone", "undo conflicts"), 0)

    def begin(self) -> None:
        """Begin with a fresh file, which both sessions see, and nothing to undo."""
        self.file.write_text(START)
        self.editing = Editing(self.file.parents[1])
        for session in self.sessions:
            session.undoable = 0
            self.read(session)

    def state(self) -> State:
        """Return everything that the file says: its fields, pins, and items by section."""
        text = self.file.read_text()
        if text == self.text:
            return self.known
        values: State = {name: shown(field_value(text, name, FileKind.ISSUE, path=ISSUE)) for name in FIELDS}
        pinned = field_value(text, "pinned", FileKind.ISSUE, path=ISSUE) or ()
        assert isinstance(pinned, tuple)
        items = tuple((part.key, tuple(item.key for item in part.items)) for part in outline(text, path=ISSUE))
        self.text, self.known = text, values | {"pinned": frozenset(pinned), "items": items}
        return self.known

    def read(self, session: Session) -> None:
        """Let a session's page show the values that the file has."""
        state = self.state()
        session.shown = {name: str(state[name]) for name in FIELDS}

    def act(self, session: Session) -> None:
        """Let a session make a change, and check what has become of it."""
        self.chance.choice([self.save, self.save, self.change_list, self.undo])(session)
        assert "  # what opens the day\n" in self.file.read_text()

    def typed(self, name: str, before: str) -> str:
        """Return a text with a new token in place of what a page shows."""
        token = f"t{next(self.numbers)}."
        if name != "note":
            return token
        paragraphs = before.split("\n\n") if before else []
        at = self.chance.randrange(len(paragraphs) + 1)
        return "\n\n".join([*paragraphs[:at], token, *paragraphs[at + self.chance.randrange(2) :]])

    def save(self, session: Session) -> None:
        """Save a field against the value that the page shows."""
        name = self.chance.choice(FIELDS)
        seen = session.shown[name]
        mine = self.typed(name, seen)
        before, content = self.state(), self.file.read_bytes()
        theirs = str(before[name])
        change = SetField(name=name, value=mine)
        try:
            changed = self.editing.change(session.person, ISSUE, change, seen=seen, session=session.name, now=NOW)
        except ConflictError as err:
            conflict = (err.field, err.mine, err.base, shown(err.theirs), self.file.read_bytes())
            assert conflict == (name, mine, seen, theirs, content)
            session.shown[name] = theirs  # the page shows both
            self.counts["conflicts"] += 1
            return
        after = self.state()
        assert after == before | {name: shown(changed.value)}
        assert changed.merged == (theirs != seen)
        if changed.merged:
            assert name == "note"
            assert tokens(after[name]) == tokens(theirs) - (tokens(seen) - tokens(mine)) | tokens(mine) - tokens(seen)
        else:
            assert after[name] == mine
        session.shown[name] = shown(changed.value)
        session.undoable += bool(changed.undo)
        self.counts["merged" if changed.merged else "saved"] += 1

    def change_list(self, session: Session) -> None:
        """Add, remove, move or pin an item, whatever the page shows."""
        item, section = self.chance.choice(ITEMS), self.chance.choice(SECTIONS)
        other = self.chance.choice((None, *ITEMS))
        pins = SetMember(name="pinned", word=item, present=self.chance.random() < 0.5)
        changes: list[Change] = [AddItem(item=item, section=section, before=other), RemoveItem(item=item), pins]
        change = self.chance.choice([*changes, MoveItem(item=item, section=section, before=other)])
        before, content = self.state(), self.file.read_bytes()
        try:
            changed = self.editing.change(session.person, ISSUE, change, session=session.name, now=NOW)
        except MissingItemError:
            assert isinstance(change, MoveItem)
            assert item not in placed(before)
            assert self.file.read_bytes() == content
            return
        after = self.state()
        if isinstance(change, SetMember):
            pinned = before["pinned"]
            assert isinstance(pinned, frozenset)
            assert after == before | {"pinned": pinned | {item} if change.present else pinned - {item}}
        else:
            assert after == before | {"items": after["items"]}
            assert without(after, item) == without(before, item)
            assert (item in placed(after)) != isinstance(change, RemoveItem)
        if isinstance(change, MoveItem):
            assert placed(after)[item] == section
        session.undoable += bool(changed.undo)
        self.counts["lists"] += 1

    def undo(self, session: Session) -> None:
        """Undo the session's latest change."""
        before, content = self.state(), self.file.read_bytes()
        try:
            self.editing.undo(session.person, session.name, now=NOW)
        except NothingToUndoError:
            assert session.undoable == 0
            return
        except ConflictError as err:
            assert self.file.read_bytes() == content
            assert shown(err.mine) != shown(err.theirs)  # noqa: PT017
            self.counts["undo conflicts"] += 1
        else:
            after = self.state()
            assert len([name for name, value in before.items() if after[name] != value]) <= 1
            self.counts["undone"] += 1
        session.undoable = min(session.undoable, 20) - 1


def shown(value: FieldValue) -> str:
    return "" if value is None else str(value)


def tokens(text: object) -> set[str]:
    return set(re.findall(r"\w+\.", str(text)))


def placed(state: State) -> dict[str, str]:
    """Return the section of each item."""
    items = state["items"]
    assert isinstance(items, tuple)
    return {item: section for section, listed in items for item in listed}


def without(state: State, item: str) -> list[tuple[str, list[str]]]:
    """Return the sections with all items but one, in order."""
    items = state["items"]
    assert isinstance(items, tuple)
    return [(section, [other for other in listed if other != item]) for section, listed in items]


def test_no_change_is_lost_in_1000_interleavings_of_two_sessions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    chance = random.Random(12)
    run = Interleaving(newsletter(tmp_path), chance)
    for number in range(ROUNDS):
        if number % FRESH == 0:
            run.begin()
        steps = [(run.read, session) for session in run.sessions if chance.random() < 0.5]
        steps += [(run.act, session) for session in run.sessions]
        chance.shuffle(steps)
        for step, session in steps:
            step(session)
    assert min(run.counts.values()) >= 20, run.counts  # each of these has been tried often
