"""Numbers in paths, short enough for a database and for Python. A path with a longer one leads nowhere."""

from starlette.convertors import Convertor, register_url_convertor


class ShortNumber(Convertor[int]):
    """Up to nine digits."""

    regex = "[0-9]{1,9}"

    def convert(self, value: str) -> int:
        """Return the number."""
        return int(value)

    def to_string(self, value: int) -> str:
        """Return its digits."""
        return str(value)


register_url_convertor("short", ShortNumber())
NUMBER = "{number:short}"  # in the path of a route
