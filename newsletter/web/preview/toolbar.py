"""The preview's toolbar: groups of buttons, each a link to the same page with other view options."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from newsletter.web.preview.view_options import ColorScheme, EditionKind, Images, View, ViewOptions, Width

_Choice = TypeVar("_Choice", Width, ColorScheme, Images, View, EditionKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolbarButton:
    """A button of the toolbar: a link to the same page with other view options, its ``target``.

    ``key`` is its shortcut, empty if another button has it. ``detail`` is hidden when there is little room.
    """

    id: str
    label: str
    detail: str
    target: ViewOptions
    current: bool
    enabled: bool
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolbarGroup:
    """A group of buttons, one of which is current."""

    label: str
    buttons: tuple[ToolbarButton, ...]


_LABELS: dict[StrEnum, str] = {
    View.HTML: "HTML",
    View.TEXT: "Plain text",
    View.SOURCE: "Source",
    Width.PHONE: "Phone",
    Width.DESKTOP: "Desktop",
    ColorScheme.LIGHT: "Light",
    ColorScheme.DARK: "Dark",
    Images.ON: "Images on",
    Images.OFF: "Images off",
    EditionKind.FULL: "Full issue",
    EditionKind.TOPICS: "Topics",
    EditionKind.READER: "Reader",
}
_KEYS: dict[StrEnum, str] = {
    View.HTML: "h",
    View.TEXT: "t",
    View.SOURCE: "s",
    Width.PHONE: "1",
    Width.DESKTOP: "2",
    EditionKind.FULL: "a",
    EditionKind.TOPICS: "o",
}
# The key belongs to the button that isn't current, or to the address field once a reader is shown.
_TOGGLES: dict[type[StrEnum], str] = {ColorScheme: "d", Images: "i", EditionKind: "r"}
_WIDTHS = (Width.PHONE, Width.DESKTOP)
_WITHOUT_EFFECT: dict[View, tuple[type[StrEnum], ...]] = {
    View.HTML: (),
    View.TEXT: (Images,),
    View.SOURCE: (Width, ColorScheme, Images),
}


def toolbar(options: ViewOptions, *, without: Collection[EditionKind] = ()) -> tuple[ToolbarGroup, ...]:
    """Return the toolbar for these view options; the editions in ``without`` are disabled."""
    editions = {
        EditionKind.FULL: replace(options, shown=EditionKind.FULL, topics=(), reader=""),
        EditionKind.TOPICS: replace(options, shown=EditionKind.TOPICS, reader=""),
        EditionKind.READER: replace(options, shown=EditionKind.READER, topics=()),
    }
    return (
        _group("Edition", "shown", options, editions, without=without),
        _group("View", "view", options, {value: replace(options, view=value) for value in View}),
        _group("Colours", "mode", options, {value: replace(options, mode=value) for value in ColorScheme}),
        _group("Width", "width", options, {value: replace(options, width=value) for value in _WIDTHS}),
        _group("Images", "images", options, {value: replace(options, images=value) for value in Images}),
    )


def _group(
    label: str,
    name: str,
    options: ViewOptions,
    targets: Mapping[_Choice, ViewOptions],
    *,
    without: Collection[StrEnum] = (),
) -> ToolbarGroup:
    def button(value: _Choice, target: ViewOptions) -> ToolbarButton:
        current = target == options
        return ToolbarButton(
            id=f"{name}-{value}",
            label=_LABELS[value],
            detail=value if isinstance(value, Width) else "",
            target=target,
            current=current,
            enabled=type(value) not in _WITHOUT_EFFECT[options.view] and (current or value not in without),
            key=_KEYS.get(value, "") or ("" if current else _TOGGLES[type(value)]),
        )

    return ToolbarGroup(label=label, buttons=tuple(button(value, target) for value, target in targets.items()))
