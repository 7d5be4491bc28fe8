"""`newsletter subscribers import`: import readers from CSV files and other platforms' exports."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter import bootstrap
from newsletter.cli import options, output, resources
from newsletter.domain.plurals import counted
from newsletter.errors import UsageError

if TYPE_CHECKING:
    from newsletter.domain.subscriber import SubscriberStatus
    from newsletter.domain.topics import Topics
    from newsletter.subscriber_files import CsvFormat, FileEncoding, ImportReport

STATUSES = "unconfirmed, confirmed or unsubscribed"
_ENCODINGS = "utf-8, utf-16, windows-1252, windows-1250 or windows-1251"
_PLATFORMS = "mailchimp, substack, buttondown, ghost, beehiiv or listmonk"


def _platforms_like(incomplete: str) -> list[str]:
    """Return completions for a platform's name."""
    from newsletter.subscriber_files.platforms import PLATFORMS

    return [name for name in PLATFORMS if name.startswith(incomplete)]


def import_files(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", help="CSV files with a header line, or zip archives.", show_default=False),
    ],
    platform: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="PLATFORM",
            help=f"The platform that exported the files: {_PLATFORMS}.",
            autocompletion=_platforms_like,
            show_default=False,
        ),
    ] = "",
    topic: Annotated[
        list[str] | None,
        typer.Option(
            "--topic",
            metavar="TAG=TOPIC",
            help="The topic for a platform's tag; can be repeated.",
            show_default=False,
        ),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            metavar="NAME=FIELD",
            help="The field for a column whose name isn't recognised, or - to ignore it; can be repeated.",
            show_default=False,
        ),
    ] = None,
    status: Annotated[
        str, typer.Option(metavar="STATUS", help=f"For readers without a status in the file: {STATUSES}.")
    ] = "confirmed",
    encoding: Annotated[
        str, typer.Option(metavar="ENCODING", help=f"The encoding of the files: {_ENCODINGS}.")
    ] = "utf-8",
    refused: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write refused rows to this file, to fix and import.", show_default=False),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Report what would happen, without importing anything.")
    ] = False,
    json: options.AsJson = False,
) -> None:
    """Import readers from CSV files or another platform's export.

    You can safely import a file again. Unsubscribed and suppressed readers stay that way.

    newsletter subscribers import readers.csv
    newsletter subscribers import members.csv --column "E-mail (work)=email" --column "Interests=topics"
    newsletter subscribers import readers.csv --refused refused.csv
    newsletter subscribers import --from mailchimp audience_export.zip --topic "Ocean lovers=oceans" --dry-run
    """
    from newsletter.publishing.readers.reader_files import import_reader_files
    from newsletter.subscriber_files import ImportProgress, RejectedRow, RejectedRowFiles, rejected_row_files

    settings = resources.load_settings(context)
    written_in = _encoding(encoding)
    columns = dict(_column(text) for text in column or ())
    if not platform:
        _refuse_exports(files, columns, written_in)
    csv_format = _csv_format(settings.newsletter.topics, platform, topic or (), columns, status)

    def report_row(refusal: RejectedRow) -> None:
        output.note(f"{refusal.source.path}:{refusal.line}: not imported: {refusal.reason}", style="yellow")

    with (
        resources.open_store(settings) as store,
        rejected_row_files(refused) if refused else nullcontext(report_row) as refuse,
        output.progress(f"Importing {', '.join(file.name for file in files)}") as bar,
    ):
        merged = 0

        def show(progress: ImportProgress) -> None:
            nonlocal merged
            merged = progress.merged
            bar(round(1000 * progress.share), 1000)

        try:
            report = import_reader_files(
                store,
                bootstrap.local_person(settings.root),
                files,
                csv_format,
                now=store.now(),
                dry_run=dry_run,
                encoding=written_in,
                refuse=refuse,
                progress=show,
            )
        except KeyboardInterrupt:
            if not dry_run:
                output.note(f"Stopped after {merged:,} readers. Import the same files again to continue.")
            raise
    _print_report(report, dry_run=dry_run, json=json)
    if isinstance(refuse, RejectedRowFiles) and refuse.paths and not json:
        paths = ", ".join(map(str, refuse.paths))
        output.note(f"Refused rows: {paths}. Fix them there, then import that file with the same options.")
    if report.refused and report.refused == report.rows:
        raise typer.Exit(1)


