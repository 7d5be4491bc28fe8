"""The settings: newsletter.toml as it stands, each setting with its findings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from newsletter.domain.people import Act, may, require
from newsletter.editing import setting_text
from newsletter.errors import Finding, FindingsError, NotFoundError, Severity, UsageError
from newsletter.files.newsletter_folder import SETTINGS_FILE
from newsletter.files.toml_edits import toml_value, value_at
from newsletter.files.toml_lines import line_of, setting_place
from newsletter.publishing.settings_changes import is_servers_own, mistakes_in
from newsletter.settings import Mistake
from newsletter.web.http.forms import SubmittedForm, lines_of
from newsletter.web.studio.context import Studio
from newsletter.web.studio.paths import history_path, text_path
from newsletter.web.studio.replies import saved
from newsletter.web.studio.settings_pages.saving import change_setting, save_setting
from newsletter.web.studio.settings_pages.setting_fields import FieldKind, SettingField, SettingGroup
from newsletter.web.studio.settings_pages.setting_groups import groups_of, missing_days
from newsletter.web.studio.settings_pages.setting_values import read_value, shown_value, without_password

_NEVER_HERE = ("database",)  # may contain a password


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownField:
    """A setting with its value as a text, and its findings. ``locked`` ones are changed on the server only."""

    field: SettingField
    value: str
    findings: tuple[Finding, ...]
    locked: bool

    @property
    def id(self) -> str:
        """Return the id of its control; a plain name such as ``attributes`` would hide that property of the form."""
        return f"set-{self.field.name.replace('.', '-').replace('_', '-')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownGroup:
    """Settings that belong together; ``others`` are those of the table that have no field, as they are written."""

    group: SettingGroup
    fields: tuple[ShownField, ...]
    others: str = ""

    @property
    def number_of_findings(self) -> int:
        """Return the number of findings at its settings."""
        return sum(len(shown.findings) for shown in self.fields)


def router(studio: Studio) -> APIRouter:
    """Return the routes."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/settings")
    def show() -> str:
        """Show all settings."""
        require(studio.person, Act.SEE_SETTINGS)
        return _page(studio)

    @router.post("/settings/fields/{name}")
    def save(name: str, request: Request, form: SubmittedForm) -> Response:
        """Save a setting, given by its name with its tables."""
        text = studio.editing.read(SETTINGS_FILE).text
        field = _field(text, name)
        current = toml_value(text, field.path)
        return save_setting(
            studio,
            request,
            form,
            field.path,
            lambda value: read_value(field, value, current),
            shown=lambda value: shown_value(field, value),
        )

    @router.post("/settings/skeletons")
    def add_skeleton(request: Request, form: SubmittedForm) -> Response:
        """Add a skeleton for a day, with the sections that were typed."""
        day = form.text("day")
        tables = toml_value(studio.editing.read(SETTINGS_FILE).text, ())
        if day not in missing_days(tables):
            raise UsageError("this day has a skeleton, or is no day", hint="choose one of the list")
        lines = lines_of(form.exact("sections"))
        if not lines:
            raise UsageError("the new issues have no section", hint="write at least one title")
        changed = change_setting(studio, request, ("skeletons", day), {"sections": lines}, seen=None)
        return saved(
            request, form, at=studio.now, announce="Added.", undo=changed.undo, go_to=f"/settings#skeletons-{day}"
        )

    @router.post("/settings/skeletons/{day}/delete")
    def delete_skeleton(day: str, request: Request, form: SubmittedForm) -> Response:
        """Remove the skeleton of a day."""
        changed = change_setting(studio, request, ("skeletons", day), None)
        return saved(request, form, at=studio.now, announce="Removed.", undo=changed.undo, go_to="/settings")

    return router


def _page(studio: Studio) -> str:
    text = studio.editing.read(SETTINGS_FILE).text
    try:
        mistakes, tables = mistakes_in(text), toml_value(text, ())
    except FindingsError as err:
        return _shown(studio, (), err.findings, ())
    findings = [(mistake.keys, _finding(text, mistake)) for mistake in mistakes]
    fields = [field for group in groups_of(tables) for field in group.fields]
    if not mistakes:
        findings += [(_nearest(text, tables, fields, known), known) for known in _theme_findings(studio)]
    groups = tuple(_groups(studio, tables, findings))
    placed = {id(known) for group in groups for shown in group.fields for known in shown.findings}
    rest = tuple(known for _, known in findings if id(known) not in placed)
    return _shown(studio, groups, rest, missing_days(tables))


def _shown(studio: Studio, groups: Sequence[ShownGroup], findings: Sequence[Finding], days: Sequence[str]) -> str:
    return studio.page(
        "settings",
        place="settings",
        groups=groups,
        findings=findings,
        days=days,
        may_change=may(studio.person, Act.CHANGE_SETTINGS),
        as_text=text_path(SETTINGS_FILE),
        history=history_path(SETTINGS_FILE) if studio.repository else "",
        kinds=FieldKind,
    )


def _groups(
    studio: Studio, tables: Mapping[str, Any], findings: Sequence[tuple[tuple[str, ...], Finding]]
) -> Iterator[ShownGroup]:
    for group in groups_of(tables):
        fields = tuple(_shown_field(studio, tables, field, findings) for field in group.fields)
        table = tables.get(group.table)
        known = {field.path[-1] for field in group.fields}
        others = {name: value for name, value in table.items() if name not in known} if isinstance(table, dict) else {}
        yield ShownGroup(group=group, fields=fields, others=without_password(setting_text(others)))


def _shown_field(
    studio: Studio, tables: Mapping[str, Any], field: SettingField, findings: Sequence[tuple[tuple[str, ...], Finding]]
) -> ShownField:
    value = shown_value(field, value_at(tables, field.path))
    own = tuple(known for keys, known in findings if keys[: len(field.path)] == field.path)
    locked = field.path[0] in _NEVER_HERE or is_servers_own(studio.person, field.path)
    return ShownField(field=field, value=without_password(value) if locked else value, findings=own, locked=locked)


def _field(text: str, name: str) -> SettingField:
    try:
        tables = toml_value(text, ())
    except ValueError as err:
        raise UsageError("newsletter.toml can’t be read now", hint="edit it as text") from err
    field = next((field for group in groups_of(tables) for field in group.fields if field.name == name), None)
    if field is None or field.path[0] in _NEVER_HERE:
        raise NotFoundError(f'there is no field "{name}"', hint="edit newsletter.toml as text")
    return field


def _finding(text: str, mistake: Mistake) -> Finding:
    place = setting_place(text, *mistake.keys)
    return Finding(rule="setting-invalid", severity=Severity.ERROR, place=place, what=mistake.what, hint=mistake.hint)


def _theme_findings(studio: Studio) -> Iterator[Finding]:
    """Yield the findings of the theme that are about newsletter.toml."""
    try:
        findings = studio.snapshot.theme.findings
    except FindingsError as err:
        findings = err.findings
    yield from (finding for finding in findings if finding.place.path == SETTINGS_FILE)


def _nearest(text: str, tables: Mapping[str, Any], fields: Sequence[SettingField], finding: Finding) -> tuple[str, ...]:
    """Return the path of the setting at a finding's line, or in whose table that is; () if there is none."""
    line = finding.place.line
    for field in fields if line else ():
        value = value_at(tables, field.path)
        keys = [(), *((key,) for key in value)] if isinstance(value, dict) else [()]
        if any(line_of(text, (*field.path, *key)) == line for key in keys):
            return field.path
    return ()
