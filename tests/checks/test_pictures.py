"""Findings about the pictures that entries, blocks and overrides bring along."""

from dataclasses import replace

from newsletter.checks import entry_findings, newsletter_picture_findings, override_picture_findings, picture_findings
from newsletter.domain.blocks import Block, BlockKind
from newsletter.domain.issue import Section
from newsletter.domain.pictures import Picture, UnusablePicture
from tests import make

PICTURES: dict[str, Picture | UnusablePicture] = {
    "good.jpg": Picture(name="0-good.jpg", width=1104, height=700, original_width=2000),
    "small.jpg": Picture(name="0-small.jpg", width=400, height=300, original_width=400),
    "tower.jpg": Picture(name="0-tower.jpg", width=300, height=4416, original_width=900),
    "noise.png": Picture(name="0-noise.png", width=500, height=400, original_width=2000),
    "dance.gif": Picture(name="0-dance.png", width=1104, height=700, original_width=1200, animated=True),
    "lost.jpg": UnusablePicture(rule="image-missing", what="there is no file", hint='did you mean "last.jpg"?'),
}


def test_each_picture_is_checked_where_it_is_named() -> None:
    entries = [make.entry(name.partition(".")[0], image=name, lines={"image": 7}) for name in PICTURES]
    remote = make.entry("remote", image="https://example.org/a.jpg")

    findings = list(picture_findings([*entries, remote], PICTURES.__getitem__))

    assert [(finding.rule, str(finding.place)) for finding in findings] == [
        ("image-small", "issues/entries/small.md:7"),
        ("image-small", "issues/entries/tower.md:7"),
        ("image-small", "issues/entries/noise.md:7"),
        ("image-animated", "issues/entries/dance.md:7"),
        ("image-missing", "issues/entries/lost.md:7"),
    ]
    assert [finding.what for finding in findings[1:3]] == [
        "the picture tower.jpg is only 300 pixels wide once it is 4,416 pixels high",
        "the picture noise.png is only 500 pixels wide once it is at most 200 KB",
    ]
    assert findings[-1].hint == 'did you mean "last.jpg"?'


def test_blocks_and_overrides_are_checked_too() -> None:
    original = make.entry(image="good.jpg")
    block = Block(kind=BlockKind.IMAGE, image="lost.jpg", path="issues/2026-11-23.md", lines={"": 20, "image": 21})
    overridden = replace(original, image="small.jpg")
    issue = make.issue(
        sections=(Section(title=None, items=(overridden, block)),), lines={"overrides.night-train.image": 12}
    )

    findings = [
        *picture_findings([original, block], PICTURES.__getitem__),
        *override_picture_findings(issue, {original.slug: original}, PICTURES.__getitem__),
    ]

    assert [(finding.rule, str(finding.place)) for finding in findings] == [
        ("image-missing", "issues/2026-11-23.md:21"),
        ("image-small", "issues/2026-11-23.md:12"),
    ]


def test_a_file_name_is_not_taken_for_a_bad_address() -> None:
    entry = make.entry(image="harbour.jpg", image_alt="Boats in a harbour")

    assert [finding.rule for finding in entry_findings(entry, make.topics()) if "image" in finding.what] == []


def test_the_newsletters_own_picture_is_checked_at_its_line() -> None:
    text = 'name = "x"\npicture = "lost.jpg"\n'
    for picture, expected in (("lost.jpg", ["newsletter.toml:2"]), ("good.jpg", []), ("https://example.org/a.png", [])):
        newsletter = make.newsletter(picture=picture)
        findings = newsletter_picture_findings(newsletter, text, PICTURES.__getitem__)
        assert [str(finding.place) for finding in findings] == expected
