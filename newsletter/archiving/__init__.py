"""The archive: each issue that was sent as a page for everybody, found by date, topic and words; and as feeds."""

from newsletter.archiving.archive import Archive, Archived, Numbered, collect
from newsletter.archiving.building import build
from newsletter.archiving.keeping import Keeper
from newsletter.archiving.pages import FEEDS, Page, Pages

__all__ = ["FEEDS", "Archive", "Archived", "Keeper", "Numbered", "Page", "Pages", "build", "collect"]
