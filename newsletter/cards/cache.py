"""Cards kept in files, so that each is drawn once."""

import threading
from contextlib import suppress
from pathlib import Path

from newsletter.cards.card import Card
from newsletter.files.atomic_write import write_file
from newsletter.files.cache_folder import make_cache_folder

FOLDER = ".newsletter/cards"

# Drawing keeps a core busy for a tenth of a second, and FreeType's fonts must not be used by two threads at once.
_drawing = threading.Lock()


class CardCache:
    """A folder of drawn cards, named by their digests. Where it can't be written, cards are drawn again."""

    def __init__(self, root: Path) -> None:
        self._folder = root / FOLDER

    def png(self, card: Card) -> bytes:
        """Return a card as PNG. One that lacks words is not kept: fonts or FriBidi may be installed later."""
        path = self._folder / f"{card.digest}.png"
        with suppress(OSError):
            return path.read_bytes()
        from newsletter.cards.drawing import draw  # Pillow takes a while to import

        with _drawing:
            drawn = draw(card)
        if drawn.complete:
            with suppress(OSError):
                make_cache_folder(self._folder)
                write_file(path, drawn.png, sync=False)
        return drawn.png
