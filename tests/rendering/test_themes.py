"""Settings of a theme, a theme's own files, and mistakes in them."""

import re
from pathlib import Path

import pytest

from newsletter.domain.publication import Newsletter, ThemeSettings
from newsletter.errors import FindingsError
from newsletter.message.template import fill_html, fill_text
from newsletter.rendering import default_templates, load_theme, render, theme_check, theme_findings, themes
from newsletter.rendering.contrast import contrast_ratio
from tests import make

TOML = """name = "The Daily Test"

[theme]
name = "default"
dark_colors = { accent = "navy" }

[theme.colors]
accent = "#1d5c4a"
akzent = "#000000"

[theme.labels]
read_more = "Go on at {source}"
"""


def newsletter(**theme: object) -> Newsletter:
    return make.newsletter(theme=ThemeSettings(**theme))  # type: ignore[arg-type] # whatever the test is about


def html(root: Path, made: Newsletter) -> str:
    return fill_html(render(make.issue(), made, load_theme(root, made)).html, {})


def write(root: Path, name: str, **files: str) -> None:
    folder = root / "templates" / "email" / name
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in files.items():
        (folder / file.replace("__", ".")).write_text(content, encoding="utf-8")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "newsletter.toml").write_text(TOML, encoding="utf-8")
    return tmp_path


def test_settings_override_the_themes_own(root: Path) -> None:
    made = newsletter(
        colors={"accent": "#1D5C4A", "text": "#222"},
        dark_colors={"accent": "#7fd1b9"},
        fonts={"text": 'Charter, "Times New Roman", serif'},
        labels={"read_more": "Go on at {source}", "unsubscribe": "Leave"},
    )
    document = html(root, made)
    for words in (
        "#1d5c4a",
        "#222222",
        "#7fd1b9",
        "Charter, 'Times New Roman', serif",
        "Go on at The Review",
        ">Leave<",
    ):
        assert words in document


