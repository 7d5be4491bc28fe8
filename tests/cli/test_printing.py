"""Text and numbers as printed by commands."""

from pathlib import Path

import pytest

from newsletter.cli import output


def test_an_error_while_writing_a_file_names_it_unless_it_has_a_place_already(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as missing, output.whole_file(tmp_path / "nowhere" / "readers.csv"):
        pass
    assert missing.value.filename == str(tmp_path / "nowhere" / "readers.csv")
    full = OSError(28, "No space left on device")
    with pytest.raises(OSError, match="No space") as raised, output.whole_file(tmp_path / "readers.csv"):
        raise full
    assert raised.value is full
    assert raised.value.__cause__ is None
    assert list(tmp_path.iterdir()) == []
