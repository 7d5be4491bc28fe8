"""Links in authors' Markdown, and leftover Markdown that readers would see."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.checks.markdown import markdown_findings
from newsletter.errors import Place

TOP = Place(path="issues/entries/a.md", line=10)


def findings(markdown: str) -> list[tuple[str, int | None]]:
    return [(finding.rule, finding.place.line) for finding in markdown_findings(markdown, TOP)]


@pytest.mark.parametrize(
    "markdown",
    [
        "A [source](https://example.org/a_(b)) and **strong** words.",
        "<https://example.org/page>, [mail](mailto:editors@example.org)",
        "[by reference][one]\n\n[one]: https://example.org/",
        "[the king](sic) said [so] [and so]",
        "`<br>` and `**` in code, 2 < 3, x __init__ y, \\*\\*stars\\*\\*",
        "[{{ subscriber.first_name }}](https://example.org/)",
        "[your topics][1] and [again][1]\n\n[1]: {{ links.preferences }}",
        "[example.org]({{ links.archive }}), [b](<{{ links.reply }}>) and [*c*]({{ links.vote('c') }} \"d\")",
        "[example.org](https://www.example.org/)",
        "issue #7, C# and a * b",
        "from ~5 to ~~ 7, `~~code~~`, \\~~so\\~~, a[^], [[]] and \\[[two]]",
        "[www.example.org](https://www.example.org/), mail www@example.org, a www. address",
        "|x| < |y|, and | is a bar\n\n- | -",
        "a | b, 3 -| 4 --| 5, well - | said",
    ],
)
def test_good_markdown_has_no_findings(markdown: str) -> None:
    assert findings(markdown) == []


@pytest.mark.parametrize(
    ("markdown", "rule"),
    [
        ("[https://example.org](https://example.net/)", "link-disguised"),
        ("[read it at example.org](https://example.net/)", "link-host"),
        ("[*www*.example.org](https://example.net/)", "link-disguised"),
        ("[a](http://example.org)", "url-http"),
        ("[a](//example.org/page)", "url-unfit"),
        ("[a](/page)", "url-unfit"),
        ("[a](javascript:alert)", "url-unfit"),
        ("[a](https://example.org@example.net/)", "url-userinfo"),
        ("[](https://example.org/)", "markdown-left"),
        ("It is ~~not~~ so.", "markdown-left"),
        ("As he says.[^1]", "markdown-left"),
        ("See [[Night trains]] too.", "markdown-left"),
        ("|---|---|\n| 1 | 2 |", "markdown-left"),
        ("--- | :--: |\n1 | 2", "markdown-left"),
        ("| a | b |\n| c | d |\n| e | f |", "markdown-left"),
        ("See www.thereview.eu/x for more.", "markdown-left"),
        ("See http://localhost:3000/x.", "url-detour"),
        ("See [it](http://localhost:3000/x).", "url-detour"),
        ("See https://192.168.0.5/x", "url-detour"),
        ("![a picture](https://example.org/a.png)", "markdown-left"),
        ("[a link](https://example.org/ that never ends", "markdown-left"),
        ("**half bold", "markdown-left"),
        ("[a][1] and [b][2]\n\n[1]: {{ links.preferences }}", "markdown-left"),
        ("one<br>two", "markdown-left"),
        ("## A heading", "markdown-left"),
    ],
)
def test_broken_links_and_leftover_markdown_are_reported(markdown: str, rule: str) -> None:
    assert findings(markdown) == [(rule, 10)]


def test_a_heading_has_its_own_hint() -> None:
    (finding,) = markdown_findings("## A heading", Place(path="issues/2026-11-23.md", line=10))
    assert "have no headings" in finding.hint


def test_a_finding_is_at_the_line_of_its_link() -> None:
    assert findings("One\n\ntwo\nthree [a](http://example.org)") == [("url-http", 13)]


@given(st.text(alphabet="ab.*_[]()<>!#` \n\\/:https", max_size=80))
def test_any_markdown_can_be_checked(markdown: str) -> None:
    lines = markdown.count("\n")
    assert all(10 <= (line or 0) <= 10 + lines for _, line in findings(markdown))


def test_a_table_is_no_finding_unless_it_is_wider_than_a_phone() -> None:
    for table in ("| a | b |\n|---|---|\n| 1 | 2 |", "a | b\n--- | :--:\n1 | 2", "a | b\n--|--\n1 | 2"):
        assert findings(table) == []
    assert findings("Words:\n\n|a|b|c|d|\n|-|-|-|-|\n|1|2|3|4|") == []
    assert findings("Words:\n\n|a|b|c|d|e|\n|-|-|-|-|-|\n|1|2|3|4|5|") == [("table-wide", 12)]
    assert findings("|a|b|\n|-|-|\n|1|[x](http://review.example.org)|") == [("url-http", 12)]


def test_a_table_whose_head_has_no_line_below_it_is_reported() -> None:
    assert findings("| a | b |\n| 1 | 2 |") == [("markdown-left", 10)]
    assert findings("| a | b |\n|---|\n| 1 | 2 |") == [("markdown-left", 11)]


def test_each_kind_of_unfinished_markdown_on_a_line_is_reported() -> None:
    findings = markdown_findings("A [[link]], <b>so</b>, a note[^1] and ~~not~~ this", Place(path="a.md", line=10))
    assert [finding.what.partition(" would")[0] for finding in findings] == ['"[[link]]"', '"<b>"', '"[^1]"', '"~~"']


def test_a_merge_field_in_an_address_is_not_reported_as_unfinished_markdown() -> None:
    for text in ("[Read]({{ subscriber.link }})", "[Read](https://x.de/{{ subscriber.id }}) and **more**"):
        assert not list(markdown_findings(text, TOP))
    (finding,) = markdown_findings("[Read](https://x.de/{{ subscriber.id }}) **more", TOP)
    assert finding.what.startswith('"**"')
