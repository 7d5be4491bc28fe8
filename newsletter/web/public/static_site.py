"""Write the public archive as static files, with the pages' style sheet and icons."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from newsletter import archive, rendering
from newsletter.archive import Archive, Page, PageBuilder
from newsletter.domain.pictures import Picture, is_local_picture
from newsletter.domain.publication import Newsletter
from newsletter.pictures import PictureLibrary, media_type, picture_library
from newsletter.store import Store
from newsletter.web.public.pages import PageTemplates


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticSite:
    """The result of writing the archive: its number of issues, and of files written, left as they were and removed."""

    issues: int
    written: int
    kept: int
    removed: int


def write_static_site(
    root: Path, newsletter: Newsletter, store: Store, folder: Path, *, base_url: str = ""
) -> StaticSite:
    """Write the archive of the issues that were sent to a folder, without the search, and remove pages that are gone.

    The pages name each other below ``base_url``, which is the newsletter's own by default; the pages for readers stay
    at that one. Raise ForeignFilesError if the folder has files that no archive wrote, FindingsError for a theme that
    can't be used, and StoreError.
    """
    published_as = replace(newsletter, base_url=base_url) if base_url else newsletter
    theme = rendering.load_theme(root, published_as)
    templates = PageTemplates(root, published_as, theme, service=newsletter.base_url if base_url else None)
    collected = archive.read_archive(root, published_as, store.sends.published_issues())
    prose = rendering.PageText(published_as, theme, service=newsletter.base_url)
    cards = archive.Cards(root, published_as, prose)
    pages = PageBuilder(collected, prose, templates.render, pictures=cards, searching=False)
    style = Page(path=templates.css_name, body=templates.css.encode(), kind="text/css")
    icons = [Page(path=path, body=body, kind=kind) for path, (body, kind) in templates.icons.items()]
    pictures = _pictures(collected, picture_library(root))
    done = archive.build(
        folder, chain(pages.all_pages(), pages.redirects(), [pages.missing(), style, *icons], pictures)
    )
    return StaticSite(issues=len(collected.issues), written=done["written"], kept=done["kept"], removed=done["removed"])


def _pictures(collected: Archive, library: PictureLibrary) -> Iterator[Page]:
    """Yield the pictures that the pages show, unless another server has them."""
    newsletter = collected.newsletter
    if newsletter.picture_host:
        return
    items = (item for sent in collected.issues for item in sent.issue.items)
    names = {(item.image or "").rpartition("/")[2] for item in items}
    own = library.picture(newsletter.picture) if is_local_picture(newsletter.picture) else None
    if isinstance(own, Picture):
        names.add(own.name)
    for name in sorted(names):
        content = library.content(name)
        if content is not None:
            yield Page(path=f"/images/{name}", body=content, kind=media_type(name))
