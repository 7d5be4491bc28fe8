"""The people of a review: those who have changed an issue, and those who may approve it."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from newsletter.domain.addresses import address_key
from newsletter.domain.people import Act, may
from newsletter.domain.reviews import ApprovalRules, Edit, ReviewEvent
from newsletter.domain.staff import members_who_may
from newsletter.errors import NewsletterError
from newsletter.files.newsletter_folder import SETTINGS_FILE, TEMPLATES
from newsletter.git import Repository, authors_since, find_repository, mapped_addresses
from newsletter.publishing.reviews.reviewed_issue import ReviewedIssue
from newsletter.reviewing import Approvers, item_keys, last_complete
from newsletter.store import Store


def approvers_of(store: Store, events: Iterable[ReviewEvent] = ()) -> Approvers:
    """Return the people whose approvals count: members of staff who may approve now, and the person at this computer.

    People who aren't on the staff have the names that they had in the ``events``.

    The approval of somebody who was removed, or whose role was lowered since, no longer counts.
    """
    members = {member.id: member for member in store.staff.members()}

    def may_approve(event: ReviewEvent) -> bool:
        member = members.get(event.member)
        return event.member == 0 or (member is not None and may(member.person(), Act.APPROVE))

    return Approvers(
        may_approve=may_approve,
        names={address_key(event.by): event.name for event in events}
        | {address_key(member.address): member.name or member.address for member in members.values()},
    )


def who_can_approve(store: Store, authors: Iterable[str], rules: ApprovalRules) -> tuple[str, ...]:
    """Return the names of members of staff who can approve an issue that these people have changed."""
    own = {address_key(author) for author in authors} if not rules.own_changes else set()
    return tuple(
        member.name or member.address
        for member in members_who_may(Act.APPROVE, store.staff.members())
        if address_key(member.address) not in own
    )


def authors_of(
    store: Store,
    root: Path,
    reviewed: ReviewedIssue,
    events: Sequence[ReviewEvent],
    rules: ApprovalRules,
    repository: Repository | None = None,
) -> frozenset[str]:
    """Return the addresses of those who have changed an issue since it was last approved, as far as they are known.

    The studio and the commands note who changes a file, and git knows whose commits were pulled, and by its mailmap
    which addresses are the same person's. All changes of an entry count that wasn't in the issue then. Files that all
    issues share, such as newsletter.toml and the theme's, count from the last approval of any issue.
    """
    before = last_complete(events, rules, other_than=reviewed.content)
    added = _added_since(store, before, reviewed)
    edits = (*_since(store.edits.of_files(reviewed.paths), before), *store.edits.of_files(added))
    authors = {edit.address for edit in edits}
    any_before = last_complete(store.reviews.latest_approvals(), rules, other_than=reviewed.content)
    if any_before is not None:
        shared = (*store.edits.of_files([SETTINGS_FILE]), *store.edits.below(TEMPLATES))
        authors |= {edit.address for edit in _since(shared, any_before)}
    repository = repository or _repository(root)
    if repository is not None:
        authors |= _committers(repository, before.commit if before else "", reviewed.paths)
        authors |= _committers(repository, "", added)
        if any_before is not None and any_before.commit:
            authors |= _committers(repository, any_before.commit, (SETTINGS_FILE, TEMPLATES))
        with suppress(NewsletterError):  # git is busy or broken
            authors = set(mapped_addresses(repository, sorted(authors)).values())
    known: dict[str, str] = {}
    for author in sorted(authors):
        known.setdefault(address_key(author), author)
    return frozenset(known.values())


def head_of(root: Path) -> str:
    """Return git's latest commit, or "" if there is none or no git."""
    repository = _repository(root)
    try:
        return repository.head if repository else ""
    except NewsletterError:
        return ""


def _since(edits: Iterable[Edit], event: ReviewEvent | None) -> list[Edit]:
    """Return the edits that were noted after an event. Their order follows from numbers: clocks may be set."""
    return [edit for edit in edits if event is None or edit.event >= event.id]


def _added_since(store: Store, event: ReviewEvent | None, reviewed: ReviewedIssue) -> tuple[str, ...]:
    """Return the paths of the entries that weren't in the issue at an event."""
    stored = store.reviews.with_outline(event.id) if event else None
    known = stored.outline.get("items", {}) if stored else {}
    items = zip(item_keys(reviewed.issue), reviewed.issue.items, strict=True) if event else ()
    return tuple(item.path for key, item in items if key not in known and item.path != reviewed.issue.path)


def _repository(root: Path) -> Repository | None:
    repository = find_repository(root)
    return repository if isinstance(repository, Repository) else None


def _committers(repository: Repository, sha: str, paths: Sequence[str]) -> set[str]:
    try:
        return set(authors_since(repository, sha, paths))
    except NewsletterError:  # git is busy or broken: what the studio has noted still counts
        return set()
