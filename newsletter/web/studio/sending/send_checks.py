"""Check the links and quotations of an issue before its send, in the background, and show the results as they come."""

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from newsletter.domain.issue import Issue
from newsletter.domain.people import Act, Person, require
from newsletter.errors import Finding
from newsletter.publishing.sends.link_checks import LinkCheck, LinkChecker, without_connection
from newsletter.publishing.sends.outgoing_links import OutgoingLink, links_of_issue
from newsletter.web.studio.paths import entry_path


@dataclass(slots=True)
class _Run:
    """A check of some links: what is known so far. Only its thread appends."""

    links: tuple[OutgoingLink, ...]
    again: bool = False
    results: list[LinkCheck] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkWarning:
    """A finding about a link, with the name of its entry or block, and the path of the entry's page."""

    finding: Finding
    item: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedLinks:
    """A state of the check of an issue's links: ``checked`` of ``links`` so far, with ``warnings`` and remarks.

    ``is_offline`` says that no server answered at all, so that nothing is known.
    """

    links: int
    checked: int
    is_done: bool
    warnings: tuple[LinkWarning, ...] = ()
    remarks: tuple[tuple[str, str], ...] = ()
    is_offline: bool = False


class SendChecks:
    """The checks of the issues that people are about to send; one runs for each issue at a time."""

    def __init__(self, checker: LinkChecker) -> None:
        self._checker = checker
        self._runs: dict[str, _Run] = {}
        self._lock = threading.Lock()

    def look(self, person: Person, issue: Issue, *, again: bool = False, wait: bool = False) -> CheckedLinks:
        """Return what is known by now; begin to check if the issue's links have changed, or ``again``.

        Results of the last minutes count, but not ``again``. With ``wait``, return once all are checked, which takes
        half a minute at most. Raise ForbiddenError.
        """
        require(person, Act.SEE_REPORTS)
        links = tuple(dict.fromkeys(links_of_issue(issue)))
        with self._lock:
            run = self._runs.get(issue.slug)
            if run is None or run.links != links or (again and run.done.is_set()):
                run = self._runs[issue.slug] = _Run(links, again)
                threading.Thread(target=self._check, args=(run,), name="send checks", daemon=True).start()
        if wait:
            run.done.wait()
        return _state(run, {entry.slug for entry in issue.entries})

    def _check(self, run: _Run) -> None:
        try:
            run.results.extend(self._checker.check(run.links, again=run.again))
        finally:
            run.done.set()


def _state(run: _Run, entries: Collection[str]) -> CheckedLinks:
    is_done = run.done.is_set()  # before its results, so that none is missing
    results: Sequence[LinkCheck] = tuple(run.results)
    offline = is_done and without_connection(results)
    remarks = dict.fromkeys((result.link.url, result.remark) for result in results if result.remark)
    warnings = dict.fromkeys(
        LinkWarning(finding=finding, item=item, path=entry_path(item) if item in entries else "")
        for result in results
        for item in (result.link.item,)
        for finding in result.findings
    )
    return CheckedLinks(
        links=len(run.links),
        checked=len(results),
        is_done=is_done,
        warnings=() if offline else tuple(warnings),
        remarks=() if offline else tuple(remarks),
        is_offline=offline,
    )
