"""Themes that build on each other, and the options that they declare."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from newsletter.domain.publication import ThemeSettings
from newsletter.errors import FindingsError
from newsletter.message.template import fill_text
from newsletter.rendering import load_theme, render, theme_names
from tests import make

TOML = """name = "The Daily Test"

[theme]
name = "mine"

[theme.options]
short = "yes"
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "newsletter.toml").write_text(TOML, encoding="utf-8")
    return tmp_path


def write(root: Path, name: str, toml: str, **templates: str) -> None:
    folder = root / "templates" / "email" / name
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in {"theme.toml": toml, **{f"{stem}.txt": text for stem, text in templates.items()}}.items():
        (folder / file).write_text(text, encoding="utf-8")


def printed(root: Path, name: str = "mine", options: Mapping[str, bool | str] = MappingProxyType({})) -> str:
    made = make.newsletter(theme=ThemeSettings(name=name, options=options))
    return fill_text(render(make.issue(), made, load_theme(root, made)).text, {})


def test_a_theme_has_the_files_and_values_of_its_bases(root: Path) -> None:
    write(
        root, "first", '[colors]\nberry = "#111111"\nplum = "#222222"\n', entry="first entry\n", footer="first foot\n"
    )
    write(root, "second", 'base = "first"\n[colors]\nplum = "#333333"\n', footer="second {{ colors.plum }}\n")
    write(root, "mine", 'base = "second"\n', footer="{{ colors.berry }} {{ colors.plum }} {{ colors.accent }}\n")
    shown = printed(root)
    assert "first entry" in shown
    assert "#111111 #333333 #963a1c" in shown
    assert theme_names(root) == tuple(sorted({"first", "second", "mine", *theme_names(root)}))


def test_a_theme_named_like_one_of_the_program_builds_on_it_and_is_no_base_of_the_programs_themes(root: Path) -> None:
    write(root, "default", "", footer="my foot\n")
    write(root, "mine", "", entry="my entry\n")
    assert "my foot" in printed(root, "default")
    assert "About night-train" in printed(root, "default")
    assert "my foot" not in printed(root, "mine")
    write(root, "mine", 'base = "default"\n')
    assert "my foot" in printed(root, "mine")


def test_a_theme_adds_to_a_file_of_its_base(root: Path) -> None:
    write(root, "first", "", footer="first foot\n", entry="first {{ entry.tilte }}\n")
    write(root, "second", 'base = "first"\n', footer='{% include "first:footer.txt" %}second foot\n')
    write(root, "mine", 'base = "second"\n', footer='{% include "second:footer.txt" %}my foot\n', entry="mine\n")
    assert "first foot\nsecond foot\nmy foot" in printed(root)
    write(root, "mine", 'base = "second"\n', entry='{% include "second:entry.txt" %}')
    with pytest.raises(FindingsError) as caught:
        printed(root)
    assert str(caught.value).startswith('templates/email/first/entry.txt:1: a theme has no "tilte"')
    write(root, "mine", 'base = "second"\n', entry='{% include "third:entry.txt" %}')
    with pytest.raises(FindingsError) as caught:
        printed(root)
    assert str(caught.value).startswith('templates/email/mine/entry.txt:1: there is no template "third:entry.txt"')


