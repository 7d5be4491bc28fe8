"""The pictures that other sites show beside links to the newsletter's pages, most of them cards."""

import re
from dataclasses import dataclass
from pathlib import Path

from newsletter.archive.model import ArchivedIssue
from newsletter.cards import HEIGHT, WIDTH, Card, CardCache, CardColors
from newsletter.domain.pictures import UnusablePicture, is_local_picture
from newsletter.domain.publication import Newsletter
from newsletter.pictures import picture_library
from newsletter.rendering import PageText

PATH = "/cards/"
_NAME = re.compile(r"(?:(?P<issue>.+)-)?[0-9a-f]{16}\.png")


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphImage:
    """A picture for Open Graph. Its ``width`` and ``height`` are 0 if they aren't known."""

    url: str
    alt: str
    width: int = 0
    height: int = 0


def issue_in(name: str) -> str | None:
    """Return the slug of the issue that a card's file name is about, "" for the newsletter's card, or None."""
    parsed = _NAME.fullmatch(name)
    return (parsed["issue"] or "") if parsed else None


class Cards:
    """The graph images of a newsletter and its issues. Cards have paths that change with what they show."""

    def __init__(self, root: Path, newsletter: Newsletter, prose: PageText) -> None:
        self._newsletter, self._prose = newsletter, prose
        self._library, self._cards = picture_library(root), CardCache(root)
        colors = prose.colors
        self._plain = prose.fonts["title"].endswith("sans-serif")
        self._colors = CardColors(
            background=colors["background"], title=colors["title"], muted=colors["muted"], accent=colors["accent"]
        )

    @property
    def chosen(self) -> GraphImage | None:
        """Return the picture that newsletter.toml names; None if it names none, or one that can't be used."""
        newsletter = self._newsletter
        if not newsletter.picture:
            return None
        if not is_local_picture(newsletter.picture):
            return GraphImage(url=self._prose.address(newsletter.picture), alt=newsletter.name)
        picture = self._library.picture(newsletter.picture)
        if isinstance(picture, UnusablePicture):
            return None
        url = f"{newsletter.pictures_url}/{picture.name}"
        return GraphImage(url=url, alt=newsletter.name, width=picture.width, height=picture.height)

    @property
    def shown(self) -> GraphImage | None:
        """Return that picture if it is the newsletter's own: pages load nothing from elsewhere."""
        chosen = self.chosen
        return chosen if chosen and chosen.url.startswith(self._newsletter.own_images) else None

    def of_newsletter(self) -> GraphImage:
        """Return the picture that newsletter.toml names, or else a card with the name and description."""
        return self.chosen or self._drawn(self.path(), alt=self._newsletter.name)

    def of_issue(self, archived_issue: ArchivedIssue) -> GraphImage:
        """Return the card of an issue, or the picture that newsletter.toml names if the card would lack the subject."""
        card = self._issue_card(archived_issue)
        if not card.lettered and (chosen := self.chosen):
            return chosen
        return self._drawn(self.path(archived_issue), alt=f"{card.name}, {card.footer}: {card.headline}")

    def path(self, archived_issue: ArchivedIssue | None = None) -> str:
        """Return the path of an issue's card, or of the newsletter's."""
        if archived_issue is None:
            return f"{PATH}{self._card.digest}.png"
        return f"{PATH}{archived_issue.issue.slug}-{self._issue_card(archived_issue).digest}.png"

    def png(self, archived_issue: ArchivedIssue | None) -> bytes:
        """Return the card of an issue, or the newsletter's, as PNG."""
        if archived_issue is None:
            return self._cards.png(self._card)
        return self._cards.png(self._issue_card(archived_issue), archived_issue.issue.slug)

    @property
    def _card(self) -> Card:
        newsletter, prose = self._newsletter, self._prose
        return Card(
            headline=newsletter.name,
            text=newsletter.description,
            footer=newsletter.frequency,
            colors=self._colors,
            plain=self._plain,
            direction=prose.direction,
        )

    def _issue_card(self, archived_issue: ArchivedIssue) -> Card:
        issue = archived_issue.issue
        prose = self._prose.of(issue)
        return Card(
            name=self._newsletter.name,
            headline=prose.line(issue.subject, issue),
            footer=prose.full_day(issue.date),
            colors=self._colors,
            plain=self._plain,
            direction=prose.direction,
        )

    def _drawn(self, path: str, *, alt: str) -> GraphImage:
        return GraphImage(url=self._newsletter.base_url + path, alt=alt, width=WIDTH, height=HEIGHT)
