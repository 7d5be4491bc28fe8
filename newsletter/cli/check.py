"""`newsletter check`: report every mistake in one pass."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli import link_checks, options, output, resources
from newsletter.cli.advice import finding_hint
from newsletter.domain.plurals import counted
from newsletter.errors import Finding, Severity
from newsletter.files.newsletter_folder import ISSUES


def check(
    context: typer.Context,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with status 1 on warnings too.")] = False,
    images: Annotated[bool, typer.Option("--images", help="Also check remote images, over the network.")] = False,
    links: Annotated[
        bool, typer.Option("--links", help="Also load the links still to be sent, and compare quotations.")
    ] = False,
    json: options.AsJson = False,
) -> None:
    """Check settings, entries, issues and theme for mistakes.

    Each line says what is wrong, where, and how to fix it.
    Also checks the database and who can read it.
    If readers had their data deleted, it searches all files of the newsletter for their addresses.
    Exits with status 1 on errors.

    newsletter check
    newsletter check --strict --images --links
    newsletter check --json | jq -r ".[].rule" | sort | uniq -c
    """
    from newsletter import checks
    from newsletter.publishing.check_newsletter import check_newsletter

    settings = resources.load_settings(context)
    with resources.open_store_if_readable(settings) as store:
        findings = check_newsletter(
            settings,
            store,
            today=resources.today(settings),
            here=Path.cwd(),
            inspect=checks.Web().inspect if images else None,
            links=link_checks.check_links if links else None,
        )
    if json:
        output.as_json([_facts(finding) for finding in findings])
    else:
        for finding in findings:
            output.print_finding(finding)
        output.say(_summary(findings), style="" if findings else "green")
        if not any((settings.root / ISSUES).rglob("*.md")):
            output.note('There are no entries and no issues yet: `newsletter entry new "A title"` writes one.')
    if any(strict or finding.severity is Severity.ERROR for finding in findings):
        raise typer.Exit(1)


def _facts(finding: Finding) -> dict[str, object]:
    return {
        "path": finding.place.path,
        "line": finding.place.line,
        "column": finding.place.column,
        "severity": finding.severity,
        "rule": finding.rule,
        "what": finding.what,
        "hint": finding_hint(finding),
    }


def _summary(findings: Sequence[Finding]) -> str:
    if not findings:
        return "No problems found."
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    return f"{counted(errors, 'error')}, {counted(len(findings) - errors, 'warning')}."
