"""Read all manuscripts of a newsletter. Mistakes become findings, and everything readable is still returned."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from newsletter.content.entries import empty_entry, parse_entry
from newsletter.content.files import (
    file_error,
    for_message,
    manuscripts_in,
    path_in_findings,
    read_text,
    unread_file_findings,
)
from newsletter.content.issues import Draft, empty_issue, parse_draft, resolve_entries
from newsletter.domain.issue import Entry, Issue
from newsletter.domain.issue_names import NoIssuesError, UnknownIssueError
from newsletter.domain.topics import SLUG, slug_of
from newsletter.errors import Finding, did_you_mean
from newsletter.files.file_state import FileState, file_states
from newsletter.files.newsletter_folder import ENTRIES, ISSUES


@dataclass(frozen=True, slots=True, kw_only=True)
class Manuscripts:
    """A newsletter's manuscripts: entries by slug, issues ordered by date and slug, and the findings in their files."""

    entries: Mapping[str, Entry]
    issues: tuple[Issue, ...]
    findings: tuple[Finding, ...]

    def issue(self, slug: str) -> Issue:
        """Return an issue by its slug or its file's path. Raise NotFoundError if there is none."""
        name = PurePath(slug).name.removesuffix(".md") if slug.endswith(".md") else slug
        for issue in self.issues:
            if issue.slug == name:
                return issue
        if not self.issues:
            raise NoIssuesError
        slugs = [issue.slug for issue in self.issues]
        raise UnknownIssueError(name=for_message(slug), suggestion=did_you_mean(name, slugs))

    def findings_of(self, issue: Issue) -> tuple[Finding, ...]:
        """Return the findings in the issue's own file and in the files of its entries."""
        paths = {issue.path, *(entry.path for entry in issue.entries)}
        return tuple(finding for finding in self.findings if finding.place.path in paths)


def read_manuscripts(root: Path) -> Manuscripts:
    """Read ``issues/*.md``, and ``issues/entries`` with its subfolders. The content of a file never raises an error.

    All findings are errors, except those about files that aren't read because of their names. Files that can't be read
    become empty values, so that each is reported only once. If two files have the same slug, the first by path counts.
    """
    findings: list[Finding] = []
    entries: dict[str, Entry] = {}
    for slug, path in _slugs(root, ENTRIES, findings):
        name = path_in_findings(root, path)
        text = read_text(root, path)
        if isinstance(text, Finding):
            entries[slug] = empty_entry(slug, name)
            findings.append(text)
        else:
            entries[slug], more = parse_entry(text, slug=slug, path=name)
            findings.extend(more)
    issues = []
    for slug, path in _slugs(root, ISSUES, findings):
        name = path_in_findings(root, path)
        text = read_text(root, path)
        if isinstance(text, Finding):
            draft = Draft(issue=empty_issue(slug, name), findings=(text,))
        else:
            draft = parse_draft(text, slug=slug, path=name)
        issue, between = resolve_entries(draft, entries)
        issues.append(issue)
        findings.extend((*draft.findings, *between))
    for folder in (ENTRIES, ISSUES):
        if (root / folder).resolve().is_relative_to(root.resolve()):
            findings.extend(unread_file_findings(root, root / folder, deep=folder == ENTRIES))
    return Manuscripts(
        entries=dict(sorted(entries.items())),
        issues=tuple(sorted(issues, key=lambda issue: (issue.date, issue.slug))),
        findings=tuple(sorted(findings, key=lambda finding: (finding.place.path, finding.place.line or 0))),
    )


def manuscript_states(root: Path) -> frozenset[FileState]:
    """Return the state of each file that ``read_manuscripts`` reads, to find out cheaply whether any has changed."""
    return file_states(
        path for folder in (ENTRIES, ISSUES) for path in manuscripts_in(root, root / folder, deep=folder == ENTRIES)
    )


def _slugs(root: Path, folder: str, findings: list[Finding]) -> list[tuple[str, Path]]:
    """Return the files of a folder with their slugs, each slug once, and report mistakes in their names."""
    files: dict[str, list[Path]] = {}
    unfit = []
    for path in manuscripts_in(root, root / folder, deep=folder == ENTRIES):
        stem = path.name.removesuffix(".md")
        if SLUG.fullmatch(stem):
            files.setdefault(stem, []).append(path)
        else:
            unfit.append((slug_of(stem), path))
    for slug, path in unfit:
        what = f'file name "{for_message(path.name)}" is not a slug: use a-z, 0-9 and hyphens, at most 80 characters'
        findings.append(file_error("slug-invalid", path_in_findings(root, path), 1, what, f"rename it to {slug}.md"))
        files.setdefault(slug, []).append(path)
    for slug, paths in files.items():
        for path in paths[1:]:
            for file, other in ((path, paths[0]), (paths[0], path)):
                what = f'the slug "{slug}" is used twice, also by {path_in_findings(root, other)}'
                findings.append(
                    file_error("slug-repeated", path_in_findings(root, file), 1, what, "rename one of the two files")
                )
    return [(slug, paths[0]) for slug, paths in files.items()]
