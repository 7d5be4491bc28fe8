"""Replace topics in the text of a rule that selects readers, and leave everything else in it as it is. No I/O."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from newsletter.domain.segment_rule_tokens import RuleSyntaxError, Token, tokens_of

_TESTS = ("topic", "excludes")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    start: int
    end: int
    text: str


def with_topics(rule: str, replaced: Callable[[str], tuple[str, ...] | None]) -> str:
    """Return a rule with other topics: ``replaced`` returns those for a topic's name, or None if it stays.

    ``= "a"`` becomes ``in ("b", "c")`` if a topic is replaced by several. ``clicked`` counts clicks on one topic, so
    it gets the first of them. A rule with mistakes stays as it is.
    """
    try:
        pieces = list(_pieces(list(_until_end(rule)), replaced))
    except RuleSyntaxError:
        return rule
    for piece in sorted(pieces, key=lambda piece: -piece.start):
        rule = rule[: piece.start] + piece.text + rule[piece.end :]
    return rule


def _until_end(rule: str) -> Iterator[Token]:
    for token in tokens_of(rule):
        if token.kind == "end":
            return
        yield token


def _pieces(tokens: list[Token], replaced: Callable[[str], tuple[str, ...] | None]) -> Iterator[_Piece]:
    for at, token in enumerate(tokens):
        if token.kind != "name":
            continue
        rest = tokens[at + 1 :]
        if token.lower == "clicked" and rest and rest[0].kind == "text":
            new = replaced(rest[0].value)
            if new:
                yield _piece(rest[0], _quoted(rest[0], new[0]))
        elif token.lower in _TESTS and len(rest) > 1 and rest[0].text in ("=", "!="):
            yield from _single(rest[0], rest[1], replaced)
        elif token.lower in _TESTS and rest and rest[0].lower in ("in", "not"):
            yield from _listed(rest, replaced)


def _single(operator: Token, value: Token, replaced: Callable[[str], tuple[str, ...] | None]) -> Iterator[_Piece]:
    new = replaced(value.value) if value.kind == "text" else None
    if new and len(new) == 1:
        yield _piece(value, _quoted(value, new[0]))
    elif new:
        yield _piece(operator, "in" if operator.text == "=" else "not in")
        yield _piece(value, f"({', '.join(_quoted(value, name) for name in new)})")


def _listed(rest: list[Token], replaced: Callable[[str], tuple[str, ...] | None]) -> Iterator[_Piece]:
    end = next((at for at, token in enumerate(rest) if token.text == ")"), 0)
    values = [token for token in rest[:end] if token.kind == "text"]
    new = list(dict.fromkeys(name for token in values for name in replaced(token.value) or (token.value,)))
    if values and new != [token.value for token in values]:
        first, last = values[0], values[-1]
        words = ", ".join(f"{first.text[0]}{name}{first.text[0]}" for name in new)
        yield _Piece(start=first.start, end=last.start + len(last.text), text=words)


def _piece(token: Token, text: str) -> _Piece:
    return _Piece(start=token.start, end=token.start + len(token.text), text=text)


def _quoted(token: Token, text: str) -> str:
    return f"{token.text[0]}{text}{token.text[0]}"
