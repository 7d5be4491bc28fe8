"""From an editor's folder to an email, or to all findings about it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from newsletter import rendering
from newsletter.checks import CheckContext
from newsletter.composing import check_manuscripts, compose, compose_draft
from newsletter.domain.issue import Issue, TailoringFields
from newsletter.domain.issue_names import UnknownIssueError
from newsletter.domain.publication import Newsletter, ThemeSettings
from newsletter.domain.segment import EVERYONE, Segment
from newsletter.errors import Finding, FindingsError, Severity
from newsletter.message.compiled_issue import CompiledIssue
from newsletter.message.template import fill_text
from newsletter.rendering import Theme, compile_issue, default_templates
from tests import make

CONTEXT = CheckContext(segments={"everyone": EVERYONE, "science": Segment(slug="science", name="Science")})


def write(root: Path, path: str, text: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def write_entry(root: Path, slug: str, *, body: str = "Worth reading.", **changes: str) -> None:
    fields = {
        "title": f"About {slug}",
        "url": f"https://example.org/{slug}",
        "source": "The Review",
        "topics": "[NATO]",
    } | changes
    lines = [f"{name}: {value}" for name, value in fields.items() if value]
    write(root, f"issues/entries/{slug}.md", "\n".join(["---", *lines, "---", body, ""]))


def write_issue(root: Path, date: str, entries: str, *, note: str = "Good morning.", **changes: str) -> None:
    fields = {
        "date": date,
        "subject": f"What to read on {date}",
        "preheader": "And why.",
        "entries": f"[{entries}]",
    } | changes
    lines = [f"{name}: {value}" for name, value in fields.items() if value]
    write(root, f"issues/{date}.md", "\n".join(["---", *lines, "---", note, ""]))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the folder of a newsletter of two issues without findings."""
    for slug in ("one", "two", "three"):
        write_entry(tmp_path, slug)
    write_issue(tmp_path, "2026-11-22", "one, two", number="1")
    write_issue(tmp_path, "2026-11-23", "three", number="2", segments="[science]")
    return tmp_path


def checked(root: Path, newsletter: Newsletter | None = None) -> list[str]:
    return [str(finding) for finding in check_manuscripts(root, newsletter or make.newsletter(), CONTEXT)]


def refused(root: Path, slug: str, newsletter: Newsletter | None = None) -> tuple[Finding, ...]:
    with pytest.raises(FindingsError) as caught:
        compose(root, newsletter or make.newsletter(), slug, CONTEXT)
    return caught.value.findings


def test_a_good_newsletter_has_no_findings(root: Path) -> None:
    assert checked(root) == []


def test_a_draft_has_the_same_findings_as_check(root: Path) -> None:
    write_entry(root, "four", body="Read the the paper.", image="lost.jpg", gift="https://example.org/gift")
    write(root, "issues/blocks/also.md", "---\nblock: links\n---\n- [A](https://example.org/four)\n")
    note = "Now the the [yes]({{ links.vote('yes') }}), {{ subscriber.first_name }}."
    entries = 'four, one, also, {note: "Words without (an end."}'
    overrides = '{four: {image: gone.jpg, title: "Re: FOUR"}}'
    write_issue(root, "2026-11-23", entries, note=note, digest="true", language="de", overrides=overrides)
    context = replace(CONTEXT, mails=True)

    draft = compose_draft(root, make.newsletter(), "2026-11-23", context)
    checked_here = check_manuscripts(root, make.newsletter(), context)

    paths = ("issues/2026-11-23.md", "issues/entries/four.md", "issues/entries/one.md", "issues/blocks/also.md")
    assert {finding.rule for finding in draft.findings} >= {"image-missing", "word-doubled", "poll-uncounted"}
    assert [finding for finding in draft.findings if finding.place.path in paths] == [
        finding for finding in checked_here if finding.place.path in paths
    ]


def test_a_draft_with_unfinished_blocks_is_shown_and_refused(root: Path) -> None:
    blocks = "{sponsor: Kettle & Leaf}, {image: }, {note: }, {links: [{title: Gloves}]}"
    write_issue(root, "2026-11-24", f"{blocks}, {{note: Good evening.}}", number="3")
    draft = compose_draft(root, make.newsletter(), "2026-11-24", CONTEXT)
    assert "Good evening." in fill_text(draft.email.text, {})
    assert {finding.rule for finding in refused(root, "2026-11-24")} == {"block-unfinished", "block-link"}


