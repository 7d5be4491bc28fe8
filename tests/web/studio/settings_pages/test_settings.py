"""The settings page: each setting is saved in place, with its findings beside it."""

import html
import re
from typing import get_args

import httpx
import pytest
from playwright.sync_api import Page, expect
from pydantic import BaseModel

from newsletter.settings import SettingsFile, load
from newsletter.web.studio.settings_pages.setting_groups import groups_of
from tests.web.preview.running_preview import NewsletterFolder


@pytest.fixture(autouse=True)
def _settings(shared_folder: NewsletterFolder) -> None:
    """Write the settings as they were before the first test."""
    file = shared_folder.root / "newsletter.toml"
    first = shared_folder.root / "first.toml"
    if not first.exists():
        first.write_text(file.read_text())
    file.write_text(first.read_text())


def settings_text(folder: NewsletterFolder) -> str:
    return (folder.root / "newsletter.toml").read_text()


def put(editor: httpx.Client, name: str, value: str, seen: str = "", *, script: bool = False) -> httpx.Response:
    data = {"value": value, "seen": seen, "next": "/settings"}
    headers = {"Accept": "application/json"} if script else {}
    return editor.post(f"/settings/fields/{name}", data=data, headers=headers)


def test_every_setting_has_a_field() -> None:
    tables = {"languages": ["en", "de"], "skeletons": {"default": {}}}
    fields = {field.path for group in groups_of(tables) for field in group.fields}
    missing = []
    for name, field in SettingsFile.model_fields.items():
        key = field.alias or name
        if key in ("topics", "segments"):  # which have pages of their own
            continue
        args = get_args(field.annotation)
        model = args[-1] if args and isinstance(args[-1], type) else field.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            inner = {"translations": ("de",), "skeletons": ("default",)}.get(key, ())
            missing += [(key, *inner, other) for other in model.model_fields if (key, *inner, other) not in fields]
        elif (key,) not in fields:
            missing.append((key,))
    assert missing == []


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("description", 'One "long"\nread', "description = 'One \"long\" read'\n"),
        ("languages", "en\nde", 'languages = ["en", "de"]\n'),
        ("weekly_digest", "true", "weekly_digest = true\n"),
        ("sending.per_day", "5000", "\n[sending]\nper_day = 5000\n"),
        ("sending.per_second", "0.5", "\n[sending]\nper_second = 0.5\n"),
        ("sending.warm_up", "500\n1000", "\n[sending]\nwarm_up = [500, 1000]\n"),
        ("theme.colors", "accent = #7a1f2b", '\n[theme.colors]\naccent = "#7a1f2b"\n'),
        ("counting.clicks", "aggregate", '\n[counting]\nclicks = "aggregate"\n'),
        ("studio.sync", "", "\n[studio]\nsync = false\n"),
    ],
)
def test_a_setting_is_added_and_removed_again(
    editor: httpx.Client, shared_folder: NewsletterFolder, name: str, value: str, line: str
) -> None:
    before = settings_text(shared_folder)
    seen = "true" if name == "studio.sync" else "off" if name == "counting.clicks" else ""
    answer = put(editor, name, value, seen, script=True)
    assert answer.status_code == 200, answer.text
    after = settings_text(shared_folder)
    assert line.strip() in after
    assert after.replace(line, "", 1).strip() == before.strip()
    assert answer.json()["value"] in html.unescape(editor.get("/settings").text)
    editor.post("/undo", data={"undo": answer.json()["undo"]})
    assert settings_text(shared_folder) == before


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("base_url", "http://example.org", "https"),
        ("name", "", "is missing"),
        ("sending.per_day", "many", "not a whole number"),
        ("theme.colors", "accent", "has no name"),
        ("time_zone", "Nowhere/None", "Nowhere/None"),
        ("tailored.minimum", "-1", "minimum"),
        ("attributes", "Favourite City", "use only a-z, 0-9 and _"),
        ("counting.utm_source", "a b&c", "use only letters without accents"),
    ],
)
def test_a_wrong_value_is_refused_at_its_field(
    editor: httpx.Client, shared_folder: NewsletterFolder, name: str, value: str, message: str
) -> None:
    before = settings_text(shared_folder)
    page = editor.get("/settings").text
    field = re.search(rf'action="/settings/fields/{name}".*?name="seen" value="([^"]*)"', page, re.DOTALL)
    assert field
    seen = html.unescape(field[1])
    answer = put(editor, name, value, seen, script=True)
    assert answer.status_code == 422
    assert message in str(answer.json()["error"])
    assert message in html.unescape(put(editor, name, value, seen).text)
    assert settings_text(shared_folder) == before


def test_a_value_that_somebody_else_has_changed_is_a_conflict(
    editor: httpx.Client, shared_folder: NewsletterFolder
) -> None:
    name = load(shared_folder.root).newsletter.name
    put(editor, "name", "Theirs", name)
    answer = put(editor, "name", "Mine", name, script=True)
    assert answer.status_code == 409
    assert answer.json()["conflict"] == {"field": "name", "mine": "Mine", "theirs": "Theirs", "base": name}
    assert 'name = "Theirs"' in settings_text(shared_folder)


