"""`newsletter topics`: list topics, and rename, merge and split them with their followers."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter import bootstrap
from newsletter.cli import options, output, resources
from newsletter.domain.plurals import counted

if TYPE_CHECKING:
    from newsletter.domain.topic_changes import TopicChange
    from newsletter.publishing.topics.topic_changes import TopicChangePlan

app = typer.Typer(no_args_is_help=True, help="List topics; rename, merge and split them with their followers.")

Topic = Annotated[
    str,
    typer.Argument(
        metavar="TOPIC", help="The topic's slug or name.", autocompletion=options.complete_topics, show_default=False
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")]
RewriteEntries = Annotated[
    bool, typer.Option("--rewrite-entries", help="Also replace the topic in the files of entries.")
]


@app.command("list")
def show(context: typer.Context, json: options.AsJson = False) -> None:
    """List all topics with their followers, their entries, and the latest issue about each.

    Followers are confirmed readers whose address isn't suppressed.

    newsletter topics list
    newsletter topics list --json
    """
    from newsletter import content
    from newsletter.publishing.topics.topic_list import topic_list

    settings = resources.load_settings(context)
    with resources.open_store_if_readable(settings) as store:
        rows = topic_list(settings.newsletter.topics, content.read_manuscripts(settings.root), store)
    if json:
        output.as_json(
            [
                {
                    "slug": row.topic.slug,
                    "name": row.topic.name,
                    "parent": row.topic.parent,
                    "aliases": row.topic.aliases,
                    "declared": row.topic.declared,
                    "followers": row.followers.following if row.followers else None,
                    "excluding": row.followers.excluding if row.followers else None,
                    "entries": row.entries,
                    "last_printed": row.last_printed,
                }
                for row in rows
            ]
        )
        return
    output.table(
        ["Topic", "Name", "Followers", "Excluding", "Entries", "Last printed"],
        [
            (
                f"{'  ' * row.depth}{row.topic.slug}",
                row.topic.name if row.topic.declared else f"{row.topic.name} (not declared)",
                row.followers.following if row.followers else None,
                row.followers.excluding if row.followers else None,
                row.entries,
                row.last_printed,
            )
            for row in rows
        ],
    )


@app.command()
def rename(
    context: typer.Context,
    topic: Topic,
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="The new slug.", show_default=False)],
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="The new name that readers see.", show_default=False)
    ] = "",
    rewrite_entries: RewriteEntries = False,
    dry_run: DryRun = False,
    json: options.AsJson = False,
) -> None:
    """Rename a topic. Its followers, rules and entries stay, and its page redirects.

    newsletter topics rename railways trains --name Trains
    newsletter topics rename railways trains --dry-run
    """
    from newsletter.publishing.topics.topic_changes import rename_of

    _change(context, rename_of(topic, slug, name), rewrite_entries=rewrite_entries, dry_run=dry_run, json=json)


@app.command()
def merge(
    context: typer.Context,
    topic: Topic,
    into: Annotated[
        str,
        typer.Argument(
            metavar="INTO", help="The topic that stays.", autocompletion=options.complete_topics, show_default=False
        ),
    ],
    rewrite_entries: RewriteEntries = False,
    dry_run: DryRun = False,
    json: options.AsJson = False,
) -> None:
    """Merge a topic into another, which gets its followers and entries.

    Readers who have made a choice about the other topic keep it.

    newsletter topics merge chess games
    newsletter topics merge chess games --dry-run
    """
    from newsletter.publishing.topics.topic_changes import merge_of

    _change(context, merge_of(topic, into), rewrite_entries=rewrite_entries, dry_run=dry_run, json=json)


@app.command()
def split(
    context: typer.Context,
    topic: Topic,
    into: Annotated[
        list[str],
        typer.Option("--into", metavar="TOPIC", help="A topic to split it into; at least two.", show_default=False),
    ],
    rewrite_entries: RewriteEntries = False,
    dry_run: DryRun = False,
    json: options.AsJson = False,
) -> None:
    """Split a topic into several; its followers follow all of them. The topic itself may be one.

    Its entries and its page belong to the first one afterwards.

    newsletter topics split arts --into Music --into Books
    newsletter topics split arts --into arts --into film --dry-run
    """
    from newsletter.publishing.topics.topic_changes import split_of

    _change(context, split_of(topic, tuple(into)), rewrite_entries=rewrite_entries, dry_run=dry_run, json=json)


def _change(context: typer.Context, change: "TopicChange", *, rewrite_entries: bool, dry_run: bool, json: bool) -> None:
    from newsletter import content
    from newsletter.files.newsletter_folder import SETTINGS_FILE
    from newsletter.publishing.topics.topic_changes import change_topics, plan_topic_change

    settings = resources.load_settings(context)
    read = content.read_manuscripts(settings.root)
    editing = resources.open_editing(settings)
    with resources.open_store_or_none(settings) as store:
        if dry_run:
            plan = plan_topic_change(editing.read(SETTINGS_FILE).text, read, store, change)
        else:
            person, now = bootstrap.local_person(settings.root), datetime.now(tz=UTC)
            plan = change_topics(
                editing, store, read, person, change, rewrite_entries=rewrite_entries, session="command", now=now
            )
    if json:
        output.as_json(_as_json(plan, rewrite_entries=rewrite_entries, dry_run=dry_run))
        return
    _print(plan, rewrite_entries=rewrite_entries, dry_run=dry_run)


def _as_json(plan: "TopicChangePlan", *, rewrite_entries: bool, dry_run: bool) -> dict[str, object]:
    from newsletter.domain.settings_changes import paths_of

    return {
        "change": plan.change.kind,
        "topic": plan.change.source,
        "into": plan.change.slugs,
        "changed": not dry_run and not plan.is_done,
        "settings": list(dict.fromkeys(".".join(path) for path in paths_of(plan.settings))),
        "segments": plan.segments,
        "rules_to_check": plan.clicked,
        "entries": plan.entries,
        "entries_rewritten": rewrite_entries and not dry_run,
        "followers": {
            slug: {"following": counts.following, "excluding": counts.excluding, "keeping": counts.keeping}
            for slug, counts in plan.followers.items()
        },
    }


def _print(plan: "TopicChangePlan", *, rewrite_entries: bool, dry_run: bool) -> None:
    if plan.is_done and not (rewrite_entries and plan.entries):
        output.say("Nothing to do: it is done already.")
        return
    source, slugs = plan.change.source, ", ".join(plan.change.slugs)
    output.say(f"{source} {'would be' if dry_run else 'is'} {plan.change.kind.participle} {slugs}.")
    for slug, counts in plan.followers.items():
        kept = f"; {counted(counts.keeping, 'reader')} keep their choice about {slug}" if counts.keeping else ""
        excluding = f", and {counted(counts.excluding, 'reader')} exclude it" if counts.excluding else ""
        output.say(f"{slug}: {counted(counts.following, 'more follower')}{excluding}{kept}.")
    if plan.segments:
        output.say(f"Rules rewritten: {', '.join(plan.segments)}.")
    if plan.clicked:
        output.note(f"These rules count clicks, now only on {plan.change.slugs[0]}: {', '.join(plan.clicked)}.")
    if plan.entries:
        how = "rewritten" if rewrite_entries else "work under the old name, an alias"
        output.say(f"{counted(len(plan.entries), 'entry')} named it: {how}.")
