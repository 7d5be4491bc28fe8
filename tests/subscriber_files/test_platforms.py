"""Every combination of a reader's status and tags, in the export files of each platform."""

import csv
import io
import shutil
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.domain.consent import ConsentEvent
from newsletter.domain.subscriber import SubscriberStatus, SuppressionReason
from newsletter.store import Store, open_store
from newsletter.subscriber_files import PlatformFormat, RejectedRow, import_readers
from newsletter.subscriber_files.cell_values import moment
from newsletter.subscriber_files.platforms import PLATFORMS
from tests import make

UNCONFIRMED, CONFIRMED, UNSUBSCRIBED = SubscriberStatus
BOUNCED, COMPLAINED, MANUAL, _ = SuppressionReason
TAGS = ["Asia", "VIP", "vip", "Book club", "Zürich", "nato", "a=b", "'quoted'", "north atlantic treaty organization"]
AT = "2021-03-04 05:06:07"
ASKED = datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC)

Stood = tuple[SubscriberStatus | None, SuppressionReason | None]

# For each platform: the columns of address, tags and sign-up, and cells with their meanings.
EXPORTS: Mapping[str, tuple[str, str, str, list[tuple[dict[str, str], Stood]]]] = {
    "mailchimp": (
        "Email Address", "TAGS", "OPTIN_TIME",
        [
            ({"UNSUB_TIME": "", "CLEAN_TIME": "", "UNSUB_REASON": ""}, (None, None)),
            ({"UNSUB_TIME": AT, "CLEAN_TIME": "", "UNSUB_REASON": "NORMAL"}, (UNSUBSCRIBED, None)),
            ({"UNSUB_TIME": AT, "CLEAN_TIME": "", "UNSUB_REASON": "Marked as Spam"}, (UNSUBSCRIBED, COMPLAINED)),
            ({"UNSUB_TIME": "", "CLEAN_TIME": AT, "UNSUB_REASON": ""}, (None, BOUNCED)),
        ],
    ),
    "substack": (
        "email", "tags", "created_at",
        [({"email_disabled": "false"}, (None, None)), ({"email_disabled": "True"}, (UNSUBSCRIBED, None))],
    ),
    "buttondown": (
        "email_address", "tags", "creation_date",
        [
            ({"type": "premium"}, (None, None)),
            ({"type": "Past due"}, (None, None)),
            ({"type": "unactivated"}, (UNCONFIRMED, None)),
            ({"type": "removed"}, (UNSUBSCRIBED, None)),
            ({"type": "undeliverable"}, (None, BOUNCED)),
            ({"type": "complained"}, (UNSUBSCRIBED, COMPLAINED)),
            ({"type": "blocked"}, (UNSUBSCRIBED, MANUAL)),
        ],
    ),
    "ghost": (
        "email", "labels", "created_at",
        [
            ({"subscribed_to_emails": "true", "deleted_at": ""}, (None, None)),
            ({"subscribed_to_emails": "false", "deleted_at": ""}, (UNSUBSCRIBED, None)),
            ({"subscribed_to_emails": "true", "deleted_at": AT}, (UNSUBSCRIBED, None)),
        ],
    ),
    "beehiiv": (
        "Email", "Tags", "Created At",
        [
            ({"Status": "Active", "unsubscribed_at": ""}, (None, None)),
            ({"Status": "active", "unsubscribed_at": AT}, (UNSUBSCRIBED, None)),
            ({"Status": "inactive", "unsubscribed_at": ""}, (UNSUBSCRIBED, None)),
            ({"Status": "needs_attention", "unsubscribed_at": ""}, (UNCONFIRMED, None)),
            ({"Status": "invalid", "unsubscribed_at": ""}, (None, BOUNCED)),
        ],
    ),
    "listmonk": (
        "email", "", "created_at",
        [
            ({"status": "enabled"}, (None, None)),
            ({"status": "disabled"}, (UNSUBSCRIBED, None)),
            ({"status": "blocklisted"}, (UNSUBSCRIBED, MANUAL)),
        ],
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "empty.db"
    open_store(f"sqlite:///{path}").close()
    return path


def stood(store: Store) -> dict[str, tuple[SubscriberStatus, SuppressionReason | None, tuple[str, ...]]]:
    suppressed = {entry.address_key: entry.reason for entry in store.suppressions.stream()}
    return {
        reader.address: (reader.status, suppressed.get(reader.address), reader.topics)
        for reader in store.subscribers.stream()
    }


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.parametrize("platform", PLATFORMS)
def test_readers_keep_their_status_and_get_the_topics_of_their_tags(
    tmp_path: Path, empty_file: Path, platform: str, data: st.DataObject
) -> None:
    address, tagged, signed_up, meanings = EXPORTS[platform]
    rows = data.draw(
        st.lists(st.tuples(st.sampled_from(meanings), st.lists(st.sampled_from(TAGS), max_size=4)), max_size=6)
    )
    mapping = data.draw(
        st.dictionaries(st.sampled_from(TAGS), st.lists(st.sampled_from(["asia", "sport"]), min_size=1))
    )
    otherwise = data.draw(st.sampled_from(SubscriberStatus))
    text = io.StringIO(newline="")
    columns = [*meanings[0][0], address, *filter(None, [tagged]), signed_up]
    writer = csv.DictWriter(text, columns, delimiter=data.draw(st.sampled_from(",;")))
    writer.writeheader()
    expected = {}
    unmapped: Counter[str] = Counter()
    folded = {tag.casefold(): slugs for tag, slugs in mapping.items()}
    for number, ((cells, (status, reason)), tags) in enumerate(rows):
        of = tags if tagged else []
        cell = {tagged: ", ".join(f'"{tag}"' if data.draw(st.booleans()) else tag for tag in of)} if tagged else {}
        writer.writerow({**cells, **cell, address: f"r{number}@example.org", signed_up: AT})
        topics: set[str] = set()
        for tag in set(of):
            declared = make.topics().resolve(tag)
            meant = folded.get(tag.casefold()) or ([declared.slug] if declared.declared else [])
            topics.update(meant)
            unmapped[tag] += not meant
        expected[f"r{number}@example.org"] = (status or otherwise, reason, tuple(sorted(topics)))
    file = tmp_path / "file.csv"
    file.write_text(text.getvalue())
    shutil.copy(empty_file, tmp_path / "some.db")
    with open_store(f"sqlite:///{tmp_path}/some.db") as store:
        form, same = (PlatformFormat(platform, topics=make.topics(), tags=mapping, status=otherwise) for _ in range(2))
        report = import_readers(store.subscribers.merge, [file], form, now=make.WHEN)
        assert (report.added, report.refused) == (len(rows), 0)
        assert stood(store) == expected
        assert report.unmapped == {tag: number for tag, number in unmapped.items() if number}
        for reader, done in store.subscribers.stream_with_consents():
            assert reader.created == ASKED
            assert ConsentEvent.ASKED in [consent.event for consent in done]
            assert all((consent.at, consent.how) == (ASKED, platform) for consent in done)
        again = import_readers(store.subscribers.merge, [file], same, now=make.WHEN)
        assert (again.unchanged, again.changed) == (len(rows), 0)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_export_of_a_platform_is_imported_into_both_databases(store: Store, tmp_path: Path, platform: str) -> None:
    address, _, signed_up, meanings = EXPORTS[platform]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [*meanings[0][0], address, signed_up])
    writer.writeheader()
    writer.writerows({**cells, address: f"r{at}@example.org", signed_up: AT} for at, (cells, _) in enumerate(meanings))
    (tmp_path / "file.csv").write_text(text.getvalue())
    for rehearsed in (store.subscribers.rehearse, store.subscribers.merge):
        assert stood(store) == {}
        form = PlatformFormat(platform, topics=make.topics())
        assert import_readers(rehearsed, [tmp_path / "file.csv"], form, now=make.WHEN).added == len(meanings)
    assert stood(store) == {
        f"r{at}@example.org": (status or CONFIRMED, reason, ()) for at, (_, (status, reason)) in enumerate(meanings)
    }
    assert [done[0].at for _, done in store.subscribers.stream_with_consents()] == [ASKED] * len(meanings)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2021-03-04", "2021-03-04T00:00:00+00:00"),
        ("2021-03-04 05:06", "2021-03-04T05:06:00+00:00"),
        ("2021-03-04 05:06:07 UTC", "2021-03-04T05:06:07+00:00"),
        ("2018-08-27T15:06:27.713Z", "2018-08-27T15:06:27.713000+00:00"),
        ("2024-03-05T10:11:12.1234567+02:00", "2024-03-05T08:11:12.123456+00:00"),
        ("2024-03-05 10:11:12.123456789 +0530 IST", "2024-03-05T04:41:12.123456+00:00"),
        ("2024-03-05 10:11:12.1 +0000 +0000", "2024-03-05T10:11:12.100000+00:00"),
    ],
)
def test_dates_in_the_platforms_formats_are_read(written: str, meant: str) -> None:
    assert moment(written).isoformat() == meant


