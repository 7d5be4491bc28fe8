"""Hints at the command line, and the absence of commands everywhere else."""

import ast
import importlib
import inspect
import json
import pkgutil
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from typer.main import get_command

import newsletter
from newsletter.checks import RULES, make_finding
from newsletter.cli import advice
from newsletter.cli.app import app
from newsletter.domain.send_errors import UnsettledError
from newsletter.errors import BusyError, FullError, NewsletterError, PausedError, Place, StoppedError, UsageError
from newsletter.store.work_lock import AlreadyRunningError
from tests.command_line import Run


def errors() -> dict[str, type[NewsletterError]]:
    """Return all errors of the program by code."""
    for module in pkgutil.walk_packages(newsletter.__path__, "newsletter."):
        if ".migrations." not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    kinds: dict[str, type[NewsletterError]] = {}
    left = [NewsletterError]
    while left:
        kind = left.pop()
        left += kind.__subclasses__()
        if kind.__module__.startswith("newsletter."):
            assert "code" in vars(kind), f"{kind.__name__} has no code of its own"
            assert kind.code not in kinds, f"{kind.__name__} and {kinds[kind.code].__name__} share a code"
            kinds[kind.code] = kind
    return kinds


def test_every_error_has_its_own_code_and_every_hint_an_error() -> None:
    kinds = errors()
    assert advice.ERRORS.keys() <= kinds.keys()
    for code, hint in advice.ERRORS.items():
        fields = {name for _, name, _, _ in Formatter().parse(hint) if name}
        assert fields <= stored_fields(kinds[code]), code


def stored_fields(kind: type[NewsletterError]) -> set[str]:
    """Return the names of the attributes that an error's constructors set."""
    return {
        node.attr
        for above in kind.__mro__
        if issubclass(above, NewsletterError) and "__init__" in vars(above)
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(vars(above)["__init__"]))))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }


def test_every_keyword_of_an_error_is_one_of_its_fields() -> None:
    dropped = []
    for kind in errors().values():
        parameters = inspect.signature(kind).parameters.values()
        keywords = {parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY}
        dropped += [f"{kind.__name__}: {name}" for name in sorted(keywords - stored_fields(kind))]
    assert dropped == []


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (UsageError("no", hint="say yes"), "no: say yes"),
        (
            PausedError(issue="2026-11-23", status="paused", reason="lunch"),
            "the send of issue 2026-11-23 is paused: lunch: continue with `newsletter send 2026-11-23 --resume`",
        ),
        (
            StoppedError(issue="2026-11-23", status="cancelled"),
            "the send of issue 2026-11-23 is cancelled: nothing more was handed over",
        ),
        (
            UnsettledError(send=3, left=["2 queued"]),
            "not every delivery is settled: 2 queued: continue with `newsletter sends resume 3`",
        ),
        (
            BusyError("a.db is locked", hint="try again"),
            "a.db is locked: wait until the other command has finished, or stop it, and run this one again",
        ),
        (
            FullError("the disk is full", hint="try again"),
            "the disk is full: make room and run the command again; nothing was changed",
        ),
        (
            AlreadyRunningError(work="bounce collection"),
            "bounce collection is already running with this database: " + advice.ERRORS["already-running"],
        ),
    ],
)
def test_an_error_is_printed_with_the_command_that_helps(error: NewsletterError, line: str) -> None:
    assert advice.error_lines(error) == [line]
    assert "newsletter send" not in str(error)
    assert "command" not in str(error)


def test_an_error_of_the_system_is_printed_unchanged() -> None:
    assert advice.error_lines(OSError("the disk is full")) == ["the disk is full"]


def test_a_finding_is_printed_with_the_command_unless_it_has_a_better_hint() -> None:
    assert advice.RULES.keys() <= RULES.keys()
    for rule, hint in advice.RULES.items():
        assert advice.advised(make_finding(rule, Place(path="a.md"), "what")).hint == hint
        assert (
            advice.advised(make_finding(rule, Place(path="a.md"), "what", 'did you mean "b"?')).hint
            == 'did you mean "b"?'
        )


PACKAGE = Path(newsletter.__file__).parent
DOORS = ("__main__.py", "cli/", "web/", "sending/worker.py")


@cache
def commands_and_options() -> tuple[set[str], set[str]]:
    """Return the names of all commands, such as ``send`` and ``sends show``, and all long options of the program."""
    commands: set[str] = set()
    options: set[str] = set()
    left: list[tuple[tuple[str, ...], Any]] = [((), get_command(app))]
    while left:
        path, command = left.pop()
        commands.add(" ".join(path))
        options |= {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
        left += [((*path, name), below) for name, below in getattr(command, "commands", {}).items()]
    return commands - {""}, options


def mentions(text: str) -> Iterator[str]:
    """Return the commands and options that a text names: `newsletter send`, `sends show 3`, --resume."""
    commands, options = commands_and_options()
    for match in re.finditer(r"(?:(?<!`)`|^ *)(newsletter )?([a-z]+)(?: ([a-z]+))?", text, re.MULTILINE):
        named, first, second = match.groups()
        if (named and first in commands) or f"{first} {second}" in commands:
            yield match[0]
    yield from (option for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", text) if option in options)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("run `newsletter check` first", 1),
        ("    newsletter sends show 3", 1),
        ("see `sends show 3`", 1),
        ("continue with --resume", 1),
        ("the newsletter sends mail; `send` and ``sends show`` are code; --unknown; an en--dash", 0),
    ],
)
def test_commands_and_options_are_recognized(text: str, named: int) -> None:
    assert len(list(mentions(text))) == named


def test_only_entry_points_name_commands_and_options() -> None:
    named = []
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if not name.startswith(DOORS):
            texts = [node for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Constant)]
            named += [
                f"{name}:{node.lineno}: {mention}"
                for node in texts
                if isinstance(node.value, str)
                for mention in mentions(node.value)
            ]
    assert named == [], "errors and findings get their commands in newsletter/cli/advice.py"


def test_check_and_send_print_the_commands(root: Path, run: Run) -> None:
    (root / "issues" / "2026-12-01.md").write_text("---\ndate: 2026-12-01\nsubject: Zebras\nentries: [zebra]\n---\n")
    listed = [finding for finding in json.loads(run("check", "--json").stdout) if finding["rule"] == "entry-unknown"]
    assert [finding["hint"] for finding in listed] == ["create it with `newsletter entry new`, or remove it"]
    line = 'issues/2026-12-01.md:4: no entry "zebra": create it with `newsletter entry new`, or remove it'
    assert line in run("check").stdout.splitlines()
    assert f"error: {line}" in run("send", "2026-12-01", "--dry-run").stderr.splitlines()
    assert run("send", "zzz", "--dry-run").stderr == 'error: no issue "zzz": see `newsletter issue list`\n'
