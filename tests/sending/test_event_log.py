"""The log of a send has one complete line for each event, without addresses."""

import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.delivery import ClaimedDelivery, DeliveryStatus, Receipt
from newsletter.domain.send import Send, SendStatus
from newsletter.sending.event_log import EventLog, LogEvent, open_event_log
from tests import make

S = DeliveryStatus
SEND = Send(
    id=3,
    issue="2026-11-23",
    status=SendStatus.FAILURES,
    provider="smtp",
    digest="",
    segments=("everyone",),
    created=make.WHEN,
    finished=None,
    counts={S.SUBMITTED: 7, S.REFUSED: 2},
    reason="relay.example.org:587 refuses: 451 <editors@news.example.org> too fast",
    waits_until=make.WHEN,
    holder="worker 17 on mail-1",
)


def claimed(address: str = "ada@example.com", reader: int = 17) -> ClaimedDelivery:
    return ClaimedDelivery(edition=0, subscriber=reader, key=make.KEY, address=address, values={}, attempt=2)


def lines(out: BytesIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().decode("ascii").splitlines()]


def logged(detail: str, address: str = "ada@example.com", *, addresses: bool = False) -> dict[str, Any]:
    """Return the logged line of a refused delivery."""
    out = BytesIO()
    receipts = [Receipt(subscriber=17, status=S.REFUSED, detail=detail)]
    EventLog(out, addresses=addresses, clock=lambda: make.WHEN).write_batch(SEND, [claimed(address)], receipts)
    return lines(out)[1]


def test_a_batch_is_counted_and_its_failures_are_listed() -> None:
    out = BytesIO()
    batch = [claimed(f"r{reader}@example.com", reader) for reader in range(1, 6)]
    details = {
        S.SUBMITTED: "250 queued",
        S.REFUSED: "550 5.1.1 <r2@example.com>: no such user (to RCPT TO)",
        S.DEFERRED: "452 4.2.2 over quota (to RCPT TO)",
        S.UNCERTAIN: "the connection was lost: no answer in time (at the answer to the message)",
    }
    receipts = [
        Receipt(subscriber=reader, status=status, detail=detail)
        for reader, (status, detail) in enumerate(details.items(), 1)
    ]
    EventLog(out, clock=lambda: make.WHEN).write_batch(SEND, batch, receipts)
    common = {"time": "2026-11-23T06:30:00.000+00:00", "send": 3, "issue": "2026-11-23"}
    counted, refused, deferred, uncertain = lines(out)
    assert counted == common | {
        "event": "batch.recorded",
        "deliveries": 5,
        "counts": {"submitted": 1, "refused": 1, "deferred": 1, "uncertain": 1},
    }
    assert refused == common | {
        "event": "delivery.refused",
        "reader": 2,
        "attempt": 2,
        "reason": "550 5.1.1: the address does not exist",
        "said": "550 5.1.1 <address>: no such user (to RCPT TO)",
    }
    assert (deferred["event"], deferred["reader"]) == ("delivery.deferred", 3)
    assert (uncertain["event"], uncertain["reader"]) == ("delivery.uncertain", 4)


@pytest.mark.parametrize(
    ("event", "facts"),
    [
        (LogEvent.BEGAN, {"provider": "smtp", "recipients": 9}),
        (LogEvent.RESUMED, {"provider": "smtp", "recipients": 9, "settled": 9}),
        (
            LogEvent.WAITS,
            {
                "until": "2026-11-23T06:30:00.000+00:00",
                "reason": "relay.example.org:587 refuses: 451 <address> too fast",
            },
        ),
        (LogEvent.PAUSED, {"reason": "relay.example.org:587 refuses: 451 <address> too fast"}),
        (LogEvent.FINISHED, {"status": "finished with failures", "counts": {"submitted": 7, "refused": 2}}),
        (LogEvent.LEASE_LOST, {"holder": "worker 17 on mail-1"}),
        (LogEvent.DATABASE_BUSY, {}),
    ],
)
def test_an_event_of_a_send_has_all_its_details(event: LogEvent, facts: dict[str, Any]) -> None:
    out = BytesIO()
    EventLog(out, clock=lambda: make.WHEN).write(event, SEND, tried=3)
    (line,) = lines(out)
    start = {"time": "2026-11-23T06:30:00.000+00:00", "event": event.value, "send": 3, "issue": "2026-11-23"}
    assert line == start | facts | {"tried": 3}


def test_an_event_can_be_logged_without_a_send() -> None:
    out = BytesIO()
    EventLog(out, clock=lambda: make.WHEN).write(LogEvent.DATABASE_BUSY, seconds=10.5)
    assert lines(out) == [{"time": "2026-11-23T06:30:00.000+00:00", "event": "database.busy", "seconds": 10.5}]


