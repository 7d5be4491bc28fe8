"""Checking the links of an issue over the network: pages served here, under the names of publications."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from newsletter.cli import resources
from newsletter.content import read_manuscripts
from newsletter.domain.issue import Entry, Passage, PassageKind
from newsletter.publishing.sends.link_checks import KEPT, LinkCheck, LinkChecker, without_connection
from newsletter.publishing.sends.outgoing_links import links_of_issue, links_of_items
from newsletter.settings import Settings
from tests.command_line import Run
from tests.newsletter_folder import write_issue
from tests.web.studio.captured_pages import PARAGRAPHS, CapturedPages, article, captured_pages

PAYWALL = '<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": false}</script>'
LONG = (*PARAGRAPHS, *(f"Paragraph {number} says a few more things about trains at night." for number in range(12)))
QUOTATION = "A night train does something odder . . . it takes the night."


@pytest.fixture
def pages() -> Iterator[CapturedPages]:
    """A web server with one long article at /night-train."""
    with captured_pages() as served:
        served.pages["/night-train"] = article("Night train", paragraphs=LONG)
        yield served


@dataclass
class Clock:
    """A clock that stands still."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def entry(url: str, quotation: str = "", *, gift: str = "", paywall: bool = False) -> Entry:
    passages = (Passage(kind=PassageKind.QUOTATION, markdown=quotation, line=9),) if quotation else ()
    return Entry(
        slug="night-train", title="Night train", url=url, source="The Gazette", gift=gift, paywall=paywall,
        passages=passages, path="issues/entries/night-train.md", lines={"url": 3, "gift": 4},
    )  # fmt: skip


def checked(pages: CapturedPages, *entries: Entry) -> list[LinkCheck]:
    return list(LinkChecker(pages.client).check(links_of_items(entries)))


def result(pages: CapturedPages, checked_entry: Entry) -> tuple[str, str]:
    """Return the rule and the place of the only finding, or "" and the remark."""
    (check,) = checked(pages, checked_entry)
    if not check.findings:
        return "", check.remark
    (finding,) = check.findings
    return finding.rule, f"{finding.place}: {finding.what}"


def test_a_page_that_has_the_quotation_is_fine(pages: CapturedPages) -> None:
    assert result(pages, entry(pages.url("/night-train"), QUOTATION)) == ("", "")
    assert result(pages, entry(pages.url("/night-train"), "“Nobody sleeps well on [the train],” she says.")) == ("", "")


def test_changed_words_are_shown_with_the_pages(pages: CapturedPages) -> None:
    found = result(pages, entry(pages.url("/night-train"), "Nobody slept well on it, she says."))
    words = "“Nobody slept well on” is now “Nobody sleeps well on”"
    assert found == ("quotation-changed", f"issues/entries/night-train.md:9: {words}")


def test_a_quotation_that_is_gone_is_named(pages: CapturedPages) -> None:
    rule, what = result(pages, entry(pages.url("/night-train"), "The sea was calm and blue that morning in May."))
    assert (rule, what.endswith("“The sea was calm and blue that morning in May” is no longer on the page")) == (
        "quotation-gone",
        True,
    )


def test_words_in_markup_are_compared_as_readers_see_them(pages: CapturedPages) -> None:
    marked = "<b>A</b>n aero<wbr>plane gives you<sup><a href='#n'>12</a></sup> back <i>the</i> hours<br>it did not use."
    pages.pages["/marked"] = article("Marked", paragraphs=(marked, *LONG[1:]))
    assert result(pages, entry(pages.url("/marked"), "An aeroplane gives you back the hours it did not use.")) == (
        "",
        "",
    )
    pages.pages["/hidden"] = article(
        "Hidden", paragraphs=("<script>An aeroplane</script><p hidden>gives</p>", *LONG[1:])
    )
    assert result(pages, entry(pages.url("/hidden"), "An aeroplane gives you back the hours"))[0] == "quotation-gone"


def test_a_page_that_scripts_put_together_is_read_from_their_data(pages: CapturedPages) -> None:
    data = json.dumps({"body": f"<p>{PARAGRAPHS[1]} “Nobody knew”</p>"})
    pages.pages["/app"] = f"<html><body><div id=app></div><script>window.STATE = {data}</script></body></html>"
    assert result(pages, entry(pages.url("/app"), "Nobody sleeps well on it, she says. “Nobody knew”")) == ("", "")
    rule, remark = result(pages, entry(pages.url("/app"), "Some other words that it doesn't have"))
    assert (rule, remark) == ("", "has hardly any text of its own, so the quotation can't be compared")


def test_a_quotation_behind_a_paywall_is_no_warning(pages: CapturedPages) -> None:
    pages.pages["/paid"] = article("Paid", paragraphs=LONG[:1], head=PAYWALL)
    rule, remark = result(pages, entry(pages.url("/paid"), "Nobody sleeps well on it, she says."))
    assert (rule, remark) == (
        "",
        "is behind a paywall, where “Nobody sleeps well on it, she says” is no longer on the page",
    )
    assert result(pages, entry(pages.url("/night-train"), "Nobody slept well on it", paywall=True))[0] == ""


