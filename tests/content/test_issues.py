"""Reading issue files and the entries that they list."""

from datetime import date
from pathlib import Path

import pytest

from newsletter.content import read_manuscripts
from newsletter.domain.issue import Issue, Otherwise, Passage, PassageKind, TailoringFields
from newsletter.domain.issue_names import NoIssuesError, UnknownIssueError
from tests.content.editor_files import ENTRY, ISSUE, findings, only_finding, put, put_entries


def issue(root: Path, text: str) -> Issue:
    put(root, "2026-11-23.md", text)
    return read_manuscripts(root).issues[0]


def listing(text: str) -> str:
    """Return an issue file with this front matter."""
    return ISSUE.replace("entries: [night-train]", text)


def test_an_issue_is_read_completely(tmp_path: Path) -> None:
    put_entries(tmp_path, "night-train", "moss")
    parsed = issue(
        tmp_path,
        "---\ndate: 2026-11-23\nnumber: 7\nsubject: 'Trains: {{ subscriber.first_name }}'\n"
        "preheader: What they teach.\nsegments: [science, arts]\nentries: [moss, night-train]\n---\n\n"
        "Good *morning*.\n\nTo all.\n",
    )
    assert findings(tmp_path) == ()
    assert (parsed.slug, parsed.date, parsed.number) == ("2026-11-23", date(2026, 11, 23), 7)
    assert (parsed.subject, parsed.preheader) == ("Trains: {{ subscriber.first_name }}", "What they teach.")
    assert parsed.segments == ("science", "arts")
    assert [entry.slug for entry in parsed.entries] == ["moss", "night-train"]
    assert [section.title for section in parsed.sections] == [None]
    assert parsed.note == "Good *morning*.\n\nTo all."
    assert parsed.place("note").line == 10
    assert parsed.place("segments.arts").line == 6


def test_sections_keep_their_titles_and_order(tmp_path: Path) -> None:
    put_entries(tmp_path, "night-train", "moss", "chess")
    parsed = issue(
        tmp_path,
        listing("sections:\n  - title: First\n    entries:\n      - moss\n      - chess\n  - entries: [night-train]"),
    )
    assert findings(tmp_path) == ()
    assert [(section.title, [entry.slug for entry in section.entries]) for section in parsed.sections] == [
        ("First", ["moss", "chess"]),
        (None, ["night-train"]),
    ]
    assert parsed.place("entries.chess").line == 9


def test_issues_are_sorted_by_date_and_slug(tmp_path: Path) -> None:
    put_entries(tmp_path, "night-train")
    for slug, day in (("b", "2026-11-23"), ("a", "2026-11-23"), ("z", "2026-11-01"), ("c", "2026-12-01")):
        put(tmp_path, f"{slug}.md", ISSUE.replace("2026-11-23", day))
    assert [dated.slug for dated in read_manuscripts(tmp_path).issues] == ["z", "a", "b", "c"]


def test_an_unknown_entry_is_reported_at_its_line_with_a_suggestion(tmp_path: Path) -> None:
    put_entries(tmp_path, "sputnik-beep", "night-train")
    parsed = issue(tmp_path, listing("entries:\n  - night-train\n  - sputnik-beeps"))
    assert (
        str(only_finding(tmp_path)) == 'issues/2026-11-23.md:7: no entry "sputnik-beeps": did you mean "sputnik-beep"?'
    )
    assert [entry.slug for entry in parsed.entries] == ["night-train"]


def test_an_unknown_entry_without_a_similar_one_gets_the_hint_to_write_it(tmp_path: Path) -> None:
    issue(tmp_path, listing("entries: [zebra]"))
    assert only_finding(tmp_path).hint == "write the entry, or remove it from the issue"


def test_a_repeated_entry_is_reported_and_used_once(tmp_path: Path) -> None:
    put_entries(tmp_path, "night-train", "moss")
    parsed = issue(
        tmp_path,
        listing("sections:\n  - entries:\n    - night-train\n    - moss\n  - entries:\n    - night-train\n    - moss"),
    )
    assert [(finding.rule, finding.place.line) for finding in findings(tmp_path)] == [
        ("entry-repeated", 10),
        ("entry-repeated", 11),
    ]
    assert [entry.slug for entry in parsed.entries] == ["night-train", "moss"]


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("../entries/night-train", "night-train"),
        ("../../etc/passwd", "without .md"),
        ("night-train.md", "night-train"),
        ("Night Train", "night-train"),
        ('"\\e[31mred"', "without .md"),
        ("x" * 5000, "without .md"),
    ],
)
def test_a_listed_entry_that_is_not_a_slug_opens_no_file(tmp_path: Path, written: str, hint: str) -> None:
    put_entries(tmp_path, "night-train")
    parsed = issue(tmp_path, listing(f"entries: [night-train, {written}]"))
    finding = only_finding(tmp_path)
    assert finding.rule == "slug-invalid"
    assert hint in finding.hint
    assert str(finding).isprintable()
    assert len(str(finding)) < 300
    assert len(parsed.entries) == 1


