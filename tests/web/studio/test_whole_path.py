"""The whole path of an issue, by four people in four browsers: from a caught link to the readers' mailboxes."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from newsletter import bootstrap, settings
from newsletter.domain.people import Person
from newsletter.domain.subscriber import Subscriber
from tests.clock import MovedClock
from tests.command_line import Run, run  # noqa: F401  a fixture
from tests.make import SECRET
from tests.people import ADMIN, EDITOR, PUBLISHER, WRITER
from tests.smtp_server import smtp_server
from tests.web.preview.running_preview import TOML, NewsletterFolder
from tests.web.studio.captured_pages import CapturedPages, article, captured_pages
from tests.web.studio.page_errors import no_page_errors
from tests.web.studio.signed_in import authenticator
from tests.web.studio.working_studio import WorkingStudio, working_studio

AFTERNOON = datetime(2026, 11, 23, 14, tzinfo=UTC)
ISSUE = "2026-11-24"
READY = "What soil keeps"
TITLE = "The quiet return of the night train"
SUBJECT = "Slow things, and what they cost"
LATER = "Slow things, and what they are worth"
FRAMING = "Nobody sleeps well on it."
BETTER = "Nobody sleeps well on it, and everybody goes again."
HOST = "gazette.daily.example"  # no example of documentation, whose links are errors
RULES = """
[approval]
required = true

