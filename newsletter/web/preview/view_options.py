"""The preview's view options: the state of its toolbar, kept in the URL so that it can be shared."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self, TypeVar
from urllib.parse import urlencode

from newsletter.domain.topics import SLUG

NOBODY = "0" * 32
"""Used instead of a reader's key when no reader has the address."""


class Width(StrEnum):
    """The width of the email in CSS pixels: that of most phones, and of the reading pane in most desktop clients."""

    DESKTOP = "700"  # the reading pane of a desktop client
    PHONE = "375"  # below the theme's breakpoint, so its layout for phones applies


class ColorScheme(StrEnum):
    """The colour scheme that the reader's mail client prefers."""

    LIGHT = "light"  # also stands for clients that know no dark mode
    DARK = "dark"  # the theme's dark colours and logo


class Images(StrEnum):
    """A choice of whether the reader's mail client loads images."""

    ON = "on"  # after the reader has allowed them, or in clients that always load them
    OFF = "off"  # many clients load none at first, so the alternative texts matter


class View(StrEnum):
    """The form in which the email is shown."""

    HTML = "html"  # what most readers see
    TEXT = "text"  # the plain-text part, for readers whose mail client shows no HTML
    SOURCE = "source"  # the HTML itself, with line numbers


class EditionKind(StrEnum):
    """The edition that is shown: all entries, those for some topics, or those of a real reader."""

    FULL = "full"  # all entries, which everybody gets if the issue isn't tailored
    TOPICS = "topics"  # what a reader who follows and excludes certain topics would get
    READER = "reader"  # what one subscriber would get


_Choice = TypeVar("_Choice", Width, ColorScheme, Images, View, EditionKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewOptions:
    """A state of the toolbar. The first member of each enumeration is the default, and is left out of the URL.

    ``default_width`` depends on the editor's device. ``topics`` are slugs. ``reader`` is a subscriber's key or empty:
    URLs never contain an address.
    """

    view: View = View.HTML
    width: Width = Width.DESKTOP
    mode: ColorScheme = ColorScheme.LIGHT
    images: Images = Images.ON
    shown: EditionKind = EditionKind.FULL
    topics: tuple[str, ...] = ()
    reader: str = ""
    default_width: Width = Width.DESKTOP

    @classmethod
    def parse(cls, query: Mapping[str, str], *, on_phone: bool = False) -> Self:
        """Return the options in a URL's query; unknown values become the default.

        The default width is a phone's if the browser is ``on_phone``.
        """
        default_width = Width.PHONE if on_phone else Width.DESKTOP
        shown = _choice(EditionKind, query.get("shown"))
        topics = {slug for slug in query.get("topics", "").split(",") if SLUG.fullmatch(slug)}
        key = _KEY.fullmatch(query.get("reader", ""))
        return cls(
            view=_choice(View, query.get("view")),
            width=_choice(Width, query.get("width", default_width)),
            default_width=default_width,
            mode=_choice(ColorScheme, query.get("mode")),
            images=_choice(Images, query.get("images")),
            shown=shown,
            topics=tuple(sorted(topics)) if shown is EditionKind.TOPICS else (),
            reader=key[0] if key and shown is EditionKind.READER else "",
        )

    @property
    def query(self) -> str:
        """Return ``?`` and the query that ``parse`` reads back; empty for the default options."""
        values = self.values
        return f"?{urlencode(values, safe=',')}" if values else ""

    @property
    def values(self) -> dict[str, str]:
        """Return the query's values by name."""
        default = ViewOptions(width=self.default_width)
        names = ("view", "width", "mode", "images", "shown", "reader")
        changed = {name: getattr(self, name) for name in names if getattr(self, name) != getattr(default, name)}
        return changed | ({"topics": ",".join(self.topics)} if self.topics else {})


_KEY = re.compile(r"[0-9a-f]{32}")


def _choice(kind: type[_Choice], text: str | None) -> _Choice:
    choices: list[_Choice] = list(kind)
    return next((choice for choice in choices if choice == text), choices[0])
