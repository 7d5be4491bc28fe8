"""The status of the answer to an error."""

from pathlib import Path

import pytest
from fastapi import Request

from newsletter import rendering
from newsletter.domain.issue_names import UnknownIssueError
from newsletter.errors import BusyError, NewsletterError, NotFoundError, UsageError
from newsletter.reports.issue_report import NoReportError
from newsletter.web.public.error_pages import ErrorPages
from newsletter.web.public.pages import PageTemplates
from tests import make
from tests.event_loop import run


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFoundError("there is no such page"), 404),
        (UnknownIssueError(name="moss"), 404),
        (NoReportError(issue="2026-11-23"), 404),
        (BusyError("the database is busy"), 503),
        (UsageError("the page passed a wrong value"), 500),
    ],
)
def test_only_what_does_not_exist_is_answered_with_404(tmp_path: Path, error: NewsletterError, status: int) -> None:
    newsletter, logged = make.newsletter(), list[str]()
    templates = PageTemplates(tmp_path, newsletter, rendering.load_theme(tmp_path, newsletter))
    request = Request({"type": "http", "method": "GET", "path": "/x", "query_string": b"", "headers": []})
    answer = run(ErrorPages(templates, logged.append).answer(request, error))
    assert (answer.status_code, len(logged)) == (status, status == 500)