@pytest.mark.parametrize(
    ("status", "rule"),
    [
        (404, "link-dead"),
        (410, "link-dead"),
        (500, "link-unreachable"),
        (503, "link-unreachable"),
        (402, ""),
        (403, ""),
        (429, ""),
    ],
)
def test_the_servers_status_decides(pages: CapturedPages, status: int, rule: str) -> None:
    pages.statuses["/night-train"] = status
    found, words = result(pages, entry(pages.url("/night-train"), QUOTATION))
    assert found == rule
    assert f"status {status}" in words


@pytest.mark.parametrize("title", ["Page not found", "404 Not Found", "404"])
def test_an_error_page_with_a_good_status_is_a_dead_link(pages: CapturedPages, title: str) -> None:
    pages.pages["/lost"] = f"<html><head><title>{title}</title></head><body>Sorry.</body></html>"
    assert result(pages, entry(pages.url("/lost")))[0] == "link-dead"


def test_a_page_that_keeps_programs_out_is_no_warning(pages: CapturedPages) -> None:
    pages.pages["/shy"] = "<html><head><title>Just a moment...</title></head><body></body></html>"
    assert result(pages, entry(pages.url("/shy"), QUOTATION)) == (
        "",
        "shows programs another page (“Just a moment...”)",
    )


def test_redirects_are_followed_but_not_to_the_front_page(pages: CapturedPages) -> None:
    pages.redirects["/old"] = "/night-train"
    pages.redirects["/gone"] = "/"
    pages.pages["/"] = article("The Gazette", paragraphs=LONG)
    assert result(pages, entry(pages.url("/old"), QUOTATION)) == ("", "")
    rule, what = result(pages, entry(pages.url("/gone"), QUOTATION))
    assert (rule, "the front page" in what) == ("link-moved", True)
    assert result(pages, entry(pages.url("/"), QUOTATION)) == ("", "")  # it was meant


def test_redirects_without_end_and_private_hosts_are_unreachable(pages: CapturedPages) -> None:
    pages.redirects["/loop"] = "/loop"
    assert result(pages, entry(pages.url("/loop")))[0] == "link-unreachable"
    inside = replace(pages.client, admits=lambda _: False)
    (check,) = LinkChecker(inside).check(links_of_items([entry(pages.url("/night-train"))]))
    assert "isn't on the public internet" in check.findings[0].what


def test_files_and_huge_pages_are_alive(pages: CapturedPages) -> None:
    pages.types["/paper.pdf"] = "application/pdf"
    pages.pages["/paper.pdf"] = "%PDF-1.7"
    assert result(pages, entry(pages.url("/paper.pdf"), QUOTATION)) == ("", "is a PDF, not a web page")
    pages.pages["/huge"] = article("Huge", paragraphs=(*LONG, *("More words without end. " * 999 for _ in range(150))))
    assert result(pages, entry(pages.url("/huge"), QUOTATION)) == ("", "")


def test_a_slow_page_is_not_waited_for(pages: CapturedPages) -> None:
    pages.held.add("/slow")
    pages.pages["/slow"] = article("Slow")
    links = links_of_items([entry(pages.url("/slow")), replace(entry(pages.url("/night-train")), slug="other")])
    checks = {check.link.item: check for check in LinkChecker(pages.client, seconds=1).check(links)}
    assert checks["other"].findings == checks["night-train"].findings == ()
    assert checks["night-train"].remark == "wasn't checked, because the links took longer than 1 seconds"
    timed = replace(pages.client, seconds=0.2)
    (check,) = LinkChecker(timed).check(links_of_items([entry(pages.url("/slow"))]))
    assert check.findings[0].what.endswith("didn't load within 0.2 seconds")


def test_a_gift_link_is_checked_instead_of_the_link(pages: CapturedPages) -> None:
    gift, url = pages.url("/night-train?gift=abc"), pages.url("/missing")
    assert result(pages, entry(url, QUOTATION, gift=gift, paywall=True)) == ("", "")
    pages.statuses["/night-train"] = 404
    rule, what = result(pages, entry(url, QUOTATION, gift=gift, paywall=True))
    assert (rule, what.startswith("issues/entries/night-train.md:4: the gift link http")) == ("link-dead", True)


def test_an_expired_gift_link_is_a_warning(pages: CapturedPages) -> None:
    pages.pages["/paid"] = article("Paid", paragraphs=LONG[:1], head=PAYWALL)
    pages.redirects["/gift"] = "/paid"
    gift = entry(pages.url("/paid"), QUOTATION, gift=pages.url("/gift"), paywall=True)
    assert result(pages, gift)[0] == "gift-expired"
    pages.statuses["/gift"] = 402
    del pages.redirects["/gift"]
    assert result(pages, gift)[0] == "gift-expired"