def test_an_issue_is_composed_as_an_email(root: Path) -> None:
    composed = compose(root, make.newsletter(), "2026-11-23", CONTEXT)

    assert composed.findings == ()
    assert composed.issue.segments == ("science",)
    assert fill_text(composed.email.subject, {}) == "What to read on 2026-11-23"
    assert "About three" in fill_text(composed.email.html, {})
    assert "About three" in fill_text(composed.email.text, {})


def test_an_issue_can_be_named_by_its_path(root: Path) -> None:
    composed = compose(root, make.newsletter(), "issues/2026-11-23.md", CONTEXT)
    assert composed.issue.slug == "2026-11-23"


def test_the_same_files_give_the_same_email(root: Path) -> None:
    first, second = (compose(root, make.newsletter(), "2026-11-23", CONTEXT) for _ in range(2))

    assert first.compiled == second.compiled


def test_the_address_of_an_entrys_owner_is_in_no_email_and_in_no_view_of_it(root: Path) -> None:
    write_entry(root, "three", by="owner@example.org")
    composed = compose(root, make.newsletter(), "2026-11-23", CONTEXT)
    assert composed.issue.entries[0].by == "owner@example.org"
    # The compiled issue is all that a send freezes, and messages and views in a browser are made from that.
    assert "owner@" not in repr(composed.compiled)
    assert "owner@" not in composed.compiled.digest + fill_text(composed.email.html, {})
    assert "owner@" not in fill_text(composed.email.text, {})


def test_an_unknown_issue_is_a_usage_error(root: Path) -> None:
    with pytest.raises(UnknownIssueError, match='did you mean "2026-11-23"'):
        compose(root, make.newsletter(), "2026-11-32", CONTEXT)


def test_check_reports_everything_in_one_pass_in_order_of_place(root: Path) -> None:
    write_entry(root, "two", topics="", url="http://example.org/two")
    write_entry(root, "three", title="", body="[https://example.org](https://example.net/)")
    write_issue(root, "2026-11-23", "three, one, threee", segments="[sciense]", preheader="")

    findings = check_manuscripts(root, make.newsletter(), CONTEXT)

    assert [(str(finding.place), finding.rule) for finding in findings] == [
        ("issues/2026-11-23.md:1", "preheader-none"),
        ("issues/2026-11-23.md:4", "entry-unknown"),
        ("issues/2026-11-23.md:4", "entry-run-before"),
        ("issues/2026-11-23.md:5", "segment-unknown"),
        ("issues/entries/three.md:2", "field-missing"),
        ("issues/entries/three.md:6", "link-disguised"),
        ("issues/entries/two.md:1", "topics-none"),
        ("issues/entries/two.md:3", "url-http"),
    ]


def test_an_issue_is_refused_only_for_its_own_errors(root: Path) -> None:
    write_entry(root, "one", url="//example.org/one")
    write_issue(root, "2026-11-22", "one, two", subject="", note="{{ subscriber.frist_name }}")

    assert {finding.rule for finding in refused(root, "2026-11-22")} == {
        "subject-empty",
        "url-unfit",
        "merge-field-unknown",
    }
    assert compose(root, make.newsletter(), "2026-11-23", CONTEXT).findings == ()


def test_an_unknown_merge_field_is_not_reported_for_a_missing_default(root: Path) -> None:
    write_issue(root, "2026-11-23", "three", subject="'Hello {{ subscriber.frist_name }}'", number="2")
    assert {finding.rule for finding in check_manuscripts(root, make.newsletter(), CONTEXT)} == {"merge-field-unknown"}


def test_a_gift_link_is_not_reported_next_to_a_paywall_that_can_not_be_read(root: Path) -> None:
    write_entry(root, "train", paywall="yes", gift="https://example.org/gift")
    rules = [
        finding.rule
        for finding in check_manuscripts(root, make.newsletter(), CONTEXT)
        if finding.place.path.endswith("train.md")
    ]
    assert rules == ["field-type"]


