"""Capture a link: fetch and read its page, and use what the browser sent for the rest. It never fails."""

import re
from dataclasses import replace

from newsletter.capture.article_text import Extract, extract_article
from newsletter.capture.charsets import decoded
from newsletter.capture.clean_urls import clean_url
from newsletter.capture.cleaning import LONGEST_URL, one_clean_line, visible, web_url
from newsletter.capture.dates import date_in_address
from newsletter.capture.markup import read_markup
from newsletter.capture.names import same_site, site_from_address
from newsletter.capture.reading import ADDRESS, read_page
from newsletter.capture.titles import clean_title, is_barrier, title_from_address
from newsletter.capture.values import Captured, CapturedValue, PageFacts, SentByBrowser
from newsletter.fetching import PAGE_LIMIT, FetchedPage, FetchError, WebClient, fetch_page

BROWSER = "browser"
_LONGEST_REDIRECT = 32_768  # bytes
_REFRESH = re.compile(r"[01]?(?:\.\d*)?\s*[;,]\s*(?:url\s*=\s*)?[\"']?([^\"']+)[\"']?", re.IGNORECASE)
_LONGEST_SELECTION = 20_000  # characters
_CUT = f"only the first {PAGE_LIMIT // 1024 // 1024} MiB of the page were read"


def capture(
    url: str,
    *,
    client: WebClient | None,
    sent: SentByBrowser | None = None,
    extract: Extract = extract_article,
) -> Captured:
    """Return a captured link. It raises nothing: a page that can't be fetched becomes what the browser sent.

    Without a ``client``, nothing is fetched.
    """
    sent = sent or SentByBrowser()
    cleaned = clean_url(url)
    if not web_url(cleaned):
        problem = "this is not an address of a web page (http or https)"
        return _from_browser(cleaned, url, sent, problem)
    if client is None:
        return _from_browser(cleaned, url, sent, "")
    try:
        page = fetch_page(client, cleaned)
        if target := _refresh_target(page):
            page = fetch_page(client, target)
    except FetchError as err:
        return _from_browser(cleaned, url, sent, err.what, paywall=err.status == 402)
    return _from_page(page, url, sent, extract)


def _refresh_target(page: FetchedPage) -> str:
    """Return where a page sends its visitors at once, as link shorteners do, or "" if it is a page to read."""
    if len(page.html) > _LONGEST_REDIRECT:
        return ""
    refresh = _REFRESH.fullmatch(
        read_markup(decoded(page.html, page.content_type)).meta("refresh")[:LONGEST_URL].strip()
    )
    target = web_url(refresh[1], page.url) if refresh else ""
    return "" if target == page.url else target


def _from_page(page: FetchedPage, url: str, sent: SentByBrowser, extract: Extract) -> Captured:
    facts = read_page(page.html, page.url, page.content_type, extract=extract)
    link = clean_url(page.url)
    if facts.origin("title") in ("page title", "heading") and is_barrier(facts.value("title")):
        problem = f"the site shows programs another page (“{facts.value('title')}”)"
        return _from_browser(link, url, sent, problem)
    canonical = facts.value("canonical_url")
    if same_site(canonical, link):
        link = canonical
    if page.is_cut:
        facts = replace(facts, notes=(*facts.notes, _CUT))
    if facts.origin("title") == ADDRESS and (title := _sent_title(sent, page.url)):
        facts = replace(facts, values={**facts.values, "title": CapturedValue(value=title, origin=BROWSER)})
    return Captured(url=link, requested_url=url, facts=facts, selection=clean_selection(sent.selection))


def _from_browser(link: str, url: str, sent: SentByBrowser, problem: str, *, paywall: bool = False) -> Captured:
    title, day = _sent_title(sent, link), date_in_address(link)
    values = {
        "title": CapturedValue(value=title, origin=BROWSER)
        if title
        else CapturedValue(value=title_from_address(link), origin=ADDRESS)
    }
    if source := site_from_address(link):
        values["source"] = CapturedValue(value=source, origin=ADDRESS)
    if day:
        values["date"] = CapturedValue(value=day.isoformat(), origin=ADDRESS)
    if web_url(link):
        values["canonical_url"] = CapturedValue(value=link, origin=ADDRESS)
    if paywall:
        values["paywall"] = CapturedValue(value="yes", origin="the server's answer")
    facts = PageFacts(values=values)
    selection = clean_selection(sent.selection)
    return Captured(url=link, requested_url=url, facts=facts, selection=selection, problem=problem)


def _sent_title(sent: SentByBrowser, url: str) -> str:
    host = site_from_address(url)
    title = clean_title(one_clean_line(sent.title), (host, host.rpartition(".")[0]))
    return "" if is_barrier(title) else title


def clean_selection(text: str) -> str:
    """Return selected text without invisible characters: paragraphs with a blank line between them."""
    lines = (" ".join(line.split()) for line in visible(text[:_LONGEST_SELECTION]).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
