"""Links in a note: each reader's own in a message, and for everybody on the archive's pages."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.errors import FindingsError
from newsletter.message.template import Slot, fill_html, fill_text
from newsletter.rendering import PageText, load_theme, readable_mjml
from tests import make
from tests.rendering.samples import NOWHERE, email, page

NOTE = (
    "Change [your *topics*]({{ links.preferences }}) or read [old issues]({{ links.archive }}).\n\n"
    'Was it good? [Yes]({{ links.vote("yes") }}) · [Not "really"]({{ links.vote("not really") }})\n\n'
    "[Write to us]({{ links.reply }})."
)
ISSUE = make.issue(note=NOTE, subject="Tea & cake")
NEWSLETTER = make.newsletter()
YES, NO = 'links.vote("yes")', 'links.vote("not really")'
READER = {
    "links.unsubscribe": "https://news.example.org/unsubscribe/1",
    "links.preferences": "https://news.example.org/preferences/1",
    "links.browser": "https://news.example.org/browser/1",
    YES: "https://news.example.org/vote/2026-11-23/1/x?a&b",
    NO: "https://news.example.org/vote/2026-11-23/2/x",
}


def anchors(html: str, *words: str) -> list[str]:
    """Return the targets of the links with these texts."""
    texts = "|".join(map(re.escape, words))
    return re.findall(rf'<a\b[^<>]*\shref="([^"]*)"[^<>]*>(?:<em>)?(?:{texts})', html)


def test_a_message_has_the_readers_own_links() -> None:
    html = page(ISSUE, NEWSLETTER, READER)
    assert anchors(html, "your", "old issues") == [READER["links.preferences"], "https://news.example.org/"]
    assert anchors(html, "Yes<", "Not ") == ["https://news.example.org/vote/2026-11-23/1/x?a&amp;b", READER[NO]]
    assert anchors(html, "Write to us") == ["mailto:editors@news.example.org?subject=Re%3A%20Tea%20%26%20cake"]
    assert "<bdi>https" not in html


def test_the_text_part_has_them_below_their_paragraph() -> None:
    text = fill_text(email(ISSUE, NEWSLETTER).text, READER)
    assert f"[1]\n<{READER['links.preferences']}>\n[2]\n<https://news.example.org/>" in text
    assert f'Was it good? Yes [1] · Not "really" [2]\n[1]\n<{READER[YES]}>\n[2]\n<{READER[NO]}>' in text


def test_a_vote_is_a_slot_and_links_for_everybody_are_constant() -> None:
    compiled = email(ISSUE, NEWSLETTER)
    assert compiled.votes == (YES, NO)
    assert compiled.slots == {"links.unsubscribe", "links.preferences", "links.browser", YES, NO}
    assert Slot(YES) in compiled.html
    assert email(make.issue(), NEWSLETTER).votes == ()


def test_the_mjml_shows_the_merge_fields() -> None:
    mjml = readable_mjml(ISSUE, NEWSLETTER, load_theme(NOWHERE, NEWSLETTER))
    assert 'href="{{ links.vote("yes") }}"' in mjml


def test_in_a_hebrew_note_links_work_and_readers_values_are_isolated() -> None:
    greeting = 'שלום {{ subscriber.first_name | default("קורא") }}'
    note = f"{greeting}, [הנושאים שלך]({{{{ links.preferences }}}}), [כן]({{{{ links.vote('כן') }}}})"
    newsletter = make.newsletter(language="he")
    compiled = email(make.issue(note=note), newsletter)
    html = fill_html(
        compiled.html, READER | {"subscriber.first_name": "Zoë", 'links.vote("כן")': "https://x.example/1"}
    )
    assert anchors(html, "הנושאים", "כן") == [READER["links.preferences"], "https://x.example/1"]
    assert "<bdi>Zoë</bdi>" in html


def test_the_archive_has_links_for_everybody_and_answers_without_links() -> None:
    prose = PageText(NEWSLETTER, load_theme(NOWHERE, NEWSLETTER))
    html = prose.note(ISSUE)
    assert anchors(html, "your", "old issues") == ["https://news.example.org/preferences", "https://news.example.org/"]
    assert '<p>Was it good? Yes · Not "really"</p>' in str(html)
    assert "invalid" not in html


def test_an_archive_elsewhere_links_to_the_pages_for_readers() -> None:
    newsletter = make.newsletter(base_url="https://archive.example.org")
    prose = PageText(newsletter, load_theme(NOWHERE, newsletter), service="https://news.example.org")
    note = "[a]({{ links.preferences }}) [b]({{ links.subscribe }}) [c]({{ links.archive }}) [d]({{ links.browser }})"
    assert anchors(prose.note(make.issue(note=note)), "a", "b", "c", "d") == [
        "https://news.example.org/preferences",
        "https://news.example.org/subscribe",
        "https://archive.example.org/",
        "https://archive.example.org/issues/2026-11-23/",
    ]


def test_the_archive_shows_a_link_in_the_wrong_place_as_text() -> None:
    prose = PageText(NEWSLETTER, load_theme(NOWHERE, NEWSLETTER))
    html = prose.note(make.issue(note='<b>{{ links.preferences }}</b> {{ links.vote("<x>") }} {{ links.nothing }}'))
    assert html == (
        "<p>&lt;b&gt;https://news.example.org/preferences&lt;/b&gt; https://vote.invalid/ {{ links.nothing }}</p>"
    )


PIECES = [
    *("[a](", ")", "[a]", "[a]: ", "![", "`", "<", ">", "> ", "* ", "\\", "*", "\n\n", "    ", " ", "#top", "word"),
    *("https://example.org/", "{{ links.preferences }}", "{{ links.archive }}", "{{ links.vote('x') }}"),
    *("[b]({{ links.browser }})", "{{ subscriber.first_name }}", "{{ links.x }}"),
]


@settings(max_examples=60)
@given(st.lists(st.sampled_from(PIECES), max_size=10).map("".join))
def test_a_link_is_a_whole_target_or_an_error(note: str) -> None:
    reader = READER | {'links.vote("x")': "https://vote.example/x"}
    try:
        html = page(make.issue(make.entry(topics=()), note=note), NEWSLETTER, reader)
    except FindingsError:
        return
    allowed = {*reader.values(), "", "https://news.example.org/", "https://news.example.org/subscribe"}
    targets = {
        target for target in re.findall(r'<a\b[^<>]*\shref="([^"]*)"', html) if "example.org/review" not in target
    }
    assert {target for target in targets if not target.startswith(("https://example.org/", "mailto:"))} <= allowed
    assert not re.search(r"k[0-9a-f]{16}", html)
    text = re.sub("<[^>]*>", "", html)
    assert not any(url in text for url in reader.values())
