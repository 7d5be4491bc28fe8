"""Parse the text of a rule that selects readers: ``language = "de" and joined within 30 days``. No I/O.

A recursive-descent parser: the grammar has ten kinds of tests, and most of the code explains mistakes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from newsletter.domain.languages import WRITE_A_TAG, covers, parse_language
from newsletter.domain.reader_rules import (
    AllOf,
    AnyOf,
    AttributeIn,
    Clicked,
    Excludes,
    Follows,
    HasFrequency,
    JoinedSince,
    JoinedWithin,
    LanguageIn,
    LanguagePresent,
    Not,
    ReaderRule,
)
from newsletter.domain.segment_rule_tokens import RuleSyntaxError, Token, tokens_of
from newsletter.domain.subscriber import Frequency
from newsletter.domain.topics import Topics
from newsletter.errors import did_you_mean

_Value = TypeVar("_Value")
DEEPEST = 50  # levels of parentheses and "not"
MOST_DAYS = 36_500
ATTRIBUTE = "attribute"
_WORDS = ("and", "or", "not")
_EQUAL, _IN, _PRESENT = ("=", "!="), ("in", "not"), "present"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleWords:
    """The words that a newsletter's rules may use: its topics, attributes and so on.

    Readers without a language count as readers of ``language``. Days begin at midnight in ``zone``. A rule may ask for
    clicks only if they are ``counted`` by reader.
    """

    topics: Topics
    attributes: tuple[str, ...]
    language: str
    zone: ZoneInfo
    counted: bool


def parse_rule(text: str, words: RuleWords) -> ReaderRule:
    """Return a rule. Raise RuleSyntaxError with the place of the first mistake."""
    parser = _Parser(text, words)
    rule = parser.either(0)
    parser.require_end()
    return rule


class _Parser:
    """A parser of one text, at the token that comes next."""

    def __init__(self, text: str, words: RuleWords) -> None:
        self._text, self._words = text, words
        self._tokens: Iterator[Token] = tokens_of(text)
        self._next = next(self._tokens)
        self._tests: dict[str, Callable[[], ReaderRule]] = {
            "language": self._language,
            "joined": self._joined,
            "topic": lambda: self._topic(Follows),
            "excludes": lambda: self._topic(Excludes),
            "frequency": self._frequency,
            "clicked": self._clicked,
        }

    def either(self, depth: int) -> ReaderRule:
        """Parse rules that are joined by "or"."""
        rules = [self._both(depth)]
        while self._skip("or"):
            rules.append(self._both(depth))
        return rules[0] if len(rules) == 1 else AnyOf(rules=tuple(rules))

    def require_end(self) -> None:
        """Raise RuleSyntaxError if anything is left."""
        if self._next.kind != "end":
            what = "unopened )" if self._next.text == ")" else f"{self._next.shown} is not expected here"
            hint = "remove it" if self._next.text == ")" else "join two tests with and, or with or"
            raise self._error(what, hint)

    def _both(self, depth: int) -> ReaderRule:
        rules = [self._single(depth)]
        while self._skip("and"):
            rules.append(self._single(depth))
        return rules[0] if len(rules) == 1 else AllOf(rules=tuple(rules))

    def _single(self, depth: int) -> ReaderRule:
        if depth > DEEPEST:
            raise self._error(f"more than {DEEPEST} levels of parentheses and not", "split the rule into segments")
        if self._skip("not"):
            return Not(rule=self._single(depth + 1))
        opening = self._next
        if self._skip("("):
            rule = self.either(depth + 1)
            if not self._skip(")"):
                if self._next.kind == "end":
                    raise self._error("unclosed (", "close it", at=opening)
                raise self._error(f"{self._next.shown} is not expected here", "write and, or, or )")
            return rule
        return self._test()

    def _test(self) -> ReaderRule:
        token = self._next
        name, dot, field = token.text.partition(".")
        fields = (*self._tests, f"{ATTRIBUTE}.…")
        if token.kind == "end" or token.lower in _WORDS:
            what = "the rule is empty" if not self._text.strip() else "a test is missing here"
            raise self._error(what, f"a rule can test: {', '.join(fields)}")
        if token.kind == "name" and name.lower() == ATTRIBUTE:
            return self._attribute(field, dot)
        test = self._tests.get(token.lower) if token.kind == "name" else None
        if test is None:
            hint = did_you_mean(token.lower, [*self._tests, ATTRIBUTE]) or f"a rule can test: {', '.join(fields)}"
            if token.lower == "status":
                hint = "only confirmed readers are mailed, so a rule doesn't need it"
            raise self._error(f"a rule can't test {token.shown}", hint)
        self._advance()
        return test()

    def _language(self) -> ReaderRule:
        if self._skip(_PRESENT):
            return LanguagePresent()

        def languages(tags: tuple[str, ...]) -> ReaderRule:
            return LanguageIn(tags=tags, missing=any(covers(tag, self._words.language) for tag in tags))

        return self._membership("a language", languages, self._tag)

    def _tag(self, token: Token) -> str:
        try:
            return parse_language(token.value)
        except ValueError as err:
            hint = "write language present" if not token.value else WRITE_A_TAG
            raise self._error(f"{token.shown} is not a language tag", hint, at=token) from err

    def _attribute(self, name: str, dot: str) -> ReaderRule:
        if not dot:
            raise self._error("the attribute has no name", f'write {ATTRIBUTE}.plan = "pro"')
        known = self._words.attributes
        if name not in known:
            hint = did_you_mean(name, known) or f'add "{name}" to attributes in newsletter.toml'
            raise self._error(f'newsletter.toml doesn\'t have the attribute "{name}"', hint)
        self._advance()
        if self._skip(_PRESENT):
            return Not(rule=AttributeIn(name=name, values=("",)))
        return self._membership("an attribute", lambda values: AttributeIn(name=name, values=values), _text)

    def _topic(self, test: Callable[..., Follows | Excludes]) -> ReaderRule:
        if self._skip(_PRESENT):
            return test(topics=frozenset())

        def slugs(groups: tuple[frozenset[str], ...]) -> ReaderRule:
            return test(topics=frozenset().union(*groups))

        return self._membership("a topic", slugs, lambda token: self._words.topics.related(self._slug(token)))

    def _slug(self, token: Token) -> str:
        if not token.value.strip():
            raise self._error("the topic has no name", "write a topic's slug or name", at=token)
        return self._words.topics.resolve(token.value).slug

    def _frequency(self) -> ReaderRule:
        def chosen(frequencies: tuple[Frequency, ...]) -> ReaderRule:
            rules = tuple(HasFrequency(frequency=frequency) for frequency in frequencies)
            return rules[0] if len(rules) == 1 else AnyOf(rules=rules)

        def frequency(token: Token) -> Frequency:
            try:
                return Frequency(token.value.lower())
            except ValueError as err:
                hint = f"write {' or '.join(Frequency)} in quotes"
                raise self._error(f"{token.shown} is not a frequency", hint, at=token) from err

        return self._membership("a frequency", chosen, frequency)

    def _joined(self) -> ReaderRule:
        if self._skip("within"):
            return JoinedWithin(days=self._days())
        operator = self._next
        if operator.text not in ("<", "<=", ">", ">=", "=", "!="):
            hint = "write joined >= 2026-01-31, or joined within 30 days"
            raise self._error(f"{operator.shown} can't compare a date" if operator.text else "a date is missing", hint)
        self._advance()
        day = self._date()
        begun, over = JoinedSince(at=self._midnight(day)), JoinedSince(at=self._midnight(day + timedelta(days=1)))
        rules: dict[str, ReaderRule] = {
            "<": Not(rule=begun),
            "<=": Not(rule=over),
            ">": over,
            ">=": begun,
            "=": AllOf(rules=(begun, Not(rule=over))),
            "!=": AnyOf(rules=(Not(rule=begun), over)),
        }
        return rules[operator.text]

    def _date(self) -> date:
        token = self._next
        try:
            day = date.fromisoformat(token.value if token.kind in ("date", "text") else "")
            if not 1900 <= day.year < 9000:
                raise ValueError
        except ValueError as err:
            what = f"{token.shown} is not a date" if token.text else "a date is missing"
            raise self._error(what, "write a date as 2026-01-31") from err
        if token.kind == "text":
            raise self._error("a date in quotes", f"write {token.value} without them")
        self._advance()
        return day

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self._words.zone)

    def _clicked(self) -> ReaderRule:
        if not self._words.counted:
            hint = 'set clicks = "individual" in [counting] (docs/counting.md), or remove this test'
            raise self._error("clicks are not counted by reader", hint)
        topics: frozenset[str] = frozenset()
        if self._next.kind == "text":
            known = self._words.topics
            topics = known.with_former(known.with_descendants(self._slug(self._next)))
            self._advance()
        times = 1
        if self._next.text in ("<", "<=", ">", "=", "!="):
            raise self._error(f"{self._next.shown} can't count clicks", 'write clicked "topic" >= 3')
        if self._skip(">="):
            times = self._number("write the least number of clicks: >= 3", 1000)
        return Clicked(topics=topics, times=times, days=self._days() if self._skip("within") else None)

    def _days(self) -> int:
        days = self._number("write a number of days: within 30 days", MOST_DAYS)
        if not (self._skip("days") or self._skip("day")):
            raise self._error("the unit is missing", f"write within {days} days")
        return days

    def _number(self, hint: str, most: int) -> int:
        token = self._next
        if token.kind != "number":
            raise self._error(f"{token.shown} is not a number" if token.text else "a number is missing", hint)
        if not 1 <= len(token.text) <= 9 or not 1 <= int(token.text) <= most:
            raise self._error(f"{token.shown} is not from 1 to {most:,}", hint)
        self._advance()
        return int(token.text)

    def _membership(
        self, kind: str, make: Callable[[tuple[_Value, ...]], ReaderRule], value: Callable[[Token], _Value]
    ) -> ReaderRule:
        """Parse ``= "x"``, ``!= "x"``, ``in ("x", "y")`` or ``not in (…)``."""
        operator = self._next
        if operator.lower not in (*_EQUAL, *_IN):
            what = f"{operator.shown} can't compare {kind}" if operator.text else f"{kind} needs a comparison"
            hint = "write = once" if operator.text == "==" else "use =, !=, in or not in"
            raise self._error(what, f"{hint}, or present" if kind != "a frequency" and "once" not in hint else hint)
        self._advance()
        negated = operator.lower in ("!=", "not")
        if operator.lower == "not" and not self._skip("in"):
            raise self._error('"in" is missing after not', 'write not in ("…", "…")')
        if operator.lower in _EQUAL:
            rule = make((value(self._quoted()),))
        else:
            rule = make(tuple(value(token) for token in self._listed()))
        return Not(rule=rule) if negated else rule

    def _listed(self) -> list[Token]:
        if not self._skip("("):
            raise self._error("a list needs parentheses", 'write in ("…", "…")')
        tokens = [self._quoted()]
        while self._skip(","):
            tokens.append(self._quoted())
        if not self._skip(")"):
            raise self._error("the list isn't closed", "write a comma or a ) here")
        return tokens

    def _quoted(self) -> Token:
        token = self._next
        if token.kind != "text":
            if token.kind in ("name", "number", "date"):
                raise self._error(f"{token.shown} is not in quotes", f'write "{token.text}"')
            raise self._error("a value is missing", 'write it in quotes: "…"')
        self._advance()
        return token

    def _skip(self, word: str) -> bool:
        """Skip the next token if it is this word or sign, and return whether it was."""
        if self._next.kind == "text" or self._next.lower != word:
            return False
        self._advance()
        return True

    def _advance(self) -> None:
        self._next = next(self._tokens)

    def _error(self, what: str, hint: str, *, at: Token | None = None) -> RuleSyntaxError:
        return RuleSyntaxError(self._text, (at or self._next).start, what, hint=hint)


def _text(token: Token) -> str:
    return token.value
