"""Text extraction in the child process: Markdown for quoting, and limits that hold."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from newsletter.capture import article_text, extract_article, read_page

PAGES = Path(__file__).with_name("pages")


def test_the_text_is_in_markdown_paragraphs_without_the_rest_of_the_page() -> None:
    facts = read_page((PAGES / "news-json-ld.html").read_bytes(), "https://example.org/2026/11/21/bell-on-the-mudflat")

    paragraphs = facts.text.split("\n\n")
    assert paragraphs[0].startswith("The bell on the mudflat has no rope and no keeper.")
    assert "can be heard at the *town hall*, where the clerk" in paragraphs[1]
    assert paragraphs[2].endswith("take up a shelf of their own.")
    assert len(paragraphs) == 3
    assert (facts.minutes, facts.origin("minutes")) == (1, "words of the text")


def test_marks_of_markdown_in_the_text_are_escaped() -> None:
    text = "<p>5 * 3 * 2 and <b>_bold_ </b>words, [brackets](x), `code`, &lt;script&gt;alert(1)&lt;/script&gt;.</p>"
    article = extract_article(
        f"<html><body><article><h1>Prices</h1>{text}<p># No heading, and nothing else of note here.</p>"
        "<blockquote><p>Somebody said this, and said it at some length.</p></blockquote>"
        "<ul><li>first thing</li><li>second thing</li></ul></article></body></html>",
        "https://example.org/prices",
    )

    assert "5 \\* 3 \\* 2 and **\\_bold\\_** words, \\[brackets](x), \\`code\\`, \\<script>alert(1)" in article.text
    assert "\n\n\\# No heading" in article.text
    assert "\n\n> Somebody said this" in article.text
    assert "\n\n- first thing\n\n- second thing" in article.text


def test_the_child_gets_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = tmp_path / "child.py"
    child.write_text(
        "import json, os\nprint(json.dumps({'blocks': [], 'author': ' '.join(os.environ), 'date': os.environ['PATH']}))"
    )
    monkeypatch.setattr(article_text, "_CHILD", child)
    for name in ("NEWSLETTER_SECRET", "NEWSLETTER_SMTP_PASSWORD", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD"):
        monkeypatch.setenv(name, "secret")
    article = extract_article("<p>Text", "https://example.org/")
    assert article.date
    assert not re.search("NEWSLETTER|AWS|PG", article.author)


def test_a_child_that_takes_too_long_is_killed() -> None:
    article = extract_article("<p>a</p>" * 250_000, "https://example.org/", seconds=0.5)

    assert (article.text, article.problem) == ("", "the text wasn't found within 0.5 seconds")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no limits of memory")
def test_a_child_that_needs_too_much_memory_ends_without_a_text() -> None:
    article = extract_article("<p>a</p>" * 50_000, "https://example.org/", memory=40 * 1024 * 1024)

    assert article.problem == "the text can't be extracted from this page"


@pytest.mark.parametrize("html", ["", "\0", "<div>" * 100_000 + "text", "\ud800 half a character", "<table>" * 2_000])
def test_no_page_makes_it_fail(html: str) -> None:
    assert extract_article(html, "not an address").text in ("", "text")


def test_the_program_itself_does_not_load_the_extractor() -> None:
    code = (
        "import sys, newsletter.capture as c; c.read_page(b'<p>hello</p>', 'https://example.org/');"
        "print([name for name in ('trafilatura', 'courlan', 'htmldate', 'justext') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
