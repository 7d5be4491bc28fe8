"""The HTML and text of an issue, for a reader and for the rest of the program."""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from newsletter.domain.blocks import BlockKind
from newsletter.domain.issue import Entry, Issue, Passage, PassageKind, Section
from newsletter.errors import FindingsError
from newsletter.message.template import Slot, fill_html, fill_text
from newsletter.rendering import PageText, load_theme, render
from tests import make
from tests.rendering.samples import (
    CHALK,
    INTERVIEW,
    NOWHERE,
    OFFICE,
    READER,
    SIGNAL,
    email,
    english,
    hebrew,
    page,
    passages,
    text,
)

NEWSLETTER = make.newsletter()
THEME = load_theme(NOWHERE, NEWSLETTER)


def issue_of(*entries: Entry, **changes: Any) -> Issue:
    return make.issue(sections=(Section(title=None, items=entries),), **changes)


def tree(document: str) -> lxml_html.HtmlElement:
    return lxml_html.document_fromstring(document)


def test_the_same_issue_gives_the_same_email() -> None:
    assert email(*english()) == email(*english())


def test_an_email_has_the_issue_sender_and_subject() -> None:
    compiled = email(*english())
    assert compiled.issue == "2026-11-23"
    assert compiled.list_id == "the-daily-test.news.example.org"
    assert compiled.sender == NEWSLETTER.sender
    assert compiled.preheader == ("What a timetable can teach.",)


def test_the_slots_of_an_email_are_the_readers_name_and_links() -> None:
    compiled = email(*english())
    assert compiled.slots == {"subscriber.first_name", "links.unsubscribe", "links.preferences", "links.browser"}
    assert Slot("subscriber.first_name", "reader") in compiled.html
    assert Slot("subscriber.first_name", "reader") in compiled.text
    assert not re.search(r"k[0-9a-f]{16}[bs]\d", "".join(map(str, (*compiled.html, *compiled.text))))


def test_a_reader_without_a_name_gets_the_default_greeting() -> None:
    compiled = email(*english())
    assert "Good morning, <bdi>reader</bdi>." in fill_html(compiled.html, {})
    assert "Good morning, reader." in fill_text(compiled.text, {})


def test_a_readers_value_is_escaped_in_html() -> None:
    assert "Good morning, <bdi>Zoë &amp; &lt;Co&gt;</bdi>." in page(*english())
    assert "Good morning, Zoë & <Co>." in text(*english())


def test_a_greeting_alone_on_its_line_has_the_direction_of_the_newsletter() -> None:
    field = '{{ subscriber.first_name | default("קורא") }}'
    for language, direction in (("he", "rtl"), ("en", "ltr")):
        document = page(make.issue(note=f"{field},\n\nשלום."), make.newsletter(language=language))
        greeting = next(paragraph for paragraph in tree(document).iter("p") if "Zoë" in paragraph.text_content())
        assert greeting.get("dir") in (None, direction)


def test_merge_fields_work_in_subject_and_preheader() -> None:
    field = '{{ subscriber.first_name | default("you") }}'
    compiled = email(make.issue(subject=f"For {field}", preheader=f"Dear {field}"), NEWSLETTER)
    slot = Slot("subscriber.first_name", "you")
    assert compiled.subject == ("For ", slot)
    assert compiled.preheader == ("Dear ", slot)
    assert "<title>For Ada</title>" in fill_html(compiled.html, {"subscriber.first_name": "Ada"})


def test_merge_fields_of_an_entry_are_plain_text() -> None:
    assert "And {{ subscriber.first_name }}, which" in page(*english())
    assert "And {{ subscriber.first_name }}, which" in text(*english()).replace(" \n", " ")


def test_an_unknown_merge_field_is_reported_at_its_line() -> None:
    issue = make.issue(note="Hello.\n\n{{ subscriber.firstname }}", lines={"note": 12})
    with pytest.raises(FindingsError, match=r'2026-11-23\.md:14: .*did you mean "subscriber.first_name"') as caught:
        email(issue, NEWSLETTER)
    assert caught.value.findings[0].rule == "merge-field-unknown"


def test_a_merge_field_in_a_url_is_refused() -> None:
    issue = make.issue(note="[x](https://example.org/?to={{ subscriber.email }})")
    with pytest.raises(FindingsError, match="merge field in a link's address"):
        email(issue, NEWSLETTER)


