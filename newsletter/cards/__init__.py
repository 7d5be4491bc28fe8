"""Cards: the pictures that other sites show beside a link to an issue or to the newsletter (Open Graph)."""

from newsletter.cards.cache import CardCache, CardsBusyError
from newsletter.cards.card import HEIGHT, WIDTH, Card, CardColors

__all__ = ["HEIGHT", "WIDTH", "Card", "CardCache", "CardColors", "CardsBusyError"]
