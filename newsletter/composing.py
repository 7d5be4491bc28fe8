"""Read, render and check issues: for checks, builds, proofs, sends and the preview alike."""

import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from newsletter import checks, content, rendering
from newsletter.checks import CheckContext
from newsletter.content import Manuscripts
from newsletter.domain.edition import Tailor, tailoring_of
from newsletter.domain.issue import Issue, Item
from newsletter.domain.pictures import LookUp, Picture, local_pictures, pictures_of, with_pictures
from newsletter.domain.publication import Newsletter
from newsletter.errors import Finding, FindingsError, Place, Severity
from newsletter.files.newsletter_folder import TEMPLATES, settings_text
from newsletter.message.compiled_issue import CompiledIssue
from newsletter.message.mime import Email
from newsletter.pictures import picture_library
from newsletter.rendering import BROKEN, Theme


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A compiled issue, the tailor that chooses readers' entries, and the findings in its file, entries and theme.

    ``issue`` is as its files have it; ``pictures`` are those in its files. If it may go out, the findings are
    only warnings.
    """

    issue: Issue
    compiled: CompiledIssue
    tailor: Tailor
    findings: tuple[Finding, ...]
    pictures: tuple[Picture, ...] = ()

    @property
    def email(self) -> Email:
        """Return the email of the full issue."""
        return self.compiled.email()


def compose(root: Path, newsletter: Newsletter, slug: str, context: CheckContext) -> Composed:
    """Return an issue that may go out.

    Raise NotFoundError if there is no such issue, and FindingsError with every error in its file, its entries and the
    theme.
    """
    composed = compose_draft(root, newsletter, slug, context)
    if errors := _errors(composed.findings):
        raise FindingsError(errors)
    return composed


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedTheme:
    """A theme with its findings; ``theme`` is None if it can't be used."""

    theme: Theme | None
    findings: tuple[Finding, ...]


def checked_theme(root: Path, newsletter: Newsletter) -> CheckedTheme:
    """Return the newsletter's theme with its findings, for several issues with the same settings and templates."""
    theme, findings = _load_theme(root, newsletter)
    return CheckedTheme(theme=theme, findings=tuple(findings))


def compose_draft(
    root: Path,
    newsletter: Newsletter,
    slug: str,
    context: CheckContext,
    *,
    read: Manuscripts | None = None,
    checked: CheckedTheme | None = None,
) -> Composed:
    """Return an issue to look at, with errors and warnings as its findings.

    Pass ``read`` and ``checked`` if the manuscripts and the theme are known: reading them is most of the cost. Raise
    NotFoundError if there is no such issue, and FindingsError with every error if the issue or the theme can't be read
    or rendered.
    """
    read = read or content.read_manuscripts(root)
    issue = read.issue(slug)
    items: list[Item] = [*(read.entries[entry.slug] for entry in issue.entries), *issue.blocks]
    look_up = _picture_look_up(root, [*items, *issue.entries])
    checked = checked or checked_theme(root, newsletter)
    theme, findings = checked.theme, list(checked.findings)
    unreadable = read.findings_of(issue)
    findings += unreadable
    findings += checks.findings_of_items(items, newsletter.topics, look_up)
    findings += checks.findings_of_issue(issue, newsletter, read.entries, context, look_up)
    findings += _findings_across(read, issue, context)
    if context.mails:
        findings += checks.placeholder_settings(newsletter, settings_text(root))
    illustrated = with_pictures(issue, look_up, newsletter.pictures_url)
    compiled, more = _render(illustrated, newsletter, theme) if theme else (None, [])
    ordered = _without_consequences([*findings, *more])
    if compiled is None or any(_prevents_rendering(finding, issue) for finding in unreadable):
        raise FindingsError(_errors(ordered))
    tailor = Tailor(issue, newsletter.topics, tailoring_of(issue, newsletter))
    return Composed(
        issue=issue,
        compiled=compiled,
        tailor=tailor,
        findings=tuple(ordered),
        pictures=pictures_of(issue, look_up),
    )


