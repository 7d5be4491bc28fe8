"""Files that are parsed once as long as they stay the same."""

import os
from pathlib import Path

import pytest

from newsletter.content import parsed_files
from newsletter.content.parsed_files import parsed_file
from newsletter.errors import Finding


def test_a_file_is_parsed_again_only_after_a_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, parsed = tmp_path / "one.md", list[str]()

    def parse(text: str) -> str:
        parsed.append(text)
        return text.upper()

    path.write_text("one", encoding="utf-8")
    assert [parsed_file(tmp_path, path, parse) for _ in range(2)] == ["ONE", "ONE"]
    assert parsed == ["one", "one"]  # it has just changed, and might change again within the same tick of the clock
    monkeypatch.setattr(parsed_files, "SETTLED_NS", -(2**62))
    assert [parsed_file(tmp_path, path, parse) for _ in range(2)] == ["ONE", "ONE"]
    assert parsed == ["one"] * 3
    before = path.stat()
    other = tmp_path / "other"
    other.write_text("two", encoding="utf-8")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)  # as long, and of the same time
    assert parsed_file(tmp_path, path, parse) == "TWO"


def test_a_file_that_cannot_be_read_any_more_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsed_files, "SETTLED_NS", -(2**62))
    path = tmp_path / "one.md"
    path.write_text("one", encoding="utf-8")
    assert parsed_file(tmp_path, path, str.upper) == "ONE"
    path.unlink()
    assert isinstance(parsed_file(tmp_path, path, str.upper), Finding)