def test_headings_are_in_order() -> None:
    headings = [(each.tag, each.text_content()) for each in tree(page(*english())).iter("h1", "h2", "h3", "h4")]
    assert headings == [
        ("h1", "The Daily Test"),
        ("h2", "In the yard"),
        ("h3", "The last signal box & its kettle"),
        ("h3", "Chalk"),
        ("h2", "A lost-property office keeps a philosophy"),
    ]


def test_an_entry_renders_all_its_fields() -> None:
    document = tree(page(*english()))
    words = " ".join(document.text_content().split())
    assert "kettleMarguerite Osei · November 17, 2026" in words
    assert "Read more at The Junction Review →" in words
    assert "More about: Afghanistan, NATO, Kettles" in words
    assert SIGNAL.url in [link.get("href") for link in document.iter("a")]
    (image,) = document.iter("img")
    assert (image.get("alt"), image.get("width")) == ("A signal box at dusk, one window lit", "552")


@pytest.mark.parametrize(
    ("label", "language", "words"),
    [
        ("", "en", "Read more at The Junction Review"),
        ("read", "en", "Read more at The Junction Review"),
        ("Listen", "en", "Listen at The Junction Review"),
        ("watch", "de", "Ansehen: The Junction Review"),
        ("Book seats", "en", "Book seats: The Junction Review"),
        ("<b>Play", "de", "<b>Play: The Junction Review"),
    ],
)
def test_the_link_of_an_entry_has_its_label(label: str, language: str, words: str) -> None:
    issue, newsletter = issue_of(replace(SIGNAL, label=label)), make.newsletter(language=language)
    (link,) = (link for link in tree(page(issue, newsletter)).iter("a") if "→" in link.text_content())
    assert link.text_content() == f"{words}\u00a0→"
    assert f"\n{words}\n<{SIGNAL.url}>\n" in text(issue, newsletter)


def test_an_entrys_language_minutes_and_access_are_printed() -> None:
    paid = replace(INTERVIEW, slug="paid", gift="", paywall=True, language="")
    issue = issue_of(INTERVIEW, replace(INTERVIEW, slug="both", paywall=True), paid)
    document = tree(page(issue, NEWSLETTER))
    facts = [line.text_content() for line in document.iter("p") if "byline" in line.get("class", "")]
    assert facts == ["42 min ·\u00a0Gift link", "42 min ·\u00a0Gift link", "42 min ·\u00a0Paywall"]
    assert [title.get("lang") for title in document.iter("h2")] == ["de", "de", None]
    assert [quotation.get("lang") for quotation in document.iter("blockquote")] == ["de", "de", None]
    for part in (page(issue, NEWSLETTER), text(issue, NEWSLETTER)):
        assert INTERVIEW.gift in part
    assert {line for line in text(issue, NEWSLETTER).splitlines() if " min · " in line} == {
        "42 min · Gift link",
        "42 min · Paywall",
    }


def test_an_entrys_language_decides_the_direction_of_its_title_and_quotation() -> None:
    entry = replace(SIGNAL, language="he", title="NATO", passages=passages("Short.", "BBC: NATO, WHO."))
    document = tree(page(issue_of(entry), NEWSLETTER))
    (title,), (quotation,) = document.iter("h2"), document.iter("blockquote")
    assert (title.get("dir"), quotation.get("dir")) == ("rtl", "rtl")
    assert "text-align:right" in title.get("style", "")
    assert "text-align:right" in quotation.get("style", "")
    assert tree(page(issue_of(replace(entry, language="")), NEWSLETTER)).find(".//h2").get("dir") is None


def test_a_sponsor_is_labelled_in_the_language_of_the_newsletter() -> None:
    sponsor = make.block(BlockKind.SPONSOR)
    for language, label in (("en", "Advertisement"), ("de", "Anzeige"), ("he", "מודעה")):
        issue, newsletter = make.issue(sponsor), make.newsletter(language=language)
        shown = " ".join(tree(page(issue, newsletter)).text_content().split())
        assert shown.index(label) < shown.index(sponsor.title)
        printed = text(issue, newsletter)
        assert printed.index(label.upper()) < printed.index(sponsor.title)


def test_a_quotation_renders_as_written() -> None:
    (first, _) = tree(page(*english())).iter("blockquote")
    shown = first.text_content()
    assert "[The signalman] makes tea for two trains a day. . . . Nobody" in shown
    assert 'He said [the king](sic) had "passed once...." and' in shown
    assert not list(first.iter("a"))


