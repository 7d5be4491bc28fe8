"""Links are found in pasted text, with their titles, and nothing of the text gets lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.publishing.links.pasted_links import PastedLink, read_pasted

URL = "https://example.org/review/night-train"


@pytest.mark.parametrize(
    ("text", "url", "title"),
    [
        (URL, URL, ""),
        (f"  {URL}?a=1&b=2#c \n", f"{URL}?a=1&b=2#c", ""),
        ("example.org/story", "https://example.org/story", ""),
        ("www.example.org", "https://www.example.org", ""),
        (f"Night train – {URL}", URL, "Night train"),
        (f"{URL} | Night train", URL, "Night train"),
        (f"- [Night *train*]({URL})", URL, "Night *train*"),
        (f"“Night train”\n{URL}", URL, "“Night train”"),
        (f"See ({URL}).", URL, "See"),
        ("https://example.org/wiki/Train_(night).", "https://example.org/wiki/Train_(night)", ""),
        (f"<{URL}>", URL, ""),
    ],
)
def test_a_link_is_found_with_its_title(text: str, url: str, title: str) -> None:
    assert read_pasted(text).links == (PastedLink(url=url, title=title),)
    assert read_pasted(text).other_lines == ()


def test_many_links_are_found_once_each_and_other_lines_stay() -> None:
    text = f"Reading list\n\nTrains {URL}\n{URL}\nhttps://example.org/a https://example.org/b\nada@example.org\nlater\n"
    pasted = read_pasted(text)
    assert pasted.links == (
        PastedLink(url=URL, title="Trains"),
        PastedLink(url="https://example.org/a"),
        PastedLink(url="https://example.org/b"),
    )
    assert pasted.other_lines == ("Reading list", "ada@example.org", "later")


@given(st.text(alphabet=st.sampled_from("ab :/.()[]\n\t<>-“w") | st.characters(exclude_categories=["Cs"])))
def test_any_text_is_read_without_losing_a_line(text: str) -> None:
    pasted = read_pasted(text)
    for line in pasted.other_lines:
        assert line in text
    assert bool(pasted.links or pasted.other_lines) == bool(text.split())
