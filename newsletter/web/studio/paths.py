"""The paths of the studio's pages, for links and redirects."""

from urllib.parse import quote

from newsletter.files.newsletter_folder import ENTRIES, ISSUES, SETTINGS_FILE


def issue_path(slug: str) -> str:
    """Return the path of an issue's compose page."""
    return f"/issues/{quote(slug, safe='')}"


def send_path(slug: str) -> str:
    """Return the path of an issue's send page."""
    return f"{issue_path(slug)}/send"


def report_path(slug: str) -> str:
    """Return the path of an issue's report."""
    return f"{issue_path(slug)}/report"


def review_path(slug: str) -> str:
    """Return the path of an issue's review."""
    return f"{issue_path(slug)}/review"


def entry_path(slug: str) -> str:
    """Return the path of an entry's page."""
    return f"/entries/{quote(slug, safe='')}"


def text_path(path: str, line: int | None = None) -> str:
    """Return the path of the page that edits a file as text, at a line. ``path`` is the file's in the newsletter."""
    return f"/text/{quote(path)}" + (f"#L{line}" if line else "")


def history_path(path: str) -> str:
    """Return the path of a file's history."""
    return f"/history/{quote(path)}"


def link_path(link: int | str) -> str:
    """Return the path of a captured link's card among the links that wait."""
    return f"/links#link-{link}"


def file_path(path: str) -> str:
    """Return the path of the page on which a file is edited: an issue's, an entry's, or that of its text."""
    if path == SETTINGS_FILE:
        return "/settings"
    folder, _, name = path.rpartition("/")
    slug = name.removesuffix(".md")
    if slug == name:
        return text_path(path)
    if folder == ISSUES:
        return issue_path(slug)
    return entry_path(slug) if folder == ENTRIES or folder.startswith(f"{ENTRIES}/") else text_path(path)


def reader_path(key: str) -> str:
    """Return the path of a reader's page."""
    return f"/readers/{key}"


def import_path(id_: str) -> str:
    """Return the path of the import of an uploaded file."""
    return f"/readers/import/{id_}"