[tailored]
always = true
"""
RAIL, SOIL = "rail@example.com", "soil@example.com"
WHO_DID_WHAT = [
    "Ada Stern at the server: Invited ada@example.org",
    "Ada Stern at the server: Printed a link for ada@example.org",
    "Ada Stern: Signed in",
    "Ada Stern: Added a passkey",
    "Ada Stern: Invited wren@example.org",
    "Wren Hale: Signed in",
    "Wren Hale: Added a passkey",
    "Ada Stern: Invited eve@example.org",
    "Eve Moss: Signed in",
    "Eve Moss: Added a passkey",
    "Ada Stern: Invited pia@example.org",
    "Pia Lund: Signed in",
    "Pia Lund: Added a passkey",
    "Eve Moss: Mailed a proof of issue 2026-11-24",
    "Pia Lund: Asked for changes in issue 2026-11-24",
    "Pia Lund: Ticked off a finding in issues/entries/the-quiet-return-of-the-night-train.md",
    "Pia Lund: Ticked off a finding in issues/entries/what-soil-keeps.md",
    "Pia Lund: Approved issue 2026-11-24",
    "Pia Lund: Scheduled issue 2026-11-24",
    "Pia Lund: Undid the send of issue 2026-11-24",
    "Pia Lund: Signed in",
    "Pia Lund: Approved issue 2026-11-24",
    "Pia Lund: Scheduled issue 2026-11-24",
    "Pia Lund: Undid the send of issue 2026-11-24",
    "Pia Lund: Scheduled issue 2026-11-24",
    "Ada Stern: Signed in",
]
COMMITS = [
    "Ada Stern <ada@example.org>: Begin",
    "Wren Hale <wren@example.org>: Add The quiet return of the night train",
    "Eve Moss <eve@example.org>: Add 24 November",
    "Eve Moss <eve@example.org>: Edit The quiet return of the night train: framing",
    "Eve Moss <eve@example.org>: Compose 24 November: subject",
]
LINK = re.compile(r"http://localhost:\d+/\S+")


@pytest.fixture
def gazette() -> Iterator[CapturedPages]:
    with captured_pages() as at:
        at.pages["/night"] = article(TITLE)
        at.pages["/soil"] = article(READY)
        yield at


@pytest.fixture
def root(tmp_path: Path, gazette: CapturedPages) -> Path:
    """Write a newsletter that needs approval, in git, with one entry that is ready and two readers."""
    (tmp_path / "issues/entries").mkdir(parents=True)
    (tmp_path / "newsletter.toml").write_text((TOML + RULES).replace("example.org", "daily.example"), encoding="utf-8")
    (tmp_path / ".gitignore").write_text(".newsletter\n*.db*\n", encoding="utf-8")
    NewsletterFolder(root=tmp_path).entry(
        "what-soil-keeps",
        title=READY,
        url=gazette.url("/soil", HOST),
        topics=["Soil"],
        body="A framing, which says:\n\n> He has worked the line to Lisbon for twenty-six years.\n",
    )
    with bootstrap.open_store(settings.load(tmp_path)) as store:
        readers = [
            Subscriber(address=RAIL, first_name="Rae", topics=("railways",)),
            Subscriber(address=SOIL, first_name="Sol", topics=("soil",)),
        ]
        store.subscribers.merge([readers], now=AFTERNOON)
    return tmp_path


@pytest.fixture
def studio(root: Path, gazette: CapturedPages, monkeypatch: pytest.MonkeyPatch) -> Iterator[WorkingStudio]:
    monkeypatch.setenv("NEWSLETTER_SECRET", SECRET)
    _git(root, "init", "--quiet")
    _git(root, "config", "user.name", ADMIN.name)
    _git(root, "config", "user.email", ADMIN.address)
    clock = MovedClock(AFTERNOON)
    with smtp_server() as server, working_studio(root, clock, server, gazette.client, monkeypatch) as at:
        _git(root, "add", ".")
        _git(root, "commit", "--quiet", "--message", "Begin")
        yield at


def _arrive(landmark: Locator) -> None:
    """Wait for a page that has an element, and for its scripts."""
    expect(landmark).to_be_visible()
    landmark.page.wait_for_load_state()


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


@contextmanager
def _window(browser: Browser, studio: WorkingStudio) -> Iterator[Page]:
    """Open a page in a browser of its own, with an authenticator. It must have no errors."""
    context = browser.new_context(base_url=studio.origin, viewport={"width": 1280, "height": 860})
    with no_page_errors(context):
        page = context.new_page()
        authenticator(page)
        yield page
    context.close()


def test_an_issue_from_a_caught_link_to_the_readers_mailboxes(
    browser: Browser,
    studio: WorkingStudio,
    gazette: CapturedPages,
    run: Run,  # noqa: F811
) -> None:
    with ExitStack() as stack:
        ada, wren, eve, pia = (stack.enter_context(_window(browser, studio)) for _ in range(4))
        _found(ada, studio, run)
        for page, person in ((wren, WRITER), (eve, EDITOR), (pia, PUBLISHER)):
            _invite(ada, person)
            _join(page, studio, person)
        _write(wren, gazette.url("/night", HOST))
        _compose(eve)
        _can_not_send(wren)
        _proof(eve)
        _ask_for_changes(pia, studio)
        _improve(eve)
        studio.clock.move(minutes=10)
        _tick_off(pia)
        _approve(pia, f"“{TITLE}”: framing lengthened from 5 to 9 words")
        _schedule_and_undo(pia)
        _change_subject(eve)
        studio.clock.move(hours=16)
        _sign_in_again(pia)
        studio.clock.move(minutes=10)
        _approve(pia, f"subject changed from “{SUBJECT}” to “{LATER}”", button="Approve again")
        _send_and_undo(pia)
        _send(pia, studio)
        _readers_have_it(studio)
        _report(pia)
        assert _who_did_what(ada) == WHO_DID_WHAT
    assert _git(studio.root, "log", "--reverse", "--format=%an <%ae>: %s").splitlines() == COMMITS


def _found(ada: Page, studio: WorkingStudio, run: Run) -> None:  # noqa: F811
    """Invite the first admin at the command line, who sets up a passkey by the printed link."""
    invite = ("studio", "invite", ADMIN.address, "--role", "admin", "--name", ADMIN.name)
    invited = run("-C", str(studio.root), *invite)
    assert invited.status == 0, invited.stderr
    ada.goto(invited.stdout.strip())
    _set_up_passkey(ada)


def _set_up_passkey(page: Page) -> None:
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Set up your passkey")).to_be_visible()
    page.get_by_role("button", name="Set up a passkey").click()
    expect(page.get_by_role("heading", name="The Daily Test")).to_be_visible()


def _invite(ada: Page, person: Person) -> None:
    ada.goto("/people")
    ada.get_by_label("Email address").fill(person.address)
    ada.get_by_role("textbox", name="Name").fill(person.name)
    ada.get_by_role("radio", name=re.compile(f"^{person.role.capitalize()}")).check()
    ada.get_by_role("button", name="Invite", exact=True).click()
    expect(ada.get_by_role("listitem", name=person.name)).to_contain_text("Invited")


def _join(page: Page, studio: WorkingStudio, person: Person) -> None:
    """Come by the invitation, ask for a link, and set up a passkey with it."""
    page.goto(_link(studio.mail.wait(person.address, "You’re on the team")))
    page.get_by_label("Your email address").fill(person.address)
    page.get_by_role("button", name="Mail me a link").click()
    expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()
    page.goto(_link(studio.mail.wait(person.address, "Your link to sign in")))
    _set_up_passkey(page)


def _link(mail: EmailMessage) -> str:
    """Return the first link to the studio in a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    link = LINK.search(body.get_content())
    assert link is not None, body.get_content()
    return link[0]


