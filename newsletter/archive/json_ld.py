"""Structured data for search engines: schema.org as JSON-LD, in a data block, which no Content-Security-Policy blocks.

https://www.w3.org/TR/json-ld11/#embedding-json-ld-in-html-documents
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from newsletter.archive.model import Archive, ArchivedIssue
from newsletter.rendering import PageText

_CONTEXT = {"@context": "https://schema.org"}
_UNSAFE = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def issue_data(archived_issue: ArchivedIssue, archive: Archive, prose: PageText, pictures: Sequence[str]) -> Markup:
    """Return an issue and its corrections as data. The pieces that it links to are only in the page itself."""
    issue = archived_issue.issue
    url = f"{archive.newsletter.base_url}/issues/{issue.slug}/"
    return _block(
        {
            "@type": "Article",
            "@id": url,
            "url": url,
            "mainEntityOfPage": url,
            "headline": prose.line(issue.subject, issue),
            "description": prose.line(issue.preheader, issue),
            "datePublished": archived_issue.sent.isoformat(),
            "dateModified": archived_issue.updated.isoformat(),
            "inLanguage": prose.language,
            "isAccessibleForFree": True,
            "isPartOf": _numbered(archived_issue, archive),
            "image": pictures,
            "author": _publisher(archive),
            "publisher": _publisher(archive),
            "correction": [
                {
                    "@type": "CorrectionComment",
                    "text": prose.plain(correction.text, 5000),
                    "datePublished": correction.date.isoformat(),
                }
                for correction in issue.corrections
            ],
        }
    )


def index_data(archive: Archive, prose: PageText, picture: str) -> Markup:
    """Return the newsletter as a periodical."""
    about = {"description": archive.newsletter.description, "image": picture, "inLanguage": prose.language}
    return _block(_periodical(archive) | about)


def _periodical(archive: Archive) -> dict[str, Any]:
    newsletter = archive.newsletter
    return {"@type": "Periodical", "name": newsletter.name, "url": f"{newsletter.base_url}/"}


def _numbered(archived_issue: ArchivedIssue, archive: Archive) -> dict[str, Any]:
    """Return the periodical, with this issue's number if issues are numbered."""
    if not archived_issue.issue.number:
        return _periodical(archive)
    counted = {"@type": "PublicationIssue", "issueNumber": str(archived_issue.issue.number)}
    return counted | {"datePublished": archived_issue.issue.date.isoformat(), "isPartOf": _periodical(archive)}


def _publisher(archive: Archive) -> dict[str, Any]:
    newsletter = archive.newsletter
    return {"@type": "Organization", "name": newsletter.name, "url": f"{newsletter.base_url}/"}


def _block(data: Mapping[str, Any]) -> Markup:
    """Return JSON that can't close the script element around it."""
    known = {name: value for name, value in data.items() if value not in ("", [])}
    return Markup(json.dumps(_CONTEXT | known, ensure_ascii=False, separators=(",", ":")).translate(_UNSAFE))  # noqa: S704
