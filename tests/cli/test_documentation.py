"""Everything that an operator can type or set is documented, and everything documented exists."""

import re
import subprocess
from collections.abc import Iterator
from configparser import ConfigParser
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
import typer
from pydantic import BaseModel

from newsletter import providers
from newsletter.cli.app import app
from newsletter.settings import EARLIER_SECRETS, SECRET, SettingsFile
from newsletter.store.subscribers.confirmations import KEPT, LONGEST_LIMIT
from newsletter.store.tables import metadata

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"


def commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield every command below a command, by the words that call it."""
    yield name, command
    for word, below in getattr(command, "commands", {}).items():
        yield from commands(below, f"{name} {word}")


COMMANDS = dict(commands(typer.main.get_command(app), "newsletter"))


def chapters(file: Path) -> dict[str, str]:
    """Return a document's text by heading."""
    parts = re.split(r"^#{1,4} (.*)$", file.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_its_options_are_documented(name: str) -> None:
    documented = chapters(DOCS / "commands.md")
    assert f"`{name}`" in documented
    text = documented[f"`{name}`"]
    for parameter in COMMANDS[name].params:
        if parameter.param_type_name == "argument":
            assert parameter.metavar.strip("[]") in text
        else:
            for option in parameter.opts:
                assert f"`{option}" in text


def test_every_documented_command_and_option_exists() -> None:
    for heading, text in chapters(DOCS / "commands.md").items():
        if not heading.startswith("`newsletter"):
            continue
        command = COMMANDS[heading.strip("`")]
        options = {option for parameter in command.params for option in parameter.opts} | {"--help", "-h"}
        assert set(re.findall(r"^\| `(--?[a-zA-Z-]+)", text, re.MULTILINE)) <= options


@pytest.mark.parametrize("file", [REPOSITORY / "README.md", *sorted(DOCS.glob("*.md"))], ids=lambda file: file.name)
def test_options_in_documents_belong_to_their_command(file: Path) -> None:
    options = {name: {option for each in command.params for option in each.opts} for name, command in COMMANDS.items()}
    by_length = sorted(COMMANDS, key=len, reverse=True)
    for shown in re.findall(
        r"(?:`|^    )((?:newsletter|check|build|send|sends) [^`\n#|]*?--[^`\n#|]*)", file.read_text(), re.MULTILINE
    ):
        words = shown if shown.startswith("newsletter ") else f"newsletter {shown}"
        command = next(name for name in by_length if f"{words} ".startswith(f"{name} "))
        known = options[command] | options["newsletter"] | {"--help", "-h"}
        assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", shown)) <= known


@pytest.mark.parametrize("name", [name for name in COMMANDS if not getattr(COMMANDS[name], "commands", None)])
def test_every_command_has_help_with_an_example(name: str) -> None:
    assert f"\n{name}" in COMMANDS[name].help
    for parameter in COMMANDS[name].params:
        assert parameter.help


def test_the_help_of_check_names_everything_it_reads() -> None:
    text = COMMANDS["newsletter check"].help
    assert all(word in text for word in ("settings", "entries", "issues", "theme", "database", "all files"))


@pytest.mark.parametrize(
    "document", ["README.md", *sorted(str(path.relative_to(REPOSITORY)) for path in DOCS.glob("*.md"))]
)
def test_commands_shown_in_documents_exist(document: str) -> None:
    text = (REPOSITORY / document).read_text()
    for line in re.findall(r"^ {4}(?:\.venv/bin/)?(newsletter .*)|`(newsletter [^`]*)`", text, re.MULTILINE):
        words = re.split(r"\s+#\s|\s{2,}", "".join(line))[0].split()
        at = COMMANDS["newsletter"]
        for word in words[1:]:
            below = getattr(at, "commands", {})
            if word.startswith("-") or not below:
                break
            assert word in below or not word.isalpha(), f"{document}: {' '.join(words)}"
            at = below.get(word, at)
        options = {option for parameter in (*at.params, *COMMANDS["newsletter"].params) for option in parameter.opts}
        options |= {"--help", "-h", "--install-completion", "--show-completion"}
        assert {word for word in words if re.fullmatch(r"--?[a-z][a-z-]*|-C", word)} <= options, f"{document}: {words}"


def tables(model: type[BaseModel], name: str = "The newsletter") -> Iterator[tuple[str, list[str]]]:
    """Return the settings in each table of newsletter.toml, by heading."""
    settings = []
    for field, info in model.model_fields.items():
        key = info.alias or field
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from tables(kind, f"`[{key}]`")
        elif (
            get_origin(kind) is dict
            and isinstance(get_args(kind)[1], type)
            and issubclass(get_args(kind)[1], BaseModel)
        ):
            yield from tables(get_args(kind)[1], f"`[{key}.<slug>]`")
        else:
            settings.append(key)
    yield name, settings


@pytest.mark.parametrize(("heading", "settings"), list(tables(SettingsFile)))
def test_all_settings_and_no_others_are_documented(heading: str, settings: list[str]) -> None:
    text = chapters(DOCS / "settings.md")[heading]
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == set(settings)


@pytest.mark.parametrize("name", ["outbox", "ses", "smtp"])
def test_every_option_of_a_provider_is_documented(name: str) -> None:
    assert name in providers.provider_names()
    module = import_module("newsletter.providers." + (name if name == "outbox" else f"{name}.options"))
    (model,) = [
        settings_model
        for settings_model in vars(module).values()
        if isinstance(settings_model, type)
        and issubclass(settings_model, BaseModel)
        and settings_model.__module__ == module.__name__
    ]
    text = (DOCS / "providers.md").read_text()
    for option in model.model_fields:
        assert f"`{option}`" in text


def test_every_environment_variable_is_documented() -> None:
    text = chapters(DOCS / "settings.md")["The environment"]
    named = {SECRET, EARLIER_SECRETS}
    for path in (REPOSITORY / "newsletter").rglob("*.py"):
        named |= set(re.findall(r"\bNEWSLETTER_[A-Z_]+\b", path.read_text()))
    for name in named:
        assert f"`{name}`" in text


def test_links_between_documents_work() -> None:
    for document in (*REPOSITORY.glob("*.md"), *DOCS.glob("*.md")):
        words = re.sub(r"```.*?```|`[^`\n]*`", "", document.read_text(), flags=re.DOTALL)  # code contains no links
        for target in re.findall(r"\]\((?!https?://|mailto:|#)([^)#\s]+)", words):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_the_stored_data_of_readers_is_documented_by_table() -> None:
    text = (DOCS / "privacy.md").read_text()
    documented = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    nobody = set(re.findall(r"`(\w+)`", re.search(r"^(`send`.*) hold no personal data", text, re.MULTILINE)[1]))  # type: ignore[index]
    assert documented | nobody == set(metadata.tables)
    assert not documented & nobody
    days = {f"{KEPT.days} days after", f"{LONGEST_LIMIT // 24} days"}
    assert all(phrase in text for phrase in days)


def test_make_prints_what_it_does_before_long_silent_steps(tmp_path: Path) -> None:
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_bytes((REPOSITORY / name).read_bytes())
    for target, times in (("demo", 2), ("test", 3)):
        dry = subprocess.run(["make", "-n", target], cwd=tmp_path, capture_output=True, text=True, check=True)
        lines = dry.stdout.splitlines()
        silent = [at for at, line in enumerate(lines) if "-m pip " in line]
        assert len(silent) == times
        assert all(re.match(r"echo '(Updating|Installing) ", lines[at - 1]) for at in silent)


def test_the_systemd_unit_always_restarts_the_worker_after_some_seconds() -> None:
    unit = ConfigParser()
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(re.findall(r"```ini\n(.*?)```", (DOCS / "sending.md").read_text(), re.DOTALL)[0])
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    assert unit["Service"]["Restart"] == "always"
    assert int(unit["Service"]["RestartSec"]) >= 5
    program, command = unit["Service"]["ExecStart"].split()
    assert f"{Path(program).name} {command}" in COMMANDS