def test_the_footer_has_the_reason_the_postal_address_and_the_unsubscribe_link() -> None:
    for part in (tree(page(*english())).text_content(), text(*english())):
        assert "You're receiving this email because you subscribed to The Daily Test." in part
        assert "1 Test Street, 12345 Testville" in part
    assert f'href="{READER["links.unsubscribe"]}"' in page(*english())
    assert f"\n<{READER['links.unsubscribe']}>\n" in text(*english())


def test_the_preheader_is_hidden_and_padded() -> None:
    preview = page(*english()).partition("display:none")[2].partition("</div>")[0]
    assert "What a timetable can teach." in preview
    assert preview.count("\u034f\u200c\u00a0") == 60


def test_the_html_of_an_entry_does_not_depend_on_its_neighbours() -> None:
    row = re.compile(r'<tr><td align="left" class="entry".*?</td></tr>', re.DOTALL)
    alone = {entry.slug: page(issue_of(entry), NEWSLETTER) for entry in (SIGNAL, CHALK, OFFICE)}
    rows = {slug: row.findall(document) for slug, document in alone.items()}
    assert all(len(matches) == 1 for matches in rows.values())
    together = page(issue_of(SIGNAL, CHALK, OFFICE), NEWSLETTER).replace("3 picks", "1 pick")
    joined = "\n".join(rows[entry.slug][0] for entry in (SIGNAL, CHALK, OFFICE))
    assert together == alone["chalk"].replace(rows["chalk"][0], joined)


def test_the_text_of_an_entry_does_not_depend_on_its_neighbours() -> None:
    def stretch(document: str, entry: Entry) -> str:
        start = document.index(f"{entry.title}\n")
        end = document.index("-" * 40 + "\n\n", start) + 42
        return document[start:end]

    alone = {entry.slug: text(issue_of(entry), NEWSLETTER) for entry in (SIGNAL, CHALK, OFFICE)}
    parts = {entry.slug: stretch(alone[entry.slug], entry) for entry in (SIGNAL, CHALK, OFFICE)}
    together = text(issue_of(OFFICE, SIGNAL, CHALK), NEWSLETTER).replace("3 picks", "1 pick")
    assert together == alone["chalk"].replace(
        parts["chalk"], parts["lost-property"] + parts["signal-box"] + parts["chalk"]
    )


def test_a_quotation_follows_its_colon_directly() -> None:
    document = text(issue_of(SIGNAL), NEWSLETTER)
    announced, end = "it down [1]:\n\n> [The signalman]", "\n\n[1]\n<https://example.org/diary>\n\nRead more at"
    quotation = document[document.index(announced) + len(announced) : document.index(end)]
    assert {line[0] for line in quotation.splitlines()[1:]} == {">"}


def test_an_entry_adds_less_than_three_kilobytes_of_markup() -> None:
    entries = [replace(SIGNAL, slug=f"entry-{n}") for n in range(30)]
    size = [len(page(issue_of(*entries[:count]), NEWSLETTER).encode()) for count in (1, 30)]
    words = sum(len(passage.markdown.encode()) for passage in SIGNAL.passages)
    assert (
        size[1] - size[0]
    ) / 29 - words < 2_800  # with a picture, three topics that link to the archive, and a row of the contents
    assert size[0] < 17_500  # 1 KB of it keeps the design in Outlook, Apple Mail and Thunderbird


def test_a_right_to_left_newsletter_runs_from_right_to_left() -> None:
    document = page(*hebrew())
    parsed = tree(document)
    assert (parsed.get("dir"), parsed.get("lang")) == ("rtl", "he")
    assert document.count("direction:rtl") >= 6
    assert "border-right:3px solid" in document
    assert document.count("border-left:3px solid") == 1  # of the quotation in English
    assert "text-align:left" not in document.partition("<body")[2].replace("font-size:0px;text-align:left", "").replace(
        "; text-align:left", ""
    ).partition('<p dir="ltr"')[0].replace("text-align:left;color:#6b6358", "")
    isolated = [each.text_content().strip("\u200e") for each in parsed.iter("bdi")]
    assert "The Pier (Review)" in isolated
    assert "Ada Writer" in isolated
    (english_paragraph,) = [each for each in parsed.iter("p") if each.text_content().startswith("A sound bridge")]
    assert english_paragraph.get("dir") == "ltr"
    assert "יום שני, 23 בנובמבר 2026" in parsed.text_content()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", "Montag, 23. November 2026"),
        ("fr-CA", "lundi 23 novembre 2026"),
        ("es", "Ver en el navegador"),
        ("ar", "إلغاء الاشتراك"),
        ("tlh", "Monday, November 23, 2026"),
    ],
)
def test_fixed_texts_are_in_the_newsletters_language(language: str, words: str) -> None:
    assert words in tree(page(make.issue(), make.newsletter(language=language))).text_content()


