"""`newsletter verify`: rebuild a sent issue from git, and compare it with what was sent."""

from typing import TYPE_CHECKING, Annotated

import typer

from newsletter import bootstrap
from newsletter.cli import options, output, resources

if TYPE_CHECKING:
    from newsletter.publishing.sends.verify_issue import Verification


def verify(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="ISSUE",
            help="A sent issue; “latest” is the one sent last.",
            autocompletion=options.complete_issues,
            show_default=False,
        ),
    ],
    json: options.AsJson = False,
) -> None:
    """Rebuild a sent issue from the commit it was sent from, and compare it with what was sent.

    A send in a git repository keeps the files it was made from, also those that weren't committed.
    Exits with status 1 if the rebuilt issue differs, or can't be rebuilt.

    newsletter verify latest
    newsletter verify 2026-11-23 --json
    """
    from newsletter.publishing.sends.verify_issue import verify_issue

    settings = resources.load_settings(context)
    with resources.open_store(settings) as store:
        # A sent issue's file may be gone by now.
        issue = name if store.sends.of_issue(name) else resources.sent_issue_slug(settings, store, name)
        result = verify_issue(bootstrap.local_person(settings.root), settings, store, issue)
    if json:
        output.as_json(_facts(result))
    else:
        _print(result)
    if not result.is_same:
        raise typer.Exit(1)


def _print(result: "Verification") -> None:
    source = result.source
    output.facts(
        {
            "Issue": result.issue,
            "Commit": source.commit or "none yet",
            **({"Kept in": source.kept} if source.kept != source.commit else {}),
            "Files": f"{len(source.blobs):,}",
            **({"Not committed": ", ".join(source.changed)} if source.changed else {}),
            "Sent": result.frozen,
            "Rebuilt": result.rebuilt or "not possible",
        }
    )
    if result.is_same:
        output.say("The same: these files make exactly what was sent.", style="green")
        return
    output.say(f"It can't be rebuilt: {result.failure}" if result.failure else "It differs from what was sent.")
    for difference in result.differences:
        output.say(f"- {difference}")
    if result.versions:
        changed = ", ".join(f"{name} {then} (now {now})" for name, (then, now) in result.versions.items())
        output.note(f"It was sent with {changed}. Install {'it' if len(result.versions) == 1 else 'them'} to compare.")
    elif not result.failure:
        output.note("The program has the same version, so a file changed while the send began.")


def _facts(result: "Verification") -> dict[str, object]:
    source = result.source
    return {
        "issue": result.issue,
        "same": result.is_same,
        "sent": result.frozen,
        "rebuilt": result.rebuilt or None,
        "failure": result.failure or None,
        "differences": result.differences,
        "commit": source.commit or None,
        "kept": source.kept,
        "tree": source.tree,
        "dirty": source.is_dirty,
        "changed": source.changed,
        "blobs": source.blobs,
        "versions": {name: {"sent": then, "now": now} for name, (then, now) in result.versions.items()},
    }