def _refuse_exports(files: Sequence[Path], mapped: Collection[str], encoding: "FileEncoding") -> None:
    """Raise UsageError if a file is a platform's export: as a plain list, it would confirm readers who have left.

    It is one if ``mapped`` has one of the columns that say so.
    """
    from newsletter.subscriber_files import PLATFORMS, guessed_platform
    from newsletter.subscriber_files.columns import plain

    for file in files:
        name = guessed_platform(file, encoding)
        if name and PLATFORMS[name].typical_columns.isdisjoint(map(plain, mapped)):
            raise UsageError(
                f"{file} looks like an export from {PLATFORMS[name].title}, which says who has left",
                hint=f"add --from {name}, or --column NAME=- for the column that says so",
            )


def parse_status(text: str) -> "SubscriberStatus":
    """Return the status with the given name. Raises UsageError."""
    from newsletter.domain.subscriber import SubscriberStatus

    try:
        return SubscriberStatus(text)
    except ValueError as err:
        raise UsageError(f'unknown status "{text}"', hint=f"use {STATUSES}") from err


def _encoding(text: str) -> "FileEncoding":
    from newsletter.subscriber_files import FileEncoding

    try:
        return FileEncoding(text.casefold())
    except ValueError as err:
        raise UsageError(f'unknown encoding "{text}"', hint=f"use {_ENCODINGS}") from err


def _column(text: str) -> tuple[str, str]:
    name, equals, field = text.rpartition("=")
    if not (name and equals and field):
        raise UsageError(f'--column "{text}" is incomplete', hint='write --column "Name in the file=email"')
    return name, field


def _csv_format(
    topics: "Topics", platform: str, mapped: Sequence[str], columns: dict[str, str], status: str
) -> "CsvFormat":
    """Return the format of the files. Raises UsageError."""
    from newsletter.subscriber_files import OwnFormat, PlatformFormat

    if platform:
        tags = _tags(topics, mapped)
        return PlatformFormat(
            platform.casefold(), topics=topics, tags=tags, columns=columns, status=parse_status(status)
        )
    if mapped:
        raise UsageError("--topic needs --from", hint="name the platform that exported the files with --from")
    return OwnFormat(topics=topics, columns=columns, status=parse_status(status))


def _tags(topics: "Topics", mapped: Sequence[str]) -> dict[str, list[str]]:
    tags: dict[str, list[str]] = {}
    for text in mapped:
        tag, equals, name = (part.strip() for part in text.rpartition("="))
        if not (tag and equals and name):
            raise UsageError(f'--topic "{text}" is incomplete', hint='write --topic "Their tag=our-topic"')
        topic = topics.resolve(name)
        if not topic.declared:
            slugs = ", ".join(declared.slug for declared in topics) or "none"
            raise UsageError(f'there is no topic "{name}" in newsletter.toml', hint=f"its topics are: {slugs}")
        tags.setdefault(tag, []).append(topic.slug)
    return tags


def _print_report(report: "ImportReport", *, dry_run: bool, json: bool) -> None:
    counts = {
        "rows": report.rows,
        "added": report.added,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "kept_away": report.kept_away,
        "repeated": report.repeated,
        "refused": report.refused,
    }
    if json:
        others = {
            "readers": report.statuses,
            "undeclared_topics": report.undeclared,
            "tags_without_topic": report.unmapped,
        }
        output.as_json({**counts, **others, "dry_run": dry_run})
        return
    meanings = {
        "kept_away": "Unsubscribed or suppressed",
        "repeated": "Duplicates in the files",
    }
    output.facts({meanings.get(name, name.capitalize()): f"{number:,}" for name, number in counts.items()})
    if report.statuses:
        statuses = ", ".join(f"{number:,} {status}" for status, number in _most_common(report.statuses))
        output.say(f"Statuses in the files: {statuses}.")
    for slug, number in _most_common(report.undeclared):
        readers = counted(number, "reader")
        output.note(f'warning: {readers} named the topic "{slug}", which is not in newsletter.toml')
    for tag, number in _most_common(report.unmapped):
        readers = counted(number, "reader")
        output.note(f'The tag "{tag}" ({readers}) has no topic. Use --topic "{tag}=TOPIC" to give it one.')
    if dry_run:
        output.note("This was a dry run; nothing was imported.")


def _most_common(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:20]
