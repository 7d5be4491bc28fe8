"""Mistakes that the MJML compiler ignores are reported at their line and column."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mjml import mjml2html

from newsletter.errors import FindingsError, Severity
from newsletter.message.template import fill_html
from newsletter.rendering import Theme, load_theme, render, theme_findings
from newsletter.rendering.mjml import CHILDREN, COMPONENTS
from newsletter.rendering.mjml_compiler import compile_mjml
from tests import make

# At least one of these values changes the output if the compiler uses the attribute.
VALUES = ["77px", "rtl", "right", "full-width", "fixed-height", "hamburger", "true", "vertical", "#123456", "hidden"]
VALUES += [
    "https://example.org/x",
    "bottom",
    "0",
    "middle",
    "left",
    "1px solid #123456",
    "ltr",
    "uppercase",
    "facebook",
]
VALUES += ["fluid"]  # the compiler's name; MJML calls it fluid-height
NEEDED = {
    "mj-image": 'src="a.png" href="h"',
    "mj-button": 'href="h"',
    "mj-section": 'background-url="u"',
    "mj-wrapper": 'background-url="u"',
    "mj-hero": 'background-url="u" background-height="100px" background-width="100px" height="300px"',
    "mj-social-element": 'name="facebook" href="h"',
    "mj-navbar": 'hamburger="hamburger"',
    "mj-navbar-link": 'href="h"',
    "mj-carousel-image": 'src="a.png" href="h"',
}
COLUMN = ("<mj-column><mj-text>x</mj-text></mj-column>", "<mj-column><mj-text>x</mj-text></mj-column>")
INSIDE = {
    "mj-wrapper": f"<mj-section>{COLUMN[0]}</mj-section>",
    "mj-section": "".join(COLUMN),
    "mj-group": "".join(COLUMN),
    "mj-column": "<mj-text>x</mj-text>",
    "mj-hero": "<mj-text>x</mj-text>",
    "mj-accordion": "<mj-accordion-element><mj-accordion-title>a</mj-accordion-title>"
    "<mj-accordion-text>b</mj-accordion-text></mj-accordion-element>",
    "mj-accordion-element": "<mj-accordion-title>a</mj-accordion-title><mj-accordion-text>b</mj-accordion-text>",
    "mj-navbar": '<mj-navbar-link href="/x">a</mj-navbar-link>',
    "mj-social": '<mj-social-element name="facebook" href="/x">a</mj-social-element>',
    "mj-carousel": '<mj-carousel-image src="x.png" /><mj-carousel-image src="y.png" />',
    "mj-table": "<tr><td>x</td></tr>",
    "mj-image": "",
    "mj-divider": "",
    "mj-spacer": "",
    "mj-carousel-image": "",
}
BESIDE = {"mj-carousel-image": '<mj-carousel-image src="y.png" />', "mj-group": COLUMN[0]}


def compiled(tag: str, attributes: str) -> str:
    """Compile a document around one component, and return it without its random parts."""
    document = f"<{tag} {attributes}>{INSIDE.get(tag, 'x')}</{tag}>{BESIDE.get(tag, '')}"
    while tag != "mjml":
        tag = next(parent for parent, children in CHILDREN.items() if parent != "mj-attributes" and tag in children)
        document = f"<{tag}>{document}</{tag}>"
    return re.sub(r'[0-9a-f]{16}|id="[^"]*"|for="[^"]*"', "", mjml2html(document, fonts={}))


@pytest.mark.parametrize("tag", sorted(COMPONENTS))
def test_the_compiler_uses_every_allowed_attribute(tag: str) -> None:
    for attribute in sorted(COMPONENTS[tag] - {"mj-class"}):
        others = re.sub(rf'(?<!\S){attribute}="[^"]*"', "", NEEDED.get(tag, ""))
        plain = compiled(tag, others)
        assert any(compiled(tag, f'{others} {attribute}="{value}"') != plain for value in VALUES), attribute


ISSUE = """<mjml lang="{{ language }}" dir="{{ direction }}">
  <mj-head>
    <mj-title>{{ issue.subject }}</mj-title>
    HEAD
  </mj-head>
  <mj-body>
    <mj-section>
      <mj-column>
        {% for section in issue.sections %}
        {% include "items.mjml" %}
        {% endfor %}
        BODY
        <mj-text>{{ newsletter.postal_address }} <a href="{{ links.unsubscribe }}">Leave</a></mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"""


def theme(root: Path, head: str = "", body: str = "", source: str = ISSUE) -> Theme:
    folder = root / "templates" / "email" / "default"
    folder.mkdir(parents=True)
    (folder / "issue.mjml").write_text(source.replace("HEAD", head).replace("BODY", body), encoding="utf-8")
    return load_theme(root, make.newsletter())


FILE = "templates/email/default/issue.mjml"


def test_the_default_theme_has_no_findings(tmp_path: Path) -> None:
    assert theme_findings(load_theme(tmp_path, make.newsletter())) == ()
    assert theme_findings(load_theme(tmp_path, make.newsletter(language="he"))) == ()


def test_a_correct_custom_theme_has_no_findings(tmp_path: Path) -> None:
    assert theme_findings(theme(tmp_path)) == ()


@pytest.mark.parametrize(
    ("body", "finding"),
    [
        ("<mj-txt>a</mj-txt>", f"{FILE}:12:9: no MJML tag <mj-txt>: did you mean <mj-text>?"),
        ('<mj-text colour="red">a</mj-text>', f'{FILE}:12:18: <mj-text> ignores "colour": did you mean "color"?'),
        ('<mj-text class="big">a</mj-text>', f'{FILE}:12:18: <mj-text> ignores "class": did you mean "css-class"?'),
        ('<mj-text\n  padding="0"\n  font="x">a</mj-text>', f'{FILE}:14:3: <mj-text> ignores "font": '),
        (
            "<mj-column></mj-column>",
            f"{FILE}:12:9: <mj-column> isn't allowed in <mj-column>: put it into <mj-section>, <mj-group>",
        ),
        ("<mj-text>a <mj-image /></mj-text>", f"{FILE}:12:20: <mj-image> isn't allowed in <mj-text>"),
        (
            '<mj-carousel>{% part issue.sections[0] %}<mj-carousel-image src="a" />{% endpart %}</mj-carousel>',
            f"{FILE}:12:9: a part isn't allowed inside <mj-carousel>: put {{% part … %}} and {{% endpart %}} around",
        ),
        ("<p>lost</p>", f"{FILE}:12:9: <p> isn't allowed directly in <mj-column>: put it into <mj-text>"),
        ("words", f"{FILE}:8:7: text isn't allowed directly in <mj-column>: put it into <mj-text>"),
        ("<mj-text>{{ issue.date }} <b>a</i></mj-text>", f"{FILE}:12:"),
        ("<mj-text><br></mj-text>", f"{FILE}:12:"),
        ("<mj-text>a & b</mj-text>", f"{FILE}:12:20: an & is not escaped: write &amp;"),
        ("<mj-text><b>a</b>\n<i>b</i></mj-text>", f"{FILE}:13:1: the line break between </b> and <i> is dropped"),
        ("{% for n in range(2) %}<mj-text><mj-x /></mj-text>{% endfor %}", f"{FILE}:12:41: no MJML tag <mj-x>"),
    ],
)
def test_a_mistake_is_reported_at_its_place(body: str, finding: str, tmp_path: Path) -> None:
    findings = [str(each) for each in theme_findings(theme(tmp_path, body=body))]
    assert len(findings) == 1, findings
    assert findings[0].startswith(finding)


@pytest.mark.parametrize(
    ("head", "finding"),
    [
        (
            '<mj-style inline="inline">p {}</mj-style>',
            f"{FILE}:4:15: <mj-style inline> is not inlined: put the rules into inline.css",
        ),
        (
            '<mj-attributes><mj-body width="500px" /></mj-attributes>',
            f"{FILE}:4:20: <mj-body> in <mj-attributes> is ignored: set the attributes on <mj-body> itself",
        ),
        (
            '<mj-attributes><mj-all paddin="0" /></mj-attributes>',
            f'{FILE}:4:28: <mj-all> ignores "paddin": did you mean "padding"?',
        ),
        (
            '<mj-font name="Raleway" href="https://fonts.example.org/raleway" />',
            f"{FILE}:4:5: <mj-font> loads https://fonts.example.org/raleway when a message is opened: use fonts that",
        ),
        ("<mj-html-attributes></mj-html-attributes>", f"{FILE}:4:5: no MJML tag <mj-html-attributes>"),
    ],
)
def test_a_mistake_in_the_head_is_reported_at_its_place(head: str, finding: str, tmp_path: Path) -> None:
    findings = [str(each) for each in theme_findings(theme(tmp_path, head=head))]
    assert len(findings) == 1, findings
    assert findings[0].startswith(finding)


gaps = st.lists(st.sampled_from([" ", "\t", "\n", "\r\n", "&#32;", "&nbsp;", "<!-- a note -->"]), max_size=4).map(
    "".join
)


@settings(max_examples=60)
@given(st.lists(gaps, min_size=8, max_size=8))
def test_white_space_between_the_tags_of_the_head_changes_nothing(gap: list[str]) -> None:
    def document(*gap: str) -> str:
        defaults = (
            f'<mj-attributes>{gap[0]}<mj-all padding="0" />{gap[1]}<mj-text color="#123456" />{gap[2]}</mj-attributes>'
        )
        head = f"{gap[3]}<mj-title>a</mj-title>{gap[4]}{defaults}{gap[5]}<mj-preview>b</mj-preview>{gap[6]}"
        column = "<mj-section><mj-column><mj-text>x</mj-text></mj-column></mj-section>"
        return f"<mjml><mj-head>{head}</mj-head>{gap[7]}<mj-body>{column}</mj-body></mjml>"

    assert compile_mjml(document(*gap), text_color="#000000") == compile_mjml(document(*[""] * 8), text_color="#000000")


def test_a_theme_with_its_head_on_one_line_has_no_findings(tmp_path: Path) -> None:
    head = '<mj-preview>{{ issue.preheader }}</mj-preview> <mj-attributes> <mj-all padding="0" /> </mj-attributes>'
    made = theme(tmp_path, head=head)
    assert theme_findings(made) == ()
    assert "What a timetable can teach." in fill_html(render(make.issue(), made.newsletter, made).html, {})


def test_an_error_of_the_compiler_is_reported_at_its_place(tmp_path: Path) -> None:
    made = theme(tmp_path, head="<mj-preview>{{ issue.preheader }} <b>now</b></mj-preview>")
    with pytest.raises(FindingsError) as caught:
        render(make.issue(), made.newsletter, made)
    assert str(caught.value).startswith(f"{FILE}:4:39: the MJML compiler stops at “<b>now</b>")
    assert "position" not in str(caught.value)


def test_a_mistake_in_an_included_file_is_reported_there(tmp_path: Path) -> None:
    made = theme(tmp_path, body='{% include "entry.mjml" %}'.replace("entry.mjml", "part.mjml"))
    (tmp_path / "templates/email/default/part.mjml").write_text(
        "<mj-text>a</mj-text>\n  <mj-foo />\n", encoding="utf-8"
    )
    (finding,) = theme_findings(made)
    assert str(finding.place) == "templates/email/default/part.mjml:2:3"
    assert (finding.rule, finding.severity) == ("theme-mjml-tag", Severity.ERROR)


def test_a_theme_without_unsubscribe_link_or_address_is_an_error(tmp_path: Path) -> None:
    source = re.sub(r"        <mj-text>\{\{ newsletter.*\n", "", ISSUE)
    made = theme(tmp_path, source=source)
    listing = '{% for section in issue.sections %}{% include "items.txt" %}{% endfor %}\n'
    (tmp_path / "templates/email/default/issue.txt").write_text(listing, encoding="utf-8")
    findings = [(finding.rule, finding.place.path, finding.severity) for finding in theme_findings(made)]
    text = FILE.replace("mjml", "txt")
    assert findings == [
        ("theme-unsubscribe", FILE, "error"),
        ("theme-address", FILE, "error"),
        ("theme-unsubscribe", text, "error"),
        ("theme-address", text, "error"),
    ]


def test_web_fonts_in_the_style_sheet_are_reported(tmp_path: Path) -> None:
    made = theme(tmp_path)
    css = "/* @import */\n@import url(https://fonts.example.org/a.css);\n@font-face { font-family: A; src: url(a) }\n"
    (tmp_path / "templates/email/default/style.css").write_text(css, encoding="utf-8")
    findings = [(finding.rule, finding.place.line) for finding in theme_findings(made)]
    assert findings == [("theme-remote-font", 2), ("theme-remote-font", 3)]


def test_css_that_cannot_be_inlined_is_reported(tmp_path: Path) -> None:
    made = theme(tmp_path)
    css = "/* @media */\np { margin: 0 !important; }\na:hover { color: red }\n"
    css += "p { color: rgb(1, 2, 3); background: #12345678 }\n"
    (tmp_path / "templates/email/default/inline.css").write_text(css, encoding="utf-8")
    findings = [(finding.rule, str(finding.place), finding.what) for finding in theme_findings(made)]
    path = "templates/email/default/inline.css"
    assert findings == [
        ("theme-inline-css", f"{path}:2:15", '"!important" cannot be inlined'),
        ("theme-inline-css", f"{path}:3:2", '":hover" cannot be inlined'),
        ("theme-inline-css", f"{path}:4:12", 'mail clients drop "rgb("'),
        ("theme-inline-css", f"{path}:4:38", 'mail clients drop "#12345678"'),
    ]


def test_a_theme_that_prints_only_entries_gets_a_warning(tmp_path: Path) -> None:
    entries = "{% for entry in section.entries %}<mj-text>{{ entry.title }}</mj-text>{% endfor %}"
    made = theme(tmp_path, source=ISSUE.replace('{% include "items.mjml" %}', entries))
    (finding,) = theme_findings(made)
    assert (finding.rule, finding.place.path, finding.severity) == ("theme-blocks", FILE, Severity.WARNING)
    assert finding.what == "blocks of an issue are left out: note, links, quote, sponsor, image"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("block-sponsor.mjml", "<mj-text><p>{{ block.title }}</p>{{ block.body }}</mj-text>\n"),
        ("block-sponsor.txt", "{{ block.title }}\n{{ block.body }}\n"),
    ],
)
def test_a_sponsor_without_a_label_is_an_error(tmp_path: Path, name: str, content: str) -> None:
    made = theme(tmp_path)
    (tmp_path / "templates/email/default" / name).write_text(content, encoding="utf-8")
    (finding,) = theme_findings(made)
    assert (finding.rule, finding.severity) == ("theme-sponsor", Severity.ERROR)
    assert finding.place.path == FILE.replace("mjml", name.rpartition(".")[2])
