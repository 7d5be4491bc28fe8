"""The archive over HTTP: sent issues only, the same for all visitors; and a reader's own edition."""

import html
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from lxml import etree

from newsletter import settings
from newsletter.cards import cache as card_cache
from newsletter.tokens import Purpose
from tests import make
from tests.web.preview.running_preview import NewsletterFolder, write_newsletter
from tests.web.public.public_pages import HOST, Public, public
from tests.web.sent_issues import freeze_as_sent


@pytest.fixture
def folder(tmp_path: Path) -> NewsletterFolder:
    """Return a newsletter of two issues, the second tailored. Pages don't write to it."""
    folder = write_newsletter(tmp_path)
    folder.entry("good-soil", topics=["Soil"])
    folder.issue("2026-11-23", "night-train", "good-soil", "tired-bridge", tailored=True)
    return folder


@pytest.fixture
def at(folder: NewsletterFolder) -> Iterator[Public]:
    """Start its public pages."""
    with public(folder.root, newsletter=settings.load(folder.root).newsletter) as pages:
        yield pages


@pytest.fixture
def client(at: Public) -> Iterator[httpx.Client]:
    """Return an anonymous client."""
    with at.client() as client:
        yield client


def test_only_sent_issues_are_visible(at: Public, client: httpx.Client) -> None:
    assert "hasn’t been sent yet" in client.get("/").text
    at.reader()
    freeze_as_sent(at, "2026-11-22")
    assert "What happened until 2026-11-22" in client.get("/").text
    assert "About old-map" in client.get("/issues/2026-11-22/").text
    draft, nothing = client.get("/issues/2026-11-23/"), client.get("/issues/2026-11-24/")
    assert (draft.status_code, draft.text) == (404, nothing.text)
    for path in ("/", "/topics/railways/", "/search?q=night", "/atom.xml", "/months/2026-11/"):
        assert "night-train" not in client.get(path).text, path


def test_new_sends_and_corrections_appear_by_themselves(
    at: Public, client: httpx.Client, folder: NewsletterFolder
) -> None:
    at.reader()
    send = freeze_as_sent(at, "2026-11-22")
    first = client.get("/issues/2026-11-22/")
    assert "corrected" not in first.text
    correction = [{"date": "2026-11-24", "text": "It was an *atlas*.", "entry": "old-map"}]
    folder.issue("2026-11-22", "old-map", number=6, corrections=correction)
    page = client.get("/issues/2026-11-22/", headers={"If-None-Match": first.headers["etag"]})
    assert page.status_code == 200
    assert "It was an <em>atlas</em>." in page.text
    assert "corrected" in client.get("/").text
    for path in ("/atom.xml", "/rss.xml", "/topics/railways/atom.xml"):
        assert "&lt;em&gt;atlas&lt;/em&gt;" in client.get(path).text
    at.store.controls.cancel(send.id)
    assert client.get("/issues/2026-11-22/").status_code == 404


