"""Pictures that editors bring along, in the archive and at the address that messages name."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from newsletter import composing, settings
from newsletter.checks import CheckContext
from newsletter.web.public.static_site import write_static_site
from tests.pictures.drawings import bring_along, decoded, drawing, encoded
from tests.web.preview.running_preview import NewsletterFolder, write_newsletter
from tests.web.public.public_pages import HOST, Public, public
from tests.web.sent_issues import freeze_as_sent


@pytest.fixture
def folder(tmp_path: Path) -> NewsletterFolder:
    """Return a newsletter with a picture in one entry, and a remote one in another."""
    folder = write_newsletter(tmp_path)
    bring_along(tmp_path, "harbour.jpg")
    folder.entry("old-map", image="harbour.jpg", image_alt="Boats in a harbour")
    folder.entry("good-soil", image="https://elsewhere.example/soil.jpg", image_alt="Soil")
    folder.issue("2026-11-22", "old-map", "good-soil")
    return folder


@pytest.fixture
def at(folder: NewsletterFolder) -> Iterator[Public]:
    """Start its public pages."""
    with public(folder.root, newsletter=settings.load(folder.root).newsletter) as pages:
        pages.reader()
        yield pages


@pytest.fixture
def client(at: Public) -> Iterator[httpx.Client]:
    """Return an anonymous client."""
    with at.client() as client:
        yield client


def address_in_mail(at: Public, slug: str = "2026-11-22") -> str:
    """Return the address of the picture in an issue's message."""
    email = composing.compose_draft(at.root, at.site.newsletter, slug, CheckContext()).email
    html = "".join(part for part in email.html if isinstance(part, str))
    (found,) = re.findall(r'<img[^>]* src="([^"]*/images/[^"]*)"', html)
    return str(found)


def test_the_archive_and_the_feeds_show_what_the_mail_shows(at: Public, client: httpx.Client) -> None:
    freeze_as_sent(at, "2026-11-22")
    address = address_in_mail(at)
    assert re.fullmatch(rf"https://{HOST}/images/[0-9a-f]{{16}}-harbour\.jpg", address)
    page = client.get("/issues/2026-11-22/").text
    (shown,) = re.findall(r'<img class="picture"[^>]*>', page)
    assert f'src="{address}"' in shown
    assert 'alt="Boats in a harbour"' in shown
    assert 'width="720" height="360"' in shown
    for path in ("/atom.xml", "/topics/railways/rss.xml"):
        assert address in client.get(path).text


def test_a_picture_between_entries_is_shown_everywhere(
    at: Public, client: httpx.Client, folder: NewsletterFolder
) -> None:
    block = {"image": "harbour.jpg", "image_alt": "Boats in a harbour", "caption": "Before the storm"}
    folder.issue("2026-11-23", entries=["night-train", block, "tired-bridge"])
    freeze_as_sent(at, "2026-11-23")
    address = address_in_mail(at, "2026-11-23")
    page = client.get("/issues/2026-11-23/").text
    assert f'<img class="picture" src="{address}" alt="Boats in a harbour" width="720" height="360"' in page
    assert page.index("About night-train") < page.index(address) < page.index("About tired-bridge")
    assert "Before the storm" in page
    assert address in client.get("/atom.xml").text


def test_a_picture_may_be_kept_for_ever_and_shown_by_webmail(at: Public, client: httpx.Client) -> None:
    path = address_in_mail(at).removeprefix(f"https://{HOST}")
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert decoded(answer.content).size == (1104, 552)
    again = client.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(answer.content))


@pytest.mark.parametrize(
    "name", ["", "harbour.jpg", "0123456789abcdef-harbour.jpg", "..%2f..%2fnewsletter.toml", "a%00b", "x" * 3000]
)
def test_nothing_else_is_served(client: httpx.Client, name: str) -> None:
    assert client.get(f"/images/{name}").status_code == 404


def test_a_message_keeps_its_picture_when_the_editor_changes_or_deletes_the_file(
    at: Public, client: httpx.Client, folder: NewsletterFolder
) -> None:
    freeze_as_sent(at, "2026-11-22")
    before = address_in_mail(at)
    bring_along(folder.root, "harbour.jpg", encoded(drawing(900, 900), "PNG"))
    after = address_in_mail(at)
    assert before != after
    assert after in client.get("/issues/2026-11-22/").text
    (folder.root / "issues/images/harbour.jpg").unlink()
    assert '<img class="picture"' not in client.get("/issues/2026-11-22/").text
    for address in (before, after):
        assert client.get(address.removeprefix(f"https://{HOST}")).status_code == 200


def test_static_files_include_pictures_and_keep_those_of_earlier_messages(
    at: Public, folder: NewsletterFolder, tmp_path: Path
) -> None:
    freeze_as_sent(at, "2026-11-22")
    newsletter, target = at.site.newsletter, tmp_path / "static"
    before = target / address_in_mail(at).removeprefix(f"https://{HOST}/")
    write_static_site(folder.root, newsletter, at.store, target)
    assert decoded(before.read_bytes()).size == (1104, 552)

    bring_along(folder.root, "harbour.jpg", encoded(drawing(900, 900), "PNG"))
    after = target / address_in_mail(at).removeprefix(f"https://{HOST}/")
    for _ in range(2):
        write_static_site(folder.root, newsletter, at.store, target)
        assert after.is_file()
        assert before.is_file()

    elsewhere = tmp_path / "elsewhere"
    write_static_site(folder.root, newsletter, at.store, elsewhere, base_url="https://archive.example.org")
    page = (elsewhere / "issues/2026-11-22/index.html").read_text()
    assert f'src="https://archive.example.org/images/{after.name}"' in page
    assert (elsewhere / "images" / after.name).is_file()


def test_pages_allow_the_pictures_of_another_host_only_if_newsletter_toml_names_it(folder: NewsletterFolder) -> None:
    host = "https://cdn.example.org/letters"
    newsletter = replace(settings.load(folder.root).newsletter, picture_host=host, picture="harbour.jpg")
    with public(folder.root, newsletter=newsletter) as pages, pages.client() as client:
        pages.reader()
        freeze_as_sent(pages, "2026-11-22")
        answer = client.get("/issues/2026-11-22/")
        assert re.search(r'src="https://cdn.example.org/letters/[0-9a-f]{16}-harbour.jpg"', answer.text)
        assert "img-src 'self' https://cdn.example.org;" in answer.headers["content-security-policy"]
        assert "elsewhere.example" not in answer.text
        form = client.get("/subscribe")
        assert 'src="https://cdn.example.org/letters/' in form.text
        assert "img-src 'self' https://cdn.example.org;" in form.headers["content-security-policy"]
        write_static_site(folder.root, newsletter, pages.store, folder.root / "static")
    assert not (folder.root / "static/images").exists()
