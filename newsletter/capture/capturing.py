"""Capture a link: fetch and read its page, and use its address for the rest. It never fails."""

import re
from dataclasses import replace

from newsletter.capture.article_text import Extract, extract_article
from newsletter.capture.charsets import decoded
from newsletter.capture.clean_urls import clean_url
from newsletter.capture.cleaning import LONGEST_URL, one_clean_line, web_url
from newsletter.capture.dates import date_in_address
from newsletter.capture.markup import read_markup
from newsletter.capture.names import same_site, site_from_address
from newsletter.capture.reading import ADDRESS, read_page
from newsletter.capture.titles import clean_title, is_barrier, title_from_address
from newsletter.capture.values import Captured, CapturedValue, PageFacts
from newsletter.fetching import PAGE_LIMIT, FetchedPage, FetchError, WebClient, fetch_page

BROWSER = "browser"
_LONGEST_REDIRECT = 32_768  # bytes
_REFRESH = re.compile(r"[01]?(?:\.\d*)?\s*[;,]\s*(?:url\s*=\s*)?[\"']?([^\"']+)[\"']?", re.IGNORECASE)
_CUT = f"only the first {PAGE_LIMIT // 1024 // 1024} MiB of the page were read"


def capture(
    url: str,
    *,
    client: WebClient | None,
    title: str = "",
    extract: Extract = extract_article,
) -> Captured:
    """Return a captured link. It raises nothing: without its page, its address says what it can.

    ``title`` is the one that a browser or share sheet knows, for a page that has none or can't be fetched. Without a
    ``client``, nothing is fetched.
    """
    cleaned = clean_url(url)
    if not web_url(cleaned):
        problem = "this is not an address of a web page (http or https)"
        return _without_page(cleaned, url, title, problem)
    if client is None:
        return _without_page(cleaned, url, title, "")
    try:
        page = fetch_page(client, cleaned)
        if target := refresh_target(page):
            page = fetch_page(client, target)
    except FetchError as err:
        return _without_page(cleaned, url, title, err.what, paywall=err.status == 402)
    return _from_page(page, url, title, extract)


def refresh_target(page: FetchedPage) -> str:
    """Return where a page sends its visitors at once, as link shorteners do, or "" if it is a page to read."""
    if len(page.html) > _LONGEST_REDIRECT:
        return ""
    refresh = _REFRESH.fullmatch(
        read_markup(decoded(page.html, page.content_type)).meta("refresh")[:LONGEST_URL].strip()
    )
    target = web_url(refresh[1], page.url) if refresh else ""
    return "" if target == page.url else target


def _from_page(page: FetchedPage, url: str, sent_title: str, extract: Extract) -> Captured:
    facts = read_page(page.html, page.url, page.content_type, extract=extract)
    link = clean_url(page.url)
    if facts.origin("title") in ("page title", "heading") and is_barrier(facts.value("title")):
        problem = f"the site shows programs another page (“{facts.value('title')}”)"
        return _without_page(link, url, sent_title, problem)
    canonical = facts.value("canonical_url")
    if same_site(canonical, link):
        link = canonical
    if page.is_cut:
        facts = replace(facts, notes=(*facts.notes, _CUT))
    if facts.origin("title") == ADDRESS and (title := _clean_sent_title(sent_title, page.url)):
        facts = replace(facts, values={**facts.values, "title": CapturedValue(value=title, origin=BROWSER)})
    return Captured(url=link, requested_url=url, facts=facts)


def _without_page(link: str, url: str, sent_title: str, problem: str, *, paywall: bool = False) -> Captured:
    title, day = _clean_sent_title(sent_title, link), date_in_address(link)
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
    return Captured(url=link, requested_url=url, facts=facts, problem=problem)


def _clean_sent_title(sent_title: str, url: str) -> str:
    host = site_from_address(url)
    title = clean_title(one_clean_line(sent_title), (host, host.rpartition(".")[0]))
    return "" if is_barrier(title) else title
