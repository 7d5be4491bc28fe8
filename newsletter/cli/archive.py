"""`newsletter archive`: the issues that were sent, as files for any web server."""

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli import output, resources
from newsletter.errors import UsageError

app = typer.Typer(help="The issues that were sent, as pages for everybody.", no_args_is_help=True)


@app.command()
def build(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder; made if need be.", show_default=False)],
    url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Where the folder will be, if not at base_url.", show_default=False),
    ] = None,
) -> None:
    """Write the archive as files, for any web server: what `newsletter serve` shows, without the search.

    A second build writes what has changed, and removes what is not there any more.

    newsletter archive build public
    newsletter archive build public --url https://archive.example.org
    """
    from dataclasses import replace

    from newsletter import archive as archiving
    from newsletter import content, rendering
    from newsletter.web.public.pages import PageTemplates

    settings = resources.settings(context)
    newsletter = settings.newsletter
    there = replace(newsletter, base_url=_address(url)) if url else newsletter
    theme = rendering.load_theme(settings.root, there)
    templates = PageTemplates(settings.root, there, theme, service=newsletter.base_url if url else None)
    with resources.store(settings) as store:
        published = store.sends.published()
    archive = archiving.collect(content.read(settings.root).issues, published, there)
    pages = archiving.PageBuilder(archive, rendering.Prose(there, theme), templates.render, searching=False)
    style = archiving.Page(path=templates.css_name, body=templates.css.encode(), kind="text/css")
    icons = [archiving.Page(path=path, body=body, kind=kind) for path, (body, kind) in templates.icons.items()]
    done = archiving.build(folder, [*pages.each(), *pages.redirects(), pages.missing(), style, *icons])
    output.say(
        f"{output.count(len(archive.numbers), 'issue')} in {folder}: {done['written']} files written, "
        f"{done['kept']} as they were, {done['removed']} removed"
    )
    output.say("The search is left out: it needs `newsletter serve`.")


def _address(text: str) -> str:
    from newsletter.settings import parse_url

    try:
        return parse_url(text)
    except ValueError as err:
        raise UsageError(f"--url cannot be {text!r}", hint=str(err)) from err
