"""`newsletter build`: write an issue to files."""

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli import edition_option, options, output, resources
from newsletter.errors import UsageError


def build(
    context: typer.Context,
    name: options.IssueName,
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder to write to; created if it doesn't exist.")],
    edition: Annotated[
        str | None,
        typer.Option(
            metavar="0,3,5", help="Only the entries and blocks at these positions; the first is 0.", show_default=False
        ),
    ] = None,
    address: edition_option.AsReader = None,
    mjml: Annotated[
        bool, typer.Option("--mjml", help="Also write the theme's MJML, even if it can't be compiled.")
    ] = False,
) -> None:
    """Write an issue as HTML, plain text and an email message.

    The files show what a reader without a name gets. Their links don't work.
    Building the same issue again gives identical files.

    newsletter build 2026-11-23 --out built
    newsletter build latest --out built/latest --edition 0,3,5
    newsletter build latest --out built/ada --as ada@example.com
    newsletter build latest --out built --mjml
    """
    if edition is not None and address is not None:
        raise UsageError("--edition and --as can't be combined", hint="leave one of them out")
    from newsletter import composing
    from newsletter.checks import CheckContext
    from newsletter.files.atomic_write import write_files
    from newsletter.publishing.build_issue import IMAGES, NOBODY, build_issue, pictures_to_build

    settings = resources.load_settings(context)
    slug = resources.issue_slug(settings, name)
    if mjml:
        source = composing.issue_mjml(settings.root, settings.newsletter, slug)
        out.mkdir(parents=True, exist_ok=True)
        write_files({out / f"{slug}.mjml": source.encode()})
        output.say(str(out / f"{slug}.mjml"))
    composed = composing.compose(
        settings.root,
        settings.newsletter,
        slug,
        CheckContext(segments=settings.segments, calendar=resources.calendar(settings)),
    )
    output.print_warnings(composed.findings)
    issue, reader, chosen = composed.issue, NOBODY, composed.compiled.full
    if edition is not None:
        chosen = edition_option.parse_edition(edition, composed)
    elif address is not None:
        reader, chosen = edition_option.edition_of_reader(settings, composed, address)
    parts = build_issue(settings.newsletter, composed, chosen, reader)
    pictures = pictures_to_build(settings.root, composed.pictures)
    (out / IMAGES if pictures else out).mkdir(parents=True, exist_ok=True)
    write_files({out / path: content for path, content in pictures.items()})
    files = {out / f"{issue.slug}.{ending}": content for ending, content in parts.items()}
    write_files(files, private=address is not None)
    for path in files:
        output.say(str(path))
