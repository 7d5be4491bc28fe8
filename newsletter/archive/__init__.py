"""The archive: public pages of the issues that were sent, by date and topic, with search and feeds."""

from newsletter.archive.cache import ArchiveCache
from newsletter.archive.graph_images import Cards, GraphImage
from newsletter.archive.model import Archive, ArchivedEntry, ArchivedIssue, collect
from newsletter.archive.pages import FEEDS, Page, PageBuilder
from newsletter.archive.reading import read_archive
from newsletter.archive.static_export import build

__all__ = [
    "FEEDS",
    "Archive",
    "ArchiveCache",
    "ArchivedEntry",
    "ArchivedIssue",
    "Cards",
    "GraphImage",
    "Page",
    "PageBuilder",
    "build",
    "collect",
    "read_archive",
]
