"""An issue as it would be sent now, for its review: its digests, its outline, and the files that it is made of."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from newsletter.composing import Composed
from newsletter.domain.issue import Issue
from newsletter.domain.pictures import local_pictures
from newsletter.domain.reviews import Outline
from newsletter.files.newsletter_folder import IMAGES, THEMES
from newsletter.message import link_tracking
from newsletter.publishing.audience import segments_of
from newsletter.reviewing import ReviewedContent, digest_of_value, outline_of
from newsletter.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedIssue:
    """An issue as it would be sent now; ``paths`` are those of the files that it is made of."""

    issue: Issue
    content: ReviewedContent
    outline: Outline
    paths: tuple[str, ...]


def reviewed_issue(settings: Settings, composed: Composed) -> ReviewedIssue:
    """Return a composed issue for its review. Raise SettingsError for an unknown segment.

    The digest of its content is the one that a send freezes. That of its audience covers the rules of its segments and
    all that decides which entries a reader gets, and the base of the links that each reader gets.
    """
    issue, newsletter = composed.issue, settings.newsletter
    segments = segments_of(settings, issue)
    compiled = link_tracking.with_tracking(composed.compiled, issue, newsletter)
    around = {"segments": segments, "tailor": composed.tailor.rule, "base_url": newsletter.base_url}
    return ReviewedIssue(
        issue=issue,
        content=ReviewedContent(
            issue=issue.slug,
            content=compiled.digest,
            audience=digest_of_value(around),
        ),
        outline=outline_of(
            issue,
            newsletter,
            segments,
            pictures=[picture.name for picture in composed.pictures],
            files=_theme_files(settings.root),
            program=_program(),
        ),
        paths=files_of_issue(issue),
    )


def files_of_issue(issue: Issue) -> tuple[str, ...]:
    """Return the paths of the files that an issue, and no other, is made of."""
    pictures = (f"{IMAGES}/{name}" for name in local_pictures(issue.items))
    return tuple(dict.fromkeys([issue.path, *(item.path for item in issue.items), *pictures]))


def _theme_files(root: Path) -> dict[str, str]:
    """Return the digests of the files of the newsletter's own themes that issues are made with, by path."""
    files = {}
    for path in sorted((root / THEMES).rglob("*")):
        shown = path.relative_to(root).as_posix()
        if path.is_file() and not path.name.startswith(".") and "/service/" not in shown:
            files[shown] = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    return files


@cache
def _program() -> str:
    return version("newsletter")
