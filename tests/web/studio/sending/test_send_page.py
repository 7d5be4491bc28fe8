"""The send page without a browser: the plan, the start, the controls, and the stream of the ledger's state."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from lxml import html

from newsletter import bootstrap, settings
from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.segment import EVERYONE
from newsletter.domain.send import Send, SendStatus
from newsletter.domain.subscriber import Subscriber, SuppressionReason
from newsletter.store import Store
from newsletter.store.tables import delivery
from tests import make
from tests.make import SECRET
from tests.rows import execute
from tests.web.preview.running_preview import NewsletterFolder, morning
from tests.web.studio import send_stages

TODAY = "2026-11-23"
PAGE = f"/issues/{TODAY}/send"
READERS = 50
JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def root(shared_folder: NewsletterFolder) -> Path:
    """The module's newsletter, with fifty readers."""
    with bootstrap.open_store(settings.load(shared_folder.root)) as store:
        readers = [Subscriber(address=f"r{at}@example.com") for at in range(READERS)]
        store.subscribers.merge([readers], now=morning())
    return shared_folder.root


@pytest.fixture
def store(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The newsletter's store, without a send."""
    monkeypatch.setenv("NEWSLETTER_SECRET", SECRET)
    send_stages.put(root, TODAY, "unsent", now=morning())
    with bootstrap.open_store(settings.load(root)) as opened:
        yield opened


def put(store: Store, root: Path, stage: str) -> Send:
    """Put today's send into a stage, and return it."""
    send_stages.STAGES[stage](store, root, TODAY, morning())
    send = store.sends.of_issue(TODAY)
    assert send is not None
    return send


def seen(editor: httpx.Client) -> str:
    """Return the digest of the issue that the plan is about."""
    return editor.get(f"{PAGE}/plan").text.partition('name="seen" value="')[2].partition('"')[0]


def start(editor: httpx.Client, **fields: str) -> httpx.Response:
    return editor.post(f"{PAGE}/start", data={"kind": "soon", **fields}, headers=JSON)


def press(editor: httpx.Client, control: str) -> httpx.Response:
    """Press a button of the page, as its scripts do."""
    return editor.post(f"{PAGE}/{control}", data={"from": "page"}, headers=JSON)


def test_the_plan_says_who_gets_it_and_the_page_counts_nobody_before(editor: httpx.Client, store: Store) -> None:
    page = editor.get(PAGE).text
    assert "Not sent yet" in page
    assert "Send in 60 s" not in page
    plan = editor.get(f"{PAGE}/plan").text
    assert "To 50 readers" in plan
    assert "Send in 60 s" in plan
    assert "This is the first send" in plan
    assert 'value="2026-11-23T06:30"' in plan
    assert "To 50 readers" in editor.get(PAGE, params={"plan": "yes"}).text


def test_the_plan_counts_warnings_that_nobody_has_ticked_off(editor: httpx.Client, root: Path, store: Store) -> None:
    NewsletterFolder(root=root).issue("2026-11-25", "old-map", preheader="")
    review = "/issues/2026-11-25/review"
    warnings = editor.get(review).text.count(f'action="{review}/tick"')
    assert warnings
    for left in range(warnings, 0, -1):
        assert f">{left} open warning" in editor.get("/issues/2026-11-25/send/plan").text
        form = html.document_fromstring(editor.get(review).text).cssselect("form[action$='/tick']")[0]
        editor.post(form.get("action"), data={**dict(form.fields), "reason": "It is meant so."})
    assert "open warning" not in editor.get("/issues/2026-11-25/send/plan").text


def test_the_plan_says_that_a_secret_is_missing_before_a_send_fails_on_it(
    editor: httpx.Client, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "worker can’t send" not in editor.get(f"{PAGE}/plan").text
    monkeypatch.delenv("NEWSLETTER_SECRET")
    assert "The studio’s worker can’t send.</b> NEWSLETTER_SECRET is not set" in editor.get(f"{PAGE}/plan").text


def test_a_send_in_a_minute_is_undone_and_started_again(editor: httpx.Client, store: Store) -> None:
    answer = start(editor, seen=seen(editor))
    assert answer.json()["announce"].startswith("Goes out in 1 minute, on Monday 23 November 2026 at ")
    send = store.sends.of_issue(TODAY)
    assert send is not None
    assert (send.status, send.begins) == (SendStatus.SCHEDULED, morning() + timedelta(seconds=60))
    page = editor.get(PAGE).text
    assert 'data-left="60"' in page
    assert editor.get("/compose").headers["location"] == PAGE.removesuffix("/send")  # its send hasn't begun
    assert ">Undo</button>" in page
    assert editor.get(f"{PAGE}/plan").text.count("<form") == 0
    press(editor, "undo").raise_for_status()
    assert store.sends.get(send.id).status is SendStatus.CANCELLED
    assert "An earlier send was undone" in editor.get(PAGE).text
    assert (editor.get("/send").headers["location"], editor.get("/review").headers["location"]) == (
        PAGE,
        PAGE.replace("/send", "/review"),
    )
    again = press(editor, "undo")
    assert (again.status_code, again.json()["error"]["code"]) == (422, "send-status")
    assert start(editor, seen=seen(editor)).status_code == 200
    assert [entry.act for entry in store.audit.entries(limit=3)] == ["schedule-send", "undo-send", "schedule-send"]


def test_a_changed_issue_is_looked_at_again_before_it_is_sent(editor: httpx.Client, root: Path, store: Store) -> None:
    before = seen(editor)
    file = root / f"issues/{TODAY}.md"
    text = file.read_text("utf-8")
    file.write_text(text.replace("What happened", "Whatever happened"), "utf-8")
    try:
        answer = start(editor, seen=before)
        assert answer.json()["error"]["code"] == "send-changed"
        assert store.sends.of_issue(TODAY) is None
        assert start(editor, seen=seen(editor)).status_code == 200
    finally:
        file.write_text(text, "utf-8")


def test_another_day_is_confirmed_first(editor: httpx.Client, store: Store) -> None:
    fields = {"kind": "at", "at": "2026-11-25T06:30"}
    answer = start(editor, **fields)
    assert answer.json()["error"]["code"] == "issue-date-wrong"
    assert store.sends.of_issue(TODAY) is None
    page = editor.post(f"{PAGE}/start", data=fields)  # without scripts
    assert page.status_code == 422
    assert "is dated Monday 23 November 2026" in page.text
    assert 'value="2026-11-25T06:30"' in page.text
    box = page.text.partition('id="any-date-box"')[2].partition(">")[0]
    assert "hidden" not in box
    assert start(editor, **fields, any_date="yes").status_code == 200
    send = store.sends.of_issue(TODAY)
    assert send is not None
    assert send.begins is not None
    assert send.begins.isoformat() == "2026-11-25T06:30:00+00:00"


def test_an_unusual_audience_is_confirmed_first(editor: httpx.Client, store: Store) -> None:
    before = store.sends.freeze(
        compiled=make.compiled(issue="2026-11-22"),
        tailor=make.tailor(slug="2026-11-22"),
        date=morning(),
        provider="outbox",
        segments=[EVERYONE],
        now=morning(),
    )
    ten = sa.select(delivery.c.subscriber).where(delivery.c.send == before.id).limit(10)
    execute(store, sa.delete(delivery).where(delivery.c.subscriber.in_(ten)))
    error = start(editor).json()["error"]
    assert error["code"] == "send-audience-unusual"
    assert "50 readers would get it, 25% more than the last send (40)" in error["what"]
    assert store.sends.of_issue(TODAY) is None
    page = html.fromstring(editor.post(f"{PAGE}/start", data={"kind": "soon"}).text)  # without scripts
    assert "hidden" not in page.get_element_by_id("now-any-audience-box").attrib
    assert start(editor, any_date="yes").json()["error"]["code"] == "send-audience-unusual"
    assert start(editor, any_audience="yes").status_code == 200
    assert store.sends.of_issue(TODAY) is not None


def test_a_time_is_said_in_words_and_what_is_odd_about_it(editor: httpx.Client, root: Path, store: Store) -> None:
    toml = root / "newsletter.toml"
    text = toml.read_text("utf-8")
    toml.write_text(f'time_zone = "Europe/Vienna"\n{text}', "utf-8")
    try:
        said = {
            time: editor.get(f"{PAGE}/time", params={"kind": "at", "time": time}).text
            for time in ("2026-11-23T18:30", "2027-03-28T02:30", "2027-10-31T02:30", "2026-11-23T06:30", "soon")
        }
    finally:
        toml.write_text(text, "utf-8")
    assert "Monday 23 November 2026 at 18:30" in said["2026-11-23T18:30"]
    assert "in 11 hours 30 minutes" in said["2026-11-23T18:30"]
    assert "caution" not in said["2026-11-23T18:30"]
    assert "does not exist in Europe/Vienna" in said["2027-03-28T02:30"]
    assert "occurs twice in Europe/Vienna" in said["2027-10-31T02:30"]
    assert "far ahead" in said["2027-10-31T02:30"]
    assert "has passed" in said["2026-11-23T06:30"]
    assert "not a date and time" in said["soon"]


def test_a_scheduled_send_says_its_plan_and_what_another_time_needs(
    editor: httpx.Client, root: Path, store: Store
) -> None:
    put(store, root, "scheduled")
    toml = root / "newsletter.toml"
    text = toml.read_text("utf-8")
    assert "<dt>Planned for</dt><dd>50 readers</dd>" in editor.get(PAGE).text
    assert "have it approved" not in editor.get(PAGE).text
    toml.write_text(f"{text}\n[approval]\nrequired = true\n", "utf-8")
    try:
        assert "have it approved</a> for the new time first" in editor.get(PAGE).text
    finally:
        toml.write_text(text, "utf-8")


def test_a_send_is_moved_and_keeps_everything_else(editor: httpx.Client, root: Path, store: Store) -> None:
    send = put(store, root, "scheduled")
    fields = {"kind": "at", "at": "2026-11-23T19:00"}
    answer = editor.post(f"{PAGE}/start/move", data=fields, headers=JSON)
    assert "on Monday 23 November 2026 at 19:00" in answer.json()["announce"]
    moved = store.sends.get(send.id)
    assert moved.begins is not None
    assert (moved.begins.isoformat(), moved.segments) == ("2026-11-23T19:00:00+00:00", send.segments)
    late = editor.post(f"{PAGE}/start/move", data={"kind": "at", "at": "2027-11-23T19:00"}, headers=JSON)
    assert late.json()["error"]["code"] in ("issue-date-wrong", "send-far-ahead")


@pytest.mark.parametrize(
    ("stage", "words", "without"),
    [
        (
            "sending",
            ["Sending", ">Pause</button>", "readers wait until somebody resumes it", "will not get it"],
            "Resume",
        ),
        (
            "outage",
            ["Held up", "gives no clear answer: timed out", "Since Monday 23", ">Pause</button>", "The next try is on"],
            "Try now",
        ),
        ("paused", ["Paused", ">Resume</button>", "Retry 12 refused", "rejected by policy"], ">Pause</button>"),
        ("failures", ["Sent with failures", "Retry 3 refused", "Send 2 uncertain again", "Hold them"], "Cancel"),
        ("sent", ["Sent", "100%", '/report">Report</a>'], '<button class="button main"'),
        ("cancelled", ["Cancelled", "Skipped", "the send was cancelled"], "Retry"),
        (
            "failing",
            [
                "Held up",
                "Review the issue",
                "Since Monday 23 November 2026 at 0",
                "The next try is on Monday 23 November 2026 at ",
                "doesn&#39;t answer",
                "Another time",
            ],
            "Retry",
        ),
    ],
)
def test_every_stage_shows_its_numbers_and_the_controls_that_the_ledger_allows(
    editor: httpx.Client, store: Store, root: Path, stage: str, words: list[str], without: str
) -> None:
    put(store, root, stage)
    page = editor.get(PAGE).text.partition('id="send-state"')[2].partition("</section>")[0]
    assert [word for word in words if word not in page] == []
    assert without not in page


def test_the_review_of_a_sent_issue_says_to_how_many_and_leads_to_the_report(
    editor: httpx.Client, store: Store, root: Path
) -> None:
    readers = put(store, root, "sent").recipients
    page = editor.get(PAGE.replace("/send", "/review")).text
    assert f'To {readers} readers. <a href="{PAGE.replace("/send", "/report")}">Report</a>' in page


@pytest.mark.parametrize(
    "stage", ["scheduled", "counting", "failing", "sending", "paused", "cancelled", "failures", "sent"]
)
def test_all_pages_show_the_same_badge_for_a_stage(editor: httpx.Client, store: Store, root: Path, stage: str) -> None:
    send = put(store, root, stage)
    state = f"#state-{TODAY} .badge"

    def badge(path: str, selector: str) -> tuple[str, str]:
        first = html.document_fromstring(editor.get(path).text).cssselect(selector)[0]
        return first.text_content(), first.get("class")

    issue = f"/issues/{TODAY}"
    words, tone = badge(issue, "#issue-status .badge")
    assert badge(f"{issue}/review", ".issue-line .badge") == (words, tone)
    assert badge(PAGE, "#issue-status .badge") == (words, tone)
    assert badge(PAGE, "#state-title")[0] == words
    assert badge("/", state) == (words, tone)
    if send.digest:
        assert badge(f"{issue}/report", ".issue-line .badge") == (words, tone)


def test_controls_change_the_ledger_and_say_what_they_did(editor: httpx.Client, root: Path, store: Store) -> None:
    send = put(store, root, "failures")

    def pressed(control: str) -> str:
        answer = press(editor, control)
        return str(answer.json().get("announce") or answer.json()["error"]["code"])

    assert pressed("hold") == "2 deliveries held."
    assert pressed("retry") == "Queued 3 deliveries again."
    assert store.sends.get(send.id).status is SendStatus.RUNNING
    assert pressed("pause") == "Paused."
    assert "paused by" in editor.get(PAGE).text
    assert pressed("resend") == "Queued 2 deliveries again."
    assert pressed("resume") == "Resumed. The worker continues."
    assert pressed("undo") == "send-begun"
    assert pressed("cancel") == "Cancelled. 45 readers got it."
    ended = store.sends.get(send.id)
    assert ended.counts == {DeliveryStatus.SUBMITTED: 45, DeliveryStatus.SKIPPED: 3, DeliveryStatus.UNCERTAIN: 2}
    assert pressed("dance") == "control-unknown"


def test_controls_say_how_many_readers_they_reach(editor: httpx.Client, root: Path, store: Store) -> None:
    send = put(store, root, "failures")
    assert "will be skipped" not in editor.get(PAGE).text
    (refused, *_), *_ = store.deliveries.stream(send.id, DeliveryStatus.REFUSED)
    store.suppressions.add(refused, SuppressionReason.MANUAL, morning())
    assert "1 reader of these left or was suppressed since, and will be skipped." in editor.get(PAGE).text
    store.suppressions.remove(refused)

    execute(store, f"UPDATE send SET status = 'running', finished = NULL, counts = NULL WHERE id = {send.id}")
    execute(store, "UPDATE delivery SET status = 'deferred', due = 9999999999 WHERE status IN ('refused', 'uncertain')")
    press(editor, "pause")
    assert "5 readers left to mail; each is tried again at a time of their own." in editor.get(PAGE).text


def test_an_issue_with_errors_or_without_readers_says_so_instead_of_a_button(
    editor: httpx.Client, root: Path, store: Store
) -> None:
    NewsletterFolder(root=root).issue("2026-11-24", "there-is-none")
    plan = editor.get("/issues/2026-11-24/send/plan").text
    assert "It can’t be sent yet" in plan
    assert "there-is-none" in plan
    assert "<form" not in plan
    assert editor.post("/issues/2026-11-24/send/start", data={"kind": "soon"}, headers=JSON).status_code == 422
    assert editor.get("/issues/2026-12-24/send").status_code == 404


def test_the_place_leads_to_the_send_under_way_or_the_next_issue(
    editor: httpx.Client, root: Path, store: Store
) -> None:
    assert editor.get("/send").headers["location"] == PAGE
    NewsletterFolder(root=root).issue("2026-11-20", "old-map")
    send_stages.STAGES["paused"](store, root, "2026-11-20", morning())
    assert editor.get("/send").headers["location"] == "/issues/2026-11-20/send"
    assert 'href="/issues/2026-11-20/send"' in editor.get("/").text  # its card on the desk


def test_the_stream_tells_what_the_ledger_has_and_goes_on_while_it_changes(
    editor: httpx.Client, root: Path, store: Store
) -> None:
    send = put(store, root, "counting")
    with editor.stream("GET", f"{PAGE}/live") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        states = (json.loads(line[6:])["html"] for line in stream.iter_lines() if line.startswith("data: "))
        assert 'data-stage="counting down"' in next(states)
        store.schedules.undo(send.id)
        assert 'data-stage="unsent"' in next(states)


def test_an_issue_without_the_approval_that_is_required_goes_out_only_with_a_reason(
    editor: httpx.Client, root: Path, store: Store
) -> None:
    toml = root / "newsletter.toml"
    text = toml.read_text("utf-8")
    toml.write_text(f"{text}\n[approval]\nrequired = true\n", "utf-8")
    try:
        plan = editor.get(f"{PAGE}/plan").text
        assert "<b>Not approved.</b> 1 approval missing." in plan
        assert "hidden" not in plan.partition('id="now-without-approval-box"')[2].partition(">")[0]
        answer = start(editor)
        assert answer.json()["error"]["code"] == "send-not-approved"
        assert store.sends.of_issue(TODAY) is None
        assert start(editor, without_approval="the editor is on a train").status_code == 200
    finally:
        toml.write_text(text, "utf-8")
    assert store.sends.of_issue(TODAY) is not None
    acts = {entry.act: entry.detail for entry in store.audit.entries(limit=2)}
    assert acts["override"]["reason"] == "the editor is on a train"


def test_links_are_checked_in_the_background_and_shown_as_they_come(
    editor: httpx.Client, root: Path, store: Store
) -> None:
    first = editor.get(f"{PAGE}/checks").text
    assert 'id="send-checks"' in first
    assert any(words in first for words in ("of 3 links checked", "Links aren’t checked here"))  # there is no client


def test_what_others_wrote_is_text_on_every_part_of_the_page(editor: httpx.Client, root: Path, store: Store) -> None:
    folder = NewsletterFolder(root=root)
    evil = '<script>alert("1")</script>"onload="x'
    folder.entry("evil", title=evil, url="https://example.org/evil")
    folder.issue("2026-11-25", "evil", subject=evil)
    send_stages.STAGES["failing"](store, root, "2026-11-25", morning())
    send = store.sends.of_issue("2026-11-25")
    assert send is not None
    with store.leases.acquire(send.id) as lease:
        store.controls.postpone(send.id, evil, now=morning(), holder=lease.holder)
    pages = [editor.get(f"/issues/2026-11-25/send{part}").text for part in ("", "/checks", "/time?at=<script>alert")]
    store.schedules.undo(send.id)
    pages.append(editor.get("/issues/2026-11-25/send/plan").text)
    assert [page for page in pages if "<script>alert" in page] == []
    assert "&lt;script&gt;alert" in pages[0]
