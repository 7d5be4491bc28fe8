"""Detection of issues with far more hard bounces than usual, at one domain or at several.

An hour of broken DNS, a blocklist or a faulty relay makes other servers reject readers with what look like hard
bounces. The rate at which they arrive depends on the sender's queue, so all bounces of an issue are counted, however
slowly they come, and compared with the number expected from earlier issues.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import log

import sqlalchemy as sa

from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.subscriber import SuppressionReason
from newsletter.store.subscribers.suppressions import Suppression
from newsletter.store.tables import delivery, edition, held_bounce, send, subscriber, suppression

ALL_DOMAINS = ""  # stands for all domains
FEWEST = 3  # addresses; one or two readers of a domain may leave it together
TIMES = 5  # a jump has more than this many times the expected bounces
DOMAINS = 5  # if as many domains have a jump, the fault isn't theirs
# The chance of as many by coincidence is below exp(-9), one in 8,000 (a Chernoff bound of the Poisson distribution).
_SURE = 9.0
_EARLIER = 10  # issues to compare with
# The bounce rate assumed before anything is known, and its weight in deliveries.
_ASSUMED, _WEIGHT = 0.01, 1000
_SHARE = 200  # a domain with less than one bounce in this many deliveries has no jump of its own
_ANSWERED = (DeliveryStatus.SUBMITTED.value, DeliveryStatus.REFUSED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Issue:
    """An issue, its send if there is one, the issues before it, and their bounce rate."""

    slug: str
    send: int | None
    earlier: tuple[str, ...]
    rate: float


def is_jump(bounced: int, expected: float) -> bool:
    """Return whether the bounces are far more than expected and no coincidence."""
    if bounced < FEWEST or bounced <= TIMES * expected:
        return False
    return not expected or bounced * log(bounced / expected) - bounced + expected >= _SURE


def find_bounce_jumps(connection: sa.Connection, bounces: Iterable[Suppression]) -> Iterator[tuple[str, str]]:
    """Yield each domain, or ALL_DOMAINS, with too many bounces, and the issue that bounced.

    ``bounces`` are the newest ones, which are in the database already.
    """
    by_issue: dict[str, set[str]] = {}
    for bounce in bounces:
        by_issue.setdefault(bounce.issue, set()).add(domain_of(bounce.address_key))
    for slug, domains in sorted(by_issue.items()):
        total = _count_bounced(connection, slug)
        if total < FEWEST:
            continue
        issue = _with_earlier_issues(connection, slug)
        if _jumps_at_several_domains(connection, issue, total):
            yield ALL_DOMAINS, slug
            return
        jumping = [domain for domain in sorted(domains) if _jumps_at_domain(connection, issue, domain)]
        if jumping and len(jumping) + _held_domains(connection, slug) >= DOMAINS:
            yield ALL_DOMAINS, slug
            return
        yield from ((domain, slug) for domain in jumping)


def unreviewed_bounces(issue: str) -> sa.ColumnElement[bool]:
    """Return the condition for hard bounces of an issue that no operator has reviewed."""
    return sa.and_(_bounced([issue]), ~suppression.c.reviewed)


def is_at(column: sa.ColumnElement[str], domain: str) -> sa.ColumnElement[bool]:
    """Return the condition for addresses at a domain."""
    return column.endswith(f"@{domain}", autoescape=True)


def domain_of(key: str) -> str:
    """Return the domain of an address, given by its key."""
    return key.rpartition("@")[2]


def _jumps_at_several_domains(connection: sa.Connection, issue: _Issue, total: int) -> bool:
    """Return whether there are too many bounces even without the domain that has most of them."""
    reviewed = _count_reviewed(connection, issue.slug)
    enough = int(total / (TIMES * issue.rate)) + 1  # the bounces are no jump among this many deliveries
    deliveries = max(_count_deliveries(connection, issue, ALL_DOMAINS, enough), total)
    if not is_jump(total, deliveries * issue.rate + reviewed):
        return False
    held = sa.select(held_bounce.c.address_key).where(held_bounce.c.issue == issue.slug)
    keys = connection.scalars(
        sa.select(suppression.c.address_key).where(unreviewed_bounces(issue.slug)).union_all(held)
    )
    ((worst, most),) = Counter(map(domain_of, keys)).most_common(1)
    others = max(deliveries - _count_deliveries(connection, issue, worst, most * _SHARE), total - most)
    return is_jump(total - most, others * issue.rate + reviewed)


def _held_domains(connection: sa.Connection, issue: str) -> int:
    scopes = sa.select(sa.func.count(held_bounce.c.scope.distinct()))
    return connection.scalar(scopes.where(held_bounce.c.issue == issue, held_bounce.c.scope != ALL_DOMAINS)) or 0


def _jumps_at_domain(connection: sa.Connection, issue: _Issue, domain: str) -> bool:
    bounced = _count_bounced(connection, issue.slug, domain)
    if bounced < FEWEST:
        return False
    most = bounced * _SHARE
    deliveries = max(_count_deliveries(connection, issue, domain, most), bounced)
    if deliveries >= most:
        return False
    theirs = is_at(suppression.c.address_key, domain)
    before = _count(connection, suppression, _bounced(issue.earlier), theirs)
    rate = (before + _WEIGHT * issue.rate) / (deliveries * len(issue.earlier) + _WEIGHT)
    return is_jump(bounced, deliveries * rate + _count_reviewed(connection, issue.slug, theirs))


def _with_earlier_issues(connection: sa.Connection, slug: str) -> _Issue:
    number = connection.scalar(sa.select(send.c.id).where(send.c.issue == slug))
    before = sa.select(send.c.id, send.c.issue).where(send.c.digest != "", send.c.issue != slug)
    if number is not None:
        before = before.where(send.c.id < number)
    sends = connection.execute(before.order_by(send.c.id.desc()).limit(_EARLIER)).all()
    earlier = tuple(row.issue for row in sends)
    deliveries = _frozen(connection, [row.id for row in sends])
    bounced = _count(connection, suppression, _bounced(earlier)) if earlier else 0
    return _Issue(
        slug=slug,
        send=number,
        earlier=earlier,
        rate=(bounced + _WEIGHT * _ASSUMED) / (deliveries + _WEIGHT),
    )


def _frozen(connection: sa.Connection, sends: list[int]) -> int:
    # Earlier versions wrote -1 into a PostgreSQL database.
    theirs = sa.and_(edition.c.send.in_(sends), edition.c.readers > 0)
    return connection.scalar(sa.select(sa.func.sum(edition.c.readers)).where(theirs)) or 0


def _count_deliveries(connection: sa.Connection, issue: _Issue, domain: str, most: int) -> int:
    """Return the messages of an issue that a domain, or all, got so far, counting up to ``most`` of them.

    For an issue without a send, return the number of readers.
    """
    some = sa.select(sa.literal(1)).limit(most)
    if issue.send is None:
        some = some.select_from(subscriber)
    else:
        some = some.where(delivery.c.send == issue.send, delivery.c.status.in_(_ANSWERED))
    if domain:
        some = some.where(is_at(subscriber.c.address_key, domain))
    if domain and issue.send is not None:
        some = some.where(delivery.c.subscriber == subscriber.c.id)
    return connection.scalar(sa.select(sa.func.count()).select_from(some.subquery())) or 0


def _count_bounced(connection: sa.Connection, issue: str, domain: str = ALL_DOMAINS) -> int:
    """Return the number of addresses that bounced, whether held or suppressed without a review."""
    at_domain = [[is_at(table.c.address_key, domain)] if domain else [] for table in (suppression, held_bounce)]
    held = _count(connection, held_bounce, held_bounce.c.issue == issue, *at_domain[1])
    return held + _count(connection, suppression, unreviewed_bounces(issue), *at_domain[0])


def _count_reviewed(connection: sa.Connection, issue: str, *where: sa.ColumnElement[bool]) -> int:
    """Return the number of an issue's bounces that an operator confirmed, so that a few more don't cause a new hold."""
    return _count(connection, suppression, _bounced([issue]), suppression.c.reviewed, *where)


def _bounced(issues: Iterable[str]) -> sa.ColumnElement[bool]:
    return sa.and_(
        suppression.c.issue.in_(list(issues)),
        suppression.c.reason == SuppressionReason.BOUNCED.value,
        suppression.c.soft_bounces == 0,
    )


def _count(connection: sa.Connection, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(table).where(*where)) or 0
