"""Save one setting of newsletter.toml from a form."""

from collections.abc import Callable

from fastapi import Request
from fastapi.responses import Response

from newsletter.domain.settings_changes import SetSetting, SettingPath, SettingValue
from newsletter.editing import UNSEEN, Changed, ConflictError, Unseen, setting_text
from newsletter.files.newsletter_folder import SETTINGS_FILE
from newsletter.files.toml_edits import toml_value
from newsletter.web.http.forms import Form
from newsletter.web.studio.context import Studio
from newsletter.web.studio.replies import saved, session_of


def save_setting(
    studio: Studio,
    request: Request,
    form: Form,
    path: SettingPath,
    read: Callable[[str], SettingValue | None],
    *,
    shown: Callable[[object], str] = setting_text,
    announce: str = "",
) -> Response:
    """Save the form's ``value`` in a setting, and return the answer.

    ``read`` makes the setting's value of the text, None to remove it; ``shown`` makes the text of a value. ``seen`` may
    have several texts, any of which counts as seen: earlier saves whose answers haven't arrived.
    """
    text = form.exact("value")
    current = toml_value(studio.editing.read(SETTINGS_FILE).text, path)
    texts = form.exact_all("seen")
    value = read(text)
    if texts and shown(current) not in (*texts, shown(value)):
        raise ConflictError(path=SETTINGS_FILE, field=".".join(path), mine=text, theirs=shown(current), base=texts[-1])
    changed = change_setting(studio, request, path, value, seen=current)
    return saved(
        request,
        form,
        at=studio.now,
        announce=announce,
        value=shown(value),
        digest=changed.digest,
        undo=changed.undo,
    )


def change_setting(
    studio: Studio,
    request: Request,
    path: SettingPath,
    value: SettingValue | None,
    *,
    seen: SettingValue | Unseen | None = UNSEEN,
) -> Changed:
    """Set a setting or table, or remove it with None, so that the browser tab can undo that.

    Raise the errors of ``Editing.change_settings``.
    """
    change = SetSetting(path=path, value=value)
    return studio.editing.change_settings(studio.person, change, seen=seen, session=session_of(request), now=studio.now)
