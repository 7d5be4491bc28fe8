"""Messages to the `[notify]` addresses, through the newsletter's own provider."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from newsletter.domain.consent import SERVICE
from newsletter.domain.delivery import DeliveryStatus, retry_delay
from newsletter.domain.notices import Notice, NoticeKind, is_outdated, subject, text
from newsletter.domain.publication import Newsletter
from newsletter.errors import BusyError, ProviderError, SettingsError
from newsletter.message.mime import Email, Letter, Recipient, Wire
from newsletter.providers import Provider
from newsletter.store import Store

BATCH = 20
PATIENCE = 6  # attempts to remove a mailed notice from a busy database; each waits for some seconds
_LAST = 4  # number of the longest delay between attempts, an hour: it repeats until the news is too old


def notify(
    store: Store,
    addresses: Sequence[str],
    newsletter: Newsletter,
    open_provider: Callable[[], AbstractContextManager[Provider]],
    say: Callable[[str], object],
) -> int:
    """Mail the notices that are due, at most twenty, and return the number that were due.

    If the provider can't take a notice now, retry it later, less and less often, and report that once through ``say``.
    """
    now = store.now()
    store.notices.address(addresses, now)
    due = store.notices.take(now, BATCH)
    sends = {number: store.sends.get(number) for number in {notice.send for notice in due}}
    holds = store.held_bounces.holds() if any(notice.kind is NoticeKind.HELD for notice in due) else ()
    waiting = []
    for notice in due:
        if notice.address in addresses and not is_outdated(notice, sends[notice.send], holds):
            waiting.append(notice)
        else:
            store.notices.done(notice)
    if not waiting:
        return len(due)
    left = waiting.copy()
    try:
        with open_provider() as provider:
            for notice in waiting:
                send = sends[notice.send]
                words = text(notice, send, ZoneInfo(newsletter.time_zone), holds)
                status, answer = _mail(provider, notice, subject(notice, send, newsletter.name), words, newsletter, now)
                left.remove(notice)
                if status is DeliveryStatus.DEFERRED:
                    _put_off(store, [notice], answer, now, say)
                    continue
                _done(store, notice)
                if status is not DeliveryStatus.SUBMITTED:
                    say(f"a message to a [notify] address is {status}: {answer}")
    except (ProviderError, SettingsError) as err:
        _put_off(store, left, str(err), now, say)
    except Exception:
        for notice in left:
            store.notices.put_off(notice, _next_attempt(notice, now))
        raise
    return len(due)


def _done(store: Store, notice: Notice) -> None:
    for _ in range(PATIENCE):
        try:
            store.notices.done(notice)
        except BusyError:
            continue
        return


def _put_off(store: Store, notices: Sequence[Notice], why: str, now: datetime, say: Callable[[str], object]) -> None:
    for notice in notices:
        store.notices.put_off(notice, _next_attempt(notice, now))
    if any(notice.attempts == 1 for notice in notices):
        say(f"the [notify] addresses can't be mailed now: {why}; `newsletter worker`, `serve` or `bounces` will retry")


def _next_attempt(notice: Notice, now: datetime) -> datetime:
    return now + timedelta(seconds=retry_delay(min(notice.attempts, _LAST)) or 0)


def _mail(
    provider: Provider, notice: Notice, title: str, words: str, newsletter: Newsletter, now: datetime
) -> tuple[DeliveryStatus, str]:
    email = Email(
        issue=SERVICE,
        newsletter=newsletter.name,
        sender=newsletter.sender,
        reply_to=None,
        list_id="",
        subject=(title,),
        preheader=(),
        html_parts=(),
        text_parts=((words,),),
    )
    to = Recipient(subscriber=0, key=notice.key, address=notice.address, values={})
    (receipt,) = provider.submit([Letter(Wire(email, now), to)])
    return receipt.status, receipt.detail
