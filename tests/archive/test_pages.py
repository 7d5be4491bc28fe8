"""Every page by its path, its content, and the same pages as files."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from html import unescape
from pathlib import Path

import pytest
from lxml import etree, html

from newsletter import rendering
from newsletter.archive import Cards, Page, build
from newsletter.archive.pages import PAGE_SIZE
from newsletter.archive.search import SearchIndex
from newsletter.archive.static_export import ArchiveBusyError, ForeignFilesError
from newsletter.domain.blocks import BlockKind, ListedLink
from newsletter.domain.issue import Correction, Issue, Passage, PassageKind
from newsletter.domain.publication import ThemeSettings
from newsletter.domain.topics import Topic, Topics
from tests import make
from tests.archive import archives
from tests.pictures.drawings import bring_along

WHOLE = archives.archive(
    archives.issue(20, *(f"a{number}" for number in range(PAGE_SIZE + 1)), topics=("Afghanistan",)),
    archives.issue(21, "b", corrections=(Correction(date=make.WHEN.date(), text="*Ten*, not nine.", entry="b"),)),
)


def links(page: Page) -> set[str]:
    """Return the page's links below the newsletter's base URL."""
    tree = html.fromstring(page.body.decode())
    pictures = tree.xpath("//meta[@property='og:image']/@content")
    own = [str(url).removeprefix("https://news.example.org") for url in pictures]
    return {str(href).partition("#")[0] for href in (*tree.xpath("//@href"), *own) if str(href).startswith("/")} - {""}


def test_every_link_leads_to_a_page_and_every_page_is_linked() -> None:
    with archives.pages(WHOLE, searching=False) as pages:
        made = {page.path: page for page in pages.all_pages()}
        led = set().union(*(links(page) for page in made.values() if page.kind.startswith("text/html")))
    served = {"/subscribe", "/help", "/favicon.ico", "/favicon.svg"}
    crawled = {"/robots.txt", "/sitemap.xml"}
    assert {path for path in led - served if not path.startswith("/style-")} == set(made) - crawled


def test_the_sitemap_has_every_page_with_its_date_of_change() -> None:
    with archives.pages(WHOLE, searching=False) as pages:
        readable = {page.path for page in pages.all_pages() if page.kind.startswith("text/html")}
        root = etree.fromstring(pages.sitemap().body)
    space = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    listed = [loc.removeprefix(WHOLE.newsletter.base_url) for loc in root.xpath("s:url/s:loc/text()", namespaces=space)]
    assert sorted(listed) == sorted(readable)
    number = WHOLE.issues[0]
    (changed,) = root.xpath(
        f"s:url[contains(s:loc, '/issues/{number.issue.slug}/')]/s:lastmod/text()", namespaces=space
    )
    assert datetime.fromisoformat(changed) == number.updated


def test_an_issues_page_has_no_readers_data_and_has_metadata_for_machines() -> None:
    with archives.pages(WHOLE) as pages:
        page = pages.issue("2026-11-21")
    assert page is not None
    text = page.body.decode()
    tree = html.fromstring(text)
    url = "https://news.example.org/issues/2026-11-21/"
    assert tree.xpath("//link[@rel='canonical']/@href") == [url]
    graph = {str(meta.get("property")): str(meta.get("content")) for meta in tree.xpath("//meta[@property]")}
    assert graph["og:type"] == "article"
    assert (graph["og:title"], graph["og:url"]) == ("Night trains and other quiet things", url)
    assert graph["og:description"] == "What a timetable can teach."
    data = json.loads(tree.xpath("//script[@type='application/ld+json']/text()")[0])
    assert (data["@context"], data["@type"], data["headline"]) == (
        "https://schema.org",
        "Article",
        "Night trains and other quiet things",
    )
    assert data["isPartOf"] == {
        "@type": "PublicationIssue",
        "issueNumber": "7",
        "datePublished": "2026-11-21",
        "isPartOf": {"@type": "Periodical", "name": "The Daily Test", "url": "https://news.example.org/"},
    }
    publisher = {"@type": "Organization", "name": "The Daily Test", "url": "https://news.example.org/"}
    assert (data["author"], data["publisher"]) == (publisher, publisher)
    assert data["datePublished"] < data["dateModified"]
    card = graph["og:image"]
    assert data["image"] == [card]
    assert re.fullmatch(r"https://news\.example\.org/cards/2026-11-21-[0-9a-f]{16}\.png", card)
    assert (graph["og:image:width"], graph["og:image:height"]) == ("1200", "630")
    assert graph["og:image:alt"] == "The Daily Test, Saturday, November 21, 2026: Night trains and other quiet things"
    assert data["correction"] == [
        {"@type": "CorrectionComment", "text": "Ten, not nine.", "datePublished": "2026-11-23"}
    ]
    assert "Good morning, <bdi>reader</bdi>." in text
    assert "{{" not in text
    assert "<em>Ten</em>, not nine." in text
    assert "<blockquote" in text
    assert "style=" not in text
    assert tree.xpath("//section[@id='b']//a/@href")[:2] == ["https://example.org/review/b", "#corrections"]
    assert tree.xpath("//section[@class='corrections']//a[@href='#b']")[0].text_content() == "About b"
    assert tree.xpath("//h2[@id='corrections']/text()") == ["Correction"]


def test_no_page_or_feed_has_the_address_of_an_entrys_owner() -> None:
    owned = make.issue(make.entry("owned", by="owner@example.org"), slug="2026-11-22", date=date(2026, 11, 22))
    with archives.pages(archives.archive(owned)) as pages:
        made = list(pages.all_pages())
    assert any("About owned" in page.body.decode("utf-8", "replace") for page in made)
    assert [page.path for page in made if b"owner@" in page.body] == []
    assert {"/atom.xml", "/feed.json"} <= {page.path for page in made}


def test_a_page_is_small() -> None:
    with archives.pages(WHOLE) as pages:
        for page in (pages.front(), pages.topics(), pages.topic("asia"), pages.month("2026-11")):
            assert page is not None
            assert len(page.body) < 30 * 1024


def test_an_issues_page_adds_little_to_its_own_text() -> None:
    framing, quotation = "The editors say in two lines why it is worth reading. " * 2, "What it says itself. " * 7
    usual = (
        Passage(kind=PassageKind.FRAMING, markdown=framing, line=9),
        Passage(kind=PassageKind.QUOTATION, markdown=quotation, line=11),
    )
    slugs = [f"entry-number-{number}" for number in range(30)]
    topics = ("NATO", "Afghanistan")
    entries = [
        make.entry(slug, topics=topics, url=f"https://example.org/the-kerbstone/{slug}", passages=usual)
        for slug in slugs
    ]
    with archives.pages(archives.archive(make.issue(*entries))) as pages:
        page = pages.issue("2026-11-23")
    assert page is not None
    assert len(page.body) < 30 * 1024
    assert page.body.decode().count(quotation.strip()) == 30


def test_a_thousand_undeclared_topics_make_no_page_large() -> None:
    often = archives.issue(22, "a", topics=("Often", "NATO"))
    rare = make.entry("b", topics=(*(f"Topic number {number}" for number in range(1000)), "Often"))
    archive = archives.archive(often, make.issue(rare))
    assert [root.topic.name for root in archive.top_topics[:3]] == ["NATO", "Often", "Topic number 0"]
    with archives.pages(archive) as pages:
        assert len(pages.topics().body) < 30 * 1024
        assert len(pages.front().body) < 30 * 1024
        assert pages.topic("topic-number-999") is not None


def test_pages_and_feeds_of_a_renamed_topic_are_at_its_earlier_slug_too() -> None:
    topics = Topics([Topic(slug="asia", name="Asia", aliases=("Far East",))])
    entries = (f"a{number}" for number in range(PAGE_SIZE + 1))
    issue = archives.issue(20, *entries, topics=("Far East",))
    with archives.pages(archives.archive(issue, newsletter=make.newsletter(topics=topics))) as pages:
        made = {page.path: page for page in pages.all_pages() if page.path.startswith("/topics/asia/")}
        former = {page.path.replace("far-east", "asia"): page for page in pages.redirects()}
    assert former.keys() == made.keys()
    assert "/topics/asia/2/" in made
    for path, page in former.items():
        assert page.kind == made[path].kind
        if path.endswith("/"):
            leads = html.fromstring(page.body.decode()).xpath("//meta[@http-equiv='refresh']/@content")
            assert leads == [f"0; url=https://news.example.org{path}"]
        else:  # feed readers don't follow such a page
            assert page.body == made[path].body


def test_unknown_pages_do_not_exist() -> None:
    with archives.pages(WHOLE) as pages:
        assert pages.issue("2026-11-22") is None
        assert pages.month("2026-10") is pages.month("2026-1") is pages.month("../etc") is None
        assert pages.topic("nowhere") is pages.topic("asia", 0) is pages.topic("asia", 3) is None
        assert pages.topic("asia", 2) is not None
        assert pages.issue("2026-11-20/../2026-11-20") is None


def test_a_search_query_is_shown_escaped() -> None:
    with archives.pages(WHOLE) as pages:
        index = SearchIndex(WHOLE)
        text = pages.search_results(index, '"><script>', 7).body.decode()
        assert "<script>" not in text
        assert 'value="&#34;&gt;&lt;script&gt;"' in text
        second = pages.search_results(index, "about", 2).body.decode()
        assert f"{PAGE_SIZE + 2} results · Page 2 of 2" in second
        assert "Nothing contains" in pages.search_results(index, "zebra").body.decode()


def test_a_search_shows_blocks_with_their_issues() -> None:
    note = make.block(text="A *word* about moss, {{ subscriber.first_name | default('reader') }}. " + "Moss. " * 90)
    quote = make.block(BlockKind.QUOTE, text="Moss is patient.", who="Ada <Writer>")
    sent = archives.archive(
        archives.issue(20), make.issue(note, quote, make.block(BlockKind.LINKS), subject="Only {{ edition.count }}")
    )
    with archives.pages(sent) as pages:
        index = SearchIndex(sent)
        text = pages.search_results(index, "moss").body.decode()
        assert "2 results" in text
        assert '<a href="/issues/2026-11-23/">Only 0</a>' in text
        assert "A word about moss, reader." in text
        assert "…</p>" in text
        assert "Ada &lt;Writer&gt;</a>" in text
        assert "A museum of gloves" in pages.search_results(index, "gloves").body.decode()


def every_kind() -> Issue:
    """Return an issue with every kind of block, and an entry that says what awaits readers behind its link."""
    own = "https://news.example.org/pictures/river.jpg"
    return make.issue(
        make.entry(
            title="La marée",
            language="fr",
            label="listen",
            minutes=40,
            paywall=True,
            gift="https://example.org/gift",
        ),
        make.block(title="Before we go"),
        make.block(BlockKind.LINKS, slug="also-seen", text="Three *more*:"),
        make.block(BlockKind.QUOTE, url="https://example.org/said"),
        make.block(BlockKind.SPONSOR, title="Kettle & <Leaf>"),
        make.block(BlockKind.IMAGE, image=own),
        make.block(BlockKind.IMAGE, image="https://elsewhere.example.org/b.jpg", image_alt="Elsewhere"),
    )


def test_an_issues_page_and_its_feed_say_what_a_listed_link_leads_to() -> None:
    film = ListedLink(title="Slow water", url="https://example.org/film", kind="video")
    with archives.pages(archives.archive(make.issue(make.block(BlockKind.LINKS, links=(film,))))) as pages:
        page, atom = pages.issue("2026-11-23"), pages.feed("atom.xml")
    link = '<span class="source">video</span> <a href="https://example.org/film">Slow water</a>'
    assert page is not None
    assert link in page.body.decode()
    assert atom is not None
    assert link in unescape(atom.body.decode())


def test_a_listed_links_kind_is_in_the_issues_language() -> None:
    url = "https://example.org/film"
    links = tuple(ListedLink(title="Slow water", url=url, kind=kind) for kind in ("listen", "Video", "slides"))
    newsletter = make.newsletter(other_languages=("he",))
    issue = make.issue(make.block(BlockKind.LINKS, links=links), language="he")
    with archives.pages(archives.archive(issue, newsletter=newsletter)) as pages:
        page, atom = pages.issue("2026-11-23"), pages.feed("atom.xml")
    assert page is not None
    assert atom is not None
    for text in (page.body.decode(), unescape(atom.body.decode())):
        kinds = re.findall(r'<span class="source">(?:<bdi[^>]*>)?([^<]+)', text)
        assert kinds[:3] == ["האזנה", "וידאו", "slides"]


def test_excerpts_leave_tables_out() -> None:
    table = "\n\n| Line | Price |\n|---|---|\n| Beach | 2.40 |\n\n"
    framing = Passage(kind=PassageKind.FRAMING, markdown=f"A tram.{table}The end.")
    entry = make.entry("tram", topics=("NATO",), passages=(framing,))
    bare = make.entry("fares", topics=("NATO",), passages=(Passage(kind=PassageKind.FRAMING, markdown=table),))
    note = make.block(text=f"A tram note.{table}")
    sent = archives.archive(make.issue(entry, bare, note))
    with archives.pages(sent) as pages:
        topic = pages.topic("nato")
        assert topic is not None
        for text in (topic.body.decode(), pages.search_results(SearchIndex(sent), "tram").body.decode()):
            assert '<p class="taste">A tram. The end.</p>' in text
            assert "2.40" not in text
            assert '<p class="taste"></p>' not in text
        assert "A tram note.</p>" in text


def test_an_issues_page_has_its_blocks_in_order() -> None:
    with archives.pages(archives.archive(every_kind())) as pages:
        page = pages.issue("2026-11-23")
        assert page is not None
        text = page.body.decode()
    places = [
        text.index(piece)
        for piece in (
            '<h2 class="title" lang="fr" dir="ltr"><a href="https://example.org/gift">La marée</a></h2>',
            "· 40 min · Gift link</p>",
            '<blockquote lang="fr" dir="ltr">',
            '<a href="https://example.org/gift">Listen at The Review&nbsp;→</a>',
            '<h2 class="head">Before we go</h2>',
            "<p>A <em>word</em> between, <bdi>reader</bdi>.</p>",
            '<section class="entry block" id="also-seen">',
            '<a href="https://example.org/gloves">A museum of gloves</a> <span class="source">The Review</span>',
            '<blockquote class="quote"><p>A timetable is a promise.</p>',
            '<p class="who">— Ada Writer, <a href="https://example.org/said">The Review</a></p>',
            '<p class="tag">Advertisement</p>',
            '<a rel="sponsored" href="https://example.org/tea">Kettle &amp; &lt;Leaf&gt;</a>',
            '<img class="picture" src="https://news.example.org/pictures/river.jpg"',
            "<figcaption><p>The <em>river</em>.</p></figcaption>",
            '<a href="https://elsewhere.example.org/b.jpg">Elsewhere</a>',
        )
    ]
    assert places == sorted(places)


def test_feeds_have_all_blocks_but_sponsors_that_did_not_ask() -> None:
    issue = every_kind()
    asked = make.block(BlockKind.SPONSOR, title="Asked for", in_feeds=True)
    sections = (replace(issue.sections[0], items=(*issue.sections[0].items, asked)),)
    with archives.pages(archives.archive(replace(issue, sections=sections))) as pages:
        feed = pages.feed("feed.json")
        assert feed is not None
        html = json.loads(feed.body)["items"][0]["content_html"]
    for words in ("Before we go", "A museum of gloves", "A timetable is a promise", "The <em>river</em>", "40 min"):
        assert words in html
    assert "Kettle" not in html
    assert html.index("Advertisement") < html.index("Asked for")


def test_an_issue_of_blocks_only_is_on_every_page_that_lists_issues() -> None:
    only = make.issue(make.block(BlockKind.LINKS), subject="Links only")
    with archives.pages(archives.archive(only)) as pages:
        listed = [page.path for page in pages.all_pages() if "Links only" in page.body.decode(errors="ignore")]
    assert {"/", "/issues/2026-11-23/", "/months/2026-11/"} <= set(listed)


def test_images_on_other_hosts_are_not_loaded() -> None:
    own, other = "https://news.example.org/pictures/a.jpg", "https://elsewhere.example.org/b.jpg"
    tricky = "https://news.example.org.evil.example/c.jpg"
    entries = [make.entry(f"e{at}", image=url, image_alt="A") for at, url in enumerate((own, other, tricky))]
    with archives.pages(archives.archive(make.issue(*entries))) as pages:
        page = pages.issue("2026-11-23")
    assert page is not None
    text = page.body.decode()
    assert re.findall(r'<img[^>]* src="([^"]*)"', text) == [own]
    assert re.search(r'"image":\["https://news\.example\.org/cards/[^"]*",' + f'"{own}"', text)
    assert "elsewhere.example" not in text


def test_an_empty_archive_has_a_front_page() -> None:
    with archives.pages(archives.archive()) as pages:
        assert "hasn’t been sent yet" in pages.front().body.decode()
        assert {page.path for page in pages.all_pages() if not page.path.startswith("/cards/")} == {
            *("/", "/atom.xml", "/rss.xml", "/feed.json", "/robots.txt", "/sitemap.xml")
        }


def test_the_newsletter_introduces_itself_on_every_page() -> None:
    about = {"description": "One long read <b>.", "frequency": "Every weekday at 7"}
    newsletter = make.newsletter(**about, picture="https://elsewhere.example.org/lamp.jpg")
    with archives.pages(archives.archive(archives.issue(21, "b"), newsletter=newsletter)) as pages:
        front, topics = pages.front().body.decode(), pages.topics().body.decode()
    assert 'property="og:image" content="https://elsewhere.example.org/lamp.jpg"' in topics
    assert "og:image:width" not in topics
    data = json.loads(html.fromstring(front).xpath("//script[@type='application/ld+json']/text()")[0])
    assert (data["description"], data["image"]) == (about["description"], newsletter.picture)


def test_a_picture_brought_along_is_named_by_its_published_address(tmp_path: Path) -> None:
    bring_along(tmp_path, "lamp.jpg")
    for name, expected in (("lamp.jpg", "https://news.example.org/images/"), ("lost.jpg", None)):
        newsletter = make.newsletter(picture=name)
        prose = rendering.PageText(newsletter, rendering.load_theme(tmp_path, newsletter))
        picture = Cards(tmp_path, newsletter, prose).chosen
        assert (picture and picture.url.rpartition("/")[0] + "/") == expected
        assert picture is None or (picture.width, picture.height) == (1104, 552)


def test_an_issue_in_a_script_that_cards_lack_has_the_newsletters_picture() -> None:
    picture = "https://elsewhere.example.org/lamp.jpg"
    collected = archives.archive(
        archives.issue(21, "b", subject="夜行列车"),
        archives.issue(22, "c"),
        newsletter=make.newsletter(picture=picture),
    )
    with archives.pages(collected) as pages:
        shown = [getattr(pages.issue(f"2026-11-{day}"), "body", b"").decode() for day in (21, 22)]
    assert [f'property="og:image" content="{picture}"' in page for page in shown] == [True, False]


def test_a_cards_path_changes_with_what_it_shows() -> None:
    paths = set()
    for subject, accent in (("One", "#963a1c"), ("Two", "#963a1c"), ("One", "#123456")):
        newsletter = make.newsletter(theme=ThemeSettings(colors={"accent": accent}))
        with archives.pages(archives.archive(archives.issue(21, "b", subject=subject), newsletter=newsletter)) as pages:
            (card,) = [page for page in pages.all_pages() if page.path.startswith("/cards/2026-11-21-")]
            assert card.kind == "image/png"
            assert pages.card(card.path.removeprefix("/cards/")) == card
            paths.add(card.path)
            assert pages.card_path("2026-11-21-0123456789abcdef.png") == card.path
            for unknown in ("2026-11-22-0123456789abcdef.png", "2026-11-21.png", "x", "0123456789abcdef.jpg"):
                assert pages.card_path(unknown) is None
                assert pages.card(unknown) is None
    assert len(paths) == 3


def test_the_static_export_equals_the_pages_and_a_second_one_writes_only_changes(tmp_path: Path) -> None:
    folder = tmp_path / "public"
    pages = [Page(path="/", body=b"one"), Page(path="/issues/a/", body=b"a"), Page(path="/rss.xml", body=b"r")]
    assert build(folder, pages) == {"written": 3, "kept": 0, "removed": 0}
    assert (folder / "issues/a/index.html").read_bytes() == b"a"
    (folder / "CNAME").write_text("the host's own")
    again = [Page(path="/", body=b"two"), Page(path="/rss.xml", body=b"r")]
    assert build(folder, again) == {"written": 1, "kept": 1, "removed": 1}
    assert (folder / "index.html").read_bytes() == b"two"
    assert not (folder / "issues").exists()
    assert (folder / "CNAME").exists()


def test_other_files_in_the_export_folder_are_kept(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("ten years")
    with pytest.raises(ForeignFilesError, match="don't belong to the archive"):
        build(tmp_path, [Page(path="/", body=b"one")])
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_second_build_in_the_same_folder_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    folder, front = tmp_path / "public", Page(path="/", body=b"one")

    def pages() -> Iterator[Page]:
        yield front
        with pytest.raises(ArchiveBusyError, match=r"another process .*public: wait"):
            build(folder, [Page(path="/", body=b"two")])

    for written in (1, 0):
        assert build(folder, pages()) == {"written": written, "kept": 1 - written, "removed": 0}
    assert (folder / "index.html").read_bytes() == b"one"
    assert sorted(path.name for path in folder.iterdir()) == [".newsletter-archive.json", "index.html"]


def test_each_issue_is_shown_in_its_own_language() -> None:
    newsletter = make.newsletter(language="en", other_languages=("he",))
    two = archives.archive(archives.issue(20, "a"), archives.issue(21, "b", language="he"), newsletter=newsletter)
    with archives.pages(two) as pages:
        hebrew, english, front = pages.issue("2026-11-21"), pages.issue("2026-11-20"), pages.front()
    assert hebrew
    assert english
    (article,) = html.fromstring(hebrew.body.decode()).iter("article")
    assert (article.get("lang"), article.get("dir")) == ("he", "rtl")
    assert "יום שבת, 21 בנובמבר 2026" in article.text_content()
    for page in (english, front):  # the front page begins with the latest issue in its own language
        (article,) = html.fromstring(page.body.decode()).iter("article")
        assert (article.get("lang"), article.get("dir")) == ("en", "ltr")
    (other,) = html.fromstring(front.body.decode()).xpath("//ol[@class='rows']/li")
    assert (other.get("lang"), other.xpath("string(time)")) == ("he", "Nov 21")
    assert not html.fromstring(hebrew.body.decode()).xpath("//a[@rel='prev']")  # it leads to no other language
    assert '"inLanguage":"he"' in hebrew.body.decode()
