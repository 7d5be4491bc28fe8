"""`newsletter subscribers`: import, export, list, add and remove readers."""

import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter import bootstrap
from newsletter.cli import importing, options, output, resources
from newsletter.domain.plurals import counted
from newsletter.errors import UsageError
from newsletter.files.newsletter_folder import shorter_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from newsletter.domain.subscriber import Subscriber
    from newsletter.domain.topics import Topics
    from newsletter.publishing.readers.readers import Removal

app = typer.Typer(no_args_is_help=True, help="Import, export, list, add and remove readers.")
app.command("import")(importing.import_files)

SegmentName = Annotated[
    str | None,
    typer.Option(
        "--segment",
        metavar="SLUG",
        help="Only readers in this segment.",
        autocompletion=options.complete_segments,
        show_default=False,
    ),
]
StatusName = Annotated[
    str | None,
    typer.Option("--status", metavar="STATUS", help=f"Only this status: {importing.STATUSES}.", show_default=False),
]


@app.command("export")
def export(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="The file to write; stdout by default.", show_default=False)
    ] = None,
    segment: SegmentName = None,
    status: StatusName = None,
) -> None:
    """Export readers as CSV that can be imported again.

    Cells that a spreadsheet would execute are quoted.

    newsletter subscribers export readers.csv
    newsletter subscribers export --segment science --status confirmed > science.csv
    """
    from newsletter.publishing.readers.reader_files import export_readers

    settings = resources.load_settings(context)
    chosen = settings.segment(segment) if segment else None
    parsed = importing.parse_status(status) if status else None
    with resources.open_store(settings) as store:
        person = bootstrap.local_person(settings.root)
        lines = export_readers(store, person, now=store.now(), segment=chosen, status=parsed)
        if file is None:
            sys.stdout.writelines(lines)
            return
        written = -1  # without the header
        with output.whole_file(file) as target:
            for line in lines:
                target.write(line)
                written += 1
    output.note(f"{counted(written, 'reader')} in {file}")


@app.command("list")
def show(
    context: typer.Context,
    segment: SegmentName = None,
    status: StatusName = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Show at most this many rows.")] = 50,
    json: options.AsJson = False,
) -> None:
    """List readers, with status and topics.

    newsletter subscribers list
    newsletter subscribers list --segment science --status confirmed
    newsletter subscribers list --json | jq -r ".[].address"
    """
    from newsletter.domain.addresses import address_key

    settings = resources.load_settings(context)
    topics = settings.newsletter.topics
    with resources.open_store(settings) as store:
        suppressed = {suppression.address_key: suppression.reason for suppression in store.suppressions.stream()}
        readers = store.subscribers.stream(
            segment=settings.segment(segment) if segment else None,
            status=importing.parse_status(status) if status else None,
            now=store.now(),
        )
        if json:
            output.as_json_array(
                _facts(reader, suppressed.get(address_key(reader.address)), topics) for reader in readers
            )
            return
        shown = list(islice(readers, limit))
        more = sum(1 for _ in readers)
    output.table(
        ["Address", "Name", "Status", "Topics"],
        [
            (
                reader.address,
                f"{reader.first_name} {reader.last_name}".strip(),
                ", ".join(filter(None, (reader.status, suppressed.get(address_key(reader.address))))),
                ", ".join(_current(reader.topics, topics)),
            )
            for reader in shown
        ],
    )
    if more:
        output.note(f"and {more:,} more; use --limit, --json or `newsletter subscribers export`")


@app.command("add")
def add(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The reader's address.", show_default=False)],
    first_name: Annotated[str, typer.Option(metavar="NAME", help="Given name.", show_default=False)] = "",
    last_name: Annotated[str, typer.Option(metavar="NAME", help="Family name.", show_default=False)] = "",
    topic: Annotated[
        list[str] | None,
        typer.Option(
            "--topic",
            "-t",
            metavar="TOPIC",
            help="A topic to follow; can be repeated.",
            autocompletion=options.complete_topics,
            show_default=False,
        ),
    ] = None,
    time_zone: Annotated[
        str,
        typer.Option(metavar="ZONE", help="Their time zone; the newsletter's by default.", show_default=False),
    ] = "",
    language: Annotated[
        str,
        typer.Option(metavar="TAG", help="Their language; the newsletter's by default.", show_default=False),
    ] = "",
) -> None:
    """Add a confirmed reader.

    newsletter subscribers add ada@example.org
    newsletter subscribers add ada@example.org --first-name Ada -t Science -t "The sea" --time-zone Europe/London
    newsletter subscribers add bea@example.org --language de-AT
    """
    from newsletter.domain.subscriber import Subscriber
    from newsletter.publishing.readers.readers import add_reader

    settings = resources.load_settings(context)
    if not all(name.strip() for name in topic or ()):
        raise UsageError("--topic is empty", hint="name a topic, or leave --topic out")
    follows = [settings.newsletter.topics.resolve(name) for name in topic or ()]
    new = Subscriber(
        address=options.parse_address(address),
        first_name=first_name.strip(),
        last_name=last_name.strip(),
        topics=tuple(sorted({topic.slug for topic in follows})),
        time_zone=_zone(time_zone) if time_zone else "",
        language=_language(language) if language else "",
    )
    with resources.open_store(settings) as store:
        added = add_reader(store, bootstrap.local_person(settings.root), new, now=store.now())
    for topic_ in follows:
        if not topic_.declared:
            output.note(
                f'warning: the topic "{topic_.name}" is not in newsletter.toml; the reader follows {topic_.slug} anyway'
            )
    output.say(f"Added {added.address}.")


