"""The archive: public pages of the issues that were sent, by date and topic, with search and feeds."""

from newsletter.archive.cache import Keeper
from newsletter.archive.model import Archive, Archived, Numbered, collect
from newsletter.archive.pages import FEEDS, Page, PageBuilder
from newsletter.archive.static_export import build

__all__ = ["FEEDS", "Archive", "Archived", "Keeper", "Numbered", "Page", "PageBuilder", "build", "collect"]