@pytest.mark.parametrize(
    ("tomls", "message"),
    [
        (
            {"mine": '# one\nbase = "other"\n', "other": 'base = "mine"\n'},
            "templates/email/other/theme.toml:1: the base themes lead back to the theme: it is its own base: ",
        ),
        ({"mine": 'base = "mine"\n'}, "templates/email/mine/theme.toml:1: the base themes lead back to the theme"),
        (
            {"mine": 'base = "defalt"\n'},
            'templates/email/mine/theme.toml:1: no theme "defalt": did you mean "default"?',
        ),
        (
            {"mine": 'base = "../../../outside"\n'},
            'templates/email/mine/theme.toml:1: "../../../outside" is not the name of a theme: use only a-z, 0-9 and',
        ),
        ({"mine": "[options]\nShort = true\n"}, "templates/email/mine/theme.toml:2: "),
        (
            {"mine": '[options]\nsize = "big"\n'},
            'templates/email/mine/theme.toml:2: the option "size" has no choices: write { default = …, choices = […] }',
        ),
        (
            {"mine": "[options]\nsize = { default = 3 }\n"},
            "templates/email/mine/theme.toml:2: an option is true, false, or { default",
        ),
        (
            {"mine": '[options]\nsize = { default = "big", choices = ["huge", "small"] }\n'},
            'templates/email/mine/theme.toml:2: the default of an option is one of its choices: "huge" or "small"',
        ),
        (
            {"mine": 'base = "other"\n[options]\nsize = "big"\n', "other": "[options]\nsize = true\n"},
            'templates/email/mine/theme.toml:3: the option "size" can\'t be "big": write true or false',
        ),
    ],
)
def test_a_mistake_in_bases_and_options_is_reported_with_file_line_and_hint(
    tomls: dict[str, str], message: str, root: Path
) -> None:
    for name, toml in tomls.items():
        write(root, name, toml)
    with pytest.raises(FindingsError) as caught:
        printed(root)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("name", ["../../../outside", "mine/../mine", ".", "/", "Mine", "\u2024"])
def test_a_path_is_not_a_theme(name: str, root: Path) -> None:
    write(root, "mine", "")
    write(root, "Mine", "")
    (root.parent / "outside").mkdir(exist_ok=True)
    assert name not in theme_names(root)
    with pytest.raises(FindingsError, match="no theme"):
        printed(root, name)


@pytest.mark.parametrize("linked", ["", "footer.txt", "service", "partials/deep.txt"])
def test_a_symbolic_link_that_leads_out_of_the_newsletter_is_refused(
    linked: str, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "footer.txt").write_text("outside\n", encoding="utf-8")
    link = root / "templates" / "email" / "mine" / linked
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(outside / "footer.txt" if link.suffix else outside)
    with pytest.raises(FindingsError) as caught:
        printed(root)
    place = f"templates/email/mine/{linked}".rstrip("/")
    assert str(caught.value).startswith(f"{place}: is a symbolic link to a place outside the newsletter's folder: ")


def test_a_symbolic_link_inside_the_newsletter_is_followed(root: Path) -> None:
    write(root, "other", "", footer="inside\n")
    write(root, "mine", "")
    (root / "templates" / "email" / "mine" / "footer.txt").symlink_to("../other/footer.txt")
    assert "inside" in printed(root)


def test_templates_read_the_options_that_newsletter_toml_sets(root: Path) -> None:
    options = '[options]\nshort = true\nside = { default = "left", choices = ["left", "right"] }\n'
    write(root, "base", options, footer="{{ 'short' if options.short else 'long' }}, {{ options.side }}\n")
    write(root, "mine", 'base = "base"\n[options]\nside = "right"\n')
    assert "short, left" in printed(root, "base")
    assert "short, right" in printed(root)
    assert "long, left" in printed(root, options={"short": False, "side": "left"})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"short": "yes"}, 'newsletter.toml:7: the option "short" can\'t be "yes": write true or false'),
        ({"side": "top"}, 'newsletter.toml:6: the option "side" can\'t be "top": write "left" or "right"'),
        ({"side": True}, 'newsletter.toml:6: the option "side" can\'t be true: write "left" or "right"'),
        ({"sides": "left"}, 'newsletter.toml:6: the theme has no option "sides": did you mean "side"?'),
        ({"zebra": True}, 'newsletter.toml:6: the theme has no option "zebra": there are: contents, length, '),
    ],
)
def test_an_invalid_option_in_newsletter_toml_is_reported_with_its_line(
    options: dict[str, bool | str], message: str, root: Path
) -> None:
    write(root, "mine", '[options]\nshort = true\nside = { default = "left", choices = ["left", "right"] }\n')
    with pytest.raises(FindingsError) as caught:
        printed(root, options=options)
    assert str(caught.value).startswith(message)
