"""Digests of originals are recorded in a theme.toml without changing anything else in it."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.rendering import digest_of, with_originals

NAMES = st.sampled_from(["entry.mjml", "entry.txt", "service/base.html", "a b.css"])
DIGESTS = st.dictionaries(NAMES, st.from_regex(r"[0-9a-f]{16}", fullmatch=True), min_size=1)
TABLES = ["", 'base = "list"\n', '[colors]\n# accent = "#000000"\naccent = "#1d5c4a"  # green\n']


@given(before=st.lists(st.sampled_from(TABLES), unique=True).map("".join), first=DIGESTS, second=DIGESTS)
def test_recorded_digests_replace_earlier_ones_and_nothing_else(
    before: str, first: dict[str, str], second: dict[str, str]
) -> None:
    kept = tomllib.loads(before)
    once = with_originals(before, first)
    twice = with_originals(once + '\n[fonts]\ntext = "serif"\n', second)
    assert once.startswith(before)
    assert tomllib.loads(once) == kept | {"originals": first}
    assert tomllib.loads(twice) == kept | {"originals": first | second, "fonts": {"text": "serif"}}
    assert with_originals(twice, second) == twice


@pytest.mark.parametrize("content", [b"one\ntwo\n", b"one\r\ntwo\r\n"])
def test_a_digest_is_the_same_with_the_line_ends_of_any_system(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    assert digest_of(tmp_path / "file") == "c3f9c8c283a2b1f2"
