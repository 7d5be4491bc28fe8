"""Choose the language of pages for visitors, whose language we don't know yet."""

from collections.abc import Iterator, Sequence

from newsletter.domain.languages import bare_language, language_for

MOST = 20  # languages of an Accept-Language header that are looked at


def best_language(offered: Sequence[str], *, wanted: str = "", accepted: str = "") -> str:
    """Return the best offered language: the ``wanted`` one, else by an ``Accept-Language`` header, else the first.

    Tags match if their languages do: ``de-AT`` gets ``de``, and the other way round.
    """
    for tag in (wanted, *_by_preference(accepted)):
        best = language_for(tag, offered)
        if bare_language(best) == bare_language(tag):
            return best
    return offered[0]


def _by_preference(header: str) -> list[str]:
    """Return the languages of a header, the most preferred first (RFC 9110 §12.5.4). Skip malformed ones."""
    return [tag for _, tag in sorted(_weighed(header), key=lambda pair: -pair[0])]


def _weighed(header: str) -> Iterator[tuple[float, str]]:
    for item in header.split(",", MOST)[:MOST]:
        tag, *parameters = (part.strip() for part in item.split(";"))
        weight = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        try:
            quality = float(weight)
        except ValueError:
            continue
        if tag and 0 < quality <= 1:
            yield quality, tag