def test_the_theme_of_a_language_is_loaded_once_and_a_bounded_number_is_kept(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(themes, "MOST_LANGUAGES", 2)
    theme = load_theme(root, newsletter())
    german = theme.in_language("de")
    assert theme.in_language("de") is german
    for language in ("fr", "he", "nl"):
        assert theme.in_language(language).language == language
    assert theme.in_language("de") is not german
    assert theme.in_language("de").labels == german.labels


def test_a_logo_replaces_the_name(root: Path) -> None:
    document = html(root, newsletter(logo="https://example.org/logo.png", logo_width=200))
    heading = document[document.index("<h1") : document.index("</h1>")]
    assert 'src="https://example.org/logo.png"' in heading
    assert 'alt="The Daily Test"' in heading
    assert 'width="200"' in heading


@pytest.mark.parametrize(
    ("theme", "message"),
    [
        (
            {"colors": {"akzent": "#000000"}},
            'newsletter.toml:9: the theme has no "akzent" in colors: did you mean "accent"?',
        ),
        (
            {"colors": {"accent": "rgb(1, 2, 3)"}},
            "newsletter.toml:8: accent: 'rgb(1, 2, 3)' is not a colour: write it with",
        ),
        ({"dark_colors": {"accent": "navy"}}, "newsletter.toml:5: accent: 'navy' is not a colour"),
        ({"fonts": {"text": "x; color: red"}}, "newsletter.toml:3: text: 'x; color: red' is not a list of fonts"),
        ({"fonts": {"texts": "serif"}}, 'newsletter.toml:3: the theme has no "texts" in fonts: did you mean "text"?'),
        (
            {"labels": {"read_more": "At {sauce}"}},
            'newsletter.toml:12: the label "read_more" can\'t contain {sauce}: it may contain: {source}',
        ),
        ({"logo": "logo.png"}, "newsletter.toml:3: logo is not an https address"),
        ({"logo_dark": "https://example.org/d.png"}, "newsletter.toml:3: logo_dark needs a logo"),
        (
            {"logo": "https://example.org/l.png", "logo_dark": "d.png"},
            "newsletter.toml:3: logo_dark is not an https address",
        ),
        ({"name": "defualt"}, 'newsletter.toml:4: no theme "defualt": did you mean "default"?'),
    ],
)
def test_an_invalid_setting_is_reported_with_line_and_hint(theme: dict[str, object], message: str, root: Path) -> None:
    with pytest.raises(FindingsError) as caught:
        load_theme(root, newsletter(**theme))
    assert str(caught.value).startswith(message)


def test_a_custom_theme_uses_the_default_theme_for_missing_files(root: Path) -> None:
    write(
        root,
        "mine",
        entry__mjml="<mj-text>{{ entry.title }} in {{ colors.accent }} and {{ colors.berry }}</mj-text>",
        theme__toml='[colors]\nberry = "#702050"\n[labels.en]\nnumber = "Issue {number}"\n',
    )
    document = html(root, newsletter(name="mine"))
    assert "About night-train in #963a1c and #702050" in document
    assert "Issue 7" in document
    assert "You're receiving this email" in document


PREVIEW = re.compile(r'background-color:(#\w+);">\s*<div style="display:none;font-size:1px;color:(#\w+);')


@pytest.mark.parametrize("own", [False, True])
def test_the_hidden_preheader_has_the_colour_of_the_text(own: bool, root: Path) -> None:
    made = newsletter(name="mine" if own else "default", colors={"text": "#203040", "background": "#f8f8f8"})
    if own:
        body = "<mj-text>{{ issue.subject }}</mj-text>"
        column = f"<mj-section><mj-column>{body}</mj-column></mj-section>"
        head = "<mj-head><mj-preview>{{ issue.preheader }}</mj-preview></mj-head>"
        page = f'<mjml>{head}<mj-body background-color="{{{{ colors.background }}}}">{column}</mj-body></mjml>'
        write(root, "mine", issue__mjml=page)
    colors = PREVIEW.search(html(root, made))
    assert colors is not None
    assert colors.groups() == ("#f8f8f8", "#203040")


def test_init_copies_a_theme_that_renders_the_same(tmp_path: Path) -> None:
    write(
        tmp_path,
        "default",
        **{f.name.replace(".", "__"): f.read_text() for f in (default_templates() / "email/default").glob("*.*")},
    )
    assert html(tmp_path, make.newsletter()) == html(tmp_path.parent / "nowhere", make.newsletter())


INLINE_CSS = (default_templates() / "email" / "default" / "inline.css").read_text(encoding="utf-8")


def test_a_changed_file_takes_effect_at_once(root: Path) -> None:
    write(root, "mine", entry__txt="{{ entry.title }}!\n")
    made = newsletter(name="mine")
    assert "About night-train!" in fill_text(render(make.issue(), made, load_theme(root, made)).text, {})
    write(root, "mine", entry__txt="{{ entry.title }}, changed\n")
    assert "About night-train, changed" in fill_text(render(make.issue(), made, load_theme(root, made)).text, {})


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        (
            "entry.mjml",
            "<mj-text>\n{% if %}</mj-text>",
            "templates/email/mine/entry.mjml:2: a value is missing",
        ),
        ("entry.mjml", "\n\n{{ entry.titel }}", 'templates/email/mine/entry.mjml:3: a theme has no "titel"'),
        (
            "entry.mjml",
            "\n{{ colors.acent }}",
            'templates/email/mine/entry.mjml:2: a theme has no "acent": did you mean "accent"?',
        ),
        (
            "issue.txt",
            "{{ subscriber.nam }}",
            'templates/email/mine/issue.txt:1: a theme has no "nam": did you mean "name"?',
        ),
        ("issue.txt", "a\n{{ labels.read_more() }}", "templates/email/mine/issue.txt:2: "),
        (
            "issue.txt",
            '{% include "../../../newsletter.toml" %}',
            "templates/email/mine/issue.txt:1: there is no temp",
        ),
        ("issue.txt", "{{ 'a' + 1 }}", "templates/email/mine/issue.txt:1: text and numbers can't be combined"),
        (
            "inline.css",
            f"a:nth-child(( {{}}{INLINE_CSS}",
            "templates/email/mine/inline.css: a selector of inline.css can't be read",
        ),
        ("inline.css", "p { color: {{ colors.acent }}; }", 'templates/email/mine/inline.css:1: a theme has no "acent"'),
        ("theme.toml", "[colors\n", "templates/email/mine/theme.toml:1: ] is missing after the name of a table"),
        ("theme.toml", '[colors]\nberry = "blue"\n', "templates/email/mine/theme.toml:2: 'blue' is not a colour"),
        ("theme.toml", "[colours]\n", 'templates/email/mine/theme.toml:1: unknown table or setting "colours"'),
        (
            "issue.mjml",
            "<mjml><mj-body><mj-text><p></mj-text></mj-body></mjml>",
            "templates/email/mine/issue.mjml:1:",
        ),
        (
            "entry.mjml",
            "<mj-text>{{ subscriber.name | upper }}</mj-text>",
            'templates/email/mine/entry.mjml:1:31: the filter "upper" changes an author\'s text or a',
        ),
        (
            "issue.txt",
            "{# {{ issue.note | upper }} #}\n{% for line in [1] %}\n  {{ issue.note | title }}\n{% endfor %}",
            'templates/email/mine/issue.txt:3:19: the filter "title" changes',
        ),
        (
            "entry.txt",
            "{% for passage in entry.passages %}{% filter upper %}{{ entry.number }}{% endfilter %}{% endfor %}",
            'templates/email/mine/entry.txt:1:46: the filter "upper" changes',
        ),
        (
            "entry.mjml",
            '<mj-text><a href="https://example.org/{{ subscriber.email }}">x</a></mj-text>',
            "templates/email/mine/entry.mjml:1: {{ subscriber.email }} is in an address",
        ),
    ],
)
def test_a_mistake_in_a_template_is_reported_with_file_and_line(
    file: str, content: str, message: str, root: Path
) -> None:
    write(root, "mine", **{file.replace(".", "__"): content})
    with pytest.raises(FindingsError) as caught:
        html(root, newsletter(name="mine"))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    "payload",
    [
        "{{ issue.__class__.__mro__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ lipsum.__globals__['os'].environ }}",
        "{{ cycler.__init__.__globals__.os.environ }}",
        "{{ labels.read_more.__call__.__globals__ }}",
        "{{ subscriber.first_name._placeholders }}",
        "{{ self._TemplateReference__context }}",
        "{{ issue | attr('__class__') }}",
        "{{ '{0.__class__}'.format(issue) }}",
        "{% include '/proc/self/environ' %}",
        "{% for name in newsletter.postal_address.__dir__() %}{{ name }}{% endfor %}",
        "{{ labels.__getitem__.__globals__ }}",
    ],
)
def test_the_environment_cannot_be_read_from_a_template(
    payload: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSLETTER_SECRET", "canary-4711")
    write(root, "mine", issue__txt=payload)
    with pytest.raises(FindingsError) as caught:
        html(root, newsletter(name="mine"))
    assert "canary-4711" not in str(caught.value)


def test_a_broken_service_message_and_a_lone_brace_are_reported(root: Path) -> None:
    write(root, "mine", inline__css="p { color: #111111;\n")
    service = root / "templates" / "email" / "mine" / "service"
    service.mkdir()
    (service / "confirm.html").write_text("<p>{{ lnk }}</p>")
    findings = [str(finding) for finding in theme_findings(load_theme(root, newsletter(name="mine")))]
    assert any(
        each.startswith('templates/email/mine/service/confirm.html:1: a theme has no "lnk"') for each in findings
    )
    assert any(each.startswith('templates/email/mine/inline.css:1: a "{" has no partner') for each in findings)


def test_a_theme_is_checked_again_after_a_change_and_only_then(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []

    def contrast(front: str, back: str) -> float:
        checked.append(front)
        return contrast_ratio(front, back)

    def places(**theme: object) -> list[str]:
        checked.clear()
        findings = theme_findings(load_theme(root, newsletter(name="mine", **theme)))
        return [str(finding.place) for finding in findings]

    monkeypatch.setattr(theme_check, "contrast_ratio", contrast)
    write(root, "mine", inline__css="p { margin: 0 }\n")
    assert places() == []
    assert checked
    assert places() == []
    assert not checked
    write(root, "mine", inline__css="p { margin: 0 {\n")  # as long as before
    assert places() == ["templates/email/mine/inline.css:1"]
    write(root, "mine", inline__css="p { margin: 0 }\n")
    (root / "newsletter.toml").write_text(f"# one more line\n{TOML}", encoding="utf-8")
    assert places(colors={"accent": "#e0a080"}) == ["newsletter.toml:9"]
    (root / "newsletter.toml").write_text(TOML, encoding="utf-8")
    assert places(colors={"accent": "#e0a080"}) == ["newsletter.toml:8"]
    assert places(colors={"accent": "#102030"}) == []
    assert checked
    (root / "newsletter.toml").write_text(f"# one more line\n{TOML}", encoding="utf-8")
    assert places(colors={"accent": "#102030"}) == []
    assert not checked  # no finding names a line


def test_contrast_below_aa_is_reported_in_light_and_dark(root: Path) -> None:
    made = newsletter(colors={"accent": "#e0a080"}, dark_colors={"muted": "#444444"})
    findings = [str(finding) for finding in theme_findings(load_theme(root, made))]
    assert len(findings) == 2
    assert findings[0].startswith("newsletter.toml:5: muted #444444 on background #191714 has a contrast of 1.8")
    assert findings[1].startswith("newsletter.toml:8: accent #e0a080 on background #fdfbf6 has a contrast of 2.1")


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#767676", "#ffffff", 4.54),
        ("#0000ff", "#ffffff", 8.59),
    ],
)
def test_contrast_is_measured_as_wcag_defines_it(first: str, second: str, expected: float) -> None:
    assert contrast_ratio(first, second) == pytest.approx(expected, abs=0.005)


def test_a_theme_can_link_to_the_archive_the_sign_up_page_and_a_reply(tmp_path: Path) -> None:
    anchors = "".join(f'<a href="{{{{ links.{name} }}}}">x</a>' for name in ("archive", "subscribe", "reply"))
    write(
        tmp_path,
        "default",
        issue__txt="<{{ links.archive }}>\n<{{ links.subscribe }}>\n<{{ links.reply }}>\n",
        issue__mjml=f"<mjml><mj-body><mj-section><mj-column><mj-text>{anchors}</mj-text></mj-column></mj-section></mj-body></mjml>",
    )
    made = newsletter()
    rendered = render(make.issue(subject='Tea & "cake", 5 %'), made, load_theme(tmp_path, made))
    base, reply = made.base_url, f"mailto:{make.SENDER}?subject=Re%3A%20Tea%20%26%20%22cake%22%2C%205%20%25"
    assert fill_text(rendered.text, {}) == f"<{base}/>\n<{base}/subscribe>\n<{reply}>\n"
    assert re.findall('<a href="([^"]*)"', fill_html(rendered.html, {})) == [f"{base}/", f"{base}/subscribe", reply]