@app.command("remove")
def remove(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The reader's address.", show_default=False)],
    suppress: Annotated[bool, typer.Option("--suppress", help="Also never mail the address again.")] = False,
    erase: Annotated[bool, typer.Option("--erase", help="Also delete the address, keeping only a keyed hash.")] = False,
) -> None:
    """Remove a reader and everything known about them.

    A later import can bring them back, unless you use --suppress or --erase.
    Use --erase when readers ask you to delete their data: the address isn't kept, and only they can sign up again.

    newsletter subscribers remove ada@example.org
    newsletter subscribers remove ada@example.org --suppress
    newsletter subscribers remove ada@example.org --erase
    """
    if suppress and erase:
        raise UsageError("--suppress keeps the address, --erase deletes it", hint="leave one of them out")
    from newsletter.publishing.readers.readers import erase_reader, remove_reader

    settings = resources.load_settings(context)
    mailed = options.parse_address(address)
    person = bootstrap.local_person(settings.root)
    if erase:
        bootstrap.open_signer()  # report a missing secret before opening the database
    with resources.open_store(settings) as store:
        if erase:
            removal = erase_reader(settings, store, person, mailed, now=store.now())
            output.say(f"Erased {mailed}. Imports will not bring the address back.")
        else:
            removal = remove_reader(settings, store, person, mailed, now=store.now(), suppress=suppress)
            output.say(f"Removed {mailed}." if removal.was_reader else f"{mailed} was not a subscriber.")
        if suppress:
            output.say("The address will never be mailed again.")
    _print_leftovers(removal)


def _print_leftovers(removal: "Removal") -> None:
    if not removal.log_is_clean:
        output.note(
            "Another process is reading the database, so its log still has the address. To remove it there too, run"
            " `newsletter prune` later.",
            style="yellow",
        )
    for left in removal.leftovers:
        what = "still has the address; delete the file or remove the address from it"
        if left.unread:
            what = f"may still have the address, but can't be searched: {left.unread}"
        output.note(f"{shorter_path(left.path, Path.cwd())} {what}", style="yellow")


@app.command("show")
def show_reader(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The reader's address.", show_default=False)],
) -> None:
    """Print everything stored about a reader, as JSON.

    Give this to readers who ask for their data.
    It includes the record of their consent and every issue sent to them.

    newsletter subscribers show ada@example.org
    newsletter subscribers show ada@example.org > ada.json
    """
    from newsletter.publishing.readers.readers import UnknownReaderError
    from newsletter.subscriptions import stored_about

    settings = resources.load_settings(context)
    mailed = options.parse_address(address)
    with resources.open_store(settings) as store:
        reader = store.subscribers.get(mailed)
        if reader is None:
            raise UnknownReaderError(address=mailed)
        output.as_json(stored_about(store, reader))


def _language(text: str) -> str:
    from newsletter.domain.languages import InvalidLanguageError, parse_language

    try:
        return parse_language(text)
    except ValueError as err:
        raise InvalidLanguageError(text=text) from err


def _zone(text: str) -> str:
    from newsletter.domain.schedule import parse_zone

    try:
        return parse_zone(text)
    except ValueError as err:
        raise UsageError(str(err)) from err


def _current(slugs: "Iterable[str]", topics: "Topics") -> list[str]:
    """Return the current slugs of topics, some of which may have been renamed since a reader chose them."""
    return list(dict.fromkeys(topics.current(slug) for slug in slugs))


def _facts(reader: "Subscriber", suppressed: str | None, topics: "Topics") -> dict[str, object]:
    return {
        "address": reader.address,
        "first_name": reader.first_name,
        "last_name": reader.last_name,
        "status": reader.status,
        "suppressed": suppressed,
        "topics": _current(reader.topics, topics),
        "excluded_topics": _current(reader.excludes, topics),
        "language": reader.language,
        "time_zone": reader.time_zone,
        "frequency": reader.frequency,
        "paused_until": reader.paused_until and reader.paused_until.isoformat(),
        "attributes": dict(reader.attributes),
    }
