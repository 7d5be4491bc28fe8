"""Words for a number of things, in one language: "1 pick", "8 picks". No I/O."""

from dataclasses import dataclass
from typing import Any, Self

# No language looks at more than a number's last two digits to choose a form, apart from millions.
REGULAR = range(100, 200)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedWords:
    """The forms of a phrase with a number; each has ``{number}`` or says it in words.

    ``form_of`` has the index of the form for each number below 200; from 100 on they stand for all larger numbers.
    """

    forms: tuple[str, ...]
    form_of: tuple[int, ...]

    def words(self, number: int) -> str:
        """Return the phrase for a number."""
        known = number if number < REGULAR.stop else REGULAR.start + number % len(REGULAR)
        return self.forms[self.form_of[known]].replace("{number}", str(number))

    def to_json(self) -> list[Any]:
        """Return plain values for JSON."""
        return [self.forms, "".join(map(str, self.form_of))]

    @classmethod
    def from_json(cls, raw: list[Any]) -> Self:
        """Return the words that ``to_json`` wrote."""
        return cls(forms=tuple(raw[0]), form_of=tuple(map(int, raw[1])))
