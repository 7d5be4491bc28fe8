"""Check the links of an issue just before it is sent: dead ones, and quotations whose pages have other words now.

The checks only warn, since pages answer programs differently from readers. What can't be compared, such as a page
behind a paywall, is a remark and no warning.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from concurrent.futures import TimeoutError as NotDoneError
from dataclasses import dataclass

from newsletter.capture import RereadPage, reread_page
from newsletter.checks import make_finding
from newsletter.domain.plurals import counted
from newsletter.domain.quotation_drift import QuotationDrift, quotation_drift
from newsletter.domain.web_addresses import canonical_address, split_address
from newsletter.errors import Finding
from newsletter.fetching import FetchError, WebClient
from newsletter.publishing.sends.outgoing_links import OutgoingLink, Quotation

SECONDS = 30.0
"""The time for all links of an issue."""

KEPT = 300.0
"""The seconds for which a result counts, so that a page that is opened again doesn't ask the servers again."""

_AT_ONCE = 8
_MOST_KEPT = 1000
_SHOWN = 3  # changes of a quotation
_LONGEST = 120  # characters of an address, or of a piece of text
_LITTLE = 600  # characters of text; a page with less is put together by its scripts
_GONE = (404, 410)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCheck:
    """The result of checking a link: warnings, and a ``remark`` on what couldn't be compared.

    ``answered`` is false if no server answered, perhaps because this computer has no connection.
    """

    link: OutgoingLink
    findings: tuple[Finding, ...] = ()
    remark: str = ""
    answered: bool = True