def test_a_refusal_has_file_line_and_hint(root: Path) -> None:
    write_issue(root, "2026-11-23", "three", segments="[sciense]")

    with pytest.raises(
        FindingsError, match=r'^issues/2026-11-23.md:6: no segment "sciense": did you mean "science"\?$'
    ):
        compose(root, make.newsletter(), "2026-11-23", CONTEXT)


def test_warnings_about_an_issue_come_with_its_email(root: Path) -> None:
    write_entry(root, "three", topics="[NATO, Bees]")
    write_entry(root, "one", topics="[Wasps]")

    composed = compose(root, make.newsletter(), "2026-11-23", CONTEXT)

    assert [(finding.rule, finding.severity) for finding in composed.findings] == [
        ("topic-undeclared", Severity.WARNING)
    ]


def test_an_undeclared_topic_in_many_entries_of_an_issue_is_one_warning(root: Path) -> None:
    for slug in ("one", "two"):
        write_entry(root, slug, topics="[NATO, Wasps]")

    (warning,) = compose(root, make.newsletter(), "2026-11-22", CONTEXT).findings

    assert str(warning.place) == "issues/entries/one.md:5"
    assert "here and in 1 other entry" in warning.what


def test_an_entry_repeated_from_an_earlier_issue_is_a_warning_at_its_line(root: Path) -> None:
    write_issue(root, "2026-11-23", "three, one")

    (finding,) = compose(root, make.newsletter(), "2026-11-23", CONTEXT).findings

    assert (finding.rule, finding.place.line) == ("entry-run-before", 5)


def test_a_misspelled_theme_is_reported_together_with_other_errors(root: Path) -> None:
    newsletter = make.newsletter(theme=ThemeSettings(name="defautl"))
    write_entry(root, "three", url="//example.org/three")

    assert {finding.rule for finding in refused(root, "2026-11-23", newsletter)} == {"theme-broken", "url-unfit"}
    assert sum("defautl" in line for line in checked(root, newsletter)) == 1


def test_a_template_that_fails_is_one_error_with_its_line(root: Path) -> None:
    write(root, "templates/email/own/issue.txt", "{{ newsletter.name }}\n{{ nothing.here }}\n")
    newsletter = make.newsletter(theme=ThemeSettings(name="own"))

    (line,) = [line for line in checked(root, newsletter) if "templates/email/own/issue.txt" in line]

    assert line.startswith("templates/email/own/issue.txt:2: ")
    assert {finding.rule for finding in refused(root, "2026-11-23", newsletter)} == {"theme-broken"}


def test_an_issue_that_breaks_the_theme_is_reported_and_the_others_are_checked(root: Path) -> None:
    for slug in ("one", "three"):
        write_entry(root, slug, author="Ada Writer")
    text = "{{ entry.title }}\n{% if not entry.author %}{{ 1 // (entry.author | length) }}{% endif %}\n"
    write(
        root,
        "templates/email/own/entry.txt",
        "{% if entry.source != 'The Specimen Review' %}\n" + text + "{% endif %}\n",
    )
    newsletter = make.newsletter(theme=ThemeSettings(name="own"))
    place = "templates/email/own/entry.txt:3"

    assert [line.partition(": ")[0] for line in checked(root, newsletter)] == [place]
    assert "issue 2026-11-22" in checked(root, newsletter)[0]
    assert compose(root, newsletter, "2026-11-23", CONTEXT).findings == ()
    assert {finding.rule for finding in refused(root, "2026-11-22", newsletter)} == {"theme-broken"}


