"""The preview's view options: the state of its toolbar, kept in the URL so that it can be shared."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self, TypeVar
from urllib.parse import urlencode

from newsletter.domain.topics import SLUG

NOBODY = "0" * 32
"""Used instead of a reader's key when no reader has the address."""


class Width(StrEnum):
    """The width of the email in CSS pixels: that of most phones, and of the reading pane in most desktop clients."""

    DESKTOP = "700"
    PHONE = "375"


class Mode(StrEnum):
    """The colour scheme that the reader's mail client prefers."""

    LIGHT = "light"
    DARK = "dark"


class Images(StrEnum):
    """A choice of whether the reader's mail client loads images."""

    ON = "on"
    OFF = "off"


class View(StrEnum):
    """The form in which the email is shown."""

    HTML = "html"
    TEXT = "text"
    SOURCE = "source"


class Shown(StrEnum):
    """The edition that is shown: all entries, those for some topics, or those of a real reader."""

    FULL = "full"
    TOPICS = "topics"
    READER = "reader"


_Choice = TypeVar("_Choice", Width, Mode, Images, View, Shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A state of the toolbar. The first member of each enumeration is the default, and is left out of the URL.

    ``usual`` is the default width. ``topics`` are slugs; ``reader`` is a subscriber's key or empty: URLs never
    contain an address.
    """

    view: View = View.HTML
    width: Width = Width.DESKTOP
    mode: Mode = Mode.LIGHT
    images: Images = Images.ON
    shown: Shown = Shown.FULL
    topics: tuple[str, ...] = ()
    reader: str = ""
    usual: Width = Width.DESKTOP

    @classmethod
    def parse(cls, query: Mapping[str, str], *, on_phone: bool = False) -> Self:
        """Return the look that a URL's query describes; unknown values become the default.

        The default width is a phone's if the browser is ``on_phone``.
        """
        usual = Width.PHONE if on_phone else Width.DESKTOP
        shown = _choice(Shown, query.get("shown"))
        topics = {slug for slug in query.get("topics", "").split(",") if SLUG.fullmatch(slug)}
        key = _KEY.fullmatch(query.get("reader", ""))
        return cls(
            view=_choice(View, query.get("view")),
            width=_choice(Width, query.get("width", usual)),
            usual=usual,
            mode=_choice(Mode, query.get("mode")),
            images=_choice(Images, query.get("images")),
            shown=shown,
            topics=tuple(sorted(topics)) if shown is Shown.TOPICS else (),
            reader=key[0] if key and shown is Shown.READER else "",
        )

    @property
    def query(self) -> str:
        """Return ``?`` and the query that ``parse`` reads back; empty for the default look."""
        values = self.values
        return f"?{urlencode(values, safe=',')}" if values else ""

    @property
    def values(self) -> dict[str, str]:
        """Return the query's values by name."""
        default = Look(width=self.usual)
        names = ("view", "width", "mode", "images", "shown", "reader")
        changed = {name: getattr(self, name) for name in names if getattr(self, name) != getattr(default, name)}
        return changed | ({"topics": ",".join(self.topics)} if self.topics else {})


_KEY = re.compile(r"[0-9a-f]{32}")


def _choice(kind: type[_Choice], text: str | None) -> _Choice:
    choices: list[_Choice] = list(kind)
    return next((choice for choice in choices if choice == text), choices[0])


# The toolbar ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A button of the toolbar: a link to another look.

    ``key`` is its shortcut, empty if another option has it. ``detail`` is hidden when there is little room.
    """

    id: str
    label: str
    detail: str
    look: Look
    current: bool
    enabled: bool
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionGroup:
    """A group of options, one of which is current."""

    label: str
    options: tuple[Option, ...]


_LABELS: dict[StrEnum, str] = {
    View.HTML: "HTML",
    View.TEXT: "Plain text",
    View.SOURCE: "Source",
    Width.PHONE: "Phone",
    Width.DESKTOP: "Desktop",
    Mode.LIGHT: "Light",
    Mode.DARK: "Dark",
    Images.ON: "Images on",
    Images.OFF: "Images off",
    Shown.FULL: "Full issue",
    Shown.TOPICS: "Topics",
    Shown.READER: "Reader",
}
_KEYS: dict[StrEnum, str] = {
    View.HTML: "h",
    View.TEXT: "t",
    View.SOURCE: "s",
    Width.PHONE: "1",
    Width.DESKTOP: "2",
    Shown.FULL: "a",
    Shown.TOPICS: "o",
}
# The key belongs to the option that isn't current, or to the address field once a reader is shown.
_TOGGLES: dict[type[StrEnum], str] = {Mode: "d", Images: "i", Shown: "r"}
_WITHOUT_EFFECT: dict[View, tuple[type[StrEnum], ...]] = {
    View.HTML: (),
    View.TEXT: (Images,),
    View.SOURCE: (Width, Mode, Images),
}


def toolbar(look: Look, *, without: Collection[Shown] = ()) -> tuple[OptionGroup, ...]:
    """Return the toolbar for a look; the editions in ``without`` are disabled."""
    shown = {
        Shown.FULL: replace(look, shown=Shown.FULL, topics=(), reader=""),
        Shown.TOPICS: replace(look, shown=Shown.TOPICS, reader=""),
        Shown.READER: replace(look, shown=Shown.READER, topics=()),
    }
    return (
        _group("Edition", look, Shown, shown, without=without),
        _group("View", look, View, {value: replace(look, view=value) for value in View}),
        _group("Colours", look, Mode, {value: replace(look, mode=value) for value in Mode}),
        _group("Width", look, Width, {value: replace(look, width=value) for value in (Width.PHONE, Width.DESKTOP)}),
        _group("Images", look, Images, {value: replace(look, images=value) for value in Images}),
    )


def _group(
    label: str, look: Look, kind: type[StrEnum], looks: Mapping[_Choice, Look], *, without: Collection[StrEnum] = ()
) -> OptionGroup:
    def option(value: _Choice, then: Look) -> Option:
        current = then == look
        return Option(
            id=f"{kind.__name__.lower()}-{value}",
            label=_LABELS[value],
            detail=value if kind is Width else "",
            look=then,
            current=current,
            enabled=kind not in _WITHOUT_EFFECT[look.view] and (current or value not in without),
            key=_KEYS.get(value, "") or ("" if current else _TOGGLES[kind]),
        )

    return OptionGroup(label=label, options=tuple(option(value, then) for value, then in looks.items()))
