"""`newsletter check`: report every mistake in one pass."""

import os
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter import bootstrap
from newsletter.cli import output, resources
from newsletter.errors import Finding, Place, SecretError, SettingsError, Severity
from newsletter.files.toml_lines import SETTINGS, setting_place

if TYPE_CHECKING:
    from newsletter.settings import Settings


def check(
    context: typer.Context,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with status 1 on warnings too.")] = False,
    images: Annotated[bool, typer.Option("--images", help="Also check remote images, over the network.")] = False,
    json: resources.AsJson = False,
) -> None:
    """Check settings, entries, issues and theme for mistakes.

    Each line says what is wrong, where, and how to fix it.
    Also checks the database and who can read it.
    If readers had their data deleted, it searches all files of the newsletter for their addresses.
    Exits with status 1 on errors.

    newsletter check
    newsletter check --strict --images
    newsletter check --json | jq -r ".[].rule" | sort | uniq -c
    """
    from newsletter import checks, composing

    settings = resources.settings(context)
    findings = [
        *_provider(settings),
        *_folder(settings),
        *_permissions(settings),
        *_database(settings),
        *_erased(settings),
        *composing.check(
            settings.root,
            settings.newsletter,
            segments=settings.segments,
            inspect=checks.Web().inspect if images else None,
            calendar=resources.calendar(settings),
            mails=settings.mails,
        ),
    ]
    if json:
        output.as_json([_facts(finding) for finding in findings])
    else:
        for finding in findings:
            output.finding(finding)
        output.say(_summary(findings), style="" if findings else "green")
        if not any((settings.root / "issues").rglob("*.md")):
            output.note('There are no entries and no issues yet: `newsletter entry new "A title"` writes one.')
    if any(strict or finding.severity is Severity.ERROR for finding in findings):
        raise typer.Exit(1)


def _provider(settings: "Settings") -> Iterator[Finding]:
    """Yield findings about [provider], without using the network."""
    from newsletter.checks import found

    text = (settings.root / SETTINGS).read_text(encoding="utf-8")
    place = setting_place(text, "provider")
    try:
        bootstrap.check_provider(settings)
    except SecretError as err:
        yield found("provider-secret", place, err.what, err.hint)
    except SettingsError as err:
        yield found("provider-unfit", err.place or place, err.what, err.hint)


def _folder(settings: "Settings") -> Iterator[Finding]:
    """Yield a finding if the database's folder doesn't exist."""
    from newsletter.checks import found

    file = settings.database_file
    if file and not file.parent.is_dir():
        text = (settings.root / SETTINGS).read_text(encoding="utf-8")
        yield found("database-folder", setting_place(text, "database"), f"there is no folder {file.parent}")


def _permissions(settings: "Settings") -> Iterator[Finding]:
    """Yield findings about files with readers' data that other users of the machine can read."""
    from newsletter.checks import found

    paths = [*settings.upgrade_copies(), settings.outbox]
    if file := settings.database_file:
        paths = [file, file.with_name(f"{file.name}-wal"), *paths]
    for path in paths:
        if path.exists() and path.stat().st_mode & 0o077 and os.name == "posix":
            shown = resources.shown(path)
            mode = "700" if path.is_dir() else "600"
            yield found(
                "readable-by-others",
                Place(path=str(shown)),
                "other users of this machine can read it",
                f"chmod {mode} {shown}",
            )


def _database(settings: "Settings") -> Iterator[Finding]:
    """Yield findings about undeclared topics that readers follow, and about held bounces."""
    from newsletter.checks import found
    from newsletter.errors import StoreError
    from newsletter.store import exists

    if not exists(settings.database):
        return
    try:
        with resources.store(settings) as store:
            readers, holds = store.subscribers.by_topic(), store.held_bounces.holds()
    except StoreError:
        return  # the calendar has reported it
    topics = settings.newsletter.topics
    declared = {topic.slug for topic in topics}
    for slug, number in sorted(readers.items()):
        if topics.current(slug) not in declared:
            what = f'{output.count(number, "reader")} named the topic "{slug}", which is not declared'
            hint = f'add "{slug}" to the aliases of the topic that replaced it, or declare [topics.{slug}]'
            yield found("topic-followed", Place(path=SETTINGS), what, hint)
    for hold in holds:
        where = f"at {hold.scope}" if hold.scope else "at several domains"
        what = f"{output.count(hold.addresses, 'hard bounce')} {where} held: {hold.reason}"
        yield found("bounces-held", Place(path=SETTINGS), what)


def _erased(settings: "Settings") -> Iterator[Finding]:
    """Yield findings about files that still contain the address of an erased reader."""
    from newsletter.checks import found
    from newsletter.errors import StoreError
    from newsletter.store import exists
    from newsletter.subscriptions import files_with_any

    if not exists(settings.database):
        return
    try:
        with resources.store(settings) as store:
            if signer := bootstrap.signer_of_erasures(store):
                erased = partial(store.erasures.has_any, fingerprint=signer.fingerprints)
                for left in files_with_any(erased, resources.other_files(settings)):
                    place = Place(path=str(resources.shown(left.path)))
                    if left.unread:
                        what = f"can't be searched for the addresses of readers who were erased: {left.unread}"
                        yield found("erased-reader", place, what, "make it readable, or delete it")
                    else:
                        yield found("erased-reader", place, "has the address of a reader who was erased")
    except (StoreError, SettingsError):
        return  # the calendar has reported it, or the secret for the hashes of erased readers isn't set


def _facts(finding: Finding) -> dict[str, object]:
    return {
        "path": finding.place.path,
        "line": finding.place.line,
        "column": finding.place.column,
        "severity": finding.severity,
        "rule": finding.rule,
        "what": finding.what,
        "hint": finding.hint,
    }


def _summary(findings: Sequence[Finding]) -> str:
    if not findings:
        return "No problems found."
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    return f"{output.count(errors, 'error')}, {output.count(len(findings) - errors, 'warning')}."
