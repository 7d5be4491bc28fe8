"""Findings about themes, and the error for a theme that can't be used."""

from newsletter.errors import Finding, FindingsError, Place, Severity

BROKEN = "theme-broken"


class ThemeFault(Exception):  # noqa: N818  it gets its place, and becomes a FindingsError, before it leaves this package
    """A fault in a theme, raised where its file isn't known."""

    def __init__(self, what: str, hint: str) -> None:
        self.what = what
        self.hint = hint
        super().__init__(what)


def broken(what: str, *, hint: str, place: Place) -> FindingsError:
    """Return an error about a theme that can't be used."""
    return FindingsError([theme_error(BROKEN, place, what, hint)])


def theme_error(rule: str, place: Place, what: str, hint: str) -> Finding:
    """Return a finding that keeps a theme from being used."""
    return Finding(rule=rule, severity=Severity.ERROR, place=place, what=what, hint=hint)


def theme_warning(rule: str, place: Place, what: str, hint: str) -> Finding:
    """Return a finding that stops nothing."""
    return Finding(rule=rule, severity=Severity.WARNING, place=place, what=what, hint=hint)