def test_a_card_is_served_and_follows_the_subject(at: Public, client: httpx.Client, folder: NewsletterFolder) -> None:
    at.reader()
    freeze_as_sent(at, "2026-11-22")

    def card() -> str:
        (url,) = re.findall(r'property="og:image" content="([^"]*)"', client.get("/issues/2026-11-22/").text)
        return str(url).removeprefix(f"https://{HOST}")

    before = card()
    answer = client.get(before, headers={"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.content.startswith(b"\x89PNG")
    assert "content-encoding" not in answer.headers
    assert "immutable" in answer.headers["cache-control"]
    folder.issue("2026-11-22", "old-map", subject="Another subject")
    assert card() != before
    moved = client.get(before)
    assert (moved.status_code, moved.headers["location"]) == (302, card())
    for unsent in ("/cards/2026-11-23-0123456789abcdef.png", "/cards/x"):
        assert client.get(unsent).status_code == 404


def test_a_card_that_must_wait_too_long_is_refused_and_no_page_is(
    at: Public, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    at.reader()
    freeze_as_sent(at, "2026-11-22")
    monkeypatch.setattr(card_cache, "_waiting", threading.BoundedSemaphore(1))
    with card_cache._waiting:
        page = client.get("/issues/2026-11-22/")
        (card,) = re.findall(rf'property="og:image" content="https://{HOST}([^"]*)"', page.text)
        refused = client.get(card)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert client.get(card).status_code == 200


def test_an_unchanged_feed_is_not_sent_again(at: Public, client: httpx.Client) -> None:
    at.reader()
    freeze_as_sent(at, "2026-11-22")
    for path, kind in (
        ("/atom.xml", "application/atom+xml"),
        ("/rss.xml", "application/rss+xml"),
        ("/feed.json", "application/feed+json"),
        ("/topics/railways/rss.xml", "application/rss+xml"),
    ):
        answer = client.get(path)
        assert answer.headers["content-type"].partition(";")[0] == kind
        again = client.get(path, headers={"If-None-Match": f'"other", {answer.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        strong = answer.headers["etag"].removeprefix("W/")  # some caches rewrite it like this
        assert client.get(path, headers={"If-None-Match": strong}).status_code == 304
        plain = client.head(path, headers={"Accept-Encoding": "identity"})
        assert plain.headers["content-length"] == str(len(answer.content))
    assert etree.fromstring(client.get("/atom.xml").content) is not None


def test_public_pages_are_compressed_for_clients_that_accept_it(at: Public, client: httpx.Client) -> None:
    reader = at.reader()
    freeze_as_sent(at, "2026-11-22")
    sheet = re.findall(r'href="(/style-[^"]*)"', client.get("/").text)
    for path in ("/", "/issues/2026-11-22/", "/atom.xml", *sheet):
        answer = client.get(path, headers={"Accept-Encoding": "br, gzip;q=0.5"})
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["vary"] == "Accept-Encoding"
        for other in ("identity", "gzip;q=0, br", ""):
            plain = client.get(path, headers={"Accept-Encoding": other})
            assert "content-encoding" not in plain.headers
            assert plain.content == answer.content
            assert int(answer.headers["content-length"]) < len(plain.content)
    for path in (at.link(Purpose.BROWSER, reader, "2026-11-22"), at.visit(reader), "/subscribe", "/search?q=map"):
        assert "content-encoding" not in client.get(path).headers


def test_an_issue_of_thirty_long_entries_is_small(folder: NewsletterFolder) -> None:
    """Entries have the sample's length, 190 words each: a page that is mostly text."""
    words = "A concert hall is never so expensive as when nothing is being played in it, she writes. "
    for number in range(30):
        paragraphs = [" ".join(f"{word}{number}" for word in words.split()) for _ in range(5)]
        folder.entry(
            f"long-{number}",
            body=f"{paragraphs[0]} {paragraphs[1]}\n\n> {paragraphs[2]} {paragraphs[3]}\n>\n> {paragraphs[4]}\n",
        )
    folder.issue("2026-11-24", *(f"long-{number}" for number in range(30)))
    with public(folder.root, newsletter=settings.load(folder.root).newsletter) as at, at.client() as client:
        at.reader()
        freeze_as_sent(at, "2026-11-24")
        page = client.get("/issues/2026-11-24/")
        (sheet,) = re.findall(r'href="(/style-[^"]*)"', page.text)
        assert page.text.count('<section class="entry"') == 30
        assert sum(int(response.headers["content-length"]) for response in (page, client.get(sheet))) < 30 * 1024


def test_pages_can_be_cached_and_indexed_and_set_no_cookies(at: Public, client: httpx.Client) -> None:
    at.reader()
    freeze_as_sent(at, "2026-11-22")
    page = client.get("/issues/2026-11-22/")
    assert page.headers["cache-control"] == "public, max-age=60"
    assert page.headers["x-robots-tag"] == "all"
    assert "set-cookie" not in page.headers
    assert "script-src" not in page.headers["content-security-policy"]
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert client.get("/search?q=map").headers["x-robots-tag"] == "noindex"


def test_a_path_without_its_final_slash_redirects_to_the_page(at: Public, client: httpx.Client) -> None:
    at.reader()
    freeze_as_sent(at, "2026-11-22")
    for path in ("/issues/2026-11-22", "/topics/railways"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (308, f"{path}/")
    for path in ("/issues/2026-11-23", "/topics/nowhere", "/issues/%2F%2Fevil.example", "/topics/railways/1/"):
        assert client.get(path).status_code == 404


def test_the_archive_works_below_a_base_path(folder: NewsletterFolder) -> None:
    newsletter = replace(settings.load(folder.root).newsletter, base_url=f"https://{HOST}/letters")
    with public(folder.root, newsletter=newsletter) as at, at.client() as client:
        at.reader()
        freeze_as_sent(at, "2026-11-22")
        assert client.get("/letters").headers["location"] == "/letters/"
        assert client.get("/letters/issues/2026-11-22").headers["location"] == "/letters/issues/2026-11-22/"
        front = client.get("/letters/").text
        inside = set(re.findall(r'href="(/[^"#]*)', front))
        assert len(inside) > 5
        assert [path for path in inside if not path.startswith("/letters/")] == []
        assert {client.get(path).status_code for path in inside} == {200}
        assert client.get("/").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/issues/..%2F..%2Fnewsletter.toml/",
        "/issues/../newsletter.toml",
        "/.env",
        "/newsletter.db",
        "/issues/entries/night-train.md",
        "/topics/..%2F/",
        "/months/2026-11%00/",
        "/search/../../etc/passwd",
    ],
)
def test_no_path_serves_a_file(client: httpx.Client, path: str) -> None:
    answer = client.get(httpx.URL(client.base_url).copy_with(raw_path=path.encode()))
    assert answer.status_code == 404
    assert "postal_address" not in answer.text


def test_view_in_browser_shows_the_readers_edition_without_personal_data(
    at: Public, client: httpx.Client, folder: NewsletterFolder
) -> None:
    folder.issue(
        "2026-11-23",
        "night-train",
        "good-soil",
        "tired-bridge",
        tailored=True,
        note='Good morning, {{ subscriber.name | default("reader") }} ({{ subscriber.email | default("?") }}).',
    )
    trains = at.reader(first_name="Ada", topics=("railways",))
    soil = at.reader("ben@example.com", first_name="<Ben>", topics=("soil",))
    send = freeze_as_sent(at, "2026-11-23")
    assert len(at.store.frozen.editions(send.id).readers) == 2
    own = at.link(Purpose.BROWSER, trains)
    page = client.get(own)
    assert page.status_code == 200
    assert "Good morning, reader (?)." in re.sub("</?bdi>", "", page.text)
    assert "About night-train" in page.text
    assert "About good-soil" not in page.text
    links = {
        href for href in re.findall(r'href="([^"]*)"', page.text) if re.search("browser|preferences|scribe/", href)
    }
    assert links == {f"https://{HOST}/preferences", f"https://{HOST}{own}"}
    assert client.get("/preferences").status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-robots-tag"] == "noindex, nofollow"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "script-src" not in (policy := page.headers["content-security-policy"])
    assert "img-src 'none'" in policy
    other = client.get(at.link(Purpose.BROWSER, soil))
    assert "About good-soil" in other.text
    assert "Ben" not in other.text
    assert "Ada" not in page.text


def test_pages_for_everybody_have_no_readers_links_and_no_votes(
    at: Public, client: httpx.Client, folder: NewsletterFolder
) -> None:
    note = "[Topics]({{ links.preferences }}), [old issues]({{ links.archive }}). Good? [Yes]({{ links.vote('yes') }})!"
    folder.issue("2026-11-23", "night-train", note=note)
    reader = at.reader()
    freeze_as_sent(at, "2026-11-23")
    for path in ("/issues/2026-11-23/", "/atom.xml", at.link(Purpose.BROWSER, reader)):
        page = html.unescape(client.get(path).text)
        assert re.search(rf'<a href="https://{HOST}/preferences"[^>]*>Topics</a>', page)
        assert re.search(rf'<a href="https://{HOST}/"[^>]*>old issues</a>', page)
        assert "Good? Yes!" in page
        assert "vote" not in page


def test_view_in_browser_shows_the_sent_content_even_if_files_changed(
    at: Public, client: httpx.Client, folder: NewsletterFolder
) -> None:
    reader = at.reader()
    freeze_as_sent(at, "2026-11-23")
    folder.entry("night-train", title="Another title")
    assert "Another title" in client.get("/issues/2026-11-23/").text
    page = client.get(at.link(Purpose.BROWSER, reader)).text
    assert "About night-train" in page
    assert "Another title" not in page


def test_images_of_an_edition_keep_their_sources(at: Public, client: httpx.Client, folder: NewsletterFolder) -> None:
    folder.entry("old-map", image="https://pictures.example.org/a.jpg?x=1", image_alt="A map")
    reader = at.reader()
    freeze_as_sent(at, "2026-11-22")
    policy = client.get(at.link(Purpose.BROWSER, reader, "2026-11-22")).headers["content-security-policy"]
    assert "img-src https://pictures.example.org;" in policy


def test_a_browser_link_opens_only_one_edition_of_one_issue(at: Public, client: httpx.Client) -> None:
    reader, other = at.reader(), at.reader("ben@example.com")
    freeze_as_sent(at, "2026-11-22")
    good = at.link(Purpose.BROWSER, reader, "2026-11-22")
    assert client.get(good).status_code == 200
    assert client.head(good).status_code == 200
    for purpose in (Purpose.UNSUBSCRIBE, Purpose.PREFERENCES):
        token = at.link(purpose, reader, "2026-11-22").rpartition("/")[2]
        assert client.get(f"/browser/2026-11-22/{token}").status_code == 404
        assert client.get(f"/{purpose}/2026-11-22/{good.rpartition('/')[2]}").status_code == 404
    assert client.get(good.replace("-22", "-23")).status_code == 404
    assert client.get(at.link(Purpose.BROWSER, reader, "2026-11-23")).status_code == 404
    late = at.reader("late@example.com")
    assert client.get(at.link(Purpose.BROWSER, late, "2026-11-22")).status_code == 404
    at.store.self_service.erase(other.key, make.WHEN, at.site.signer.fingerprints)
    gone = client.get(at.link(Purpose.BROWSER, other, "2026-11-22"))
    assert gone.status_code == 404
    assert HOST not in gone.text.replace(f"https://{HOST}", "")


def test_view_in_browser_links_to_the_corrections_of_the_issue(
    at: Public, client: httpx.Client, folder: NewsletterFolder
) -> None:
    ada = at.reader()
    freeze_as_sent(at, "2026-11-22")
    link = at.link(Purpose.BROWSER, ada, "2026-11-22")
    before = client.get(link).text
    assert "corrected" not in before
    text = "It left *Vienna*, not <Venice>."
    folder.issue("2026-11-22", "old-map", corrections=[{"date": "2026-11-24", "text": text}])
    after = client.get(link)
    assert after.status_code == 200
    assert "This issue was corrected after it was sent." in after.text
    assert "It left <em>Vienna</em>, not &lt;Venice&gt;." in after.text
    assert 'href="https://news.example.org/issues/2026-11-22/"' in after.text
    assert "November 24, 2026" in after.text
    assert re.sub(r'<div role="note".*?</div></div>', "", after.text, flags=re.DOTALL) == before
    assert after.headers["content-security-policy"] == client.get(link).headers["content-security-policy"]


def test_a_topic_without_entries_leads_to_the_topics(at: Public, client: httpx.Client) -> None:
    at.reader()
    for path in ("/topics/railways/", "/topics/unheard-of/"):
        answer = client.get(path)
        expected = (302, "/topics/") if "railways" in path else (404, None)
        assert (answer.status_code, answer.headers.get("location")) == expected
    assert client.get("/topics/").status_code == 200
    freeze_as_sent(at, "2026-11-22")
    assert client.get("/topics/railways/").status_code == 200


def test_a_topics_earlier_slug_redirects_to_its_page(
    at: Public, client: httpx.Client, folder: NewsletterFolder
) -> None:
    at.reader()
    freeze_as_sent(at, "2026-11-22")
    assert client.get("/topics/trains/").status_code == 404
    path = folder.root / "newsletter.toml"
    renamed_topic = '[topics.trains]\nname = "Trains"\naliases = ["Railways"]\n[topics.moons]\naliases = ["Satellites"]'
    path.write_text(path.read_text().replace('[topics.railways]\nname = "Railways"', renamed_topic))
    with public(folder.root, newsletter=settings.load(folder.root).newsletter) as renamed, renamed.client() as there:
        for target, leads in (
            ("/topics/railways/", "/topics/trains/"),
            ("/topics/railways", "/topics/trains/"),
            ("/topics/railways/atom.xml", "/topics/trains/atom.xml"),
        ):
            answer = there.get(target)
            assert (answer.status_code, answer.headers["location"]) == (308, leads)
            assert there.get(leads).status_code == 200
        for target in ("/topics/satellites/", "/topics/satellites"):  # none of its entries has been sent
            answer = there.get(target)
            assert (answer.status_code, answer.headers.get("location")) == (308, "/topics/moons/")
        second = there.get("/topics/railways/2/")  # there is none today, but there may have been
        assert (second.status_code, second.headers["location"]) == (308, "/topics/trains/2/")
        assert there.get("/topics/railways/1/").status_code == 404
