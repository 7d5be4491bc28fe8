"""One rule by which a newsletter is checked."""

from dataclasses import dataclass

from newsletter.errors import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What it finds, how much that matters, how to fix it, and why. ``name`` is stable: scripts may rely on it."""

    name: str
    severity: Severity
    what: str
    hint: str
    why: str


def error(name: str, what: str, hint: str, why: str) -> Rule:
    """A rule whose findings stop a build and a send."""
    return Rule(name=name, severity=Severity.ERROR, what=what, hint=hint, why=why)


def warning(name: str, what: str, hint: str, why: str) -> Rule:
    """A rule whose findings stop nothing, unless ``check --strict`` asks."""
    return Rule(name=name, severity=Severity.WARNING, what=what, hint=hint, why=why)
