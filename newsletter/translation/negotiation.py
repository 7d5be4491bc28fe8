"""Choose a language for somebody whose language we don't know yet."""

from collections.abc import Sequence

MOST = 20  # languages of an Accept-Language header that are looked at


def best_language(offered: Sequence[str], *, wanted: str = "", accepted: str = "") -> str:
    """Return the best offered language: the ``wanted`` one, else by an ``Accept-Language`` header, else the first.

    Tags match if their languages do: ``de-AT`` gets ``de``, and the other way round.
    """
    for tag in (wanted, *_by_preference(accepted)):
        match = matching(offered, tag)
        if match:
            return match
    return offered[0]


def matching(offered: Sequence[str], tag: str) -> str:
    """Return the offered language that is a tag's, by the whole tag if possible, or "" if there is none."""
    whole, bare = tag.lower(), _language(tag)
    exact = [language for language in offered if language.lower() == whole]
    return next(iter(exact or [language for language in offered if bare and _language(language) == bare]), "")


def _language(tag: str) -> str:
    return tag.partition("-")[0].lower()


def _by_preference(header: str) -> list[str]:
    """Return the languages of a header, the most preferred first (RFC 9110 §12.5.4). Ignore what isn't well-formed."""
    weighed = []
    for item in header.split(",")[:MOST]:
        tag, *parameters = (part.strip() for part in item.split(";"))
        weight = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        try:
            quality = float(weight)
        except ValueError:
            continue
        if tag and 0 < quality <= 1:
            weighed.append((quality, tag))
    return [tag for _, tag in sorted(weighed, key=lambda pair: -pair[0])]
