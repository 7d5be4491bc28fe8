"""The review page: what has changed, findings that are ticked off, comments, proofs, and decisions."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from newsletter import settings
from newsletter.domain.people import Role
from newsletter.domain.reviews import ReviewEventKind
from newsletter.publishing.reviews.approvals import NotApprovedError, approval_problem, planned_start
from newsletter.publishing.sends.send_preparing import compose_issue
from newsletter.store import Store, open_store
from tests.people import EDITOR, PUBLISHER, WRITER
from tests.web.axe import violations
from tests.web.preview.running_preview import NewsletterFolder, morning
from tests.web.studio.page_errors import no_page_errors
from tests.web.studio.running_studio import Listening
from tests.web.studio.signed_in import HostedStudio, hosted_studio

pytestmark = pytest.mark.usefixtures("secret")
ISSUE = "2026-11-24"
PATH = f"/issues/{ISSUE}/review"
THAT_MORNING = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


@pytest.fixture
def folder(shared_folder: NewsletterFolder) -> NewsletterFolder:
    """Return the module's newsletter with an issue that has one warning: it has no preheader."""
    shared_folder.entry("gloves", title="About gloves")
    shared_folder.issue(ISSUE, "gloves", subject="Gloves", preheader="")
    file = shared_folder.root / "newsletter.toml"
    if "[approval]" not in file.read_text():
        file.write_text(f"{file.read_text()}\n[approval]\nrequired = true\n")
    return shared_folder


def store_of(folder: NewsletterFolder) -> Store:
    return open_store(settings.load(folder.root).database)


def form_of(page: str, action: str) -> dict[str, str]:
    """Return the hidden fields of a form of the page."""
    form = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', page, re.DOTALL)
    assert form is not None, action
    return dict(re.findall(r'<input type="hidden" name="(\w+)"[^>]*value="([^"]*)"', form[1]))


def problem(folder: NewsletterFolder) -> NotApprovedError | None:
    loaded = settings.load(folder.root)
    composed = compose_issue(loaded, ISSUE)
    with store_of(folder) as store:
        return approval_problem(
            loaded, store, composed, planned_start(THAT_MORNING, composed.issue.date, now=morning())
        )


def tick_all(client: httpx.Client) -> None:
    while f'action="{PATH}/tick"' in (page := client.get(PATH).text):
        fields = form_of(page, f"{PATH}/tick") | {"reason": "It is meant like that."}
        assert client.post(f"{PATH}/tick", data=fields).status_code == 303


def approve(client: httpx.Client, **changes: str) -> httpx.Response:
    page = client.get(PATH).text
    fields = form_of(page, f"{PATH}/approve") | {"when": ISSUE, "note": ""}
    return client.post(f"{PATH}/approve", data=fields | changes)


def test_the_next_issues_review_is_a_key_away(editor: httpx.Client, folder: NewsletterFolder) -> None:
    assert editor.get("/review").headers["Location"].endswith("/review")
    page = editor.get(PATH).text
    assert 'data-key="g r"' in page
    assert "This issue has had no proof and no approval yet." in page
    assert editor.get("/issues/2031-01-01/review").status_code == 404


def test_an_issue_is_reviewed_with_forms_alone(editor: httpx.Client, folder: NewsletterFolder) -> None:
    page = editor.get(PATH).text
    assert "the issue has no preheader" in page
    assert f'href="/issues/{ISSUE}">This issue</a>' in page
    assert ">Approve<" not in page  # a warning is open
    refused = approve(editor)
    assert refused.status_code == 422
    assert re.search(r"\d findings? of issue", refused.text)
    no_reason = editor.post(f"{PATH}/tick", data=form_of(page, f"{PATH}/tick") | {"reason": " "})
    assert no_reason.status_code == 422
    tick_all(editor)
    page = editor.get(PATH).text
    assert "It is meant like that." in page
    assert approve(editor, note="Fine.").status_code == 303
    page = editor.get(PATH).text
    assert ">Approved</h2>" in page
    assert "for any time on Tue 24 Nov 2026" in page
    assert problem(folder) is None
    folder.entry("gloves", title="About gloves and mittens")
    page = editor.get(PATH).text
    assert "“About gloves and mittens”: title changed from “About gloves” to “About gloves and mittens”" in page
    assert ">Not approved</h2>" in page
    assert problem(folder) is not None


def test_a_ticked_finding_is_open_again_once_its_text_has_changed(
    editor: httpx.Client, folder: NewsletterFolder
) -> None:
    folder.entry("gloves", title="About gloves", body="Read the the first one.\n")
    tick_all(editor)
    assert "Every finding was ticked off." in editor.get(PATH).text
    folder.entry("gloves", title="About gloves", source="Another paper", body="Read the the first one.\n")
    assert "Every finding was ticked off." in editor.get(PATH).text
    folder.entry("gloves", title="About gloves", body="Read the the second one.\n")
    assert re.search(r"\d open findings?", editor.get(PATH).text)