@pytest.mark.parametrize("slug", ["1984", "2026-11-20", "no", "true"])
def test_a_slug_that_yaml_reads_as_another_type_is_a_slug(tmp_path: Path, slug: str) -> None:
    put_entries(tmp_path, slug)
    assert [entry.slug for entry in issue(tmp_path, listing(f"entries: [{slug}]")).entries] == [slug]
    assert findings(tmp_path) == ()


@pytest.mark.parametrize("text", ["entries: []", "entries:", "sections: []", "sections:", "", "entries: {}"])
def test_an_empty_issue_is_an_error(tmp_path: Path, text: str) -> None:
    issue(tmp_path, listing(text))
    assert "issue-empty" in {finding.rule for finding in findings(tmp_path)}


@pytest.mark.parametrize(
    ("text", "rule", "line", "says"),
    [
        ("entry: [night-train]\nentries: [night-train]", "field-unknown", 5, 'did you mean "entries"?'),
        ("entries: night-train", "field-type", 5, "entries is text, not a list: write entries: [night-train]"),
        ("entries:\n  - night-train\n  -", "field-type", 7, "not the slug of an entry"),
        ("entries:\n  - night-train\n  - [moss]", "field-type", 7, "not the slug of an entry"),
        ("sections:\n  - night-train\n  - entries: [night-train]", "field-type", 6, "a section is a table"),
        ("sections:\n  - entries: [night-train]\n  - title: Empty", "section-empty", 7, "a section without entries"),
        ("sections:\n  - titel: A\n    entries: [night-train]", "field-unknown", 6, 'did you mean "title"?'),
        ("entries: [night-train]\nsections:\n  - entries: [moss]", "issue-two-lists", 6, "not both"),
        ("entries: [night-train]\nsegments: science", "field-type", 6, "write segments: [science]"),
        ("entries: [night-train]\nsubject: 7", "field-repeated", 6, "it is already on line 4"),
        ("entries: [night-train]\npreheader: 7", "field-type", 6, "preheader is the number 7"),
        ("entries: [night-train]\noverrides: [a]", "field-type", 6, "overrides is a list, not a table"),
        ("entries: [night-train]\noverrides:\n  moss: {title: A}", "override-unknown", 7, 'an override for "moss"'),
        ("entries: [night-train]\noverrides:\n  night-trains: {title: A}", "override-unknown", 7, "did you mean"),
        ("entries: [night-train]\noverrides:\n  night-train: {titel: A}", "field-unknown", 7, 'did you mean "title"'),
        ("entries: [night-train]\noverrides:\n  night-train: {url: A}", "field-unknown", 7, "an override has: title"),
        ("entries: [night-train]\noverrides:\n  night-train: {title: ''}", "field-missing", 7, "title is empty"),
        ("entries: [night-train]\noverrides:\n  night-train: A", "field-type", 7, "night-train is text, not a table"),
    ],
)
def test_a_mistake_is_reported_with_its_line_and_hint(
    tmp_path: Path, text: str, rule: str, line: int, says: str
) -> None:
    put_entries(tmp_path, "night-train", "moss")
    issue(tmp_path, listing(text))
    finding = only_finding(tmp_path)
    assert (finding.rule, finding.place.line) == (rule, line)
    assert says in str(finding)


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "seven", "true", "[1]", "12345678901"])
def test_a_number_is_a_whole_number_from_one(tmp_path: Path, number: str) -> None:
    put_entries(tmp_path, "night-train")
    assert issue(tmp_path, ISSUE.replace("number: 7", f"number: {number}")).number is None
    assert only_finding(tmp_path).place.line == 3


@pytest.mark.parametrize(
    ("line", "rule"),
    [("date:", "field-missing"), ("subject: x", "field-missing"), ("date: tomorrow", "date-invalid")],
)
def test_an_issue_without_a_date_gets_the_one_in_its_name_and_a_finding(tmp_path: Path, line: str, rule: str) -> None:
    put_entries(tmp_path, "night-train")
    text = ISSUE.replace("subject: Night trains\n", "").replace("date: 2026-11-23", line)
    assert issue(tmp_path, text).date == date(2026, 11, 23)
    assert only_finding(tmp_path).rule == rule


