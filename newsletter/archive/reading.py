"""Read the archive from the newsletter's files and pictures."""

from collections.abc import Sequence
from pathlib import Path

from newsletter import content
from newsletter.archive.model import Archive, collect
from newsletter.domain.pictures import local_pictures, with_pictures
from newsletter.domain.publication import Newsletter
from newsletter.domain.send import PublishedIssue
from newsletter.pictures import picture_library


def read_archive(root: Path, newsletter: Newsletter, published: Sequence[PublishedIssue]) -> Archive:
    """Return the archive of the issues that were sent. Their pictures have the same addresses as in messages."""
    library, sent = picture_library(root), {send.issue for send in published}
    issues = [issue for issue in content.read_manuscripts(root).issues if issue.slug in sent]
    library.prepare_all(local_pictures(item for issue in issues for item in issue.items))
    illustrated = (with_pictures(issue, library.picture, newsletter.pictures_url) for issue in issues)
    return collect(illustrated, published, newsletter)