def test_results_count_for_some_minutes(pages: CapturedPages) -> None:
    clock, links = Clock(), links_of_items([entry(pages.url("/night-train"), QUOTATION)])
    checker = LinkChecker(pages.client, clock=clock)
    (first,) = checker.check(links)
    pages.statuses["/night-train"] = 404
    clock.now = KEPT - 1
    assert list(checker.check(links)) == [first]
    assert [check.findings[0].rule for check in checker.check(links, again=True)] == ["link-dead"]
    pages.statuses["/night-train"] = 410
    clock.now = KEPT + 1
    assert [check.findings[0].rule for check in checker.check(links)] == ["link-dead"]


def test_without_a_connection_nothing_is_known() -> None:
    with captured_pages() as served:
        client, url = served.client, served.url("/night-train")
    links = links_of_items([entry(url), replace(entry(url), slug="other", url=f"{url}2")])
    assert without_connection(list(LinkChecker(client).check(links)))
    assert list(LinkChecker(None).check(links)) == []


def test_every_link_of_an_issue_is_checked(settings: Settings) -> None:
    issue = write_issue(settings.root, date(2026, 11, 23), "train", "sea")
    (settings.root / "issues/entries/train.md").write_text(
        "---\ntitle: Train\nurl: https://paper.example/train\ngift: https://paper.example/train?gift=1\npaywall: true\n"
        "source: The Paper\n---\n\nSee [the map](https://maps.example/a) or https://maps.example/b:\n\n> It goes.\n"
    )
    text = (settings.root / "issues/2026-11-23.md").read_text()
    block = (
        "  - links:\n    - title: One\n      url: https://list.example/1\n"
        "  - note: Read [this](https://note.example/n) and {{ links.preferences }}.\n"
    )
    (settings.root / "issues/2026-11-23.md").write_text(text.replace("  - sea\n", f"  - sea\n{block}"))
    issue = read_manuscripts(settings.root).issue(issue.slug)
    assert [(link.item, link.subject, link.url) for link in links_of_issue(issue)] == [
        ("train", "the gift link", "https://paper.example/train?gift=1"),
        ("train", "a link", "https://maps.example/a"),
        ("train", "a link", "https://maps.example/b"),
        ("sea", "the link", "https://paper.example/sea"),
        (issue.blocks[0].name, "a link", "https://list.example/1"),
        (issue.blocks[1].name, "a link", "https://note.example/n"),
    ]
    assert [quotation.markdown for quotation in links_of_issue(issue)[0].quotations] == ["It goes."]


@pytest.fixture
def linked(readers: Path, pages: CapturedPages, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A newsletter whose issue for today has one entry, which quotes /night-train."""
    monkeypatch.setattr(resources, "web_client", lambda: pages.client)
    for path in (readers / "issues/entries").glob("*.md"):
        path.unlink()
    front = f"title: Night train\nurl: {pages.url('/night-train')}\nsource: The Gazette\n"
    entry_file = f"---\n{front}---\n\nGo:\n\n> Nobody slept well on it, she says.\n"
    (readers / "issues/entries/night-train.md").write_text(entry_file)
    issue = "---\nsubject: Trains\ndate: 2026-11-23\nentries: [night-train]\n---\n"
    (readers / "issues/2026-11-23.md").write_text(issue)
    return readers


CHANGED = "issues/entries/night-train.md:9: “Nobody slept well on” is now “Nobody sleeps well on”: quote what"


def test_the_command_checks_what_is_still_to_be_sent(run: Run, linked: Path) -> None:
    assert CHANGED not in run("check").stdout
    checked = run("check", "--links")
    assert (checked.status, CHANGED in checked.stdout) == (0, True)
    rules = [finding["rule"] for finding in json.loads(run("check", "--links", "--json").stdout)]
    assert "quotation-changed" in rules
    assert run("send", "2026-11-23", "--yes").status == 0
    assert CHANGED not in run("check", "--links").stdout  # it has been sent


def test_links_are_checked_before_the_question(run: Run, linked: Path) -> None:
    asked = run("send", "2026-11-23", stdin="n\n")
    assert f"warning: {CHANGED}" in asked.stderr
    assert asked.stderr.index(CHANGED) < asked.stderr.index("[y/N]")
    for options in (["--no-links"], ["--dry-run"]):
        assert CHANGED not in run("send", "2026-11-23", *options, stdin="n\n").stderr
    assert CHANGED in run("send", "2026-11-23", "--dry-run", "--links").stderr
    assert CHANGED not in run("send", "2026-11-23").stderr  # nobody can answer
    sent = run("send", "2026-11-23", "--yes", "--links")
    assert (sent.status, CHANGED in sent.stderr) == (0, True)


def test_a_computer_without_a_connection_gets_one_warning(
    run: Run, linked: Path, pages: CapturedPages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "web_client", lambda: replace(pages.client, admits=lambda _: False))
    path = linked / "issues/entries/night-train.md"
    path.write_text(path.read_text().replace("Go:", "Go to https://maps.example/a:"))
    asked = run("send", "2026-11-23", stdin="n\n")
    assert asked.stderr.count("warning: none of 2 links could be checked: no server answered") == 1
    assert "none of 2 links could be checked" in run("check", "--links").stdout
