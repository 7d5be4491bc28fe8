"""The stage of an issue on the desk and in the headers of its pages: draft, in review, approved, then its send's."""

from datetime import timedelta
from typing import Any

import httpx
import lxml.html
import pytest

from newsletter import composing
from newsletter.domain.segment import EVERYONE
from tests.web.preview.running_preview import NewsletterFolder, morning
from tests.web.studio.review.test_review import (  # noqa: F401  some are fixtures
    ISSUE,
    approve,
    folder,
    store_of,
    tick_all,
)

pytestmark = pytest.mark.usefixtures("secret")
FIRST = "2026-11-23"


def shown(client: httpx.Client, path: str, id_: str) -> str:
    """Return the text of an element of a page."""
    page = lxml.html.document_fromstring(client.get(path).text)
    words = " ".join(page.get_element_by_id(id_).text_content().split())
    return words.removesuffix(": review this issue")


def test_the_desk_says_what_becomes_of_each_issue(
    editor: httpx.Client,
    folder: NewsletterFolder,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state, missing = f"state-{ISSUE}", "Tomorrow’s issue isn’t approved. 1 approval missing"
    assert shown(editor, "/", state) == "Draft"
    assert missing in shown(editor, "/", "unapproved")
    assert "Today’s issue isn’t approved." in shown(editor, "/", "unapproved")

    tick_all(editor)
    assert approve(editor).status_code == 303
    compiled: list[str] = []
    compose_draft = composing.compose_draft

    def counted(*arguments: Any, **named: Any) -> composing.Composed:
        compiled.append(arguments[2])
        return compose_draft(*arguments, **named)

    monkeypatch.setattr(composing, "compose_draft", counted)
    folder.entry("spare", title="Nothing to do with the issue")  # a new state of the files
    assert shown(editor, "/", state) == ""  # the issue may have changed
    assert missing not in shown(editor, "/", "unapproved")
    assert shown(editor, "/desk/findings", state) == "Approved"
    assert missing not in shown(editor, "/desk/findings", "unapproved")
    assert shown(editor, "/", state) == "Approved"
    assert shown(editor, f"/issues/{ISSUE}", "issue-status") == "Approved"
    assert compiled.count(ISSUE) == 1

    folder.entry("gloves", title="About gloves and mittens")
    assert shown(editor, "/?findings=yes", state) == "In review"
    assert missing in shown(editor, "/", "unapproved")
    assert shown(editor, f"/issues/{ISSUE}", "issue-status") == "In review"

    begins = morning() + timedelta(hours=3)
    with store_of(folder) as store:
        number = store.sends.schedule(
            issue=ISSUE, provider="outbox", segments=[EVERYONE], begins=begins, deadline=3600, now=morning()
        ).id
        assert shown(editor, "/?findings=yes", state) == "Scheduled Not approved"
        assert shown(editor, f"/issues/{ISSUE}/send", "issue-status") == "Scheduled Not approved"
        assert missing in shown(editor, "/", "unapproved")
        store.schedules.reschedule(number, begins=morning() + timedelta(seconds=40))
        assert shown(editor, "/", state).startswith("Counting down")
        store.schedules.undo(number)
    assert shown(editor, "/", state) == "In review"
    assert shown(editor, "/", f"state-{FIRST}") == "Draft"