def test_passwords_are_never_shown(editor: httpx.Client, shared_folder: NewsletterFolder) -> None:
    file = shared_folder.root / "newsletter.toml"
    file.write_text(f'database = "postgresql://news:secret@localhost/news"\n{settings_text(shared_folder)}')
    page = editor.get("/settings").text
    assert "secret" not in page
    assert "postgresql://news:•••@localhost/news" in page
    assert put(editor, "database", "sqlite:///x.db").status_code == 404


def test_mistakes_are_beside_their_settings(editor: httpx.Client, shared_folder: NewsletterFolder) -> None:
    file = shared_folder.root / "newsletter.toml"
    file.write_text(settings_text(shared_folder) + '\n[sending]\nquiet = "<b>late</b>"\nnonsense = 3\n')
    page = editor.get("/settings").text
    field = page.partition('id="field-set-sending-quiet"')[2].partition("</form>")[0]
    assert "cannot be" in field
    assert "<b>late" not in page
    assert "unknown setting" in page.partition('id="findings-title"')[2].partition("</section>")[0]
    assert put(editor, "sending.quiet", "22:00-06:00", "<b>late</b>").status_code == 303
    assert 'quiet = "22:00-06:00"' in settings_text(shared_folder)


def test_what_the_theme_does_not_accept_is_beside_its_setting(
    editor: httpx.Client, shared_folder: NewsletterFolder
) -> None:
    file, before = shared_folder.root / "newsletter.toml", settings_text(shared_folder)
    file.write_text(before + '\n[theme.colors]\naccent = "blue"\n[theme.fonts]\nbody = "Foo"\n')
    page = editor.get("/settings").text
    assert 'id="findings-title"' not in page  # all of them have a field
    colors, _, fonts = page.partition('id="set-theme-fonts"')
    assert "is not a colour" in colors.partition('id="set-theme-colors"')[2]
    assert "in fonts" in fonts.partition("<section")[0]
    file.write_text(before)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("theme.colors", "accent = blue", "accent: 'blue' is not a colour"),
        ("theme.dark_colors", "accent = #12", "is not a colour"),
        ("theme.fonts", "body = Foo", 'the theme has no "body" in fonts'),
    ],
)
def test_a_look_that_the_theme_does_not_accept_is_refused_at_its_field(
    editor: httpx.Client, shared_folder: NewsletterFolder, name: str, value: str, words: str
) -> None:
    before = settings_text(shared_folder)
    answer = put(editor, name, value, script=True)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["field"].startswith(f"{name}.")
    assert words in error["what"]
    assert words in html.unescape(put(editor, name, value).text)
    assert settings_text(shared_folder) == before


def test_a_file_that_is_no_toml_can_be_edited_as_text(editor: httpx.Client, shared_folder: NewsletterFolder) -> None:
    file, before = shared_folder.root / "newsletter.toml", settings_text(shared_folder)
    file.write_text(before + "[broken\n")
    page = editor.get("/settings").text
    assert "can’t be read" in page
    assert 'href="/text/newsletter.toml"' in page
    text = editor.get("/text/newsletter.toml").text
    assert "[broken" in text
    answer = editor.post("/text/newsletter.toml", data={"value": before, "seen": before + "[broken\n"})
    assert answer.status_code == 303
    assert settings_text(shared_folder) == before
    refused = editor.post("/text/newsletter.toml", data={"value": "[broken", "seen": before})
    assert refused.status_code == 422
    assert settings_text(shared_folder) == before


def test_skeletons_are_added_and_removed(editor: httpx.Client, shared_folder: NewsletterFolder) -> None:
    before = settings_text(shared_folder)
    answer = editor.post("/settings/skeletons", data={"day": "friday", "sections": "In brief\r\nAt length"})
    assert answer.headers["location"] == "/settings#skeletons-friday"
    assert put(editor, "skeletons.friday.sections", "In brief | 3\nAt length", "In brief\nAt length").status_code == 303
    skeleton = load(shared_folder.root).newsletter.skeletons["friday"]
    assert [(section.title, section.limit) for section in skeleton.sections] == [("In brief", 3), ("At length", None)]
    editor.post("/settings/skeletons/friday/delete", data={"next": "/settings"})
    assert settings_text(shared_folder) == before


def test_a_setting_saves_itself(desk: Page, shared_folder: NewsletterFolder) -> None:
    desk.goto(desk.url.partition("?")[0] + "settings")
    desk.locator("#set-frequency").fill("Every weekday")
    expect(desk.locator("#status")).to_contain_text("Saved")
    desk.locator("#set-counting-clicks").select_option("aggregate")
    expect(desk.locator("#field-set-counting-clicks [name=seen]")).to_have_value("aggregate")
    text = settings_text(shared_folder)
    assert 'frequency = "Every weekday"' in text
    assert 'clicks = "aggregate"' in text
    desk.locator("#set-base-url").fill("nowhere")
    desk.locator("#set-base-url").blur()
    expect(desk.locator("#field-set-base-url")).to_contain_text("write a URL")
    assert settings_text(shared_folder) == text
