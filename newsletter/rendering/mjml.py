"""Tables of the MJML that the compiler supports: tags, where they may stand, and their attributes.

mjml-python silently ignores unknown tags, attributes and nestings. These tables list the attributes in MJML's
documentation that change the compiler's output; tests/rendering/test_mjml.py tries each.
"""

from collections.abc import Mapping
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PADDING: Final = "padding padding-top padding-right padding-bottom padding-left"
_BORDER: Final = "border border-top border-right border-bottom border-left"
_BLOCK: Final = f"align container-background-color vertical-align {_PADDING}"
_FONT: Final = "color font-family font-size line-height"
_STYLED: Final = f"{_FONT} font-style font-weight letter-spacing text-decoration text-transform"
_LINK: Final = "href rel target"
_BACKGROUND: Final = (
    "background-color background-position background-position-x background-position-y background-repeat "
    "background-size background-url"
)
_SECTION: Final = f"{_BACKGROUND} {_BORDER} {_PADDING} border-radius direction full-width text-align"
_ACCORDION_ICON: Final = (
    "icon-align icon-height icon-position icon-unwrapped-alt icon-unwrapped-url icon-width icon-wrapped-alt "
    "icon-wrapped-url"
)
_HAMBURGER: Final = (
    "ico-align ico-close ico-color ico-font-family ico-font-size ico-line-height ico-open ico-padding ico-padding-top "
    "ico-padding-right ico-padding-bottom ico-padding-left ico-text-decoration ico-text-transform"
)

COMPONENTS: Final[Mapping[str, frozenset[str]]] = {
    tag: _words(f"{attributes} css-class mj-class")
    for tag, attributes in {
        "mj-accordion": f"{_BLOCK} {_ACCORDION_ICON} border font-family",
        "mj-accordion-element": f"{_ACCORDION_ICON} background-color border font-family",
        "mj-accordion-text": f"{_PADDING} {_FONT} background-color border font-weight letter-spacing",
        "mj-accordion-title": f"{_PADDING} {_ACCORDION_ICON} background-color border color font-family font-size",
        "mj-button": f"{_BLOCK} {_BORDER} {_STYLED} {_LINK} background-color border-radius height inner-padding name "
        "text-align width",
        "mj-carousel": f"{_BLOCK} border-radius icon-width left-icon right-icon tb-border tb-border-radius "
        "tb-hover-border-color tb-selected-border-color tb-width thumbnails",
        "mj-carousel-image": f"{_LINK} alt border-radius src tb-border tb-border-radius tb-width thumbnails-src title",
        "mj-column": f"{_BORDER} {_PADDING} background-color border-radius direction vertical-align width",
        "mj-divider": f"{_BLOCK} border-color border-style border-width width",
        "mj-group": "background-color direction vertical-align width",
        "mj-hero": f"{_PADDING} background-color background-height background-position background-url background-width "
        "height inner-background-color inner-padding mode vertical-align width",
        "mj-image": f"{_BLOCK} {_LINK} alt border border-left border-radius border-right fluid-on-mobile font-size "
        "full-width height max-height name src srcset title usemap width",
        "mj-navbar": f"{_BLOCK} {_HAMBURGER} base-url hamburger",
        "mj-navbar-link": f"{_PADDING} {_STYLED} {_LINK} name",
        "mj-section": _SECTION,
        "mj-social": f"{_BLOCK} {_FONT} border-radius font-style font-weight icon-height icon-padding icon-size "
        "inner-padding mode text-decoration text-padding",
        "mj-social-element": f"{_PADDING} {_FONT} {_LINK} align alt background-color border-radius font-style "
        "font-weight icon-height icon-padding icon-size name src text-decoration text-padding title vertical-align",
        "mj-spacer": f"{_BLOCK} height",
        "mj-table": f"{_BLOCK} {_FONT} border cellpadding cellspacing table-layout width",
        "mj-text": f"{_BLOCK} {_STYLED} height",
        "mj-wrapper": _SECTION,
    }.items()
}

ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = {
    **COMPONENTS,
    "mjml": _words("dir lang"),
    "mj-attributes": frozenset(),
    "mj-body": _words("background-color css-class width"),
    "mj-breakpoint": _words("width"),
    "mj-font": _words("href name"),
    "mj-head": frozenset(),
    "mj-preview": frozenset(),
    "mj-raw": frozenset(),
    "mj-style": frozenset(),
    "mj-title": frozenset(),
}

_CONTENT: Final = _words(
    "mj-accordion mj-button mj-carousel mj-divider mj-image mj-navbar mj-raw mj-social mj-spacer mj-table mj-text"
)
# The tags that may stand directly inside a tag. A tag that isn't listed contains HTML or text.
CHILDREN: Final[Mapping[str, frozenset[str]]] = {
    "mjml": _words("mj-body mj-head"),
    "mj-head": _words("mj-attributes mj-breakpoint mj-font mj-preview mj-raw mj-style mj-title"),
    "mj-attributes": frozenset(COMPONENTS) | {"mj-all", "mj-class"},
    "mj-body": _words("mj-hero mj-raw mj-section mj-wrapper"),
    "mj-wrapper": _words("mj-hero mj-raw mj-section"),
    "mj-section": _words("mj-column mj-group mj-raw"),
    "mj-group": _words("mj-column mj-raw"),
    "mj-column": _CONTENT,
    "mj-hero": _CONTENT,
    "mj-accordion": _words("mj-accordion-element mj-raw"),
    "mj-accordion-element": _words("mj-accordion-text mj-accordion-title mj-raw"),
    "mj-carousel": _words("mj-carousel-image"),
    "mj-navbar": _words("mj-navbar-link mj-raw"),
    "mj-social": _words("mj-raw mj-social-element"),
}

ANY_COMPONENT: Final = frozenset[str]().union(*COMPONENTS.values()) - {"mj-class"}


def attributes_of(tag: str, parent: str) -> frozenset[str]:
    """Return the attributes of a tag, which are defaults inside ``mj-attributes``."""
    if tag == "mj-all":
        return ANY_COMPONENT
    if tag == "mj-class":
        return ANY_COMPONENT | {"name"}
    return ATTRIBUTES[tag] - ({"mj-class"} if parent == "mj-attributes" else frozenset())
