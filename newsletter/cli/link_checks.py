"""Check links over the network for `check --links` and before a send, with a progress bar."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from newsletter.cli import output, resources
from newsletter.cli.advice import advised
from newsletter.domain.plurals import counted

if TYPE_CHECKING:
    from newsletter.domain.issue import Issue
    from newsletter.errors import Finding
    from newsletter.publishing.sends.link_checks import LinkCheck
    from newsletter.publishing.sends.outgoing_links import OutgoingLink


def check_links(links: Sequence["OutgoingLink"]) -> list["LinkCheck"]:
    """Check links, and print what couldn't be compared."""
    from newsletter.publishing.sends.link_checks import LinkChecker

    results = []
    with output.progress("Checking links") as progress:
        for result in LinkChecker(resources.web_client()).check(links):
            results.append(result)
            progress(len(results), len(links))
    for url, remark in dict.fromkeys((result.link.url, result.remark) for result in results if result.remark):
        output.note(f"{url}: {remark}")
    return results


def print_dead_links(issue: "Issue") -> None:
    """Check the links and quotations of an issue that is about to be sent, and print warnings."""
    from newsletter.publishing.sends.link_checks import without_connection
    from newsletter.publishing.sends.outgoing_links import links_of_issue

    results = check_links(links_of_issue(issue))
    if without_connection(results):
        output.note(
            f"warning: none of {counted(len(results), 'link')} could be checked: no server answered", style="yellow"
        )
        return
    _print_warnings(finding for result in results for finding in result.findings)


def _print_warnings(findings: Iterable["Finding"]) -> None:
    for finding in dict.fromkeys(findings):
        output.note(f"warning: {advised(finding)}", style="yellow")
