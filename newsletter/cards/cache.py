"""Cards kept in files, so that each is drawn once."""

import threading
from contextlib import suppress
from pathlib import Path

from newsletter.cards.card import Card
from newsletter.errors import NewsletterError
from newsletter.files.atomic_write import write_file
from newsletter.files.cache_folder import make_cache_folder

FOLDER = ".newsletter/cards"
_ANY_DIGEST = "[0-9a-f]" * 16

# Drawing keeps a core busy for a tenth of a second, and FreeType's fonts must not be used by two threads at once.
_drawing = threading.Lock()
_MOST_WAITING = 4  # threads, the one that draws among them: the server's others have pages to answer with
_waiting = threading.BoundedSemaphore(_MOST_WAITING)


class CardsBusyError(NewsletterError):
    """A card that can't be drawn now, since enough others are waiting; the same call may succeed later."""

    code = "cards-busy"


class CardCache:
    """A folder of drawn cards, one for each page. Where it can't be written, cards are drawn again."""

    def __init__(self, root: Path) -> None:
        self._folder = root / FOLDER

    def png(self, card: Card, page: str = "") -> bytes:
        """Return the card of a page, an issue's slug, as PNG. It replaces the page's earlier card.

        One that lacks words is not kept: fonts or FriBidi may be installed later. Raise CardsBusyError if too many
        threads are waiting for cards.
        """
        path = self._folder / (f"{page}-{card.digest}.png" if page else f"{card.digest}.png")
        kept = _content(path)
        if kept is not None:
            return kept
        if not _waiting.acquire(blocking=False):
            raise CardsBusyError("too many cards are being drawn", hint="try again in a few seconds")
        try:
            with _drawing:
                return _content(path) or self._drawn(card, path)  # another thread may have drawn it meanwhile
        finally:
            _waiting.release()

    def _drawn(self, card: Card, path: Path) -> bytes:
        from newsletter.cards.drawing import draw  # Pillow takes a while to import

        drawn = draw(card)
        if drawn.complete:
            with suppress(OSError):
                make_cache_folder(self._folder)
                write_file(path, drawn.png, sync=False)
                prefix = path.stem.removesuffix(card.digest)
                for earlier in set(self._folder.glob(f"{prefix}{_ANY_DIGEST}.png")) - {path}:
                    earlier.unlink()
        return drawn.png


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