def item_findings(root: Path, newsletter: Newsletter, item: Item, read: Manuscripts) -> tuple[Finding, ...]:
    """Return the findings in one entry's or block's file, without those that need its issue or all other entries."""
    findings = [finding for finding in read.findings if finding.place.path == item.path]
    findings += checks.findings_of_items([item], newsletter.topics, _picture_look_up(root, [item]))
    return tuple(_without_consequences(findings))


def _picture_look_up(root: Path, items: Iterable[Item]) -> LookUp:
    """Return a function that looks up each picture once, with those of entries and blocks prepared together."""
    library = picture_library(root)
    library.prepare_all(local_pictures(items))
    return cache(library.picture)


def _findings_across(read: Manuscripts, issue: Issue, context: CheckContext) -> Iterator[Finding]:
    """Yield what comparing all entries and issues finds in one issue and its parts."""
    paths = {issue.path, *(entry.path for entry in issue.entries), *(block.path for block in issue.blocks)}
    for finding in checks.findings_across(read.entries.values(), read.issues, context):
        if finding.place.path in paths:
            yield finding


def _prevents_rendering(finding: Finding, issue: Issue) -> bool:
    """Return whether a finding leaves nothing to show; unfinished entries and blocks are shown as far as they go."""
    if finding.rule == "field-missing":
        return finding.place.path == issue.path
    return finding.rule not in ("block-unfinished", "block-link", "section-empty", "issue-empty")


def issue_mjml(root: Path, newsletter: Newsletter, slug: str) -> str:
    """Return the MJML of an issue as the compiler reads it, even if it doesn't compile.

    Raise NotFoundError if there is no such issue, and FindingsError if the theme can't be loaded or its Jinja fails.
    """
    issue = content.read_manuscripts(root).issue(slug)
    issue = with_pictures(issue, picture_library(root).picture, newsletter.pictures_url)
    return rendering.readable_mjml(issue, newsletter, rendering.load_theme(root, newsletter))


def check_manuscripts(
    root: Path, newsletter: Newsletter, context: CheckContext, *, inspect: checks.Inspect | None = None
) -> tuple[Finding, ...]:
    """Return the mistakes in all entries and issues and in the theme, ordered by place.

    Every text is checked. Only issues that can show something new are rendered: the newest, one of every shape, and all
    that could be too large. With ``inspect``, remote images are checked too, over the network.
    """
    read = content.read_manuscripts(root)
    items: list[Item] = [*read.entries.values(), *checks.all_blocks(read.blocks.values(), read.issues)]
    look_up = _picture_look_up(root, [*items, *(entry for issue in read.issues for entry in issue.entries)])
    theme, findings = _load_theme(root, newsletter)
    findings += read.findings
    findings += checks.findings_of_settings(newsletter, settings_text(root), context, look_up)
    findings += checks.findings_of_items(items, newsletter.topics, look_up)
    for issue in read.issues:
        findings += checks.findings_of_issue(issue, newsletter, read.entries, context, look_up)
    findings += checks.findings_across(read.entries.values(), read.issues, context)
    if theme:
        illustrated = [with_pictures(issue, look_up, newsletter.pictures_url) for issue in read.issues]
        findings += _email_findings(illustrated, newsletter, theme)
    if inspect:
        findings += checks.image_findings(items, inspect)
    return tuple(_without_consequences(findings))


def _load_theme(root: Path, newsletter: Newsletter) -> tuple[Theme | None, list[Finding]]:
    """Return the theme, or None if it can't be used, and its findings."""
    conflicts = list(content.conflict_findings(root, root / TEMPLATES))
    if conflicts:
        return None, conflicts
    try:
        theme = rendering.load_theme(root, newsletter)
        for language in newsletter.languages:
            theme.in_language(language)
    except FindingsError as err:
        return None, list(err.findings)
    try:
        findings = list(rendering.theme_findings(theme))
    except FindingsError as err:
        return None, list(err.findings)
    except Exception as err:  # noqa: BLE001  any error is a finding: entries and issues can still be checked
        return None, [checks.make_finding(BROKEN, theme.files.place, f"the theme can't be rendered: {_origin(err)}")]
    broken = any(finding.rule == BROKEN for finding in findings)
    return None if broken else theme, findings


