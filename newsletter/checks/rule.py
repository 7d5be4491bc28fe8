"""A rule that a newsletter is checked against."""

from dataclasses import dataclass

from newsletter.errors import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule: ``what`` it finds, how severe that is, the default hint, and why it matters.

    ``name`` is stable: scripts may rely on it.
    """

    name: str
    severity: Severity
    what: str
    hint: str
    why: str


def error(name: str, what: str, hint: str, why: str) -> Rule:
    """Return a rule whose findings stop a build and a send."""
    return Rule(name=name, severity=Severity.ERROR, what=what, hint=hint, why=why)


def warning(name: str, what: str, hint: str, why: str) -> Rule:
    """Return a rule whose findings stop nothing, unless warnings are to count as errors."""
    return Rule(name=name, severity=Severity.WARNING, what=what, hint=hint, why=why)
