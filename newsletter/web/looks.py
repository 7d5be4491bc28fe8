"""How an issue is looked at: the state of the preview's toolbar, kept in the URL so that it can be shared."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self, TypeVar
from urllib.parse import urlencode


class Width(StrEnum):
    """How wide the email is shown, in CSS pixels: most phones, and the reading pane of most desktop programs."""

    DESKTOP = "700"
    PHONE = "375"


class Mode(StrEnum):
    """The colour scheme that the reader's program prefers."""

    LIGHT = "light"
    DARK = "dark"


class Images(StrEnum):
    """Whether the reader's program loads images."""

    ON = "on"
    OFF = "off"


class View(StrEnum):
    """Which form of the email is shown."""

    HTML = "html"
    TEXT = "text"
    SOURCE = "source"


_Choice = TypeVar("_Choice", Width, Mode, Images, View)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One state of the toolbar. The first member of each enumeration is the default, and is left out of the URL."""

    view: View = View.HTML
    width: Width = Width.DESKTOP
    mode: Mode = Mode.LIGHT
    images: Images = Images.ON

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> Self:
        """The look that a URL's query asks for; what it does not know it takes as the default."""
        return cls(
            view=_choice(View, query.get("view")),
            width=_choice(Width, query.get("width")),
            mode=_choice(Mode, query.get("mode")),
            images=_choice(Images, query.get("images")),
        )

    @property
    def query(self) -> str:
        """``?`` and the query that ``parse`` reads back, or nothing for the default look."""
        default = Look()
        names = ("view", "width", "mode", "images")
        changed = {name: getattr(self, name) for name in names if getattr(self, name) != getattr(default, name)}
        return f"?{urlencode(changed)}" if changed else ""


def _choice(kind: type[_Choice], text: str | None) -> _Choice:
    choices: list[_Choice] = list(kind)
    return next((choice for choice in choices if choice == text), choices[0])


# The toolbar ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One button of the toolbar: a link to another look. ``key`` is its shortcut, empty where another option has it;
    ``detail`` may be left out where there is little room.
    """

    id: str
    label: str
    detail: str
    look: Look
    current: bool
    enabled: bool
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Options of which one is current."""

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
}
_KEYS: dict[StrEnum, str] = {
    View.HTML: "h",
    View.TEXT: "t",
    View.SOURCE: "s",
    Width.PHONE: "1",
    Width.DESKTOP: "2",
}
_TOGGLES = {Mode: "d", Images: "i"}  # the key belongs to whichever of the two is not current
_WITHOUT_EFFECT: dict[View, tuple[type[StrEnum], ...]] = {
    View.HTML: (),
    View.TEXT: (Images,),
    View.SOURCE: (Width, Mode, Images),
}


def toolbar(look: Look) -> tuple[Group, ...]:
    """All that can be chosen, from where ``look`` stands."""
    return (
        _group("View", look, View, {value: replace(look, view=value) for value in View}),
        _group("Colours", look, Mode, {value: replace(look, mode=value) for value in Mode}),
        _group("Width", look, Width, {value: replace(look, width=value) for value in (Width.PHONE, Width.DESKTOP)}),
        _group("Images", look, Images, {value: replace(look, images=value) for value in Images}),
    )


def _group(label: str, look: Look, kind: type[StrEnum], looks: Mapping[_Choice, Look]) -> Group:
    def option(value: _Choice, then: Look) -> Option:
        current = then == look
        return Option(
            id=f"{kind.__name__.lower()}-{value}",
            label=_LABELS[value],
            detail=value if kind is Width else "",
            look=then,
            current=current,
            enabled=kind not in _WITHOUT_EFFECT[look.view],
            key=_KEYS.get(value, "") or ("" if current else _TOGGLES[kind]),
        )

    return Group(label=label, options=tuple(option(value, then) for value, then in looks.items()))
