"""Check the links and quotations of an issue before its send, in the background, and show the results as they come."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from newsletter.domain.issue import Issue
from newsletter.domain.people import Act, Person, require
from newsletter.errors import Finding
from newsletter.publishing.link_checks import LinkCheck, LinkChecker, without_connection
from newsletter.publishing.outgoing_links import OutgoingLink, links_of_issue


@dataclass(slots=True)
class _Run:
    """A check of some links: what is known so far. Only its thread appends."""

    links: tuple[OutgoingLink, ...]
    results: list[LinkCheck] = field(default_factory=list)
    is_done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedLinks:
    """What is known about an issue's links: ``checked`` of ``links`` so far, with ``findings`` and remarks.

    ``is_offline`` says that no server answered at all, so that nothing is known.
    """

    links: int
    checked: int
    is_done: bool
    findings: tuple[Finding, ...] = ()
    remarks: tuple[tuple[str, str], ...] = ()
    is_offline: bool = False


class SendChecks:
    """The checks of the issues that people are about to send; one runs for each issue at a time."""

    def __init__(self, checker: LinkChecker) -> None:
        self._checker = checker
        self._runs: dict[str, _Run] = {}
        self._lock = threading.Lock()

    def look(self, person: Person, issue: Issue, *, again: bool = False) -> CheckedLinks:
        """Return what is known by now; begin to check if the issue's links have changed, or ``again``.

        Results of the last minutes count. Raise ForbiddenError.
        """
        require(person, Act.SEE_REPORTS)
        links = tuple(dict.fromkeys(links_of_issue(issue)))
        with self._lock:
            run = self._runs.get(issue.slug)
            if run is None or run.links != links or (again and run.is_done):
                run = self._runs[issue.slug] = _Run(links)
                threading.Thread(target=self._check, args=(run,), name="send checks", daemon=True).start()
        return _state(run)

    def _check(self, run: _Run) -> None:
        try:
            run.results.extend(self._checker.check(run.links))
        finally:
            run.is_done = True


def _state(run: _Run) -> CheckedLinks:
    results: Sequence[LinkCheck] = tuple(run.results)
    offline = run.is_done and without_connection(results)
    remarks = dict.fromkeys((result.link.url, result.remark) for result in results if result.remark)
    findings = dict.fromkeys(finding for result in results for finding in result.findings)
    return CheckedLinks(
        links=len(run.links),
        checked=len(results),
        is_done=run.is_done,
        findings=() if offline else tuple(findings),
        remarks=() if offline else tuple(remarks),
        is_offline=offline,
    )