@pytest.mark.parametrize(
    "written", ["3/24/2023 10:23", "yesterday", "2021-02-30", "2021-03-04 25:00", "0001-01-01 00:00 +2359", "1"]
)
def test_an_invalid_date_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="invalid date"):
        moment(written)


@given(st.text(max_size=40))
def test_any_text_is_a_date_in_utc_or_refused(text: str) -> None:
    try:
        assert moment(text).tzinfo is UTC
    except ValueError as err:
        assert "invalid date" in str(err)  # noqa: PT017  # either is right


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    platform=st.sampled_from(list(PLATFORMS)),
    rows=st.lists(st.lists(st.text(max_size=12), min_size=1, max_size=6), max_size=4),
)
def test_any_cells_are_imported_or_refused_in_words(
    tmp_path: Path, empty_file: Path, platform: str, rows: list[list[str]]
) -> None:
    address, tagged, signed_up, meanings = EXPORTS[platform]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([address, *meanings[0][0], *filter(None, [tagged]), signed_up, "attributes", "metadata"])
    writer.writerows([["a@example.org", *row] for row in rows])
    (tmp_path / "file.csv").write_text(text.getvalue(), errors="replace")
    shutil.copy(empty_file, tmp_path / "some.db")
    refusals: list[RejectedRow] = []
    with open_store(f"sqlite:///{tmp_path}/some.db") as store:
        report = import_readers(
            store.subscribers.merge,
            [tmp_path / "file.csv"],
            PlatformFormat(platform, topics=make.topics()),
            now=make.WHEN,
            refuse=refusals.append,
        )
    done = report.added + report.changed + report.unchanged + report.kept_away + report.repeated
    assert done + report.refused == report.rows
    assert len(refusals) == report.refused
    assert all(refusal.reason for refusal in refusals)