def test_an_issue_in_another_of_the_newsletters_languages_is_like_an_issue_of_a_newsletter_in_it() -> None:
    newsletter = make.newsletter(language="en", other_languages=("de", "he"))
    for language in newsletter.languages:
        alone = page(make.issue(), make.newsletter(language=language))
        assert page(make.issue(language=language), newsletter) == alone
    assert page(make.issue(), newsletter) == page(make.issue(language="EN"), newsletter)


def test_an_issue_without_optional_fields_has_no_empty_elements() -> None:
    bare = replace(CHALK, topics=(), passages=CHALK.passages[:1])
    document = page(issue_of(bare, number=None, preheader="", note=""), NEWSLETTER)
    assert "No." not in tree(document).text_content()
    assert "display:none" not in document
    assert "<p></p>" not in document


hostile = st.text(st.characters(codec="utf-8"), max_size=60) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{ 7 * 7 }}{% if x %}{# #}",
        "</mj-text></mj-column><mj-raw>",
        "<![CDATA[ ]]> <!-- --> & &amp; &nosuch;",
        "\x00\x0b\ufffe a\u202eb",
        "[x](javascript:alert(1)) <javascript:alert(1)> [y](data:text/html,x)",
        "[a]: javascript:alert(1)\n\n[a]",
        "x" * 10_000,
        "👩‍👩‍👧 מילים كلمات",
    ]
)


CONDITIONALS = page(issue_of(CHALK), NEWSLETTER).count("<![endif]-->")


@settings(max_examples=60)
@given(title=hostile, source=hostile, author=hostile, alt=hostile, topic=hostile, framing=hostile, quotation=hostile)
def test_text_of_an_author_never_becomes_active_html(
    title: str, source: str, author: str, alt: str, topic: str, framing: str, quotation: str
) -> None:
    entry = Entry(
        slug="x",
        title=title,
        url="https://example.org/x",
        source=source,
        author=author,
        image="https://example.org/x.png",
        image_alt=alt,
        topics=(topic,),
        passages=(
            Passage(kind=PassageKind.FRAMING, markdown=framing),
            Passage(kind=PassageKind.QUOTATION, markdown=quotation),
        ),
    )
    compiled = render(issue_of(entry), NEWSLETTER, THEME)
    document = fill_html(compiled.html, READER)
    parsed = tree(document)
    body = parsed.find("body")
    assert body is not None
    assert not list(body.iter("script", "iframe", "object", "form", "style", "link", "meta"))
    assert len(list(body.iter("img"))) == 1
    for element in body.iter():
        if not isinstance(element.tag, str):
            continue
        assert not [name for name in element.attrib if name.startswith("on")]
        assert re.match(r"https?:|mailto:|$", element.get("href", ""), re.IGNORECASE)
    cleaned = " ".join(re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]", "", title).split())
    headings = [each for each in body.iter("h2") if each.get("class") == "title"]
    assert " ".join(headings[0].text_content().split()) == cleaned
    assert document.count("<![endif]-->") == CONDITIONALS


def test_an_address_ends_where_it_should() -> None:
    issue = issue_of(replace(CHALK, url='https://example.org/?q=a>b<c"d e\n&f'))
    encoded = "https://example.org/?q=a%3Eb%3Cc%22d%20e&f"
    assert f"\n<{encoded}>\n" in text(issue, NEWSLETTER)
    assert tree(page(issue, NEWSLETTER)).xpath("//a[@href=$url]", url=encoded)
    assert PageText(NEWSLETTER, THEME).address(issue.entries[0].url) == encoded


def test_a_url_with_another_scheme_is_not_linked() -> None:
    document = page(issue_of(replace(CHALK, url="javascript:alert(1)", image="data:image/png,x")), NEWSLETTER)
    assert "javascript" not in document
    assert "data:image" not in document