def _render(issue: Issue, newsletter: Newsletter, theme: Theme) -> tuple[CompiledIssue | None, list[Finding]]:
    """Return a compiled issue and the findings in its email, or None and the reasons if it can't be rendered."""
    try:
        return _compile(issue, newsletter, theme)
    except FindingsError as err:
        return None, [_with_issue(finding, issue) for finding in err.findings]
    except Exception as err:  # noqa: BLE001  any error is a finding: other issues can still be checked
        return None, [
            checks.make_finding("email-broken", issue.place(), f"the issue can't be rendered: {_origin(err)}")
        ]


def _compile(issue: Issue, newsletter: Newsletter, theme: Theme) -> tuple[CompiledIssue, list[Finding]]:
    """Return a compiled issue and the findings in its email. Raise FindingsError if the theme fails."""
    compiled = rendering.compile_issue(issue, newsletter, theme)
    findings = checks.email_findings(issue, compiled.email(), Place(path=theme.files.shown("issue.mjml")))
    if tailoring_of(issue, newsletter) is not None:
        findings += rendering.part_findings(issue, theme)
    return compiled, findings


def _with_issue(finding: Finding, issue: Issue) -> Finding:
    """Return a finding about a theme with the issue in which it shows; others as they are."""
    return replace(finding, what=f"{finding.what} (issue {issue.slug})") if finding.rule == BROKEN else finding


def _origin(err: Exception) -> str:
    """Return where in the program an unforeseen exception was raised, for a bug report."""
    frame = traceback.extract_tb(err.__traceback__)[-1]
    return f"{type(err).__name__} in {Path(frame.filename).name}, line {frame.lineno}"


def _without_consequences(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings by place, without repeats and without those that another finding explains.

    These are a theme's failure if the checks know its cause, the missing default of a merge field that doesn't exist,
    and a missing paywall in a file with fields that can't be read.
    """
    ordered = checks.ordered_findings(findings)
    known = any(finding.rule.startswith("theme-") and finding.rule != BROKEN for finding in _errors(ordered))
    unknown = {finding.place for finding in ordered if finding.rule == "merge-field-unknown"}
    unread = {finding.place.path for finding in ordered if finding.rule == "field-type"}
    return [
        finding
        for finding in ordered
        if not (known and finding.rule == BROKEN)
        and not (finding.rule == "merge-field-default" and finding.place in unknown)
        and not (finding.rule == "gift-paywall" and finding.place.path in unread)
    ]


def _errors(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity is Severity.ERROR]


_MARGIN = 1.4


def _email_findings(issues: Sequence[Issue], newsletter: Newsletter, theme: Theme) -> Iterator[Finding]:
    """Yield the findings of rendering the representatives and every issue that could be too large.

    Apart from size, issues differ little in their HTML, since authors' Markdown has no headings and no images. The
    heaviest come first, until the largest share of the limit for each unit of weight seen so far leaves 40 % free.
    """
    representatives = checks.representatives(issues)
    done = {issue.slug for issue in representatives}
    others = (issue for issue in issues if issue.slug not in done)
    share = 0.0  # share of the size limit for each unit of weight
    for issue in (*representatives, *sorted(others, key=checks.weight, reverse=True)):
        weight = checks.weight(issue)
        if issue.slug not in done and weight * share * _MARGIN < 1:
            return
        compiled, findings = _render(issue, newsletter, theme)
        yield from findings
        if compiled is not None:
            share = max(share, checks.share_of_limit(compiled.email()) / weight)
