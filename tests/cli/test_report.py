"""`newsletter report`: figures printed, as JSON, as CSV and as a page."""

import csv
import json
import re
from pathlib import Path

from newsletter.domain.consent import UnsubscribeRequest
from newsletter.domain.events import Event, EventKind
from newsletter.domain.tracking import ClickOrOpen
from newsletter.store import open_store
from tests import make
from tests.command_line import Run


def sent(run: Run) -> None:
    """Send the sample issue to its readers, one of whom complained."""
    assert run("send", "latest", "--yes").status == 0
    with open_store("sqlite:///newsletter.db") as store:
        (ada,) = [reader for reader in store.subscribers.stream() if reader.address == "ada@example.com"]
        kinds = (EventKind.DELIVERED, EventKind.COMPLAINED)
        events = [
            Event(key=kind, provider="ses", kind=kind, at=make.WHEN, issue="2026-11-23", reader=ada.key)
            for kind in kinds
        ]
        assert store.events.record(events, soft_bounces=3, now=make.WHEN).new == 2


def test_a_report_shows_an_issues_results(readers: Path, run: Run) -> None:
    sent(run)
    printed = run("report", "latest", "--csv", "report.csv", "--html", "report.html")
    assert printed.status == 0
    lines = {line.split("  ")[0].strip(): line.split() for line in printed.stdout.splitlines()}
    assert lines["Submitted"][-1] == "3"
    assert lines["Delivered"][-2:] == ["1", "33.3%"]
    assert lines["Complaints"][-2:] == ["1", "33.3%"]
    assert "Clicks are not tracked" in printed.stderr
    rows = list(csv.DictReader((readers / "report.csv").open(encoding="utf-8-sig")))
    numbers = {row["figure"]: row["number"] for row in rows if row["issue"] == "2026-11-23"}
    assert (numbers["recipients"], numbers["complained"], numbers["clicks of people"]) == ("3", "1", "0")
    page = (readers / "report.html").read_text()
    assert "Complaints</th><td>1</td><td>33.3%" in page
    assert "<script" not in page
    assert "ada@" not in page


def test_a_report_as_json_adds_up(readers: Path, run: Run) -> None:
    sent(run)
    reported = json.loads(run("report", "2026-11-23", "--json").stdout)
    figures = reported["figures"]
    assert figures["recipients"] == sum(figures[name] for name in ("submitted", "refused", "skipped", "held", "open"))
    assert reported["earlier"] == []
    assert reported["clicks"] == {"entries": [], "positions": [], "topics": [], "links": []}


def test_a_report_of_an_unsent_issue_is_refused(root: Path, run: Run) -> None:
    refused = run("report", "latest", "--csv", "report.csv")
    assert refused.status == 2
    assert "no issue has been sent yet" in refused.stderr
    assert not (root / "report.csv").exists()


def test_links_are_counted_only_in_sends_after_counting_is_turned_on(readers: Path, run: Run) -> None:
    with (readers / "newsletter.toml").open("a") as toml:
        toml.write('\n[counting]\nclicks = "aggregate"\n')
    assert run("build", "latest", "--out", "built").status == 0
    assert "/c/2026-11-23/" not in (readers / "built/2026-11-23.html").read_text()
    assert run("send", "latest", "--yes").status == 0
    (mail,) = (readers / "outbox/2026-11-23").glob("ada@*.eml")
    assert "/c/2026-11-23/1" in mail.read_text().replace("=\n", "")
    assert "have changed" not in run("sends", "show", "1").stderr
    with open_store("sqlite:///newsletter.db") as store:
        link = store.clicks_and_opens.link("2026-11-23", 1)
        assert link is not None
        store.clicks_and_opens.record([ClickOrOpen(send=link.send, link=1, at=make.WHEN)])
    reported = json.loads(run("report", "latest", "--json").stdout)
    assert sum(line["clicks"] for line in reported["clicks"]["entries"]) == 1
    again = run("send", "latest", "--resume")
    assert "have changed" not in again.stderr


def test_a_report_has_the_clicks_on_a_sponsors_links(readers: Path, run: Run) -> None:
    with (readers / "newsletter.toml").open("a") as toml:
        toml.write('\n[counting]\nclicks = "aggregate"\n')
    with (readers / "issues/2026-11-23.md").open("a") as file:
        file.write("\nThanks to [Lamps](https://lamps.example/?a=1).\n")
    sent(run)
    with open_store("sqlite:///newsletter.db") as store:
        links = store.clicks_and_opens.counts("2026-11-23").links
        (number,) = [row.link.number for row in links if row.link.url.startswith("https://lamps.example/")]
        numbers = (number, number, number + 1, number + 2)
        store.clicks_and_opens.record([ClickOrOpen(send=1, link=at, at=make.WHEN) for at in numbers])
    printed = run("report", "latest", "--csv", "report.csv", "--html", "report.html").stdout
    assert re.search(r"https://lamps\.example/\?a=1 +2\b", printed)
    reported = json.loads(run("report", "latest", "--json").stdout)
    clicks = reported["clicks"]
    assert {"mark": str(number), "name": "https://lamps.example/?a=1", "clicks": 2} in clicks["links"]
    together = sum(line["clicks"] for line in (*clicks["entries"], *clicks["links"]))
    assert together == reported["figures"]["clicks"]["people"] == 4
    rows = list(csv.DictReader((readers / "report.csv").open(encoding="utf-8-sig")))
    assert [row["number"] for row in rows if row["name"] == "https://lamps.example/?a=1"] == ["2"]
    assert "Clicks by other link" in (readers / "report.html").read_text()


def test_a_report_has_the_votes_and_the_reasons_for_leaving(readers: Path, run: Run) -> None:
    with (readers / "newsletter.toml").open("a") as file:
        file.write('\n[counting]\nclicks = "aggregate"\n')
    with (readers / "issues/2026-11-23.md").open("a") as file:
        file.write("\nGood? [Yes]({{ links.vote('yes') }}) [No]({{ links.vote('=no') }})\n")
    sent(run)
    with open_store("sqlite:///newsletter.db") as store:
        (ada,) = [reader for reader in store.subscribers.stream() if reader.address == "ada@example.com"]
        answer = store.polls.answer("2026-11-23", 2)
        assert answer is not None
        assert store.polls.vote(ada.key, answer, make.WHEN)
        leaving = UnsubscribeRequest(key=ada.key, how="page", issue="2026-11-23")
        store.self_service.unsubscribe([leaving], make.WHEN)
        issue, day = "2026-11-23", make.WHEN.date()
        assert store.leaving.count_reason(ada.key, "time", issue=issue, subject="hash", day=day, now=make.WHEN)
    printed = run("report", "latest", "--csv", "report.csv").stdout
    assert re.search(r"=no +1\b", printed)
    assert re.search(r"I don’t have time to read it +1\b", printed)
    reported = json.loads(run("report", "latest", "--json").stdout)
    assert reported["poll"] == [{"answer": "yes", "votes": 0}, {"answer": "=no", "votes": 1}]
    assert reported["leaving"] == [
        {"reason": "time", "words": "I don’t have time to read it", "readers": 1, "days": {day.isoformat(): 1}}
    ]
    rows = list(csv.reader((readers / "report.csv").open(encoding="utf-8-sig")))
    assert [row[1:] for row in rows if row[1] in ("votes", "leaving")] == [
        ["votes", "1", "yes", "0"],
        ["votes", "2", "'=no", "1"],
        ["leaving", "time", "I don’t have time to read it", "1"],
    ]
