"""Tracked links: one per link of an entry, in HTML and text, and the original links for the browser."""

import json
import re
from dataclasses import replace
from email import policy
from email.parser import BytesParser
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter import rendering
from newsletter.domain.blocks import BlockKind, ListedLink
from newsletter.domain.issue import Issue, Passage, PassageKind, Section
from newsletter.domain.publication import Newsletter
from newsletter.domain.tracking import TrackingLevel, TrackingSettings
from newsletter.message.compiled_issue import CompiledIssue
from newsletter.message.link_tracking import with_tracking, without_tracking
from newsletter.message.mime import Wire
from newsletter.message.template import fill_html, fill_text
from newsletter.tokens import Signer
from tests import make
from tests.message_checklist import complaints

BASE = "https://news.example.org"


def issue() -> Issue:
    """Return an issue of two entries, one with a query in its URL, and links in the text of each."""
    prose = (Passage(kind=PassageKind.FRAMING, markdown="See [the map](https://example.net/map).", line=9),)
    first = make.entry("night-train", url="https://example.org/train?a=1&b=2", passages=prose)
    second = make.entry("good-soil", url="https://example.org/soil", passages=prose)
    return make.issue(first, second)


def newsletter(**rules: object) -> Newsletter:
    return make.newsletter(base_url=BASE, counting=TrackingSettings(**rules))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> CompiledIssue:
    """Compile the issue without tracking."""
    plain = newsletter()
    return rendering.compile_issue(issue(), plain, rendering.load_theme(tmp_path_factory.mktemp("x"), plain))


def bodies(made: CompiledIssue) -> tuple[str, str]:
    """Return the HTML and the text of a real message to a reader."""
    signer = Signer(make.SECRET)
    values = signer.links(BASE, made.issue, naming=True)(make.recipient().key)
    recipient = make.recipient()
    message = Wire(made.email(), make.WHEN).message(replace(recipient, values={**recipient.values, **values}))
    assert complaints(message) == []
    parsed = BytesParser(policy=policy.default).parsebytes(message)
    html, text = (parsed.get_body((kind,)) for kind in ("html", "plain"))
    assert html is not None
    assert text is not None
    return html.get_content(), text.get_content()


def hrefs(html: str) -> list[str]:
    return re.findall(r'<a\b[^>]*\shref="([^"]+)"', html)


def test_an_issue_without_counting_is_unchanged(compiled: CompiledIssue) -> None:
    assert with_tracking(compiled, issue(), newsletter()) is compiled


def test_an_address_with_brackets_is_counted_whole(tmp_path: Path) -> None:
    plain, odd = newsletter(), make.issue(make.entry(url='https://example.org/?q=a>b"c'), note="")
    made = rendering.compile_issue(odd, plain, rendering.load_theme(tmp_path, plain))
    tracked = with_tracking(made, odd, newsletter(clicks=TrackingLevel.AGGREGATE))
    assert [link.url for link in tracked.links] == ["https://example.org/?q=a%3Eb%22c"]
    _, text = bodies(tracked)
    assert f"<{BASE}/c/{odd.slug}/1>" in text.split()
    assert "example.org/?q" not in text


def test_each_link_is_counted_once_for_its_entry(compiled: CompiledIssue) -> None:
    made = with_tracking(compiled, issue(), newsletter(clicks=TrackingLevel.AGGREGATE))
    assert [(link.number, link.url, link.entry, link.position) for link in made.links] == [
        (1, "https://example.org/train?a=1&b=2", "night-train", 1),
        (2, "https://example.org/soil", "good-soil", 2),  # from the contents
        (3, "https://example.net/map", "night-train", 1),
        (4, "https://example.net/map", "good-soil", 2),
    ]
    html, text = bodies(made)
    assert "example.net/map" not in html + text
    counted = set(re.findall(rf"{BASE}/c/2026-11-23/(\d+)", html))
    assert counted == {"0", "1", "2", "3", "4"}
    assert set(re.findall(r"/c/2026-11-23/(\d+)>", text)) == {"1", "2", "3", "4"}
    assert "/o/" not in html
    assert f"{BASE}/unsubscribe/2026-11-23/" in html