@pytest.mark.parametrize(
    ("detail", "address"),
    [
        ("550 <Ada.Byron@EXAMPLE.com>... User unknown", "ada.byron@example.com"),
        ("550 user ada.byron not known here", "ada.byron@example.com"),
        ("550 ada.byron@xn--mnchen-3ya.example unknown", "ada.byron@münchen.example"),
        ("550 see https://example.net/unknown?to=ada.byron%40example.com", "ada.byron@example.com"),
        ("550 SRS0=x=y=example.com=ada.byron@relay.example.org refused", "ada.byron@example.com"),
        ("550 (ada.byron@elsewhere.example) is another's", "ada.byron@example.com"),
        ("OtherError: ada.byron failed", "ada.byron@example.com"),
        ("550 ada.byron@not..a.domain unknown", "ada.byron@not..a.domain"),
    ],
)
def test_an_address_repeated_by_the_server_is_hidden_unless_enabled(detail: str, address: str) -> None:
    line = logged(detail, address)
    assert "ada.byron" not in json.dumps(line).casefold()
    assert "<address>" in line["said"]
    enabled = logged(detail, address, addresses=True)
    assert (enabled["address"], enabled["said"]) == (address, detail)


@given(
    st.lists(st.text(max_size=20), max_size=5),
    st.from_regex(r"[a-z][a-z0-9._+-]{2,20}@[a-z0-9-]{1,10}\.[a-z]{2,5}", fullmatch=True),
)
def test_no_text_brings_an_address_into_the_log(words: Sequence[str], address: str) -> None:
    line = logged(f" <{address}> ".join(["550 no", *words]) + f" {address}", address)
    assert address not in json.dumps(line)
    assert "@" not in json.dumps(line)


@given(st.text())
def test_any_text_is_logged_as_one_line_of_ascii(detail: str) -> None:
    out = BytesIO()
    EventLog(out).write_batch(SEND, [claimed()], [Receipt(subscriber=17, status=S.UNCERTAIN, detail=detail)])
    assert len(lines(out)) == 2
    assert all(32 <= octet < 127 or octet == 10 for octet in out.getvalue())


def test_a_log_is_appended_to_an_existing_file_readable_only_by_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "send.log"
    for _ in range(2):
        with open_event_log(path) as log:
            log.write(LogEvent.BEGAN, SEND)
            assert path.read_text().endswith("}\n")  # at once
    assert [json.loads(line)["event"] for line in path.read_text().splitlines()] == ["send.began"] * 2
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_log_can_be_written_to_a_stream(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    EventLog(sys.stderr.buffer).write(LogEvent.PAUSED, SEND)
    assert json.loads(capfdbinary.readouterr().err)["event"] == "send.paused"


def test_a_log_without_a_file_writes_nothing() -> None:
    log = EventLog()
    log.write(LogEvent.BEGAN, SEND)
    log.write_batch(SEND, [claimed()], [Receipt(subscriber=17, status=S.REFUSED)])
    assert log.unwritten == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
def test_a_full_disk_does_not_stop_a_send_and_missing_lines_are_counted() -> None:
    with open_event_log(Path("/dev/full")) as log:
        log.write(LogEvent.BEGAN, SEND)
        log.write_batch(SEND, [], [])
    assert log.unwritten == 2


class Filling(BytesIO):
    """A disk that stores half of the first line, then nothing, then everything."""

    def __init__(self) -> None:
        super().__init__()
        self.turns = 0

    def write(self, line: Any) -> int:
        self.turns += 1
        if self.turns == 2:
            raise OSError
        return super().write(line[: len(line) // 2] if self.turns == 1 else line)


def test_a_torn_line_does_not_affect_other_lines() -> None:
    out = Filling()
    log = EventLog(out)
    for _ in range(4):
        log.write(LogEvent.BEGAN, replace(SEND, counts={}))
    torn, *whole = out.getvalue().splitlines()
    assert [json.loads(line)["event"] for line in whole] == ["send.began"] * 2
    assert (log.unwritten, torn[:1]) == (2, b"{")


class OneAtATime(BytesIO):
    """A disk that refuses each line, and counts the threads that write at the same time."""

    def __init__(self) -> None:
        super().__init__()
        self.writers = self.most_writers = 0

    def write(self, _line: Any) -> int:
        self.writers += 1
        self.most_writers = max(self.most_writers, self.writers)
        time.sleep(0.001)  # lets another thread in, unless a lock keeps it out
        self.writers -= 1
        raise OSError


def test_threads_share_a_log_one_at_a_time_and_count_every_missing_line() -> None:
    out = OneAtATime()
    log = EventLog(out)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: log.write(LogEvent.PAUSED, SEND), range(40)))
    assert (out.most_writers, log.unwritten) == (1, 40)
