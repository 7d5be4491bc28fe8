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
    from newsletter.web.public.static_site import write_static_site

    settings = resources.load_settings(context)
    base_url = _address(url) if url else ""
    with resources.open_store(settings) as store:
        site = write_static_site(settings.root, settings.newsletter, store, folder, base_url=base_url)
    output.say(
        f"{counted(site.issues, 'issue')} in {folder}: {site.written} files written, "
        f"{site.kept} unchanged, {site.removed} removed"
    )
    output.say("The search is left out: it needs `newsletter serve`.")


def _address(text: str) -> str:
    from newsletter.settings import parse_url

    try:
        return parse_url(text)
    except ValueError as err:
        raise UsageError(f"--url {text!r} can't be used", hint=str(err)) from err
