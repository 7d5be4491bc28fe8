"""Build the feeds of an archive: of its issues, and of each topic's entries."""

import datetime
from collections.abc import Sequence
from typing import Protocol

from newsletter.archive.feeds import NEWEST, Feed, Item
from newsletter.archive.model import Archive, ArchivedEntry, ArchivedIssue, ArchivedTopic
from newsletter.rendering import PageText

_NEVER = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


class Render(Protocol):
    """A function that renders a public page."""

    def __call__(self, page: str, /, **values: object) -> str:
        """Return the page with the template of this name and these values."""
        ...


class FeedBuilder:
    """A builder of an archive's feeds, in no particular format. ``picture`` is the newsletter's, a URL or ""."""

    def __init__(self, archive: Archive, prose: PageText, render: Render, *, picture: str) -> None:
        self._archive, self._prose, self._render, self._picture = archive, prose, render, picture
        self._base_url = archive.newsletter.base_url

    def of_issues(self) -> Feed:
        """Return the feed of the latest issues."""
        newsletter = self._archive.newsletter
        return self._feed_of(
            newsletter.name,
            "/",
            [self._issue_item(archived_issue) for archived_issue in self._archive.issues[:NEWEST]],
            description=newsletter.description,
        )

    def of_topic(self, archived_topic: ArchivedTopic) -> Feed:
        """Return the feed of a topic's latest entries."""
        return self._feed_of(
            f"{self._archive.newsletter.name}: {archived_topic.topic.name}",
            f"/topics/{archived_topic.topic.slug}/",
            [self._entry_item(archived_entry) for archived_entry in archived_topic.entries[:NEWEST]],
        )

    def _feed_of(self, title: str, path: str, items: Sequence[Item], *, description: str = "") -> Feed:
        return Feed(
            title=title,
            home=self._base_url + path,
            publisher=self._archive.newsletter.name,
            language=self._prose.language,
            updated=max((item.updated for item in items), default=_NEVER),
            items=items,
            description=description,
            picture=self._picture,
        )

    def _issue_item(self, archived_issue: ArchivedIssue) -> Item:
        issue = archived_issue.issue
        prose = self._prose.of(issue)
        return Item(
            url=f"{self._base_url}/issues/{issue.slug}/",
            title=prose.line(issue.subject, issue),
            summary=prose.line(issue.preheader, issue),
            html=self._render("feed-issue", issue=issue, prose=prose),
            language=prose.language,
            published=archived_issue.sent,
            updated=archived_issue.updated,
        )

    def _entry_item(self, archived_entry: ArchivedEntry) -> Item:
        entry = archived_entry.entry
        prose = self._prose.of(archived_entry.first_issue.issue)
        framing = " ".join(passage.markdown for passage in entry.passages[:1])
        return Item(
            url=f"{self._base_url}/issues/{archived_entry.first_issue.issue.slug}/#{entry.slug}",
            title=entry.title,
            summary=prose.plain(framing),
            html=self._render("feed-entry", archived_entry=archived_entry, entry=entry, prose=prose),
            language=prose.language,
            published=archived_entry.first_issue.sent,
            updated=archived_entry.updated,
            piece=prose.address(entry.url),
            author=entry.author or "",
            topics=tuple(topic.name for topic in archived_entry.topics),
        )