def _write(wren: Page, url: str) -> None:
    """Catch a link, make it an entry with a quotation, and write its framing."""
    wren.get_by_role("textbox", name="Paste a link to catch it").fill(url)
    wren.get_by_role("button", name="Catch").click()
    expect(wren.get_by_label("Author", exact=True)).to_have_value("Ada Writer")
    wren.get_by_role("button", name="Save", exact=True).click()
    wren.get_by_role("link", name="Show it").click()
    wren.get_by_role("listitem", name=TITLE).get_by_role("button", name="Make an entry").click()
    piece = wren.get_by_role("group", name="The piece")
    _arrive(piece)
    piece.focus()
    wren.keyboard.press("ArrowDown")
    wren.keyboard.press("q")
    expect(wren.get_by_label("Quotation", exact=True)).not_to_have_value("")
    wren.get_by_role("textbox", name="Framing", exact=True).fill(FRAMING)
    wren.get_by_role("combobox", name="Topics").fill("rail")
    wren.get_by_role("option", name="Railways").click()
    expect(wren.get_by_role("button", name="Remove Railways")).to_be_visible()
    _save_and_commit(wren)


def _save_and_commit(page: Page) -> None:
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Saved and committed.")).to_have_count(1)


def _compose(eve: Page) -> None:
    """Make tomorrow's issue of what is on the shelf, and fix what it lacks."""
    eve.goto("/")
    expect(eve.get_by_text("Tomorrow has no issue.")).to_be_visible()
    eve.get_by_role("button", name="Create it").click()
    eve.get_by_role("textbox", name="Subject").fill(SUBJECT)
    for title in (TITLE, READY):
        eve.get_by_role("button", name=f"Add {title}").click()
        expect(eve.get_by_role("list").get_by_role("link", name=title)).to_be_visible()
    finding = eve.get_by_role("listitem").filter(has_text="the issue has no preheader")
    expect(finding).to_be_visible()
    eve.get_by_role("textbox", name="Preheader").fill("What a night costs.")
    expect(finding).to_have_count(0)


def _can_not_send(wren: Page) -> None:
    expect(wren.get_by_role("link", name="Send", exact=True)).to_have_count(0)
    answer = wren.goto(f"/issues/{ISSUE}/send")
    assert answer is not None
    assert answer.status == 403
    expect(wren.get_by_role("main")).to_contain_text("Your role doesn’t include this page")


def _proof(eve: Page) -> None:
    """Mail a proof to the publisher."""
    eve.get_by_role("link", name="review this issue").click()
    proof = eve.get_by_role("region", name="Proof")
    for name in (ADMIN.name, WRITER.name, EDITOR.name):
        proof.get_by_role("checkbox", name=name).uncheck()
    proof.get_by_role("button", name="Mail the proof").click()
    happened = eve.get_by_role("region", name="What happened")
    expect(happened).to_contain_text(f"mailed a proof to {PUBLISHER.address}")


def _ask_for_changes(pia: Page, studio: WorkingStudio) -> None:
    """Open the proof's link, comment on an entry, and ask for changes."""
    pia.goto(_link(studio.mail.wait(PUBLISHER.address, f"[Proof] {SUBJECT}")))
    _arrive(pia.get_by_role("button", name="Ask for changes"))
    pia.get_by_label("New comment").fill("Who goes again?")
    pia.get_by_label("What it is about").select_option(f"On “{TITLE}”")
    pia.get_by_role("button", name="Comment", exact=True).click()
    expect(pia.get_by_role("region", name="Comments").get_by_role("listitem")).to_contain_text("Who goes again?")
    pia.get_by_label("Note", exact=True).fill("One more sentence, please.")
    pia.get_by_role("button", name="Ask for changes").click()
    expect(pia.get_by_role("region", name="Not approved")).to_contain_text("One more sentence, please.")


def _improve(eve: Page) -> None:
    """Read the request and the comment, and change the entry."""
    expect(eve.get_by_role("region", name="Not approved")).to_contain_text("Pia Lund asked for changes")
    eve.get_by_role("region", name="Comments").get_by_role("link", name=TITLE).click()
    framing = eve.get_by_role("textbox", name="Framing", exact=True)
    _arrive(framing)
    framing.fill(BETTER)
    eve.get_by_role("button", name="Resolve the comment by Pia Lund").click()
    expect(eve.get_by_text("1 resolved comment")).to_be_visible()
    _save_and_commit(eve)


def _tick_off(pia: Page) -> None:
    """Tick the warnings about the test's own addresses off."""
    for path in ("/night", "/soil"):
        reason = pia.get_by_role("textbox", name=f'{path}" is not https')
        reason.fill("The Gazette has no https yet.")
        reason.press("Enter")
        expect(reason).to_have_count(0)
    expect(pia.get_by_text("Every finding was ticked off.")).to_be_visible()