def test_an_outdated_decision_is_refused(editor: httpx.Client, folder: NewsletterFolder) -> None:
    tick_all(editor)
    fields = form_of(editor.get(PATH).text, f"{PATH}/approve") | {"when": ISSUE}
    folder.entry("gloves", title="About something else")
    tick_all(editor)
    refused = editor.post(f"{PATH}/approve", data=fields)
    assert refused.status_code == 422
    assert "has changed since you opened this page" in refused.text
    assert editor.post(f"{PATH}/approve", data={"when": ISSUE}).status_code == 422
    assert editor.post(f"{PATH}/changes", data={"note": "No."}).status_code == 422


@pytest.mark.parametrize(
    ("when", "clock", "status"),
    [("at", "06:30", 303), ("at", "", 422), ("at", "quarter", 422), ("local", "07:00", 303), ("x", "", 422)],
)
def test_an_approval_is_for_a_time(
    editor: httpx.Client, folder: NewsletterFolder, when: str, clock: str, status: int
) -> None:
    tick_all(editor)
    assert approve(editor, when=when, clock=clock).status_code == status
    if status == 303:
        assert ("06:30" if when == "at" else "07:00 in each reader’s time zone") in editor.get(PATH).text


def test_comments_are_shown_with_the_issue_and_the_entry_and_are_never_markup(
    editor: httpx.Client, folder: NewsletterFolder
) -> None:
    for about in ("", "gloves"):
        fields = {"slug": ISSUE, "about": about, "text": f"{HOSTILE}\n{about}", "next": PATH}
        assert editor.post("/comments", data=fields).status_code == 303
    page, entry = editor.get(PATH).text, editor.get("/entries/gloves").text
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 2
    assert entry.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 1
    assert "<script>alert(1)" not in page + entry
    (number, *_) = re.findall(r'action="/comments/(\d+)/resolve"', page)
    assert editor.post(f"/comments/{number}/resolve", data={"resolved": "yes", "next": PATH}).status_code == 303
    assert "1 resolved comment" in editor.get(PATH).text
    assert editor.post(f"/comments/{number}/delete", data={"next": PATH}).status_code == 303
    assert editor.post(f"/comments/{number}/delete", data={"next": PATH}).status_code == 404
    assert editor.post("/comments", data={"slug": ISSUE, "text": " "}).status_code == 422
    assert editor.post("/comments", data={"slug": "no-issue", "text": "x"}).status_code == 404


def test_a_proof_is_mailed_and_recorded(editor: httpx.Client, folder: NewsletterFolder) -> None:
    mailed = editor.post(f"{PATH}/proof", data={"others": "ada@example.org, ben@example.org", "next": PATH})
    assert mailed.status_code == 303, mailed.text
    page = editor.get(PATH).text
    assert "mailed a proof to ada@example.org, ben@example.org" in page
    assert "Since the proof by" in page
    assert editor.post(f"{PATH}/proof", data={"others": "ada"}).status_code == 422
    assert editor.post(f"{PATH}/proof", data={"next": PATH}).status_code == 422


def test_the_page_works_without_leaving_it(desk: Page, studio: Listening, folder: NewsletterFolder) -> None:
    folder.entry("gloves", title="About gloves once more", body="See the the third one.\n")
    page = desk
    page.goto(studio.base + PATH)
    expect(page.locator(".tick-off").first).to_be_visible()
    while number := page.locator(".tick-off").count():
        page.locator(".tick-off .control").first.fill("It is a name.")
        page.locator(".tick-off .control").first.press("Enter")
        expect(page.locator(".tick-off")).to_have_count(number - 1)
    page.get_by_label("New comment").fill("Lovely.")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".comment-text").last).to_have_text("Lovely.")
    expect(page.get_by_label("New comment")).to_have_value("")
    page.get_by_role("button", name="Ask for changes").click()
    expect(page.locator("#decide-refusal")).to_contain_text("say which changes you ask for")
    page.get_by_label("Note").fill("Shorter, please.")
    folder.entry(
        "gloves", title="About gloves and rain", body="See the the fourth one.\n"
    )  # somebody else changes it meanwhile
    expect(page.locator(".tick-off").first).to_be_visible()
    expect(page.get_by_label("Note")).to_have_value("Shorter, please.")
    page.get_by_role("button", name="Ask for changes").click()
    expect(page.locator(".request")).to_contain_text("Shorter, please.")
    assert violations(page, frames=False) == []


TEXT_BEGINS = """title => {
    const range = document.createRange();
    range.selectNodeContents(title);
    return [range.getBoundingClientRect().left, title.closest("main").getBoundingClientRect().left];
}"""


def test_a_title_from_right_to_left_begins_where_the_page_does(
    desk: Page, studio: Listening, folder: NewsletterFolder
) -> None:
    folder.issue(ISSUE, "gloves", subject="חדשות", preheader="")
    for path in (PATH, f"/issues/{ISSUE}/send"):
        desk.goto(studio.base + path)
        text, page = desk.locator(".page-title").evaluate(TEXT_BEGINS)
        assert text - page < 100, path


