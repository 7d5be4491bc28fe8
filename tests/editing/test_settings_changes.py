"""Changes of newsletter.toml: compared with what was seen, checked before they are written, undone to the byte."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content import InvalidValueError, UnreadableFileError
from newsletter.domain.people import ForbiddenError, Role
from newsletter.domain.settings_changes import RenameTable, SetSetting, SettingsChange, SeveralSettings
from newsletter.editing import ConflictError, Editing, Save, UndoConflictError, apply_settings_change
from newsletter.errors import FindingsError
from newsletter.files.toml_edits import toml_value
from newsletter.publishing.settings_changes import ServersOwnSettingError, check_settings
from tests.editing.newsletters import ADA, NOW

ADMIN = replace(ADA, role=Role.ADMIN)
FAR_AWAY = replace(ADMIN, id=7)
TEXT = """\
# Ours.
name = "The Lantern"  # in the header
from = "Ada <ada@example.org>"
postal_address = "1 Row"
base_url = "https://example.org"

[topics.asia]
name = "Asia"
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Write the settings."""
    (tmp_path / "newsletter.toml").write_text(TEXT)
    return tmp_path


@pytest.fixture
def saves() -> list[Save]:
    """Return the list of announced saves."""
    return []


@pytest.fixture
def editing(root: Path, saves: list[Save]) -> Editing:
    """Return the editing of the newsletter."""
    return Editing(root, saved=saves.append, check_settings=check_settings)


def put(*path: str, value: Any) -> SetSetting:
    return SetSetting(path=path, value=value)


def text_of(root: Path) -> str:
    return (root / "newsletter.toml").read_text()


def test_a_setting_is_saved_and_undone(root: Path, editing: Editing, saves: list[Save]) -> None:
    changed = editing.change_settings(ADMIN, put("name", value="Ours"), seen="The Lantern", session="a", now=NOW)
    assert text_of(root) == TEXT.replace("The Lantern", "Ours")
    assert saves == [Save(person=ADMIN, paths=("newsletter.toml",), at=NOW)]
    undone = editing.undo(ADMIN, "a", only=changed.undo, now=NOW)
    assert text_of(root) == TEXT
    assert undone.change == put("name", value="Ours")


def test_only_admins_change_settings(root: Path, editing: Editing) -> None:
    with pytest.raises(ForbiddenError):
        editing.change_settings(replace(ADA, role=Role.PUBLISHER), put("name", value="Ours"), now=NOW)
    assert text_of(root) == TEXT


def test_a_setting_that_somebody_else_has_changed_is_a_conflict(root: Path, editing: Editing) -> None:
    editing.change_settings(ADMIN, put("name", value="Theirs"), now=NOW)
    with pytest.raises(ConflictError) as caught:
        editing.change_settings(ADMIN, put("name", value="Mine"), seen="The Lantern", now=NOW)
    assert (caught.value.mine, caught.value.theirs, caught.value.base) == ("Mine", "Theirs", "The Lantern")
    assert text_of(root) == TEXT.replace("The Lantern", "Theirs")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (put("base_url", value="http://example.org"), "base_url"),
        (put("topics", "asia", "parent", value="europe"), "topics.asia.parent"),
        (put("segments", "new", value={"where": "language is"}), "segments.new.where"),
        (put("nonsense", value="1"), "nonsense"),
    ],
)
def test_a_mistake_is_refused_at_its_setting(
    root: Path, editing: Editing, saves: list[Save], change: SettingsChange, field: str
) -> None:
    with pytest.raises(InvalidValueError) as caught:
        editing.change_settings(ADMIN, change, now=NOW)
    assert caught.value.field == field
    assert (text_of(root), saves) == (TEXT, [])


def test_mistakes_are_corrected_one_by_one(root: Path, editing: Editing) -> None:
    broken = TEXT.replace("https://", "ftp://").replace('name = "Asia"', "aliases = 3")
    (root / "newsletter.toml").write_text(broken)
    editing.change_settings(ADMIN, put("base_url", value="https://example.org"), now=NOW)
    editing.change_settings(ADMIN, put("topics", "asia", "aliases", value=["A"]), now=NOW)
    assert text_of(root) == TEXT.replace('name = "Asia"', 'aliases = ["A"]')


def test_a_file_that_is_no_toml_is_changed_as_text_only(root: Path, editing: Editing) -> None:
    (root / "newsletter.toml").write_text(TEXT + "[topics\n")
    with pytest.raises(UnreadableFileError):
        editing.change_settings(ADMIN, put("name", value="Ours"), now=NOW)
    digest = editing.read("newsletter.toml").digest
    editing.replace_text(ADMIN, "newsletter.toml", TEXT, seen_digest=digest, session="a", now=NOW)
    assert text_of(root) == TEXT
    digest = editing.read("newsletter.toml").digest
    with pytest.raises(FindingsError):
        editing.replace_text(ADMIN, "newsletter.toml", "[topics\n", seen_digest=digest, now=NOW)
    editing.undo(ADMIN, "a", now=NOW)
    assert text_of(root) == TEXT + "[topics\n"


@pytest.mark.parametrize("path", [("database",), ("studio", "hooks"), ("provider", "host")])
def test_the_servers_own_settings_are_changed_there(root: Path, editing: Editing, path: tuple[str, ...]) -> None:
    value: Any = True if path[0] == "studio" else "sqlite:///other.db"
    line = f"{'.'.join(path)} = {'true' if value is True else repr(value)}"
    with pytest.raises(ServersOwnSettingError):
        editing.change_settings(FAR_AWAY, put(*path, value=value), now=NOW)
    digest = editing.read("newsletter.toml").digest
    text = f"{line}\n{TEXT}"
    with pytest.raises(ServersOwnSettingError):
        editing.replace_text(FAR_AWAY, "newsletter.toml", text, seen_digest=digest, now=NOW)
    assert text_of(root) == TEXT
    editing.change_settings(ADMIN, put(*path, value=value), now=NOW)
    (root / "newsletter.toml").unlink()  # an earlier version can be brought back
    with pytest.raises(ServersOwnSettingError):
        editing.replace_text(FAR_AWAY, "newsletter.toml", text, seen_digest="", now=NOW)
    editing.replace_text(FAR_AWAY, "newsletter.toml", TEXT, seen_digest="", now=NOW)
    assert text_of(root) == TEXT


def test_an_undo_leaves_others_changes_alone(root: Path, editing: Editing) -> None:
    editing.change_settings(ADMIN, RenameTable(path=("topics", "asia"), name="east"), session="a", now=NOW)
    editing.change_settings(ADMIN, put("name", value="Ours"), session="b", now=NOW)
    editing.undo(ADMIN, "a", now=NOW)
    assert text_of(root) == TEXT.replace("The Lantern", "Ours")
    editing.change_settings(ADMIN, put("name", value="Other"), now=NOW)
    with pytest.raises(UndoConflictError):
        editing.undo(ADMIN, "b", now=NOW)
    assert text_of(root) == TEXT.replace("The Lantern", "Other")


def test_a_link_out_of_the_folder_is_not_followed(root: Path, editing: Editing, tmp_path_factory: Any) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "newsletter.toml"
    (root / "newsletter.toml").rename(elsewhere)
    (root / "newsletter.toml").symlink_to(elsewhere)
    with pytest.raises(UnreadableFileError):
        editing.change_settings(ADMIN, put("name", value="Ours"), now=NOW)
    assert elsewhere.read_text() == TEXT


PATHS = st.sampled_from(
    [("name",), ("topics", "asia", "name"), ("topics", "asia"), ("topics", "new"), ("theme", "colors")]
)
CHANGES = st.builds(
    lambda path, value: SetSetting(path=path, value=value),
    PATHS,
    st.none() | st.text(max_size=5) | st.dictionaries(st.sampled_from(["name", "b"]), st.text(max_size=3), max_size=2),
)


@given(st.lists(CHANGES | st.just(RenameTable(path=("topics", "asia"), name="east")), min_size=1, max_size=4))
def test_the_inverse_of_any_change_reads_as_before(changes: list[SettingsChange]) -> None:
    try:
        applied = apply_settings_change(TEXT, SeveralSettings(changes=tuple(changes)))
    except InvalidValueError:  # a table that isn't there any more
        return
    again = apply_settings_change(applied.text, applied.inverse).text
    for path in (("name",), ("topics",), ("theme",)):
        assert _value(again, path) == _value(TEXT, path)


def _value(text: str, path: tuple[str, ...]) -> object:

    value = toml_value(text, path)
    return {name: inner for name, inner in value.items() if inner != {}} or None if isinstance(value, dict) else value
