"""Read all manuscripts of a newsletter. Mistakes become findings, and everything readable is still returned."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath

from newsletter.content.blocks import empty_block, parse_block
from newsletter.content.entries import empty_entry, parse_entry
from newsletter.content.files import (
    file_error,
    for_message,
    manuscripts_in,
    path_in_findings,
    unread_file_findings,
)
from newsletter.content.issues import Draft, empty_issue, parse_draft
from newsletter.content.parsed_files import parsed_file
from newsletter.content.resolving import resolve_items
from newsletter.domain.blocks import Block
from newsletter.domain.issue import Entry, Issue, Item
from newsletter.domain.issue_names import NoIssuesError, UnknownIssueError
from newsletter.domain.topics import SLUG, slug_of
from newsletter.errors import Finding, did_you_mean
from newsletter.files.file_state import FileState, file_states
from newsletter.files.newsletter_folder import BLOCKS, ENTRIES, ISSUES

_NAMED = (ENTRIES, BLOCKS)  # issues name both, so the same slug can't be in two of them
_DEEP = frozenset(_NAMED)  # folders whose subfolders are read too


@dataclass(frozen=True, slots=True, kw_only=True)
class Manuscripts:
    """A newsletter's manuscripts, and the findings in their files.

    Entries and blocks are by slug, issues ordered by date and slug. Blocks without a file are only in their issues.
    """

    entries: Mapping[str, Entry]
    blocks: Mapping[str, Block]
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
        """Return the findings in the issue's own file and in the files of its entries and blocks."""
        paths = {issue.path, *(entry.path for entry in issue.entries), *(block.path for block in issue.blocks)}
        return tuple(finding for finding in self.findings if finding.place.path in paths)


def read_manuscripts(root: Path) -> Manuscripts:
    """Read ``issues/*.md``, ``issues/entries`` and ``issues/blocks`` with their subfolders.

    The content of a file never raises an error. All findings are errors, except those about files that aren't read
    because of their names. Files that can't be read become empty values, so that each is reported only once. If two
    files have the same slug, the first by path counts, and an entry before a block.
    """
    findings: list[Finding] = []
    entries: dict[str, Entry] = {}
    blocks: dict[str, Block] = {}
    inside = f"{ENTRIES}/"
    for slug, path in _slugs(root, _NAMED, findings):
        name = path_in_findings(root, path)
        if name == ENTRIES or name.startswith(inside):  # the folder itself if it can't be opened
            entry = parsed_file(root, path, partial(parse_entry, slug=slug, path=name))
            entries[slug], more = (empty_entry(slug, name), (entry,)) if isinstance(entry, Finding) else entry
        else:
            block = parsed_file(root, path, partial(parse_block, slug=slug, path=name))
            blocks[slug], more = (empty_block(slug, name), (block,)) if isinstance(block, Finding) else block
        findings.extend(more)
    issues = []
    named: dict[str, Item] = {**entries, **blocks}
    for slug, path in _slugs(root, (ISSUES,), findings):
        name = path_in_findings(root, path)
        parsed = parsed_file(root, path, partial(parse_draft, slug=slug, path=name))
        draft = Draft(issue=empty_issue(slug, name), findings=(parsed,)) if isinstance(parsed, Finding) else parsed
        issue, between = resolve_items(draft, named)
        issues.append(issue)
        findings.extend((*draft.findings, *between))
    for folder in (*_NAMED, ISSUES):
        if (root / folder).resolve().is_relative_to(root.resolve()):
            findings.extend(unread_file_findings(root, root / folder, deep=folder in _DEEP))
    return Manuscripts(
        entries=dict(sorted(entries.items())),
        blocks=dict(sorted(blocks.items())),
        issues=tuple(sorted(issues, key=lambda issue: (issue.date, issue.slug))),
        findings=tuple(sorted(findings, key=lambda finding: (finding.place.path, finding.place.line or 0))),
    )


def manuscript_states(root: Path) -> frozenset[FileState]:
    """Return the state of each file that ``read_manuscripts`` reads, to find out cheaply whether any has changed."""
    return file_states(path for folder in (*_NAMED, ISSUES) for path in _files(root, folder))


def _files(root: Path, folder: str) -> Iterator[Path]:
    return manuscripts_in(root, root / folder, deep=folder in _DEEP)


def _slugs(root: Path, folders: Iterable[str], findings: list[Finding]) -> list[tuple[str, Path]]:
    """Return the files of these folders with their slugs, each slug once, and report mistakes in their names."""
    files: dict[str, list[Path]] = {}
    unfit = []
    for path in (path for folder in folders for path in _files(root, folder)):
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