class LinkChecker:
    """A checker of links, which remembers results for some minutes. Without a ``client`` it checks nothing.

    It may be used by several threads.
    """

    def __init__(
        self,
        client: WebClient | None,
        *,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._seconds, self._clock = client, seconds, clock
        self._known: dict[OutgoingLink, tuple[float, LinkCheck]] = {}

    def check(self, links: Sequence[OutgoingLink], *, again: bool = False) -> Iterator[LinkCheck]:
        """Yield the result of each link as soon as it is known, with a few pages loading at once. It raises nothing.

        Links that aren't checked in time have a remark that says so. With ``again``, nothing that is known counts.
        """
        if self._client is None:
            return
        by_url: dict[str, list[OutgoingLink]] = defaultdict(list)
        for link in dict.fromkeys(links):
            known = None if again else self.known(link)
            if known is None:
                by_url[link.url].append(link)
            else:
                yield known
        if by_url:
            yield from self._load(self._client, by_url)

    def known(self, link: OutgoingLink) -> LinkCheck | None:
        """Return the result of a link if it was checked in the last minutes."""
        at, check = self._known.get(link, (0.0, None))
        return check if check is not None and self._clock() - at < KEPT else None

    def _load(self, client: WebClient, by_url: dict[str, list[OutgoingLink]]) -> Iterator[LinkCheck]:
        pool = ThreadPoolExecutor(min(_AT_ONCE, len(by_url)), thread_name_prefix="links")
        waiting: dict[Future[list[LinkCheck]], str] = {
            pool.submit(_results, client, url, of_url): url for url, of_url in by_url.items()
        }
        try:
            for future in as_completed(list(waiting), timeout=self._seconds):
                waiting.pop(future)
                for result in future.result():
                    self._remember(result)
                    yield result
        except NotDoneError:
            for url in waiting.values():
                for link in by_url[url]:
                    remark = f"wasn't checked, because the links took longer than {self._seconds:g} seconds"
                    yield LinkCheck(link=link, remark=remark)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _remember(self, result: LinkCheck) -> None:
        if len(self._known) >= _MOST_KEPT:
            self._known.clear()
        if result.answered:
            self._known[result.link] = (self._clock(), result)


CheckLinks = Callable[[Sequence[OutgoingLink]], Sequence[LinkCheck]]
"""A function that checks links and returns all results."""


def without_connection(results: Sequence[LinkCheck]) -> bool:
    """Return whether no server answered at all, so that this computer is probably not connected."""
    return len(results) > 1 and not any(result.answered for result in results)


def _results(client: WebClient, url: str, links: Sequence[OutgoingLink]) -> list[LinkCheck]:
    try:
        page = reread_page(url, client=client)
    except FetchError as err:
        return [_unloaded(link, err) for link in links]
    return [_loaded(link, page) for link in links]


def _unloaded(link: OutgoingLink, err: FetchError) -> LinkCheck:
    what = f"{link.subject} {_shortened(link.url)} {err.reason}"
    if err.status in _GONE:
        return LinkCheck(link=link, findings=(make_finding("link-dead", link.place, what),))
    if err.status is None or err.status >= 500:
        finding = make_finding("link-unreachable", link.place, what)
        return LinkCheck(link=link, findings=(finding,), answered=err.status is not None)
    if link.gift_of and err.status in (401, 402):
        return LinkCheck(link=link, findings=(make_finding("gift-expired", link.place, what),))
    return LinkCheck(link=link, remark=err.reason)


def _loaded(link: OutgoingLink, page: RereadPage) -> LinkCheck:
    shown = f"{link.subject} {_shortened(link.url)}"
    if page.is_barrier:
        if "not found" in page.title.lower() or page.title.startswith(("404", "410")):
            what = f"{shown} leads to a page with the title “{page.title}”"
            return LinkCheck(link=link, findings=(make_finding("link-dead", link.place, what),))
        return LinkCheck(link=link, remark=f"shows programs another page (“{page.title}”)")
    if _is_front_page(page.url) and not _is_front_page(link.url):
        what = f"{shown} leads to {_shortened(page.url)}, the front page"
        return LinkCheck(link=link, findings=(make_finding("link-moved", link.place, what),))
    if page.paywall and _lost_its_gift(link, page):
        what = f"{shown} leads to {_shortened(page.url)}, which has to be paid for"
        return LinkCheck(link=link, findings=(make_finding("gift-expired", link.place, what),))
    return _compared(link, page)


def _compared(link: OutgoingLink, page: RereadPage) -> LinkCheck:
    """Return how the page differs from the quotations of its entry."""
    findings: list[Finding] = []
    remarks: list[str] = []
    for quotation in link.quotations:
        drift = quotation_drift(quotation.markdown, page.text, lambda: page.hidden_text)
        if not drift:
            continue
        if page.paywall or link.paywall:
            remarks.append(f"is behind a paywall, where {_in_words(drift)}")
        elif drift.gone and len("".join(page.text.split())) < _LITTLE:
            remarks.append("has hardly any text of its own, so the quotation can't be compared")
        else:
            findings.extend(_drift_findings(quotation, drift))
    return LinkCheck(link=link, findings=tuple(findings), remark="; ".join(remarks))


def _drift_findings(quotation: Quotation, drift: QuotationDrift) -> Iterator[Finding]:
    if drift.changes:
        yield make_finding("quotation-changed", quotation.place, _changes_in_words(drift))
    if drift.gone:
        yield make_finding("quotation-gone", quotation.place, _gone_in_words(drift))


def _in_words(drift: QuotationDrift) -> str:
    return "; ".join(filter(None, (_changes_in_words(drift), _gone_in_words(drift))))


def _changes_in_words(drift: QuotationDrift) -> str:
    shown = [f"“{_shortened(change.quoted)}” is now “{_shortened(change.page)}”" for change in drift.changes[:_SHOWN]]
    more = len(drift.changes) - _SHOWN
    return ", ".join([*shown, *([f"and {counted(more, 'more change')}"] if more > 0 else [])])


def _gone_in_words(drift: QuotationDrift) -> str:
    if not drift.gone:
        return ""
    shown = ", ".join(f"“{_shortened(text)}”" for text in drift.gone[:_SHOWN])
    return f"{shown} {'is' if len(drift.gone) == 1 else 'are'} no longer on the page"


def _is_front_page(url: str) -> bool:
    parts = split_address(url)
    return parts is not None and parts.path in ("", "/") and not parts.query


def _lost_its_gift(link: OutgoingLink, page: RereadPage) -> bool:
    """Return whether a gift link leads to the piece's own address, and so without what made it a gift."""
    own = canonical_address(link.gift_of)
    return bool(own) and canonical_address(page.url) == own != canonical_address(link.url)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