@pytest.fixture
def team(folder: NewsletterFolder, tmp_path: Path) -> Iterator[HostedStudio]:
    with hosted_studio(folder.root) as hosted:
        yield hosted


def test_four_people_review_an_issue(team: HostedStudio, folder: NewsletterFolder) -> None:
    writer, eve, pia = (team.client(role) for role in (Role.WRITER, Role.EDITOR, Role.PUBLISHER))
    headers = {"Accept": "application/json"}
    page = eve.get(f"/issues/{ISSUE}").text
    seen = re.search(r'name="seen" value="([^"]*)"', page)
    assert seen is not None
    changed = eve.post(
        f"/issues/{ISSUE}/fields/subject", data={"value": "Gloves and hats", "seen": seen[1]}, headers=headers
    )
    assert changed.status_code == 200, changed.text
    tick_all(eve)
    assert "Only you have changed it" in eve.get(PATH).text
    assert ">Approve<" not in eve.get(PATH).text
    own = approve(eve)
    assert (own.status_code, "nobody approves their own changes" in own.text) == (403, True)
    assert approve_as(writer, eve).status_code == 403
    assert approve_as(team.client(Role.PUBLISHER, confirmed=False), eve).status_code == 401
    assert approve(pia).status_code == 303
    assert problem(folder) is None
    assert f"{PUBLISHER.name}</b> approved" in eve.get(PATH).text
    entries = team.store.audit.entries(act="approve", address=PUBLISHER.address)
    assert [(entry.address, entry.thing) for entry in entries] == [(PUBLISHER.address, f"issue {ISSUE}")]


def test_somebody_who_has_approved_sees_how_many_more_are_needed(team: HostedStudio, folder: NewsletterFolder) -> None:
    file = folder.root / "newsletter.toml"
    before = file.read_text()
    file.write_text(before.replace("[approval]\n", "[approval]\napprovals = 2\n"))
    pia = team.client(Role.PUBLISHER)
    folder.entry("gloves", title="About mittens")
    tick_all(pia)
    assert approve(pia).status_code == 303
    page = pia.get(PATH).text
    assert "You approved; 1 more needed." in page
    assert [word for word in (">Approve<", ">Approve again<") if word in page] == []
    assert "You approved" not in team.client(Role.EDITOR).get(PATH).text
    folder.entry("gloves", title="About gloves and scarves")
    tick_all(pia)
    page = pia.get(PATH).text
    assert "You approved" not in page
    assert ">Approve again<" in page
    file.write_text(before)


def approve_as(client: httpx.Client, looking: httpx.Client) -> httpx.Response:
    """Post a form of somebody who sees it as another person."""
    fields = form_of(looking.get(PATH).text, f"{PATH}/approve")
    return client.post(f"{PATH}/approve", data=fields | {"when": ISSUE}, headers={"Accept": "application/json"})


def test_editors_mail_proofs_to_the_staff_only(team: HostedStudio, folder: NewsletterFolder) -> None:
    eve, pia = team.client(Role.EDITOR), team.client(Role.PUBLISHER)
    assert EDITOR.address in eve.get(PATH).text
    assert eve.post(f"{PATH}/proof", data={"to": WRITER.address, "next": PATH}).status_code == 303
    assert eve.post(f"{PATH}/proof", data={"others": "somebody@example.com"}).status_code == 403
    assert pia.post(f"{PATH}/proof", data={"others": "somebody@example.com"}).status_code == 303
    mails = [file.read_text() for file in (folder.root / "outbox").rglob("*.eml")]
    mail = next(text for text in mails if f"To: {WRITER.address}" in text)
    assert f"{team.origin}{PATH}" in mail.replace("=\n", "")
    events = team.store.reviews.of_issue(ISSUE)
    assert ReviewEventKind.PROOF in {event.kind for event in events}


def test_people_delete_their_own_comments_only(team: HostedStudio) -> None:
    wren, eve = team.client(Role.WRITER), team.client(Role.EDITOR)
    assert wren.post("/comments", data={"slug": ISSUE, "text": "By Wren.", "next": PATH}).status_code == 303
    number = team.store.comments.about(ISSUE)[-1].id
    assert eve.post(f"/comments/{number}/delete", data={"next": PATH}).status_code == 403
    assert wren.post(f"/comments/{number}/delete", data={"next": PATH}).status_code == 303
    deleted = team.store.audit.entries(limit=1)[0]
    assert (deleted.act, deleted.thing) == ("delete-comment", f"issue {ISSUE}")
    assert deleted.address == deleted.detail["by"] == team.member(Role.WRITER).address


def test_a_writer_sees_the_review_and_decides_nothing(browser: Browser, team: HostedStudio) -> None:
    context = team.context(browser, Role.WRITER, viewport={"width": 375, "height": 700})
    with no_page_errors(context):
        page = context.new_page()
        page.goto(PATH)
        expect(page.get_by_text("Your role doesn’t approve issues")).to_be_visible()
        expect(page.get_by_role("button", name="Ask for changes")).to_have_count(0)
        expect(page.get_by_label("New comment")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
        assert violations(page, frames=False) == []
    context.close()
