"""`newsletter archive build`: sent issues as static files with absolute links."""

import re
from pathlib import Path

from tests.command_line import Run, edit, files


def test_sent_issues_are_written_as_files_once(readers: Path, run: Run) -> None:
    assert run("archive", "build", "public").stdout.startswith("0 issues in public")
    assert "hasn’t been sent yet" in (readers / "public/index.html").read_text()
    assert run("send", "latest", "--yes").status == 0
    built = run("archive", "build", "public")
    assert built.status == 0
    assert built.stdout.startswith("1 issue in public")
    assert "the search is left out" in built.stdout.lower()
    page = (readers / "public/issues/2026-11-23/index.html").read_text()
    assert '<link rel="canonical" href="https://news.daily.example/issues/2026-11-23/">' in page
    assert "Ada" not in page
    assert 'href="/search"' not in page
    before = files(readers / "public")
    style = re.search(r'<link rel="stylesheet" href="/(style-\w+\.css)">', page)
    assert style
    assert style[1] in before
    assert {"404.html", "atom.xml", "rss.xml", "feed.json"} <= set(before)
    again = run("archive", "build", "public").stdout
    assert ": 0 files written" in again
    assert files(readers / "public") == before


def test_files_for_another_host_link_to_each_other_there_and_back_for_subscribing(readers: Path, run: Run) -> None:
    run("send", "latest", "--yes")
    assert run("archive", "build", "public", "--url", "https://pages.example.com/letter/").status == 0
    page = (readers / "public/issues/2026-11-23/index.html").read_text()
    assert '<link rel="canonical" href="https://pages.example.com/letter/issues/2026-11-23/">' in page
    assert 'href="/letter/topics/"' in page
    assert 'href="https://news.daily.example/subscribe"' in page
    feed = (readers / "public/atom.xml").read_text()
    assert "https://pages.example.com/letter/issues/2026-11-23/" in feed
    assert "news.daily.example" not in feed


def test_the_file_of_a_topics_earlier_slug_redirects_to_the_current_one(readers: Path, run: Run) -> None:
    run("send", "latest", "--yes")
    edit("newsletter.toml", "[topics.transport]", "[topics.moving]")
    assert run("archive", "build", "public").status == 0
    page = (readers / "public/topics/transport/index.html").read_text()
    assert 'content="0; url=https://news.daily.example/topics/moving/"' in page
    assert (readers / "public/topics/moving/index.html").is_file()


def test_a_folder_that_is_not_an_archive_and_an_invalid_url_are_refused(root: Path, run: Run) -> None:
    before = files(root)
    refused = run("archive", "build", "issues")
    assert refused.status != 0
    assert "don't belong to the archive" in refused.stderr
    refused = run("archive", "build", "public", "--url", "http://pages.example.com")
    assert refused.status != 0
    assert "use https" in refused.stderr
    assert not (root / "public").exists()
    assert {name: body for name, body in files(root).items() if not name.startswith("newsletter.db")} == before