def test_a_fault_in_the_program_is_a_finding_on_its_issue_and_the_others_are_checked(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(issue: Issue, newsletter: Newsletter, theme: Theme) -> CompiledIssue:  # no known input causes this
        if issue.slug == "2026-11-22":
            raise IndexError("list index out of range")
        return compile_issue(issue, newsletter, theme)

    monkeypatch.setattr(rendering, "compile_issue", faulty)
    write_entry(root, "three", topics="")

    assert [(finding.rule, str(finding.place)) for finding in check_manuscripts(root, make.newsletter(), CONTEXT)] == [
        ("email-broken", "issues/2026-11-22.md:1"),
        ("topics-none", "issues/entries/three.md:1"),
    ]
    assert {finding.rule for finding in refused(root, "2026-11-22")} == {"email-broken"}
    assert compose(root, make.newsletter(), "2026-11-23", CONTEXT).email.subject == ("What to read on 2026-11-23",)


def test_a_broken_theme_hides_no_warning_about_it(root: Path) -> None:
    entry = '<mj-text class="x">{{ entry.title }} {{ entry.passages[0].body | upper }}</mj-text>'
    write(root, "templates/email/own/entry.mjml", entry)
    write(root, "templates/email/own/inline.css", "p { color: rgb(1, 2, 3) }")

    findings = check_manuscripts(root, make.newsletter(theme=ThemeSettings(name="own")), CONTEXT)

    assert sorted(finding.rule for finding in findings) == ["theme-broken", "theme-inline-css", "theme-mjml-attribute"]


def test_text_that_makes_the_compiler_panic_is_one_error_at_its_place(root: Path) -> None:
    write(root, "templates/email/own/entry.mjml", "<mj-text>{{ entry.title }}\n  Café > {{ entry.source }}</mj-text>\n")
    newsletter = make.newsletter(theme=ThemeSettings(name="own"))

    (line,) = checked(root, newsletter)

    assert line.startswith("templates/email/own/entry.mjml:")
    assert line.endswith('the MJML compiler fails on ">" after a non-ASCII letter: write &gt;')
    assert {finding.rule for finding in refused(root, "2026-11-22", newsletter)} == {"theme-broken"}


def test_a_theme_that_includes_itself_is_one_error(root: Path) -> None:
    write(root, "templates/email/own/entry.mjml", '{% include "entry.mjml" %}')
    newsletter = make.newsletter(theme=ThemeSettings(name="own"))

    (line,) = checked(root, newsletter)

    assert line.startswith("templates/email/own/")
    assert {finding.rule for finding in refused(root, "2026-11-22", newsletter)} == {"theme-broken"}


def test_all_mistakes_in_a_themes_settings_are_reported_at_once(root: Path) -> None:
    theme = ThemeSettings(
        logo="logo.png", colors={"acent": "#111111", "text": "red"}, fonts={"title": "{"}, labels={"number": "{x}"}
    )

    lines = checked(root, make.newsletter(theme=theme))

    words = ("acent", "text: 'red'", "title: '{'", '"number" can\'t contain {x}', "logo")
    assert [word for word in words if not any(word in line for line in lines)] == []
    assert len(lines) == len(words)


def test_a_theme_that_changes_an_authors_text_is_reported(root: Path) -> None:
    mjml = (default_templates() / "email/default/issue.mjml").read_text(encoding="utf-8")
    write(root, "templates/email/own/issue.mjml", mjml.replace("{{ issue.note }}", "{{ issue.note | upper }}"))
    newsletter = make.newsletter(theme=ThemeSettings(name="own"))

    (line,) = checked(root, newsletter)

    before, _, _ = mjml.partition("{{ issue.note }}")
    assert line.startswith(f"templates/email/own/issue.mjml:{before.count(chr(10)) + 1}:")
    assert 'the filter "upper"' in line


@pytest.mark.parametrize(("name", "meant"), [("entry.sourse", "source"), ("labels.brower", "browser")])
def test_a_misspelled_name_in_a_template_is_reported_with_a_suggestion(root: Path, name: str, meant: str) -> None:
    write(root, "templates/email/own/entry.txt", f"{{{{ {name} }}}}\n")
    newsletter = make.newsletter(theme=ThemeSettings(name="own"))

    message = f'templates/email/own/entry.txt:1: a theme has no "{name.partition(".")[2]}": did you mean "{meant}"?'
    assert checked(root, newsletter) == [message]


def test_a_template_that_does_not_compile_is_reported_once(root: Path) -> None:
    mjml = (default_templates() / "email/default/issue.mjml").read_text(encoding="utf-8")
    write(root, "templates/email/own/issue.mjml", mjml.replace("</mj-text>", "", 1))
    newsletter = make.newsletter(theme=ThemeSettings(name="own"))

    assert {finding.rule for finding in check_manuscripts(root, newsletter, CONTEXT)} == {"theme-mjml"}
    assert {finding.rule for finding in refused(root, "2026-11-23", newsletter)} == {"theme-mjml"}


def test_a_theme_without_unsubscribe_link_and_postal_address_is_refused(root: Path) -> None:
    write(root, "templates/email/own/issue.txt", "{{ newsletter.name }}\n")
    newsletter = make.newsletter(theme=ThemeSettings(name="own"))

    assert {"theme-unsubscribe", "theme-address"} <= {
        finding.rule for finding in refused(root, "2026-11-23", newsletter)
    }


def test_an_issue_too_large_for_gmail_is_reported_among_many_similar_ones(root: Path) -> None:
    for number in range(12):
        write_entry(root, f"large-{number}", body="\n\n".join(["Long words " * 80] * 10))
    write_issue(root, "2025-01-01", ", ".join(f"large-{number}" for number in range(12)), number="90")
    for day in range(1, 20):
        write_entry(root, f"small-{day}")
        write_issue(root, f"2026-10-{day:02}", f"small-{day}", number=str(100 + day))

    assert [line.partition(" bytes")[0].partition("HTML")[0] for line in checked(root)] == [
        "issues/2025-01-01.md:1: the "
    ]
    assert [finding.rule for finding in refused(root, "2025-01-01")] == ["email-large"]


def test_a_broken_file_is_reported_once_and_the_rest_is_checked(root: Path) -> None:
    write(root, "issues/entries/two.md", "no front matter")
    write_entry(root, "three", url="http://example.org/three")

    assert [line.partition(": ")[0] for line in checked(root)] == [
        "issues/entries/three.md:3",
        "issues/entries/two.md:1",
    ]


def test_remote_images_are_checked_only_on_request(root: Path) -> None:
    write_entry(root, "three", image="https://example.org/a.png", image_alt="A picture")

    def inspect(url: str) -> tuple[str, str]:
        return "image-large", f"{url} is large"

    (finding,) = check_manuscripts(root, make.newsletter(), CONTEXT, inspect=inspect)

    assert (finding.rule, finding.place.line) == ("image-large", 6)
    assert checked(root) == []


def test_an_empty_newsletter_has_no_findings(tmp_path: Path) -> None:
    assert checked(tmp_path) == []


def test_the_sample_newsletter_has_no_findings() -> None:
    from newsletter import settings

    here = settings.load(Path(__file__).parents[1])

    assert [
        str(finding) for finding in check_manuscripts(here.root, here.newsletter, CheckContext(segments=here.segments))
    ] == []


def test_a_theme_without_parts_is_an_error_for_a_tailored_issue(root: Path) -> None:
    own = (
        "{{ newsletter.postal_address }} {{ links.unsubscribe }}\n"
        '{% for section in issue.sections %}{% include "items.txt" %}{% endfor %}\n'
    )
    items = default_templates() / "email" / "default" / "items.txt"
    unmarked = re.sub("{% (part item|endpart) %}", "", items.read_text(encoding="utf-8"))
    write(root, "templates/email/own/issue.txt", own)
    write(root, "templates/email/own/items.txt", unmarked)
    newsletter = make.newsletter(theme=ThemeSettings(name="own"))
    assert checked(root, newsletter) == []

    write_issue(root, "2026-11-23", "three", tailored="true")

    (finding,) = refused(root, "2026-11-23", newsletter)
    assert (finding.rule, finding.place.path) == ("theme-parts", "templates/email/own/issue.txt")
    assert compose(root, newsletter, "2026-11-22", CONTEXT).findings == ()
    always = make.newsletter(theme=ThemeSettings(name="own"), tailored=TailoringFields(always=True))
    assert {finding.rule for finding in refused(root, "2026-11-22", always)} == {"theme-parts"}


def test_an_issue_with_contradictory_tailoring_is_refused(root: Path) -> None:
    write_issue(root, "2026-11-23", "three", tailored="{minimum: 4, maximum: 2}")

    (finding,) = refused(root, "2026-11-23")
    assert (finding.rule, finding.place.line) == ("tailored-limits", 6)
    assert len(checked(root)) == 1


def test_a_wrong_label_for_another_language_is_reported_at_its_line(root: Path) -> None:
    labels = "[theme.labels]\nmore = 'On'\n[theme.labels.de]\nread_on = 'Weiter'\n"
    write(root, "newsletter.toml", labels)
    theme = ThemeSettings(translated_labels={"de": {"read_on": "Weiter"}})
    newsletter = make.newsletter(language="en", other_languages=("de",), theme=theme)
    assert checked(root, newsletter)[0].startswith('newsletter.toml:4: the theme has no "read_on" in labels')
