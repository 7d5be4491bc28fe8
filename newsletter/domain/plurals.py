"""Words in English: numbers with their nouns, and first letters. No I/O."""

FEW = 20
"""Of less than this, a percentage would tell the number."""


def share(part: int, whole: int) -> str:
    """Return a part without its number: ``34%``, and ``under 1%`` for a small one.

    Of few it is only ``none``, ``some`` or ``all``.
    """
    if whole < FEW:
        return "none" if not part else "all" if part == whole else "some"
    percent = round(100 * part / whole) if whole else 0
    return "under 1%" if part and not percent else f"{percent}%"


def counted(number: int, noun: str) -> str:
    """Return a number with a noun, such as ``1 reader``, ``2,000 readers``, ``3 deliveries`` or ``4 addresses``."""
    if number == 1:
        return f"1 {noun}"
    if noun.endswith("y") and noun[-2] not in "aeo":
        return f"{number:,} {noun[:-1]}ies"
    return f"{number:,} {noun}{'es' if noun.endswith(('s', 'x', 'ch', 'sh')) else 's'}"


def capitalised(words: str) -> str:
    """Return words with a capital first letter, as at the beginning of a sentence; the others stay as they are."""
    return words[:1].upper() + words[1:]