def test_links_of_blocks_belong_to_no_entry_and_have_the_topics_of_their_block(tmp_path: Path) -> None:
    entry = make.entry("night-train", url="https://example.org/train", passages=(), topics=("Asia",))
    note = make.block(BlockKind.NOTE, text="[A](https://example.org/a)")
    paid = make.block(BlockKind.SPONSOR, url="https://example.org/b", text="B", topics=("NATO",))
    links = make.block(BlockKind.LINKS, links=(ListedLink(title="C", url="https://example.org/c"),))
    sections = (Section(title="Travel", items=(entry, note)), Section(title=None, items=(paid, links)))
    made, rules = make.issue(sections=sections), newsletter(clicks=TrackingLevel.AGGREGATE)
    tracked = with_tracking(rendering.compile_issue(made, rules, rendering.load_theme(tmp_path, rules)), made, rules)
    assert [(link.url[-5:], link.entry, link.position, link.topics) for link in tracked.links] == [
        ("train", "night-train", 1, ("asia",)),
        ("org/a", "", 0, ()),
        ("org/b", "", 0, ("nato",)),
        ("org/c", "", 0, ()),
    ]


def test_the_same_url_counts_for_each_entry_and_block_that_has_it(tmp_path: Path) -> None:
    url = "https://example.org/tea"
    sections = (
        Section(title="Tea", items=(make.block(BlockKind.NOTE, text=f"[Tea]({url})"), make.entry("tea", url=url))),
        Section(
            title=None,
            items=(
                make.block(BlockKind.LINKS, links=(ListedLink(title="A", url=url),), topics=("NATO",)),
                make.block(BlockKind.SPONSOR, url=url, text="B", topics=("Science",)),
            ),
        ),
    )
    made, rules = make.issue(sections=sections), newsletter(clicks=TrackingLevel.AGGREGATE)
    tracked = with_tracking(rendering.compile_issue(made, rules, rendering.load_theme(tmp_path, rules)), made, rules)
    links = {(link.entry, link.position): link for link in tracked.links}
    assert links["tea", 1].topics == tuple(
        make.newsletter().topics.resolve(name).slug for name in made.entries[0].topics
    )
    assert sorted(link.topics for link in tracked.links if not link.entry) == [(), ("nato",), ("science",)]
    assert {link.url for link in tracked.links} == {url}
    assert CompiledIssue.from_json(tracked.to_json()) == tracked


def test_a_send_frozen_before_parts_named_their_item_gives_the_same_email(compiled: CompiledIssue) -> None:
    raw = json.loads(compiled.to_json())
    for name in ("html", "text"):
        raw[name] = [[template, entries, *([least] if least else [])] for template, entries, least, _ in raw[name]]
    frozen = CompiledIssue.from_json(json.dumps(raw))
    assert {part.item for part in (*frozen.html, *frozen.text)} == {None}
    assert frozen.email((1,)) == compiled.email((1,))


def test_a_link_whose_text_is_a_url_keeps_its_target(tmp_path: Path) -> None:
    words = (
        "<https://example.net/a?b=1&c=2>, [**www.example.net**](https://example.net/), [a www](https://example.net/x)"
    )
    plain = newsletter()
    tracked = make.issue(
        make.entry("night-train", passages=(Passage(kind=PassageKind.FRAMING, markdown=words, line=9),))
    )
    before = rendering.compile_issue(tracked, plain, rendering.load_theme(tmp_path, plain))
    made = with_tracking(before, tracked, newsletter(clicks=TrackingLevel.AGGREGATE))
    html, _ = bodies(made)
    assert [url for url in hrefs(html) if "example.net" in url] == [
        "https://example.net/a?b=1&amp;c=2",
        "https://example.net/",
    ]
    assert "https://example.net/x" in [link.url for link in made.links]
    tagged, _ = bodies(with_tracking(before, tracked, newsletter(utm_source="t")))
    assert "https://example.net/a?b=1&amp;c=2&amp;utm_source=t" in tagged


