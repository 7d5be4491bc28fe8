"""`newsletter archive`: export the public archive as static files."""

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli import output, resources
from newsletter.domain.plurals import counted
from newsletter.errors import UsageError

app = typer.Typer(help="Publish sent issues as web pages.", no_args_is_help=True)


@app.command()
def build(
    context: typer.Context,
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="The folder to write to; created if it doesn't exist.", show_default=False),
    ],
    url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The archive's public address, if not base_url.", show_default=False),
    ] = None,
) -> None:
    """Write the public archive as static files for any web server.

    The pages are those of `newsletter serve`, without the search.
    Building again writes only what has changed and removes pages that no longer exist.

    newsletter archive build public
    newsletter archive build public --url https://archive.example.org
    """
    from dataclasses import replace

    from newsletter import archive as archiving
    from newsletter import content, rendering
    from newsletter.web.public.pages import PageTemplates

    settings = resources.load_settings(context)
    newsletter = settings.newsletter
    published_as = replace(newsletter, base_url=_address(url)) if url else newsletter
    theme = rendering.load_theme(settings.root, published_as)
    templates = PageTemplates(settings.root, published_as, theme, service=newsletter.base_url if url else None)
    with resources.open_store(settings) as store:
        published = store.sends.published()
    archive = archiving.collect(content.read(settings.root).issues, published, published_as)
    pages = archiving.PageBuilder(archive, rendering.Prose(published_as, theme), templates.render, searching=False)
    style = archiving.Page(path=templates.css_name, body=templates.css.encode(), kind="text/css")
    icons = [archiving.Page(path=path, body=body, kind=kind) for path, (body, kind) in templates.icons.items()]
    done = archiving.build(folder, [*pages.all_pages(), *pages.redirects(), pages.missing(), style, *icons])
    output.say(
        f"{counted(len(archive.issues), 'issue')} in {folder}: {done['written']} files written, "
        f"{done['kept']} unchanged, {done['removed']} removed"
    )
    output.say("The search is left out: it needs `newsletter serve`.")


def _address(text: str) -> str:
    from newsletter.settings import parse_url

    try:
        return parse_url(text)
    except ValueError as err:
        raise UsageError(f"--url {text!r} can't be used", hint=str(err)) from err
