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
        found = verify_issue(bootstrap.local_person(settings.root), settings, store, issue)
    if json:
        output.as_json(_facts(found))
    else:
        _print(found)
    if not found.is_same:
        raise typer.Exit(1)


def _print(found: "Verification") -> None:
    source = found.source
    output.facts(
        {
            "Issue": found.issue,
            "Commit": source.commit or "none yet",
            **({"Kept in": source.kept} if source.kept != source.commit else {}),
            "Files": f"{len(source.blobs):,}",
            **({"Not committed": ", ".join(source.changed)} if source.changed else {}),
            "Sent": found.frozen,
            "Rebuilt": found.rebuilt or "not possible",
        }
    )
    if found.is_same:
        output.say("The same: these files make exactly what was sent.", style="green")
        return
    output.say(f"It can't be rebuilt: {found.failure}" if found.failure else "It differs from what was sent.")
    for difference in found.differences:
        output.say(f"- {difference}")
    if found.versions:
        changed = ", ".join(f"{name} {then} (now {now})" for name, (then, now) in found.versions.items())
        output.note(f"It was sent with {changed}. Install {'it' if len(found.versions) == 1 else 'them'} to compare.")
    elif not found.failure:
        output.note("The program has the same version, so a file changed while the send began.")


def _facts(found: "Verification") -> dict[str, object]:
    source = found.source
    return {
        "issue": found.issue,
        "same": found.is_same,
        "sent": found.frozen,
        "rebuilt": found.rebuilt or None,
        "failure": found.failure or None,
        "differences": found.differences,
        "commit": source.commit or None,
        "kept": source.kept,
        "tree": source.tree,
        "dirty": source.is_dirty,
        "changed": source.changed,
        "blobs": source.blobs,
        "versions": {name: {"sent": then, "now": now} for name, (then, now) in found.versions.items()},
    }
