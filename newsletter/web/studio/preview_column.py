"""The preview beside the issue: the email as the preview frames it, its text, or what keeps it from being shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from newsletter.composing import Composed
from newsletter.domain.publication import Newsletter
from newsletter.errors import Finding
from newsletter.message.template import fill_text
from newsletter.web.preview import frame
from newsletter.web.preview.frame import InboxRow
from newsletter.web.preview.issue_page import Excerpt, ExcerptedError, errors_with_excerpts
from newsletter.web.preview.toolbar import ToolbarGroup, toolbar
from newsletter.web.preview.view_options import EditionKind, View, ViewOptions, Width
from newsletter.web.studio.paths import issue_path

_GROUPS = ("View", "Colours", "Width")


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewColumn:
    """The preview's column. ``frame`` is the address of the email's frame, empty if it isn't shown.

    ``reasons`` are the errors that keep the email from being shown.
    """

    toolbar: tuple[ToolbarGroup, ...]
    row: InboxRow | None = None
    frame: str = ""
    text: str = ""
    reasons: Sequence[ExcerptedError] = field(default_factory=tuple)


def column_options(query: Mapping[str, str]) -> ViewOptions:
    """Return the column's view options: as in the preview, but a phone's width by default, and the full issue."""
    options = ViewOptions.parse(query, on_phone=True)
    view = View.HTML if options.view is View.SOURCE else options.view
    return replace(options, view=view, shown=EditionKind.FULL, topics=(), reader="")


def preview_column(slug: str, composed: Composed, newsletter: Newsletter, options: ViewOptions) -> PreviewColumn:
    """Return the column for an issue that can be shown."""
    email = composed.email
    values = frame.sample_values(email, newsletter)
    plain = replace(options, width=Width.DESKTOP, default_width=Width.DESKTOP, view=View.HTML).query
    version = f"{'&' if plain else '?'}version={composed.compiled.digest[:12]}"
    return PreviewColumn(
        toolbar=_toolbar(options),
        row=frame.inbox_row(email, values),
        frame=f"/preview{issue_path(slug)}/email{plain}{version}" if options.view is View.HTML else "",
        text=fill_text(email.text, values) if options.view is View.TEXT else "",
    )


def broken_column(findings: Sequence[Finding], options: ViewOptions, excerpt: Excerpt) -> PreviewColumn:
    """Return the column for an issue that can't be shown."""
    return PreviewColumn(toolbar=_toolbar(options), reasons=errors_with_excerpts(findings, excerpt))


def _toolbar(options: ViewOptions) -> tuple[ToolbarGroup, ...]:
    groups = (group for group in toolbar(options) if group.label in _GROUPS)
    return tuple(
        replace(group, buttons=tuple(button for button in group.buttons if button.target.view is not View.SOURCE))
        for group in groups
    )
