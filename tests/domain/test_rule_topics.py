"""Topics in the text of a rule are replaced; everything else in it stays."""

import pytest

from newsletter.domain.rule_topics import with_topics


@pytest.mark.parametrize(
    ("rule", "new", "expected"),
    [
        ('topic = "Music"', ("audio",), 'topic = "audio"'),
        ("topic != 'music'  and language = \"music\"", ("audio",), "topic != 'audio'  and language = \"music\""),
        (
            'TOPIC in ("maps","music") or attribute.music = "music"',
            ("audio",),
            'TOPIC in ("maps", "audio") or attribute.music = "music"',
        ),
        ('excludes not in ("music")', ("a", "b"), 'excludes not in ("a", "b")'),
        ('not (topic = "music")', ("a", "b"), 'not (topic in ("a", "b"))'),
        (
            'topic != "music"\nand joined within 30 days',
            ("a", "b"),
            'topic not in ("a", "b")\nand joined within 30 days',
        ),
        ('topic in ("a", "music")', ("a", "b"), 'topic in ("a", "b")'),
        ('clicked "music" >= 3 within 90 days', ("a", "b"), 'clicked "a" >= 3 within 90 days'),
        ("topic present and excludes present and clicked", ("a",), "topic present and excludes present and clicked"),
        ('topic = "music', ("a",), 'topic = "music'),
        ("topic in (", ("a",), "topic in ("),
    ],
)
def test_topics_are_replaced(rule: str, new: tuple[str, ...], expected: str) -> None:
    assert with_topics(rule, lambda name: new if name.lower() == "music" else None) == expected