def test_overrides_change_an_entry_only_in_their_issue(tmp_path: Path) -> None:
    put_entries(tmp_path, "night-train", "moss")
    parsed = issue(
        tmp_path,
        listing(
            "entries: [night-train, moss]\noverrides:\n  night-train:\n    title: Sleepers\n    author:\n"
            "    topics: [Travel]\n    image: https://example.org/a.png\n    image_alt: A train\n"
            "    framing: |\n      First *new* words.\n\n      Then:"
        ),
    )
    assert findings(tmp_path) == ()
    changed, kept = parsed.entries
    assert (changed.title, changed.author, changed.topics) == ("Sleepers", None, ("Travel",))
    assert (changed.url, changed.source, changed.image_alt) == (kept.url, kept.source, "A train")
    assert changed.passages == (
        Passage(kind=PassageKind.FRAMING, markdown="First *new* words.\n\nThen:"),
        kept.passages[1],
    )
    assert read_manuscripts(tmp_path).entries["night-train"].title == kept.title


def test_overrides_change_what_awaits_readers_behind_the_link(tmp_path: Path) -> None:
    fields = "label: listen\nlanguage: fr\nkind: audio\nminutes: 40\npaywall: true\ngift: https://example.org/gift\n"
    put(tmp_path, "entries/night-train.md", ENTRY.replace("topics:", f"{fields}topics:"))
    (kept,) = issue(tmp_path, listing("entries: [night-train]\noverrides: {night-train: {title: A}}")).entries
    assert (kept.label, kept.language, kept.kind, kept.minutes, kept.paywall) == ("listen", "fr", "audio", 40, True)
    (changed,) = issue(
        tmp_path,
        listing(
            "entries: [night-train]\noverrides:\n  night-train:\n    label: Read on\n    language: de\n    kind:\n"
            "    minutes: 3\n    paywall: false\n    gift:"
        ),
    ).entries
    assert findings(tmp_path) == ()
    assert (changed.label, changed.language, changed.kind) == ("Read on", "de", "")
    assert (changed.minutes, changed.paywall, changed.gift) == (3, False, "")


def test_overrides_know_their_lines(tmp_path: Path) -> None:
    put_entries(tmp_path, "night-train")
    parsed = issue(
        tmp_path,
        listing(
            "entries: [night-train]\noverrides:\n  night-train:\n    title: Sleepers\n    framing: |\n      First.\n"
        ),
    )

    top = parsed.lines["overrides"]
    assert parsed.lines["overrides.night-train"] == top + 1
    assert parsed.lines["overrides.night-train.title"] == top + 2
    assert parsed.entries[0].passages[0].line == top + 4


def test_an_empty_framing_removes_the_framing(tmp_path: Path) -> None:
    put_entries(tmp_path, "night-train")
    parsed = issue(tmp_path, listing("entries: [night-train]\noverrides: {night-train: {framing: ''}}"))
    assert [passage.kind for passage in parsed.entries[0].passages] == [PassageKind.QUOTATION]


def test_an_issue_is_found_by_slug_and_by_path(tmp_path: Path) -> None:
    put_entries(tmp_path, "night-train")
    put(tmp_path, "2026-11-23.md", ISSUE)
    put(tmp_path, "2026-11-22.md", ISSUE.replace("11-23", "11-22"))
    manuscripts = read_manuscripts(tmp_path)
    for name in ("2026-11-23", "2026-11-23.md", "issues/2026-11-23.md", "./issues/2026-11-23.md"):
        assert manuscripts.issue(name).slug == "2026-11-23"
    with pytest.raises(UnknownIssueError, match='no issue "2026-11-24": did you mean "2026-11-2'):
        manuscripts.issue("2026-11-24")
    with pytest.raises(UnknownIssueError, match=r'^no issue "\.\./secrets"$'):
        manuscripts.issue("../secrets")


def test_without_issues_the_hint_is_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(NoIssuesError, match="there is no issue yet: write one"):
        read_manuscripts(tmp_path).issue("2026-11-23")


