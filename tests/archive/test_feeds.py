"""Feeds follow their specifications with any content, and agree with each other."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from newsletter.archive import feeds
from newsletter.archive.feeds import ATOM, CONTENT, DC, Feed, Item
from newsletter.domain.issue import Correction
from tests import make
from tests.archive import archives

OWN = "https://news.example.org/atom.xml"
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
A = f"{{{ATOM}}}"


def feed(**changes: Any) -> Feed:
    item = Item(
        url="https://news.example.org/issues/2026-11-23/#night-train",
        title="The night train & <others>",
        summary="A summary of <others>.",
        html="<p>It is <em>late</em>.</p>",
        language="en-GB",
        published=make.WHEN,
        updated=make.WHEN,
        piece="https://example.org/night-train?a=1&b=2",
        author="Ada Writer",
        topics=("Railways",),
    )
    values: dict[str, Any] = {
        "title": "The Daily Test",
        "home": "https://news.example.org/",
        "publisher": "The Daily Test",
        "language": "en-GB",
        "updated": make.WHEN,
        "items": [item],
    }
    return Feed(**(values | changes))


def test_an_atom_feed_has_everything_rfc_4287_requires() -> None:
    root = etree.fromstring(feeds.atom(feed(), OWN))
    assert root.tag == f"{A}feed"
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "en-GB"
    # §4.1.1: exactly one id, title and updated; an author; a link that is the feed itself.
    assert [len(root.findall(A + name)) for name in ("id", "title", "updated")] == [1, 1, 1]
    assert root.findtext(f"{A}author/{A}name") == "The Daily Test"
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{A}link")}
    assert links == {"self": OWN, "alternate": "https://news.example.org/"}
    # §4.1.2: each entry likewise, and it has content or an alternate link.
    (entry,) = root.findall(f"{A}entry")
    assert [len(entry.findall(A + name)) for name in ("id", "title", "updated", "content")] == [1, 1, 1, 1]
    assert entry.findtext(f"{A}title") == "The night train & <others>"
    assert entry.find(f"{A}content").get("type") == "html"
    assert entry.findtext(f"{A}content") == "<p>It is <em>late</em>.</p>"
    assert entry.find(f"{A}link[@rel='related']").get("href") == "https://example.org/night-train?a=1&b=2"
    assert all(RFC3339.fullmatch(stamp.text) for stamp in root.iter(f"{A}updated", f"{A}published"))


def test_an_rss_feed_has_everything_its_specification_requires() -> None:
    root = etree.fromstring(feeds.rss(feed(), OWN))
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    channel = root.find("channel")
    assert [channel.findtext(name) for name in ("title", "link", "language")] == [
        "The Daily Test",
        "https://news.example.org/",
        "en-GB",
    ]
    assert channel.findtext("description")
    assert channel.find(f"{A}link").get("href") == OWN
    (item,) = channel.findall("item")
    assert item.findtext("guid") == item.findtext("link") == "https://news.example.org/issues/2026-11-23/#night-train"
    assert parsedate_to_datetime(item.findtext("pubDate")) == make.WHEN
    assert item.findtext(f"{{{DC}}}creator") == "Ada Writer"
    assert item.findtext("description") == "A summary of &lt;others&gt;."
    assert item.findtext(f"{{{CONTENT}}}encoded") == "<p>It is <em>late</em>.</p>"


def test_a_json_feed_has_everything_version_1_1_requires() -> None:
    whole = json.loads(feeds.json_feed(feed(), OWN))
    assert whole["version"] == "https://jsonfeed.org/version/1.1"
    assert (whole["title"], whole["feed_url"]) == ("The Daily Test", OWN)
    (item,) = whole["items"]
    assert item["id"] == item["url"]
    assert item["external_url"] == "https://example.org/night-train?a=1&b=2"
    assert item["content_html"] == "<p>It is <em>late</em>.</p>"
    assert RFC3339.fullmatch(item["date_published"])
    assert (item["authors"], item["tags"]) == ([{"name": "Ada Writer"}], ["Railways"])


@given(st.text(), st.text())
def test_a_feed_with_any_text_is_well_formed(title: str, html: str) -> None:
    odd = Item(
        url=OWN,
        title=title,
        summary=title,
        html=html,
        language="en",
        published=make.WHEN,
        updated=make.WHEN,
        author=title,
    )
    made = feed(title=title, publisher=title, items=[odd])
    kept = re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", html).replace("\r\n", "\n")
    read = etree.fromstring(feeds.atom(made, OWN)).findtext(f"{A}entry/{A}content") or ""
    assert read.replace("\r\n", "\n").replace("\r", "\n") == kept.replace("\r", "\n")
    assert etree.fromstring(feeds.rss(made, OWN)).tag == "rss"
    assert json.loads(feeds.json_feed(made, OWN))["items"][0]["id"] == OWN


def test_all_feed_formats_have_the_same_items_and_corrections() -> None:
    correction = Correction(date=datetime(2026, 11, 24, tzinfo=UTC).date(), text="It was *ten*.", entry="b")
    archive = archives.archive(archives.issue(20, "a"), archives.issue(21, "b", corrections=(correction,)))
    with archives.pages(archive) as pages:
        for topic, first in ((None, "/issues/2026-11-21/"), ("nato", "/issues/2026-11-21/#b")):
            atom, rss, form = (pages.feed(name, topic) for name in ("atom.xml", "rss.xml", "feed.json"))
            assert atom is not None
            assert rss is not None
            assert form is not None
            root, channel = etree.fromstring(atom.body), etree.fromstring(rss.body).find("channel")
            items = json.loads(form.body)["items"]
            ids = [item["id"] for item in items]
            assert ids[0] == f"https://news.example.org{first}"
            assert len(ids) == 2
            assert ids == [element.findtext(f"{A}id") for element in root.findall(f"{A}entry")]
            assert ids == [element.findtext("guid") for element in channel.findall("item")]
            assert "It was <em>ten</em>." in items[0]["content_html"]
            assert items[0]["date_modified"] > items[0]["date_published"]
            assert root.findtext(f"{A}updated") == items[0]["date_modified"]
        assert pages.feed("atom.xml", "nowhere") is None
        assert pages.feed("evil.xml") is None


def test_feeds_introduce_the_newsletter_with_its_description_and_picture() -> None:
    about = {"description": "One long read.", "picture": "https://elsewhere.example.org/lamp.jpg"}
    of = archives.archive(archives.issue(21, "b"), newsletter=make.newsletter(**about))
    with archives.pages(of) as pages:
        bodies = {name: page.body for name in ("atom.xml", "rss.xml", "feed.json") if (page := pages.feed(name))}
    atom = etree.fromstring(bodies["atom.xml"])
    assert [atom.findtext(f"{{{ATOM}}}{name}") for name in ("subtitle", "logo")] == list(about.values())
    (channel,) = etree.fromstring(bodies["rss.xml"])
    assert channel.findtext("description") == about["description"]
    assert [element.text for element in channel.find("image")] == [
        about["picture"],
        "The Daily Test",
        "https://news.example.org/",
    ]
    data = json.loads(bodies["feed.json"])
    assert (data["description"], data["icon"]) == tuple(about.values())


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("atom.xml", lambda body: etree.fromstring(body).findall(f"{A}entry")),
        ("rss.xml", lambda body: etree.fromstring(body).findall("channel/item")),
        ("feed.json", lambda body: json.loads(body)["items"]),
    ],
)
def test_the_feed_of_an_empty_archive_has_no_items(name: str, items: Callable[[bytes], list[Any]]) -> None:
    with archives.pages(archives.archive()) as pages:
        page = pages.feed(name)
        assert page is not None
        assert items(page.body) == []


def test_an_issue_in_another_language_is_marked_in_every_feed() -> None:
    newsletter = make.newsletter(language="en", other_languages=("de",))
    two = archives.archive(archives.issue(20, "a"), archives.issue(21, "b", language="de"), newsletter=newsletter)
    with archives.pages(two) as pages:
        atom, rss, written = (pages.feed(name) for name in ("atom.xml", "rss.xml", "feed.json"))
    assert atom
    assert rss
    assert written
    entries = etree.fromstring(atom.body).findall(f"{A}entry")
    assert [entry.get(feeds.LANG) for entry in entries] == ["de", None]
    assert [entry.find(f"{A}link").get("hreflang") for entry in entries] == ["de", "en"]
    assert [item.findtext(f"{{{DC}}}language") for item in etree.fromstring(rss.body).iter("item")] == ["de", None]
    assert [item.get("language") for item in json.loads(written.body)["items"]] == ["de", None]
