"""The error of a link that is already there."""

import datetime

from newsletter.capture.values import Duplicate
from newsletter.errors import NewsletterError


class RepeatedLinkError(NewsletterError):
    """A link that an entry already has. ``url`` is the link, ``entry`` the entry's slug, ``issue`` its latest issue."""

    code = "link-repeated"

    def __init__(self, duplicate: Duplicate, *, url: str, today: datetime.date) -> None:
        candidate = duplicate.candidate
        self.url, self.entry, self.issue, self.today = url, candidate.name, candidate.issue, today
        what = f"the entry “{candidate.title}” has this link, and {candidate.when(today)}"
        super().__init__(what, hint="use that entry", place=candidate.place)
