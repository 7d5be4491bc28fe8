"""Messages to publishers and the `[notify]` addresses, through the newsletter's own provider."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from newsletter.domain.delivery import DeliveryStatus, retry_delay
from newsletter.domain.notices import BounceHold, Notice, NoticeKind, is_outdated
from newsletter.domain.publication import Newsletter
from newsletter.domain.send import Send
from newsletter.errors import BusyError, NewsletterError, ProviderError, SettingsError
from newsletter.message.plain_letter import plain_letter
from newsletter.providers import Provider
from newsletter.store import Store

BATCH = 20
PATIENCE = 6  # attempts to remove a mailed notice from a busy database; each waits for some seconds
_LAST = 4  # number of the longest delay between attempts, an hour: it repeats until the news is too old


WriteNotice = Callable[[Notice, Send | None, Newsletter, Sequence[BounceHold], str], tuple[str, str]]
"""A function that returns the subject and the text of a notice's message. Notices of issues may have no send.

The last value is the address of the team's studio, for links, or "".
"""


class DelayedNoticesError(NewsletterError):
    """A provider that can't take notices now; ``why`` is its reason."""

    code = "notices-delayed"

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"notifications can't be mailed now: {why}", hint="this will be tried again")


def notify(
    store: Store,
    addresses: Sequence[str],
    newsletter: Newsletter,
    open_provider: Callable[[], AbstractContextManager[Provider]],
    write: WriteNotice,
    report: Callable[[NewsletterError], object],
    *,
    now: datetime,
    studio: str = "",
) -> int:
    """Mail the notices that are due, at most twenty, and return the number that were due.

    If the provider can't take a notice now, retry it later, less and less often, and ``report`` that once. Report a
    notice that is refused, too. ``studio`` is the address of the team's studio, for links.
    """
    store.notices.address(addresses, now)
    due = store.notices.reserve(now, BATCH)
    sends = {notice.id: _send_of(store, notice) for notice in due}
    holds = store.held_bounces.holds() if any(notice.kind is NoticeKind.HELD for notice in due) else ()
    waiting = []
    for notice in due:
        if notice.address in addresses and not is_outdated(notice, sends[notice.id], holds):
            waiting.append(notice)
        else:
            store.notices.delete(notice)
    if not waiting:
        return len(due)
    left = waiting.copy()
    try:
        with open_provider() as provider:
            for notice in waiting:
                title, words = write(notice, sends[notice.id], newsletter, holds, studio)
                status, answer = _mail(provider, notice, title, words, newsletter, now)
                left.remove(notice)
                if status is DeliveryStatus.DEFERRED:
                    _postpone(store, [notice], answer, now, report)
                    continue
                _delete(store, notice)
                if status is not DeliveryStatus.SUBMITTED:
                    report(NewsletterError(f"a notification is {status}: {answer}"))
    except (ProviderError, SettingsError) as err:
        _postpone(store, left, str(err), now, report)
    except Exception:
        for notice in left:
            store.notices.postpone(notice, _next_attempt(notice, now))
        raise
    return len(due)


def _send_of(store: Store, notice: Notice) -> Send | None:
    return store.sends.get(notice.send) if notice.send else store.sends.of_issue(notice.issue)


def _delete(store: Store, notice: Notice) -> None:
    for _ in range(PATIENCE):
        try:
            store.notices.delete(notice)
        except BusyError:
            continue
        return


def _postpone(
    store: Store, notices: Sequence[Notice], why: str, now: datetime, report: Callable[[NewsletterError], object]
) -> None:
    for notice in notices:
        store.notices.postpone(notice, _next_attempt(notice, now))
    if any(notice.attempts == 1 for notice in notices):
        report(DelayedNoticesError(why))


def _next_attempt(notice: Notice, now: datetime) -> datetime:
    return now + timedelta(seconds=retry_delay(min(notice.attempts, _LAST)) or 0)


def _mail(
    provider: Provider, notice: Notice, title: str, words: str, newsletter: Newsletter, now: datetime
) -> tuple[DeliveryStatus, str]:
    letter = plain_letter(newsletter, address=notice.address, subject=title, text=words, now=now, key=notice.key)
    (receipt,) = provider.submit([letter])
    return receipt.status, receipt.detail