def _approve(pia: Page, words: str, button: str = "Approve") -> None:
    """Read what has changed, and approve it with a passkey."""
    expect(pia.get_by_role("region", name="Since the")).to_contain_text(words)
    with pia.expect_response("**/confirm"):
        pia.get_by_role("button", name=button, exact=True).click()
    expect(pia.get_by_role("region", name="Approved")).to_contain_text("Pia Lund")


def _open_send(pia: Page) -> None:
    pia.get_by_role("main").get_by_role("link", name="Send", exact=True).click()
    expect(pia.get_by_role("heading", name="To 2 readers")).to_be_visible()


def _undo(pia: Page) -> None:
    pia.get_by_role("main").get_by_role("button", name="Undo", exact=True).click()
    expect(pia.get_by_text("An earlier send was undone before it began. Nobody got it.")).to_be_visible()


def _schedule_and_undo(pia: Page) -> None:
    _open_send(pia)
    pia.get_by_role("button", name="Schedule", exact=True).click()
    expect(pia.get_by_role("heading", name="Scheduled")).to_be_visible()
    expect(pia.get_by_role("main")).to_contain_text("Tuesday 24 November 2026 at 06:30")
    _undo(pia)


def _change_subject(eve: Page) -> None:
    """Change the approved issue, which brings it back to review."""
    eve.get_by_role("link", name="Review", exact=True).click()
    expect(eve.get_by_role("region", name="Approved")).to_be_visible()
    eve.get_by_role("main").get_by_role("link", name="Compose", exact=True).click()
    subject = eve.get_by_role("textbox", name="Subject")
    _arrive(subject)
    subject.fill(LATER)
    _save_and_commit(eve)
    eve.get_by_role("link", name="review this issue").click()
    expect(eve.get_by_role("region", name="Not approved")).to_contain_text("1 approval missing")
    expect(eve.get_by_role("region", name="Since the approval by Pia Lund")).to_contain_text("subject changed")


def _sign_in_again(pia: Page) -> None:
    """Come back in the morning: the session has ended."""
    pia.goto("/review")
    pia.get_by_role("button", name="Sign in with a passkey").click()
    _arrive(pia.get_by_role("region", name="Not approved"))


def _send_and_undo(pia: Page) -> None:
    _open_send(pia)
    pia.get_by_role("button", name="Send in 60 s").click()
    expect(pia.get_by_role("heading", name="Counting down")).to_be_visible()
    _undo(pia)


def _send(pia: Page, studio: WorkingStudio) -> None:
    """Send, let a minute pass, and watch it to the end."""
    pia.get_by_role("button", name="Send in 60 s").click()
    expect(pia.get_by_role("heading", name="Counting down")).to_be_visible()
    assert not studio.mail.of(RAIL)
    studio.clock.move(seconds=61)
    expect(pia.get_by_role("heading", name="Sent", exact=True)).to_be_visible()
    expect(pia.get_by_role("table", name="Deliveries by their state")).to_contain_text("Submitted")


def _readers_have_it(studio: WorkingStudio) -> None:
    """Each reader has the entry on their topic, and the publisher has heard that it was sent."""
    for address, title, other in ((RAIL, TITLE, READY), (SOIL, READY, TITLE)):
        (mail,) = studio.mail.of(address)
        assert mail["Subject"] == LATER
        assert mail["List-Unsubscribe"].startswith("<https://news.daily.example/")
        for kind in ("plain", "html"):
            body = mail.get_body((kind,))
            assert body is not None
            text = " ".join(body.get_content().split())
            assert title in text
            assert other not in text
    studio.mail.wait(PUBLISHER.address, f"Issue {ISSUE} has been sent")


def _report(pia: Page) -> None:
    pia.get_by_role("main").get_by_role("link", name="Report").click()
    expect(pia.get_by_text("Sent to 2 readers. Nobody unsubscribed.")).to_be_visible()
    expect(pia.get_by_role("row", name=re.compile("^Recipients 2"))).to_be_visible()


def _who_did_what(ada: Page) -> list[str]:
    """Return the audit log's entries, the first one first: who did what."""
    ada.goto("/people/audit")
    ada.get_by_role("button", name="Sign in with a passkey").click()
    log = ada.get_by_role("region", name="Entries").get_by_role("listitem")
    expect(log.first).to_be_visible()
    parts = [list(filter(None, text.splitlines())) for text in log.all_inner_texts()]
    return [f"{lines[-1]}: {lines[1]}" for lines in reversed(parts)]
