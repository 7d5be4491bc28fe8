"""Small valid values for tests. Keyword arguments set the fields that a test is about."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from newsletter.domain.addresses import Mailbox
from newsletter.domain.blocks import Block, BlockKind, ListedLink
from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.domain.edition import Tailor
from newsletter.domain.issue import Entry, Issue, Item, Passage, PassageKind, Section
from newsletter.domain.pictures import Picture, UnusablePicture
from newsletter.domain.publication import Newsletter
from newsletter.domain.topics import Topic, Topics
from newsletter.message.compiled_issue import CompiledIssue, IssuePart
from newsletter.message.mime import Email, Letter, Recipient, Wire
from newsletter.message.template import Slot
from newsletter.providers import Provider
from newsletter.sending import SendContext
from newsletter.tokens import Signer

SECRET = "a secret that only the tests know"
KEY = "0123456789abcdef0123456789abcdef"
SENDER = "editors@news.example.org"
WHEN = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)


def topics() -> Topics:
    """Return the topics Asia > Afghanistan, and NATO with an alias."""
    return Topics(
        [
            Topic(slug="asia", name="Asia"),
            Topic(slug="afghanistan", name="Afghanistan", parent="asia"),
            Topic(slug="nato", name="NATO", aliases=("North Atlantic Treaty Organization",)),
        ]
    )


def newsletter(**changes: Any) -> Newsletter:
    """Return a newsletter called The Daily Test."""
    values: dict[str, Any] = {
        "name": "The Daily Test",
        "sender": Mailbox(address=SENDER, name="The Daily Test"),
        "postal_address": "1 Test Street, 12345 Testville",
        "base_url": "https://news.example.org",
        "topics": topics(),
    }
    return Newsletter(**(values | changes))


def entry(slug: str = "night-train", **changes: Any) -> Entry:
    """Return an entry with a framing and a quotation."""
    values: dict[str, Any] = {
        "slug": slug,
        "title": f"About {slug}",
        "url": f"https://example.org/review/{slug}",
        "source": "The Review",
        "author": "Ada Writer",
        "topics": ("Afghanistan", "NATO"),
        "passages": (
            Passage(kind=PassageKind.FRAMING, markdown="A short *framing*, which says:", line=9),
            Passage(kind=PassageKind.QUOTATION, markdown="[The] words, . . . as they stood.", line=11),
        ),
        "path": f"issues/entries/{slug}.md",
    }
    return Entry(**(values | changes))


def block(kind: BlockKind = BlockKind.NOTE, **changes: Any) -> Block:
    """Return a block with everything that its kind needs."""
    values: dict[BlockKind, dict[str, Any]] = {
        BlockKind.NOTE: {"text": "A *word* between, {{ subscriber.first_name | default('reader') }}."},
        BlockKind.LINKS: {
            "title": "Also seen",
            "links": (ListedLink(title="A museum of gloves", url="https://example.org/gloves", source="The Review"),),
        },
        BlockKind.QUOTE: {"text": "A timetable is a promise.", "who": "Ada Writer", "where": "The Review"},
        BlockKind.SPONSOR: {
            "title": "The Kettle & Leaf",
            "text": "Teas for *long* journeys.",
            "url": "https://example.org/tea",
            "in_feeds": False,
        },
        BlockKind.IMAGE: {
            "image": "https://example.org/images/river.jpg",
            "image_alt": "A pencil drawing of a river",
            "text": "The *river*.",
        },
    }
    return Block(kind=kind, **({"path": "issues/2026-11-23.md"} | values[kind] | changes))


def no_picture(name: str) -> Picture | UnusablePicture:
    """Stand in for the look-up of a newsletter without pictures of its own."""
    raise AssertionError(name)


def issue(*items: Item, **changes: Any) -> Issue:
    """Return an issue with one section of these entries and blocks, or of a single default entry."""
    values: dict[str, Any] = {
        "slug": "2026-11-23",
        "date": date(2026, 11, 23),
        "number": 7,
        "subject": "Night trains and other quiet things",
        "preheader": "What a timetable can teach.",
        "sections": (Section(title=None, items=items or (entry(),)),),
        "note": 'Good morning, {{ subscriber.first_name | default("reader") }}.',
        "path": "issues/2026-11-23.md",
    }
    return Issue(**(values | changes))


def email(**changes: Any) -> Email:
    """Return a compiled email with a reader's value in every part."""
    name = Slot("subscriber.first_name", "reader")
    values: dict[str, Any] = {
        "issue": "2026-11-23",
        "newsletter": "The Daily Test",
        "sender": Mailbox(address=SENDER, name="The Daily Test"),
        "reply_to": None,
        "list_id": "the-daily-test.news.example.org",
        "subject": ("Good morning, ", name),
        "preheader": ("For ", name),
        "html": ("<p>Hello ", name, '. <a href="', Slot("links.unsubscribe"), '">Unsubscribe</a></p>\n'),
        "text": ("Hello ", name, ".\n\n<", Slot("links.unsubscribe"), ">\n"),
    } | changes
    return Email(html_parts=(values.pop("html"),), text_parts=(values.pop("text"),), **values)


def compiled(**changes: Any) -> CompiledIssue:
    """Return the same email as a compiled issue of one entry; keyword arguments are those of ``email``."""
    links = changes.pop("links", ())
    full = email(**changes)
    return CompiledIssue(
        issue=full.issue,
        newsletter=full.newsletter,
        sender=full.sender,
        reply_to=full.reply_to,
        list_id=full.list_id,
        subject=full.subject,
        preheader=full.preheader,
        html=tuple(IssuePart(template=template) for template in full.html_parts),
        text=tuple(IssuePart(template=template) for template in full.text_parts),
        titles=("About night-train",),
        links=links,
    )


def tailor(**changes: Any) -> Tailor:
    """Return a tailor of the same issue that gives every reader the full issue."""
    return Tailor(issue(**changes), topics(), None)


def send_context(provider: Provider, name: str = "test", **changes: Any) -> SendContext:
    """Return everything a send needs to deliver mail by a provider; keyword arguments are fields of the context."""
    values: dict[str, Any] = {
        "provider": provider,
        "provider_name": name,
        "signer": Signer(SECRET),
        "base_url": "https://news.example.org",
    }
    return SendContext(**(values | changes))


def submitted(subscriber: int) -> Receipt:
    """Return the receipt of an accepted message."""
    return Receipt(subscriber=subscriber, status=DeliveryStatus.SUBMITTED)


def letters(wire: Wire, recipients: Iterable[Recipient]) -> list[Letter]:
    """Return letters to these recipients with the same wire."""
    return [Letter(wire, recipient) for recipient in recipients]


def recipient(number: int = 1, **values: str) -> Recipient:
    """Return a recipient with links; keyword arguments are ``subscriber.…`` values."""
    key = f"{number:032x}"
    links = Signer(SECRET).links("https://news.example.org", "2026-11-23")(key)
    return Recipient(
        subscriber=number,
        key=key,
        address=f"reader{number}@example.com",
        values=links | {f"subscriber.{name}": value for name, value in values.items()},
    )
