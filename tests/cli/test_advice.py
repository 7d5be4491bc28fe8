"""Hints at the command line, and the absence of commands everywhere else."""

import importlib
import inspect
import pkgutil
from string import Formatter

import pytest

import newsletter
from newsletter.cli import advice
from newsletter.domain.send_errors import UnsettledError
from newsletter.errors import NewsletterError, PausedError, StoppedError, UsageError


def errors() -> dict[str, type[NewsletterError]]:
    """All errors of the program, by code."""
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


def test_every_error_has_a_code_of_its_own_and_every_hint_belongs_to_one() -> None:
    kinds = errors()
    assert advice.ERRORS.keys() <= kinds.keys()
    for code, hint in advice.ERRORS.items():
        fields = {name for _, name, _, _ in Formatter().parse(hint) if name}
        source = inspect.getsource(kinds[code].__init__)
        assert all(f"self.{name} = " in source for name in fields), code


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
    ],
)
def test_an_error_is_printed_with_the_command_that_helps(error: NewsletterError, line: str) -> None:
    assert advice.error_lines(error) == [line]
    assert "newsletter send" not in str(error)


def test_an_error_of_the_system_is_printed_as_it_is() -> None:
    assert advice.error_lines(OSError("the disk is full")) == ["the disk is full"]
