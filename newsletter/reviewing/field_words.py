"""Sentences about fields and texts that have changed. No I/O."""

from collections.abc import Iterator, Mapping, Sequence

from newsletter.reviewing.moves import moved_members, ordinal

_LONGEST = 80  # characters of a quoted value


def quoted(text: str) -> str:
    """Return a text in quotation marks on one line, shortened if it is long."""
    line = " ".join(text.split())
    return f"“{line if len(line) <= _LONGEST else f'{line[: _LONGEST - 1]}…'}”"


def field_changes(
    before: Mapping[str, str], after: Mapping[str, str], names: Mapping[str, str], *, of: str = ""
) -> Iterator[str]:
    """Yield a sentence for each field that differs; ``of`` begins it with whose fields they are."""
    for field, name in names.items():
        yield from value_change(before.get(field, ""), after.get(field, ""), f"{of}{name}")


def value_change(before: str, after: str, name: str) -> Iterator[str]:
    """Yield a sentence about a short value if it differs."""
    if before == after:
        return
    if not before:
        yield f"{name} added: {quoted(after)}"
    elif not after:
        yield f"{name} removed"
    elif quoted(before) == quoted(after):
        yield f"{name} changed, to {quoted(after)}"
    else:
        yield f"{name} changed from {quoted(before)} to {quoted(after)}"


def text_change(before: str, after: str, name: str) -> Iterator[str]:
    """Yield a sentence about a longer text if it differs: shortened, lengthened or reworded."""
    if before == after:
        return
    words, now = len(before.split()), len(after.split())
    if not before:
        yield f"{name} added ({_words(now)})"
    elif not after:
        yield f"{name} removed ({_words(words)})"
    elif now < words:
        yield f"{name} shortened from {words:,} to {_words(now)}"
    elif now > words:
        yield f"{name} lengthened from {words:,} to {_words(now)}"
    elif before.split() == after.split():
        yield f"{name}: only spaces or line breaks changed"
    else:
        yield f"{name} reworded"


def passage_changes(before: Sequence[Sequence[str]], after: Sequence[Sequence[str]], of: str) -> Iterator[str]:
    """Yield sentences about the texts of an item, by their kinds: framing, quotation or text."""
    if list(map(list, before)) == list(map(list, after)):
        return
    kinds = dict.fromkeys(kind for kind, _ in (*before, *after))
    are_different = False
    for kind in kinds:
        own, now = _of_kind(before, kind), _of_kind(after, kind)
        for at in range(max(len(own), len(now))):
            name = kind if max(len(own), len(now)) == 1 else f"{ordinal(at + 1)} {kind}"
            sentences = list(text_change(_at(own, at), _at(now, at), f"{of}{name}"))
            are_different |= bool(sentences)
            yield from sentences
        if len(own) != len(now) and not are_different:  # an empty text was added or removed
            are_different = True
            yield f"{of}{kind} changed"
    if not are_different:
        yield f"{of}texts put in another order"


def member_changes(before: Sequence[str], after: Sequence[str], name: str, *, of: str = "") -> Iterator[str]:
    """Yield sentences about a list of words: what was added and removed, or only put in another order."""
    if list(before) == list(after):
        return
    added = [member for member in after if member not in before]
    removed = [member for member in before if member not in after]
    for member in dict.fromkeys(added):
        yield f"{of}{name} {quoted(member)} added"
    for member in dict.fromkeys(removed):
        yield f"{of}{name} {quoted(member)} removed"
    kept_before = [member for member in before if member in after]
    kept_after = [member for member in after if member in before]
    if kept_before != kept_after or (not added and not removed):
        yield f"{of}{name}s put in another order"


def link_changes(before: Sequence[Sequence[str]], after: Sequence[Sequence[str]], of: str) -> Iterator[str]:
    """Yield sentences about the links of a list, each known by its address."""
    if list(map(list, before)) == list(map(list, after)):
        return
    own, now = ({link[1]: link for link in reversed(links)} for links in (before, after))
    sentences = []
    for url, link in now.items():
        if url not in own:
            sentences.append(f"{of}link {quoted(link[0] or url)} added")
        elif list(own[url]) != list(link):
            sentences.append(f"{of}link {quoted(link[0] or url)} has other words")
    sentences += [f"{of}link {quoted(link[0] or url)} removed" for url, link in own.items() if url not in now]
    order, order_now = ([link[1] for link in links] for links in (before, after))
    is_reordered = bool(moved_members(list(dict.fromkeys(order)), list(dict.fromkeys(order_now))))
    if is_reordered or not sentences:
        sentences.append(f"{of}links put in another order")
    yield from sentences


def _of_kind(passages: Sequence[Sequence[str]], kind: str) -> list[str]:
    return [text for other, text in passages if other == kind]


def _at(texts: Sequence[str], at: int) -> str:
    return texts[at] if at < len(texts) else ""


def _words(number: int) -> str:
    return f"{number:,} {'word' if number == 1 else 'words'}"