def test_a_message_with_individual_counting_identifies_its_reader_but_not_the_address(compiled: CompiledIssue) -> None:
    made = with_tracking(compiled, issue(), newsletter(clicks=TrackingLevel.INDIVIDUAL, opens=TrackingLevel.INDIVIDUAL))
    html, text = bodies(made)
    signer = Signer(make.SECRET)
    tokens = set(re.findall(r"/c/2026-11-23/[1-9]\d*/([\w-]{48})", html + text))
    tokens |= set(re.findall(r"/o/2026-11-23/([\w-]{48})\.gif", html))
    (token,) = tokens
    assert signer.verify_reader("2026-11-23", token) == make.recipient().key
    assert make.recipient().address not in html


@pytest.mark.parametrize("clicks", TrackingLevel)
@pytest.mark.parametrize("opens", TrackingLevel)
def test_the_browser_version_has_the_original_links(
    compiled: CompiledIssue, clicks: TrackingLevel, opens: TrackingLevel
) -> None:
    made = with_tracking(compiled, issue(), newsletter(clicks=clicks, opens=opens))
    values = Signer(make.SECRET).links(BASE, "2026-11-23", naming=True)(make.recipient().key)
    before = fill_html(compiled.email().html, values)
    assert without_tracking(fill_html(made.email().html, values), made) == before


def test_utm_parameters_are_added_to_external_links(compiled: CompiledIssue) -> None:
    made = with_tracking(compiled, issue(), newsletter(utm_source="the-test"))
    assert made.links == ()
    html, text = bodies(made)
    (train, *_) = [url for url in hrefs(html) if "train" in url]
    wanted = {"utm_source": ["the-test"], "utm_medium": ["email"], "utm_campaign": ["2026-11-23"]}
    assert parse_qs(urlsplit(train.replace("&amp;", "&")).query) == {"a": ["1"], "b": ["2"]} | wanted
    assert "utm_" not in "".join(url for url in hrefs(html) if url.startswith(BASE))
    assert "<https://example.org/soil?utm_source=the-test&utm_medium=email&utm_campaign=2026-11-23>" in text


def test_a_url_keeps_its_own_parameters(tmp_path: Path) -> None:
    own = "https://example.org/a?utm_source=elsewhere#part"
    plain, tracked = newsletter(), make.issue(make.entry("night-train", url=own))
    theme = rendering.load_theme(tmp_path, plain)
    made = with_tracking(
        rendering.compile_issue(tracked, plain, theme),
        tracked,
        newsletter(clicks=TrackingLevel.AGGREGATE, utm_source="the-test"),
    )
    assert made.links[0].url == own


@settings(max_examples=30, deadline=None)
@given(
    path=st.text(
        st.characters(codec="ascii", categories=("L", "N", "P", "S"), exclude_characters='<>"\\^`{|}'), max_size=60
    )
)
def test_any_url_is_restored_unchanged(tmp_path_factory: pytest.TempPathFactory, path: str) -> None:
    plain = newsletter()
    tracked = make.issue(make.entry("night-train", url=f"https://example.org/{path}"))
    theme = rendering.load_theme(tmp_path_factory.getbasetemp(), plain)
    before = rendering.compile_issue(tracked, plain, theme)
    made = with_tracking(before, tracked, newsletter(clicks=TrackingLevel.INDIVIDUAL, opens=TrackingLevel.AGGREGATE))
    values = {"links.reader": "x" * 48}
    assert without_tracking(fill_html(made.email().html, values), made) == fill_html(before.email().html, values)
    assert fill_text(made.email().subject, {}) == fill_text(before.email().subject, {})
