"""Compute the values for the template of one issue's page."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from newsletter import checks
from newsletter.composing import Composed
from newsletter.domain.publication import Newsletter
from newsletter.errors import Finding, FindingsError, NewsletterError, Place, Severity
from newsletter.message.mime import Email
from newsletter.message.template import fill_text
from newsletter.web.preview import frame
from newsletter.web.preview.editions import EditionChoice
from newsletter.web.preview.source_files import SourceLine
from newsletter.web.preview.view_options import View, ViewOptions, Width

Excerpt = Callable[[Place], tuple[SourceLine, ...]]
KILOBYTE = 1000  # bytes; the smaller of its two meanings, as in ``check``
CLIPPED_FROM = 102 * KILOBYTE  # Gmail hides the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class HtmlSize:
    """A size of the HTML part in bytes, and its limit in ``check``. ``state`` is *fits*, *close* or *clipped*."""

    label: str
    size: int
    limit: int
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcerptedError:
    """An error that keeps something from being shown, with the lines around its place."""

    finding: Finding
    excerpt: tuple[SourceLine, ...]


def shown_values(
    composed: Composed, newsletter: Newsletter, options: ViewOptions, choice: EditionChoice
) -> dict[str, object]:
    """Return the template's values for an issue that can be shown."""
    whole = {"composed": composed, "choice": choice, "reasons": (), "findings": _errors_first(composed.findings)}
    if choice.edition is None:
        return whole | {"row": None, "html_sizes": ()}
    email = composed.compiled.email(choice.edition)
    values = frame.sample_values(email, newsletter, choice.subscriber)
    return whole | {
        "row": frame.inbox_row(email, values),
        "html_sizes": sizes_to_show(email),
        "sandbox": frame.SANDBOX,
        "frame_query": _frame_query(options, composed.compiled.digest[:12]),
        "text": fill_text(email.text, values) if options.view is View.TEXT else "",
        "lines": frame.source_lines(email.html) if options.view is View.SOURCE else (),
    }


def broken_values(error: NewsletterError, excerpt: Excerpt) -> dict[str, object]:
    """Return the template's values for an issue that can't be shown."""
    findings = findings_in(error)
    return {
        "composed": None,
        "choice": None,
        "row": None,
        "reasons": errors_with_excerpts(findings, excerpt),
        "findings": findings,
    }


def findings_in(error: NewsletterError) -> list[Finding]:
    """Return an error's findings; any other error becomes one, without a rule, so that it is shown in the same way."""
    if isinstance(error, FindingsError):
        return _errors_first(error.findings)
    place = error.place or Place(path="")
    return [Finding(rule="", severity=Severity.ERROR, place=place, what=error.what, hint=error.hint)]


def errors_with_excerpts(findings: Iterable[Finding], excerpt: Excerpt) -> list[ExcerptedError]:
    """Return the errors among the findings, each with an excerpt of its file."""
    return [
        ExcerptedError(finding=finding, excerpt=excerpt(finding.place))
        for finding in findings
        if finding.severity is Severity.ERROR
    ]


def sizes_to_show(email: Email) -> tuple[HtmlSize, ...]:
    """Return the sizes of the HTML part: decoded, and encoded as it is sent."""
    decoded, encoded = checks.html_sizes(email)
    return _html_size("HTML", decoded, checks.HTML_LIMIT), _html_size("As sent", encoded, checks.ENCODED_LIMIT)


def _html_size(label: str, size: int, limit: int) -> HtmlSize:
    state = "fits" if size <= limit else "close" if size <= CLIPPED_FROM else "clipped"
    return HtmlSize(label=label, size=size, limit=limit, state=state)


def _frame_query(options: ViewOptions, version: str) -> str:
    """Return the frame's query, with the content's version, so that an unchanged frame isn't reloaded."""
    query = replace(options, view=View.HTML, width=Width.DESKTOP).query
    return f"{query}{'&' if query else '?'}version={version}"


def _errors_first(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(
        findings,
        key=lambda finding: (finding.severity is not Severity.ERROR, finding.place.path, finding.place.line or 0),
    )
