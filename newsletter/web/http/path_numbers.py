"""Numbers in paths, short enough for a database column. A longer number makes the path unknown (404)."""

from starlette.convertors import Convertor, register_url_convertor


class ShortNumber(Convertor[int]):
    """A path convertor for numbers of up to nine digits."""

    regex = "[0-9]{1,9}"

    def convert(self, value: str) -> int:
        """Return the number."""
        return int(value)

    def to_string(self, value: int) -> str:
        """Return a number's digits."""
        return str(value)


register_url_convertor("short", ShortNumber())
NUMBER = "{number:short}"  # in the path of a route
