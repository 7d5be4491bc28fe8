"""The text of the preview's pages, over HTTP."""

import html
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.web.preview.running_preview import TOKEN, Listening, NewsletterFolder, listening, write_newsletter


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the module's newsletter."""
    return write_newsletter(tmp_path_factory.mktemp("newsletter")).root


@pytest.fixture(scope="module")
def preview(root: Path) -> Iterator[Listening]:
    """Start one preview for all tests of this module: it has no open pages that a change would reload."""
    with listening(root) as at:
        yield at


@pytest.fixture
def folder(root: Path) -> NewsletterFolder:
    """Write the newsletter again."""
    shutil.rmtree(root / "issues")
    return write_newsletter(root)


@pytest.fixture
def client(preview: Listening, folder: NewsletterFolder) -> Iterator[httpx.Client]:
    """Return a client that has the token and sees the newsletter as it was written."""
    del folder
    with httpx.Client(base_url=preview.base) as client:
        client.get("/", params={"token": TOKEN})
        yield client


def _text(answer: httpx.Response) -> str:
    """Return the text of a page without its markup."""
    assert answer.status_code in (200, 404), answer.text
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def test_issues_are_listed_newest_first(client: httpx.Client) -> None:
    words = _text(client.get("/"))
    assert "The Daily Test" in words
    assert words.index("Mon 23 Nov 2026") < words.index("Sun 22 Nov 2026")
    assert "No. 7 What happened until 2026-11-23 What a timetable can teach. Draft 3 entries" in words
    assert "1 entry" in words


def test_errors_and_warnings_are_counted_by_issue(client: httpx.Client, folder: NewsletterFolder) -> None:
    folder.entry("good-soil", url="htp://example.org/")
    folder.entry("tired-bridge", topics=["Nobody declared this"])
    words = _text(client.get("/"))
    newest, older = words.split("Sun 22 Nov 2026")
    assert "1 error" in newest
    assert "1 warning" in newest
    assert "error" not in older


def test_the_list_of_issues_shows_no_merge_fields(client: httpx.Client, folder: NewsletterFolder) -> None:
    subject = 'Dear {{ subscriber.first_name | default("reader") }}: {{ edition.titles[0] }}'
    folder.issue("2026-11-24", "night-train", subject=subject, preheader="{{ edition.picks }} today")
    words = client.get("/").text
    assert "Dear reader: About night-train" in words
    assert "1 pick today" in words
    assert "{{" not in words
    with (folder.root / "newsletter.toml").open("a") as file:
        file.write('\n[theme.colors]\nnowhere = "#ffffff"\n')
    assert "Dear reader: …" in client.get("/").text


def test_entries_in_no_issue_are_listed_separately(client: httpx.Client, folder: NewsletterFolder) -> None:
    folder.entry("not-yet-run", url="htp://example.org/")
    assert "issues/entries/not-yet-run.md" in _text(client.get("/"))


def test_a_newsletter_without_issues_shows_how_to_begin(client: httpx.Client, folder: NewsletterFolder) -> None:
    for path in (folder.root / "issues").glob("*.md"):
        path.unlink()
    assert "newsletter issue new" in _text(client.get("/"))


def test_an_issue_shows_its_inbox_row_size_and_findings(client: httpx.Client, folder: NewsletterFolder) -> None:
    folder.issue("2026-11-23", "night-train", subject='For {{ subscriber.first_name | default("you") }}')
    folder.entry("night-train", topics=["Nobody declared this"])
    answer = client.get("/issues/2026-11-23")
    words = _text(answer)
    assert "The Daily Test For Ada What a timetable can teach." in words
    assert re.search(r"HTML \d+\.\d KB", words)
    assert "the limit is 90 KB" in words
    assert "the limit is 100 KB" in words
    assert 'href="/files/issues/entries/night-train.md#L' in answer.text


def test_an_issue_that_is_too_large_is_reported_as_clipped(client: httpx.Client, folder: NewsletterFolder) -> None:
    for slug in ("night-train", "good-soil", "tired-bridge"):
        folder.entry(slug, body="Many words. " * 3_500)
    words = _text(client.get("/issues/2026-11-23"))
    assert "Gmail clips this" in words


def test_the_text_part_is_filled_in_for_the_sample_reader(client: httpx.Client) -> None:
    words = _text(client.get("/issues/2026-11-23?view=text"))
    assert "Good morning, Ada." in words
    assert "https://news.example.org/unsubscribe/2026-11-23/" in words


def test_the_source_keeps_merge_fields(client: httpx.Client) -> None:
    words = _text(client.get("/issues/2026-11-23?view=source"))
    assert '{{ subscriber.first_name | default("reader") }}' in words
    assert "</html>" in words


def test_a_broken_issue_shows_every_error_with_its_place_and_hint(
    client: httpx.Client, folder: NewsletterFolder
) -> None:
    folder.entry("night-train", url=None)
    folder.issue("2026-11-23", "night-train", "good-sail")
    answer = client.get("/issues/2026-11-23")
    words = _text(answer)
    assert "This issue can’t be shown yet" in words
    assert "good-sail" in words
    assert "good-soil" in words  # the suggestion
    assert "issues/2026-11-23.md:" in words
    assert "issues/entries/night-train.md" in words
    assert "<iframe" not in answer.text


