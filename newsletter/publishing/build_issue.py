"""Build an issue's files as one reader gets them, for the editor to look at. Their links open nothing."""

from collections.abc import Iterable, Mapping
from datetime import datetime, time
from pathlib import Path

from newsletter.composing import Composed
from newsletter.domain.edition import Edition
from newsletter.domain.pictures import Picture
from newsletter.domain.publication import Newsletter
from newsletter.domain.subscriber import Subscriber
from newsletter.message.mime import Recipient, Wire
from newsletter.message.template import fill_html, fill_text
from newsletter.pictures import picture_library
from newsletter.pictures.local_addresses import with_local_pictures
from newsletter.tokens import throwaway_signer

NOBODY = Subscriber(address="reader@example.com")
"""A reader without a name, whose values are the defaults of merge fields."""

IMAGES = "images"
_KEY = "0" * 32
_MORNING = time(6)


def build_issue(
    newsletter: Newsletter, composed: Composed, edition: Edition, reader: Subscriber = NOBODY
) -> Mapping[str, bytes]:
    """Return an edition as HTML, plain text and an email message, by the file names' endings: html, txt and eml.

    The HTML shows its pictures from the folder ``images``, the message from their public addresses. The same issue and
    reader give the same bytes: the message is dated 06:00 on the issue's date.
    """
    issue, email = composed.issue, composed.compiled.email(edition)
    links = throwaway_signer().links(newsletter.base_url, issue.slug, votes=email.votes)(_KEY)
    values = links | reader.slot_values()
    recipient = Recipient(subscriber=0, key=_KEY, address=reader.address, values=values)
    date = datetime.combine(issue.date, _MORNING, tzinfo=newsletter.zone)
    return {
        "html": with_local_pictures(fill_html(email.html, values), newsletter.pictures_url, IMAGES).encode(),
        "txt": fill_text(email.text, values).encode(),
        "eml": Wire(email, date).message(recipient),
    }


def pictures_to_build(root: Path, pictures: Iterable[Picture]) -> Mapping[str, bytes]:
    """Return the pictures of a built issue by their paths, relative to its HTML file."""
    contents = {f"{IMAGES}/{picture.name}": picture_library(root).content(picture.name) for picture in pictures}
    return {path: content for path, content in contents.items() if content is not None}
