"""Capture a link: read a page's title, author, date and text, and find out whether it has already run."""

from newsletter.capture.article_text import Article, Extract, extract_article
from newsletter.capture.candidate_index import CandidateIndex
from newsletter.capture.capturing import BROWSER, capture
from newsletter.capture.clean_urls import clean_url
from newsletter.capture.cleaning import web_url
from newsletter.capture.duplicates import entry_candidates, find_duplicates
from newsletter.capture.errors import RepeatedLinkError
from newsletter.capture.new_entries import entry_from, facts_of
from newsletter.capture.reading import read_page
from newsletter.capture.rereading import RereadPage, reread_page
from newsletter.capture.selections import clean_selection, markdown_of_selection
from newsletter.capture.values import (
    FIELDS,
    Candidate,
    Captured,
    CapturedValue,
    Duplicate,
    Duplicates,
    PageFacts,
)

__all__ = [
    "BROWSER",
    "FIELDS",
    "Article",
    "Candidate",
    "CandidateIndex",
    "Captured",
    "CapturedValue",
    "Duplicate",
    "Duplicates",
    "Extract",
    "PageFacts",
    "RepeatedLinkError",
    "RereadPage",
    "capture",
    "clean_selection",
    "clean_url",
    "entry_candidates",
    "entry_from",
    "extract_article",
    "facts_of",
    "find_duplicates",
    "markdown_of_selection",
    "read_page",
    "reread_page",
    "web_url",
]