@pytest.mark.parametrize("content", [b"", b"---\n", b"---\ndate: [\n---\n", b"\xff\xfe\x00", b"no front matter"])
def test_an_issue_that_cannot_be_read_shows_why(client: httpx.Client, folder: NewsletterFolder, content: bytes) -> None:
    (folder.root / "issues/2026-11-23.md").write_bytes(content)
    assert "issues/2026-11-23.md" in _text(client.get("/issues/2026-11-23"))
    assert "issues/2026-11-23.md" in _text(client.get("/files/issues/2026-11-23.md"))
    assert "Mon 23 Nov 2026" in _text(client.get("/"))


def test_broken_settings_are_shown_on_every_page_until_fixed(client: httpx.Client, folder: NewsletterFolder) -> None:
    settings = folder.root / "newsletter.toml"
    good = settings.read_text(encoding="utf-8")
    settings.write_text(good.replace("base_url", "base_ur1"), encoding="utf-8")
    for path in ("/", "/issues/2026-11-23", "/files/newsletter.toml"):
        words = _text(client.get(path))
        assert "newsletter.toml:" in words
        assert "base_ur" in words
    settings.unlink()
    assert "This page can’t be shown" in _text(client.get("/"))
    settings.write_text(good, encoding="utf-8")
    assert "What happened until 2026-11-23" in _text(client.get("/"))


def test_an_unknown_issue_is_not_found_with_a_suggestion(client: httpx.Client) -> None:
    answer = client.get("/issues/2026-11-24")
    assert answer.status_code == 404
    assert "2026-11-2" in _text(answer)


@pytest.mark.parametrize("path", ["/no/such/page", "/issues/", "/reader-links/nothing", "/docs", "/openapi.json"])
def test_an_unknown_path_has_a_link_back(client: httpx.Client, path: str) -> None:
    answer = client.get(path, follow_redirects=True)
    assert answer.status_code == 404
    assert "Not found" in answer.text
    assert '<a id="to-issues"' in answer.text


@pytest.mark.parametrize("slug", ["..%2f..%2fetc", "2026-11-23%00", "%7B%7B1234567*7%7D%7D", "x" * 3000])
def test_an_invalid_slug_is_not_found(client: httpx.Client, slug: str) -> None:
    answer = client.get(f"/issues/{slug}")
    assert answer.status_code == 404
    assert "8641969" not in answer.text


def test_a_file_shows_findings_at_their_lines_and_the_issues_it_is_in(
    client: httpx.Client, folder: NewsletterFolder
) -> None:
    folder.entry("night-train", url="htp://example.org/")
    answer = client.get("/files/issues/entries/night-train.md")
    line = (
        (folder.root / "issues/entries/night-train.md")
        .read_text(encoding="utf-8")
        .splitlines()
        .index('url: "htp://example.org/"')
    )
    assert f'id="L{line + 1}" class="noted"' in answer.text
    assert 'href="/issues/2026-11-23"' in answer.text


@pytest.mark.parametrize("purpose", ["unsubscribe", "preferences", "browser", "vote"])
def test_a_readers_link_is_explained(client: httpx.Client, purpose: str) -> None:
    assert "signed for one reader" in _text(client.get(f"/reader-links/{purpose}"))


def test_an_issue_links_to_the_previous_and_next_one(client: httpx.Client, folder: NewsletterFolder) -> None:
    later = 'href="/issues/2026-11-24"'
    assert 'href="/issues/2026-11-22"' in client.get("/issues/2026-11-23").text
    folder.entry("night-train", title="Saved meanwhile")
    assert later not in client.get("/issues/2026-11-23").text
    folder.issue("2026-11-24", "old-map")
    assert later in client.get("/issues/2026-11-23").text
    (folder.root / "issues/2026-11-24.md").unlink()
    assert later not in client.get("/issues/2026-11-23").text


def test_the_same_files_are_read_once(client: httpx.Client, folder: NewsletterFolder) -> None:
    first = client.get("/issues/2026-11-23/email")
    assert client.get("/issues/2026-11-23/email").content == first.content
    folder.entry("night-train", title="Another title")
    assert "Another title" in client.get("/issues/2026-11-23/email").text


@pytest.mark.parametrize("missing", ["source", "url", "title"])
def test_an_unfinished_entry_is_shown_as_far_as_it_is_written(
    client: httpx.Client, folder: NewsletterFolder, missing: str
) -> None:
    fields: dict[str, object] = {missing: None}
    folder.entry("night-train", body="", **fields)
    for path in ("", "/email"):
        answer = client.get(f"/issues/2026-11-23{path}")
        assert answer.status_code == 200
        assert "This issue can’t be shown yet" not in answer.text
    assert "About good-soil" in answer.text
    words = _text(client.get("/issues/2026-11-23"))
    assert f"no {missing}" in words
    assert "issues/entries/night-train.md" in words


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Mobile/15E148 Safari/604.1"},
        {"Sec-CH-UA-Mobile": "?1"},
    ],
)
def test_a_phone_starts_with_the_width_of_a_phone_and_keeps_another_choice(
    client: httpx.Client, headers: dict[str, str]
) -> None:
    def width(path: str, headers: dict[str, str]) -> str:
        (pixels,) = re.findall(r'class="stage width-(\d+)', text(path, headers))
        return str(pixels)

    def text(path: str, headers: dict[str, str]) -> str:
        return client.get(f"/issues/2026-11-23{path}", headers=headers).text

    assert width("", {}) == "700"
    assert width("", headers) == "375"
    assert width("?width=700", headers) == "700"
    assert 'href="/issues/2026-11-23?width=700"' in text("", headers)
