"""The files of an issue that its editor looks at."""

from datetime import date
from email import message_from_bytes, policy

from newsletter import composing
from newsletter.checks import CheckContext
from newsletter.composing import Composed
from newsletter.domain.subscriber import Subscriber
from newsletter.publishing.build_issue import build_issue, pictures_to_build
from newsletter.settings import Settings
from tests.newsletter_folder import write_issue
from tests.pictures.drawings import bring_along, decoded


def composed(settings: Settings) -> Composed:
    issue = write_issue(settings.root, date(2026, 11, 23), "train", "clock", more="tailored: true\n")
    return composing.compose(settings.root, settings.newsletter, issue.slug, CheckContext(segments=settings.segments))


def test_building_the_same_issue_twice_gives_the_same_bytes(settings: Settings) -> None:
    issue = composed(settings)
    built = build_issue(settings.newsletter, issue, issue.compiled.full)
    assert set(built) == {"html", "txt", "eml"}
    assert built == build_issue(settings.newsletter, composed(settings), issue.compiled.full)


def test_the_message_is_dated_by_the_issue_and_addressed_to_the_reader(settings: Settings) -> None:
    issue = composed(settings)
    built = build_issue(settings.newsletter, issue, issue.compiled.full, Subscriber(address="ada@example.com"))
    message = message_from_bytes(built["eml"], policy=policy.default)
    assert message["To"] == "ada@example.com"
    assert message["Date"].datetime.isoformat() == "2026-11-23T06:00:00+01:00"


def test_an_edition_has_only_its_entries(settings: Settings) -> None:
    issue = composed(settings)
    built = build_issue(settings.newsletter, issue, (1,))
    for ending in ("html", "txt"):
        assert b"About clock" in built[ending]
        assert b"About train" not in built[ending]


def test_the_html_shows_its_pictures_offline_and_the_message_by_their_address(settings: Settings) -> None:
    bring_along(settings.root, "harbour.jpg")
    more = "overrides:\n  train:\n    image: harbour.jpg\n    image_alt: Boats\n"
    issue = write_issue(settings.root, date(2026, 11, 23), "train", more=more)
    drawn = composing.compose(settings.root, settings.newsletter, issue.slug, CheckContext(segments=settings.segments))
    (picture,) = drawn.pictures
    built = build_issue(settings.newsletter, drawn, drawn.compiled.full)
    assert f'src="images/{picture.name}"' in built["html"].decode()
    message = message_from_bytes(built["eml"], policy=policy.default).get_body(("html",))
    assert message is not None
    assert f'src="https://news.daily.example/images/{picture.name}"' in message.get_content()
    (path, content), *others = pictures_to_build(settings.root, drawn.pictures).items()
    assert (path, others) == (f"images/{picture.name}", [])
    assert decoded(content).size == (picture.width, picture.height)
