"""Words and numbers as commands print them."""

from pathlib import Path

import pytest

from newsletter.cli import output


@pytest.mark.parametrize(
    ("number", "thing", "printed"),
    [
        (1, "address", "1 address"),
        (2, "address", "2 addresses"),
        (0, "reader", "0 readers"),
        (2000, "delivery", "2,000 deliveries"),
        (3, "day", "3 days"),
        (2, "soft bounce", "2 soft bounces"),
    ],
)
def test_a_number_of_things_is_written_with_their_plural(number: int, thing: str, printed: str) -> None:
    assert output.count(number, thing) == printed


def test_an_error_while_a_file_is_written_names_that_file_or_stays_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as missing, output.whole_file(tmp_path / "nowhere" / "readers.csv"):
        pass
    assert missing.value.filename == str(tmp_path / "nowhere" / "readers.csv")
    full = OSError(28, "No space left on device")
    with pytest.raises(OSError, match="No space") as raised, output.whole_file(tmp_path / "readers.csv"):
        raise full
    assert raised.value is full
    assert raised.value.__cause__ is None
    assert list(tmp_path.iterdir()) == []