def test_findings_of_an_issue_include_those_of_its_entries(tmp_path: Path) -> None:
    put_entries(tmp_path, "moss")
    put(tmp_path, "entries/night-train.md", ENTRY.replace("url: https", "ulr: https"))
    put(tmp_path, "2026-11-22.md", ISSUE.replace("number: 7", "numbre: 7").replace("night-train", "moss"))
    put(tmp_path, "2026-11-23.md", ISSUE)
    manuscripts = read_manuscripts(tmp_path)
    assert [str(finding.place) for finding in manuscripts.findings_of(manuscripts.issue("2026-11-22"))] == [
        "issues/2026-11-22.md:3"
    ]
    assert {str(finding.place) for finding in manuscripts.findings_of(manuscripts.issue("2026-11-23"))} == {
        "issues/entries/night-train.md:2",
        "issues/entries/night-train.md:3",
    }


def test_an_issue_lists_its_corrections(tmp_path: Path) -> None:
    put_entries(tmp_path, "night-train")
    assert issue(tmp_path, ISSUE).entries[0].source == "The Review"
    put(tmp_path, "entries/night-train.md", ENTRY.replace("The Review", "The Revue"))
    assert read_manuscripts(tmp_path).issues[0].entries[0].source == "The Revue"


@pytest.mark.parametrize(
    ("written", "tailored"),
    [
        ("", TailoringFields()),
        ("tailored:", TailoringFields()),
        ("tailored: true", TailoringFields(always=True)),
        ("tailored: false", TailoringFields(always=False)),
        ("tailored: {}", TailoringFields(always=True)),
        (
            "tailored: {minimum: 0, maximum: 4, otherwise: skip}",
            TailoringFields(always=True, minimum=0, maximum=4, otherwise=Otherwise.SKIP),
        ),
        ("tailored:\n  otherwise: full", TailoringFields(always=True, otherwise=Otherwise.FULL)),
    ],
)
def test_tailoring_settings_of_an_issue_are_read(tmp_path: Path, written: str, tailored: TailoringFields) -> None:
    put_entries(tmp_path, "night-train", "moss")
    parsed = issue(tmp_path, listing(f"entries: [night-train, moss]\npinned: [moss]\n{written}"))
    assert findings(tmp_path) == ()
    assert parsed.tailored == tailored
    assert parsed.pinned == {"moss"}


@pytest.mark.parametrize(
    ("written", "rule", "line", "says"),
    [
        ("tailored: yes", "field-type", 6, "write tailored: true"),
        ('tailored: "true"', "field-type", 6, "write tailored: true"),
        ("tailored: [skip]", "field-type", 6, "write tailored: true"),
        ("tailored: {minimum: -1}", "field-type", 6, "minimum is -1, not a whole number from 0"),
        ("tailored: {maximum: 0}", "field-type", 6, "maximum is 0, not a whole number from 1"),
        ("tailored:\n  minimum: two", "field-type", 7, "minimum is two"),
        ("tailored:\n  otherwise: ful", "field-type", 7, 'did you mean "full"?'),
        ("tailored:\n  otherwise: 7", "field-type", 7, "write otherwise: skip or otherwise: full"),
        ("tailored:\n  otherwise: [skip]", "field-type", 7, "otherwise is a list"),
        ("tailored: {minimun: 2}", "field-unknown", 6, 'did you mean "minimum"?'),
        ("pinned: [night-trains]", "pinned-unknown", 6, 'did you mean "night-train"?'),
        ("pinned:\n  - night-train\n  - zebra", "pinned-unknown", 8, "stop pinning it"),
        ("pinned: night-train", "field-type", 6, "write pinned: [night-train]"),
        (
            "corrections:\n  - date: 2026-11-25\n    text: Ten.\n    entry: night-trains",
            "correction-unknown",
            9,
            "night-train",
        ),
        ("corrections:\n  - date: 2026-11-25", "field-missing", 7, "what was wrong, and what is right"),
        ("corrections:\n  - text: Ten.", "field-missing", 7, "2026-11-23"),
        ("corrections: [Ten.]", "field-type", 6, "a correction is a table"),
        ("corrections:\n  - date: 2026-11-25\n    words: Ten.\n    text: Ten.", "field-unknown", 8, "a correction"),
    ],
)
def test_a_mistake_in_tailoring_or_corrections_is_reported_with_its_line(
    tmp_path: Path, written: str, rule: str, line: int, says: str
) -> None:
    put_entries(tmp_path, "night-train")
    issue(tmp_path, listing(f"entries: [night-train]\n{written}"))
    finding = only_finding(tmp_path)
    assert (finding.rule, finding.place.line) == (rule, line)
    assert says in str(finding)
