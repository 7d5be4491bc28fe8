"""`newsletter theme`: themes are listed, made from others, and compared with their originals."""

import json
from pathlib import Path

import pytest

from newsletter.rendering import default_templates
from tests.command_line import Run, edit, files

SETTINGS = "templates/email/mine/theme.toml"


def test_themes_are_listed_with_their_bases_and_options(run: Run, root: Path) -> None:
    run("theme", "new", "mine")
    with Path(SETTINGS).open("a") as file:
        file.write('[options]\nshort = { default = true, description = "One line each" }\n')
    edit("newsletter.toml", 'name = "default"', 'name = "mine"')
    shown = run("theme", "list")
    assert "mine (yours)" in shown.stdout
    assert shown.stderr == 'This newsletter uses "mine"; [theme] in newsletter.toml changes that.\n'
    listed = {theme["name"]: theme for theme in json.loads(run("theme", "list", "--json").stdout)}
    assert listed["default"] == listed["default"] | {"chosen": False, "own": False, "base": ""}
    assert listed["mine"] == listed["mine"] | {"chosen": True, "own": True, "base": "default"}
    option = {"default": True, "choices": [True, False], "description": "One line each"}
    assert listed["mine"]["options"]["short"] == option


def test_the_programs_themes_are_listed_without_a_newsletter(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    shown = run("theme", "list")
    assert shown.status == 0
    assert "magazine" in shown.stdout
    assert "newsletter init DIR --theme NAME" in shown.stderr
    assert not any(theme["chosen"] for theme in json.loads(run("theme", "list", "--json").stdout))
    assert run("--root", str(empty), "theme", "list").status != 0


def test_a_broken_theme_is_listed_as_broken_and_hides_no_other(run: Run, root: Path) -> None:
    run("theme", "new", "mine")
    run("theme", "new", "broken")
    edit("templates/email/broken/theme.toml", 'base = "default"', 'base = "nowhere"')
    shown = run("theme", "list")
    assert shown.status == 0
    assert "mine (yours)" in shown.stdout
    assert "broken (broken)" in shown.stdout
    error = 'templates/email/broken/theme.toml:2: no theme "nowhere": '
    assert shown.stderr.startswith(f"error: {error}")
    listed = {theme["name"]: theme for theme in json.loads(run("theme", "list", "--json").stdout)}
    assert listed["mine"]["broken"] == []
    (reason,) = listed["broken"]["broken"]
    assert reason.startswith(error)


def test_a_new_theme_copies_only_what_is_named_and_changes_nothing_else(run: Run, root: Path) -> None:
    made = run("theme", "new", "mine", "entry.mjml", "service/confirm.txt")
    assert made.stdout.splitlines() == [
        SETTINGS,
        "templates/email/mine/entry.mjml",
        "templates/email/mine/service/confirm.txt",
    ]
    originals = files(default_templates() / "email" / "default")
    copies = files(root / "templates/email/mine")
    assert copies.keys() == {"theme.toml", "entry.mjml", "service/confirm.txt"}
    assert copies["entry.mjml"] == originals["entry.mjml"]
    before = run("build", "latest", "--out", "before")
    edit("newsletter.toml", 'name = "default"', 'name = "mine"')
    run("build", "latest", "--out", "after")
    assert before.status == 0
    assert (root / "before/2026-11-23.html").read_bytes() == (root / "after/2026-11-23.html").read_bytes()
    assert run("check", "--strict").status == 0


def test_a_new_theme_that_cannot_be_made_leaves_nothing(run: Run, root: Path) -> None:
    for arguments, message in (
        (["mine", "entri.mjml"], 'the theme "default" has no file "entri.mjml": did you mean "entry.mjml"?'),
        (["mine", "../../../newsletter.toml"], 'the theme "default" has no file "../../../newsletter.toml": it has: '),
        (["mine", "--from", "defualt"], 'no theme "defualt": did you mean "default"?'),
        (["My theme"], "\"My theme\" can't be a theme's name: use lower-case letters, digits and hyphens"),
    ):
        refused = run("theme", "new", *arguments)
        assert (refused.status, refused.stdout) == (2, "")
        assert refused.stderr.startswith(f"error: {message}")
        assert not (root / "templates").exists()
    run("theme", "new", "mine")
    refused = run("theme", "new", "mine")
    assert refused.stderr == "error: there is already a theme in templates/email/mine/: choose another name\n"


def test_more_files_can_be_copied_later(run: Run, root: Path) -> None:
    run("theme", "new", "mine", "entry.mjml")
    listed = run("theme", "copy", "mine").stdout.splitlines()
    assert "footer.mjml" in listed
    assert not {"entry.mjml", "theme.toml"} & set(listed)
    assert run("theme", "copy", "mine", "footer.mjml").stdout == "templates/email/mine/footer.mjml\n"
    assert Path(SETTINGS).read_text().count('mjml" = "') == 2
    refused = run("theme", "copy", "mine", "footer.mjml")
    assert refused.status == 2
    assert "templates/email/mine/footer.mjml already exists" in refused.stderr
    assert 'no theme "yours"' in run("theme", "copy", "yours", "footer.mjml").stderr
    for arguments in (["copy", "default"], ["copy", "default", "footer.mjml"], ["diff", "default", "--done"]):
        assert run("theme", *arguments).stderr == (
            'error: the theme "default" comes with the program, so it has no copies:'
            " make your own from it: `newsletter theme new NAME --from default`\n"
        )


def test_a_changed_original_is_reported_until_it_is_confirmed(run: Run, root: Path) -> None:
    run("theme", "new", "old", "entry.mjml")
    run("theme", "new", "mine", "entry.mjml", "--from", "old")
    edit("newsletter.toml", 'name = "default"', 'name = "mine"')
    assert run("check", "--strict").status == 0
    same = run("theme", "diff")
    assert (same.stdout, same.stderr) == ("", 'The copied files of "mine" are the same as the originals.\n')
    original = root / "templates/email/old/entry.mjml"
    original.write_text(original.read_text().replace("<mj-text ", '<mj-text height="9px" '))
    finding = 'templates/email/mine/entry.mjml: the original in the theme "old" has changed since it was copied: '
    (line,) = [line for line in run("check").stdout.splitlines() if "entry.mjml" in line]
    assert line.startswith(finding + "`newsletter theme diff` shows what differs")
    shown = run("theme", "diff", "mine")
    assert "--- old/entry.mjml\n+++ templates/email/mine/entry.mjml\n" in shown.stdout
    assert '\n-<mj-text height="9px"' in shown.stdout
    assert "Changed in the original since you copied them: templates/email/mine/entry.mjml" in shown.stderr
    assert run("theme", "diff", "--done").stdout == "Recorded the originals of 1 file.\n"
    assert run("check", "--strict").stdout == "No problems found.\n"
    assert "-<mj-text" in run("theme", "diff").stdout
    edit(SETTINGS, '"entry.mjml"', '"gone.mjml" = "0123456789abcdef"\n"entry.mjml"')
    (root / "templates/email/mine/gone.mjml").write_text("")
    assert "templates/email/mine/gone.mjml: the original is gone since it was copied" in run("check").stdout
