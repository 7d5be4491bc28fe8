"""The names of the studio's pages, as those who may see a page read where a colleague is."""

from collections.abc import Callable
from urllib.parse import unquote

from newsletter.domain.people import Act, Person, may
from newsletter.files.newsletter_folder import SETTINGS_FILE
from newsletter.web.studio.places import PLACES
from newsletter.web.studio.replies import own_path

_NOWHERE = ("", "")
_HIDDEN = {  # what pages below these paths are about is nobody's business but theirs who may see them
    "readers": Act.SEE_READERS,
    "people": Act.SEE_PEOPLE,
    "settings": Act.SEE_SETTINGS,
    "reports": Act.SEE_REPORTS,
    "segments": Act.SEE_REPORTS,
    "topics": Act.SEE_REPORTS,
}
_LABELS = {
    **{place.path.strip("/"): place.label for place in PLACES},
    "entries": "Entries",
    "issues": "Issues",
    "remote": "Remote repository",
    "preview": "Preview",
}
_PAGES = {"": "", "review": "Review", "send": "Send", "report": "Report", "preview": "Preview"}


def page_for(person: Person, path: str, title: Callable[[str, str], str]) -> tuple[str, str]:
    """Return the label of the page at a path, and the path; both are "" if the person may not see that page.

    ``title`` returns what an entry or issue is called, given "entries" or "issues" and its slug.
    """
    if not path or own_path(path) != path:  # scripts make a link of it, which must not lead to another host
        return _NOWHERE
    first, _, rest = _without_preview(unquote(path).strip("/")).partition("/")
    slug, _, page = rest.partition("/")
    if first in ("text", "history"):
        needed = Act.SEE_SETTINGS if SETTINGS_FILE in rest else Act.SEE
        return (rest.rpartition("/")[2], path) if may(person, needed) else _NOWHERE
    needed = Act.SEE_REPORTS if page in ("send", "report") else _HIDDEN.get(first, Act.SEE)
    if not may(person, needed):
        return _NOWHERE
    if first in ("entries", "issues") and slug:
        if page not in _PAGES:
            return _NOWHERE
        name = title(first, slug)
        return (f"{name}, {_PAGES[page]}" if page else name, path) if name else _NOWHERE
    label = _LABELS.get(first, "")
    return (label, path) if label else _NOWHERE


def _without_preview(path: str) -> str:
    """Return a page of the preview as the studio's page about the same file or issue."""
    match path.split("/"):
        case ["preview", "files", *file]:
            return "/".join(["text", *file])
        case ["preview", "issues", slug]:
            return f"issues/{slug}/preview"
        case ["preview", "issues", *page]:
            return "/".join(["issues", *page])
    return path
