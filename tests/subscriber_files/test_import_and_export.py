"""Files of readers: what an import accepts, refuses and changes. An export is its inverse."""

import csv
import io
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from newsletter.domain.addresses import parse_address
from newsletter.domain.consent import Consent, ConsentEvent
from newsletter.domain.segment import EVERYONE
from newsletter.domain.subscriber import Frequency, Subscriber, SubscriberStatus, SuppressionReason
from newsletter.domain.topics import Topic, Topics
from newsletter.errors import FullError, NewsletterError, Place
from newsletter.store import ImportedDetails, Store, open_store
from newsletter.store.subscribers.subscribers import Subscribers
from newsletter.subscriber_files import (
    ImportProgress,
    ImportReport,
    OwnFormat,
    RejectedRow,
    SubscriberFileError,
    export_lines,
    import_readers,
    reader,
    rejected_row_files,
)
from newsletter.subscriber_files.cell_values import address as read_address
from newsletter.subscriber_files.columns import MissingColumnError, quoted, unquoted
from newsletter.subscriber_files.importing import BATCH, IncompleteImportError
from tests import make
from tests.databases import new_sqlite
from tests.rows import database_of

UNCONFIRMED, CONFIRMED, UNSUBSCRIBED = SubscriberStatus


def imported(store: Store, tmp_path: Path, text: str | bytes, **options: object) -> ImportReport:
    path = tmp_path / "readers.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    run = {name: options.pop(name) for name in ("signer", "refuse", "progress") if name in options}
    form = OwnFormat(**{"topics": make.topics()} | options)  # type: ignore[arg-type]  # each test passes what it is about
    return import_readers(store.subscribers.merge, [path], form, now=make.WHEN, **run)  # type: ignore[arg-type]


def exported(store: Store) -> str:
    return "".join(export_lines(store))


def plain(readers: Subscribers) -> list[Subscriber]:
    """Return the readers without the values that the store assigns."""
    return [replace(reader, id=0, key="", created=None) for reader in readers.stream()]


def recorded(store: Store) -> list[tuple[Subscriber, list[Consent]]]:
    """Return everything that an export includes."""
    return [(replace(reader, id=0, key=""), list(done)) for reader, done in store.subscribers.stream_with_consents()]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Store]:
    """Open an SQLite store: the kind of database makes no difference to files."""
    with open_store(new_sqlite(tmp_path / "small.db")) as opened:
        yield opened


@pytest.fixture(scope="module")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty database to copy, which is faster than making one."""
    path = tmp_path_factory.mktemp("empty") / "empty.db"
    open_store(f"sqlite:///{path}").close()
    return path


# Accepted -------------------------------------------------------------------------------------------------------


def test_a_file_is_imported_as_readers(store: Store, tmp_path: Path) -> None:
    report = imported(
        store,
        tmp_path,
        "Email,First Name,Last Name,Topics,Excluded topics,Status,Language,TZ,Favourite City\r\n"
        "ada@example.com,Ada,Lovelace,Afghanistan; north atlantic treaty organization,,,en,,London\r\n"
        '"bob@example.org","Bob ""B."" Ray",,nato;asia,Asia,unconfirmed,de_CH,america/new york,"New York, NY"\r\n',
    )
    assert (report.rows, report.added, report.refused, report.undeclared) == (2, 2, 0, {})
    assert plain(store.subscribers) == [
        Subscriber(
            address="ada@example.com",
            first_name="Ada",
            last_name="Lovelace",
            topics=("afghanistan", "nato"),
            language="en",
            attributes={"favourite_city": "London"},
        ),
        Subscriber(
            address="bob@example.org",
            first_name='Bob "B." Ray',
            topics=("nato",),
            excludes=("asia",),
            status=UNCONFIRMED,
            language="de-CH",
            time_zone="America/New_York",
            attributes={"favourite_city": "New York, NY"},
        ),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_common_form_of_csv_is_read(small: Store, tmp_path: Path, encoding: str, delimiter: str, end: str) -> None:
    rows = [("E-Mail", "Name", "Topics"), ("jörg@bücher.example.com", "Jörg Müller", '"Asia;NATO"')]
    imported(small, tmp_path, end.join(delimiter.join(row) for row in rows).encode(encoding))
    assert plain(small.subscribers) == [
        Subscriber(address="jörg@bücher.example.com", first_name="Jörg", last_name="Müller", topics=("asia", "nato"))
    ]


def test_a_file_of_addresses_alone_is_enough(small: Store, tmp_path: Path) -> None:
    assert imported(small, tmp_path, "address\na@example.com\n\n\nb@example.com").added == 2


@pytest.mark.parametrize(
    ("cell", "topics"),
    [
        ("Asia, NATO", ("asia", "nato")),
        ("Asia;NATO;asia", ("asia", "nato")),
        ("Arts, Culture", ("arts-culture",)),
        ("Arts, Culture; NATO", ("arts-culture", "nato")),
        ("Arts, Culture, NATO", ("arts", "culture", "nato")),
        (" ; ,;", ()),
        ("", ()),
    ],
)
def test_topics_are_separated_by_semicolons_or_commas(
    small: Store, tmp_path: Path, cell: str, topics: tuple[str, ...]
) -> None:
    known = Topics([*make.topics(), Topic(slug="arts-culture", name="Arts, Culture")])
    report = imported(small, tmp_path, f'email,topics\na@example.com,"{cell}"\n', topics=known)
    followed = plain(small.subscribers)[0].topics
    assert tuple(topic for topic in followed if topic not in report.undeclared or "arts" in topics) == topics


def test_undeclared_topics_are_followed_and_counted(small: Store, tmp_path: Path) -> None:
    report = imported(small, tmp_path, "email,topics\na@example.com,Chess;nato\nb@example.com,chess;Go!\n")
    assert report.undeclared == {"chess": 2, "go": 1}
    assert [reader.topics for reader in plain(small.subscribers)] == [("chess", "nato"), ("chess", "go")]


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [("Ada Lovelace", "Ada", "Lovelace"), ("Lovelace, Ada King", "Ada King", "Lovelace"), ("Ada", "Ada", "")],
)
def test_a_full_name_is_split(small: Store, tmp_path: Path, name: str, first: str, last: str) -> None:
    imported(small, tmp_path, f'email;name\na@example.com;"{name}"\n')
    assert [(reader.first_name, reader.last_name) for reader in plain(small.subscribers)] == [(first, last)]


def test_a_postal_address_beside_an_email_is_an_attribute(small: Store, tmp_path: Path) -> None:
    imported(small, tmp_path, "Address,Email\n1 Test Street,a@example.com\n")
    assert plain(small.subscribers) == [Subscriber(address="a@example.com", attributes={"address": "1 Test Street"})]


def test_columns_can_be_mapped_by_hand(small: Store, tmp_path: Path) -> None:
    text = "Kontakt,Interessen,Ort\na@example.com,nato,Wien\n"
    imported(small, tmp_path, text, columns={"Kontakt": "email", "Interessen": "topics", "Ort": "city"})
    assert plain(small.subscribers) == [
        Subscriber(address="a@example.com", topics=("nato",), attributes={"city": "Wien"})
    ]
    with pytest.raises(MissingColumnError, match=r"no column 'Contact'.*Kontakt, Interessen, Ort"):
        imported(small, tmp_path, text, columns={"Contact": "email"})


def test_unknown_time_zones_can_be_kept_as_an_attribute(small: Store, tmp_path: Path) -> None:
    text = "email,Timezone\na@example.com,W. Europe Standard Time\n"
    assert imported(small, tmp_path, text).refused == 1
    assert imported(small, tmp_path, text, columns={"Timezone": "timezone"}).added == 1
    assert plain(small.subscribers) == [
        Subscriber(address="a@example.com", attributes={"timezone": "W. Europe Standard Time"})
    ]


def test_readers_without_a_status_get_the_requested_one(small: Store, tmp_path: Path) -> None:
    text = "email,status\na@example.com,\nb@example.com,Confirmed\n"
    imported(small, tmp_path, text, status=UNCONFIRMED)
    assert [reader.status for reader in plain(small.subscribers)] == [UNCONFIRMED, CONFIRMED]


def test_a_short_row_has_empty_cells_and_an_unnamed_column_is_ignored(small: Store, tmp_path: Path) -> None:
    imported(small, tmp_path, "email,city,\na@example.com\nb@example.com,Rome,x\n")
    assert plain(small.subscribers) == [
        Subscriber(address="a@example.com"),
        Subscriber(address="b@example.com", attributes={"city": "Rome"}),
    ]


def test_a_second_import_changes_nothing(store: Store, tmp_path: Path) -> None:
    text = "email,name,topics,city\n" + "".join(
        f"r{at}@example.com,Reader {at},asia;nato,City {at % 7}\n" for at in range(BATCH + 50)
    )
    text += "R1@example.com,Somebody Else,,\n"
    assert imported(store, tmp_path, text).repeated == 1
    before = plain(store.subscribers)
    again = imported(store, tmp_path, text)
    assert (again.added, again.changed, again.unchanged, again.repeated) == (0, 0, BATCH + 50, 1)
    assert plain(store.subscribers) == before


def test_unsubscribed_and_suppressed_readers_stay_that_way(store: Store, tmp_path: Path) -> None:
    imported(store, tmp_path, "email,status\nleft@example.com,unsubscribed\nbounced@example.com,confirmed\n")
    store.suppressions.add("bounced@example.com", SuppressionReason.BOUNCED, now=make.WHEN)
    report = imported(store, tmp_path, "email,status\nLEFT@example.com,confirmed\nbounced@example.com,confirmed\n")
    assert (report.kept_away, report.added, report.changed) == (2, 0, 0)
    assert store.subscribers.counts([EVERYONE], now=make.WHEN) == {"everyone": 0}


def test_progress_reaches_the_end_of_the_file(small: Store, tmp_path: Path) -> None:
    text = "email\n" + "".join(f"r{at}@example.com\n" for at in range(2 * BATCH + 1))
    steps: list[ImportProgress] = []
    imported(small, tmp_path, text, progress=steps.append)
    sizes = [BATCH, 2 * BATCH, 2 * BATCH + 1]
    assert [(step.read, step.merged) for step in steps] == [
        *((size, 0) for size in sizes),
        *((sizes[-1], size) for size in sizes),
    ]
    shares = [step.share for step in steps]
    assert shares == sorted(shares)
    assert (shares[0] > 0, shares[-1]) == (True, 1)


# Refused -----------------------------------------------------------------------------------------------------

BAD = (
    "email,status,language,topics,suppressed,time zone\n"
    "not an address,,,,\n"  # 2
    "good@example.com,,,,\n"
    ",,en,,\n"  # 4
    "a@example.com,subscribed,,,\n"
    "a@example.com,,English,,\n"
    "a@example.com,,,,because\n"
    "a@example.com,,,,,,more,still\n"  # 8
    "a\0@example.com,,,,\n"
    '"two\nlines"@example.com,,,,\n'  # 10, 11
    "last@example.com,,,,\n"
    "a@example.com,,,,,Europe/Berlim\n"  # 13
    '"never closed,,,,\nx@example.com,,,,\n'  # 14, 15
)


@pytest.mark.parametrize("long", ["," * 101, '"b\n",' * 30, "b" * 101])
def test_a_row_without_an_end_is_not_read_into_memory(
    small: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, long: str
) -> None:
    monkeypatch.setattr(reader, "LONGEST_ROW", 100)
    with pytest.raises(SubscriberFileError, match="a row has more than 100 characters"):
        imported(small, tmp_path, f"email\nada@example.org\n{long}\nben@example.org\n")
    with pytest.raises(SubscriberFileError, match="a row has more than 100 characters"):
        imported(small, tmp_path, f"{long}\n")
    assert imported(small, tmp_path, "email\n" + "zoe@example.org\n" * 9).rows == 9  # together they are longer


def test_bad_lines_are_refused_with_number_and_reason_and_the_others_imported(store: Store, tmp_path: Path) -> None:
    seen: list[RejectedRow] = []
    report = imported(store, tmp_path, BAD, refuse=seen.append)
    assert [reader.address for reader in store.subscribers.stream()] == ["good@example.com", "last@example.com"]
    assert (report.added, report.refused, len(seen)) == (2, 10, 10)
    assert [reader.line for reader in seen] == [2, 4, 5, 6, 7, 8, 9, 10, 13, 14]
    reasons = [reader.reason for reader in seen]
    for reason, words in zip(
        reasons,
        (
            "no @",
            "the address is missing",
            "unknown status 'subscribed'",
            "'English'",
            "'because'",
            "8 cells but 6 columns",
            "NUL",
            "lines 10 to 11",
            'no time zone "Europe/Berlim": did you mean "Europe/Berlin"?',
            "lines 14 to 15",
        ),
        strict=True,
    ):
        assert words in reason
    assert seen[2].cells == ("a@example.com", "subscribed", "", "", "")


def test_refused_lines_are_written_to_a_file_that_can_be_fixed_and_imported(small: Store, tmp_path: Path) -> None:
    refused = tmp_path / "readers.refused.csv"
    with rejected_row_files(refused) as refuse:
        imported(small, tmp_path, "email,note\nbroken.example.com,=1+1\ngood@example.com,\n", refuse=refuse)
    rows = list(csv.reader(refused.read_text(encoding="utf-8-sig").splitlines()))
    assert rows[0] == ["refused_line", "refused_reason", "refused_from", "email", "note"]
    assert (rows[1][0], rows[1][2:]) == ("2", ["readers.csv", "broken.example.com", "'=1+1"])
    fixed = refused.read_bytes().replace(b"broken.", b"fixed@")
    assert imported(small, tmp_path, fixed).added == 1
    assert plain(small.subscribers)[1] == Subscriber(address="fixed@example.com", attributes={"note": "=1+1"})


def test_no_file_of_refused_lines_is_left_if_there_are_none_or_the_import_fails(small: Store, tmp_path: Path) -> None:
    refused = tmp_path / "refused.csv"
    with rejected_row_files(refused) as refuse:
        imported(small, tmp_path, "email\na@example.com\n", refuse=refuse)
    with pytest.raises(SubscriberFileError), rejected_row_files(refused) as refuse:
        imported(small, tmp_path, b"email\nbad\n\xff\n", refuse=refuse)
    assert [path.name for path in tmp_path.glob("refused*")] == []


@pytest.mark.parametrize(
    ("content", "line", "what"),
    [
        (b"", 1, "the file is empty"),
        (b"first_name,city\nAda,London\n", 1, "no column contains the address.*first_name, city"),
        (b"ada@example.org\nbea@example.org\n", 1, "the first line is a reader: write the names of the columns"),
        (b"email,E-Mail\na@example.com,b@example.com\n", 1, "'email' and 'E-Mail' both mean 'email'"),
        (b"email,My City,my-city\na@example.com,x,y\n", 1, "both mean 'my_city'"),
        (b'"email\n', 1, "the header can't be read as CSV: close every quotation mark"),
        (b"email\ngood@example.com\nj\xf6rg@example.com\n", 3, "not UTF-8: it contains the byte 0xF6"),
        (b"email,Gr\xf6\xdfe\n", 1, "not UTF-8"),
        ("email\na@example.com\n".encode("utf-16"), None, "UTF-16.*CSV UTF-8"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), None, "is a spreadsheet: export it as CSV UTF-8"),
    ],
)
def test_an_unreadable_file_is_refused_as_a_whole(
    store: Store, tmp_path: Path, content: bytes, line: int | None, what: str
) -> None:
    with pytest.raises(SubscriberFileError, match=f"(?s){what}") as refused:
        imported(store, tmp_path, content)
    assert refused.value.place == Place(path=str(tmp_path / "readers.csv"), line=line)
    assert list(store.subscribers.stream()) == []


def test_a_bad_byte_far_into_a_file_rolls_back_the_import(store: Store, tmp_path: Path) -> None:
    text = "email\n" + "".join(f"r{at}@example.com\n" for at in range(3 * BATCH))
    with pytest.raises(SubscriberFileError, match=f"readers.csv:{3 * BATCH + 2}: not UTF-8"):
        imported(store, tmp_path, text.encode() + b"\xfc@example.com\n")
    assert list(store.subscribers.stream()) == []


def test_an_import_whose_refused_lines_cannot_be_written_is_rolled_back_with_the_file_named(
    small: Store, tmp_path: Path
) -> None:
    nowhere = tmp_path / "nowhere" / "refused.csv"
    with (
        pytest.raises(SubscriberFileError, match="the refused rows can't be written") as failed,
        rejected_row_files(nowhere) as refuse,
    ):
        imported(small, tmp_path, "email\na@example.com\nbad\n", refuse=refuse)
    assert failed.value.place == Place(path=str(nowhere))
    assert plain(small.subscribers) == []


def test_refused_lines_that_cannot_get_their_files_name_fail_without_undoing_the_import(
    small: Store, tmp_path: Path
) -> None:
    taken = tmp_path / "refused.csv"
    taken.mkdir()
    with (
        pytest.raises(SubscriberFileError, match=r"can't be written: it is a folder.*has finished") as failed,
        rejected_row_files(taken) as refuse,
    ):
        imported(small, tmp_path, "email\na@example.com\nbad\n", refuse=refuse)
    assert failed.value.place == Place(path=str(taken))
    assert [reader.address for reader in plain(small.subscribers)] == ["a@example.com"]
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


def test_an_import_on_a_full_disk_reports_its_progress_and_can_be_repeated(tmp_path: Path) -> None:
    text = "email\n" + "".join(f"r{at}@example.com\n" for at in range(4 * BATCH))
    url = f"sqlite:///{tmp_path / 'newsletter.db'}"
    steps: list[ImportProgress] = []
    with open_store(url) as store:

        @sa.event.listens_for(database_of(store).engine, "begin")
        def fill_the_disk(connection: sa.Connection) -> None:
            if steps and steps[-1].merged == 2 * BATCH:
                connection.exec_driver_sql("PRAGMA max_page_count = 1")  # the file can't grow

        with pytest.raises(
            IncompleteImportError, match=rf"; {2 * BATCH:,} of {4 * BATCH:,} readers were imported: import the same"
        ) as stopped:
            imported(store, tmp_path, text, progress=steps.append)
        assert isinstance(stopped.value.__cause__, FullError)
    with open_store(url) as store:
        report = imported(store, tmp_path, text)
        assert (report.unchanged, report.added) == (2 * BATCH, 2 * BATCH)


def test_a_file_that_cannot_be_read_twice_is_refused_with_the_reason(small: Store, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    with (
        subprocess.Popen(["sh", "-c", f"echo email > {pipe}"]),
        pytest.raises(SubscriberFileError, match="not seekable"),
    ):
        import_readers(small.subscribers.merge, [pipe], OwnFormat(topics=make.topics()), now=make.WHEN)


def test_a_missing_file_is_named(small: Store, tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.csv", tmp_path):
        with pytest.raises(
            SubscriberFileError, match=r"can't be read: (there is no such file or folder|it is a folder)"
        ):
            import_readers(small.subscribers.merge, [path], OwnFormat(topics=make.topics()), now=make.WHEN)


@settings(max_examples=75, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f"email,x\n{text}".encode()))
def test_any_bytes_are_imported_or_refused_in_words(small: Store, tmp_path: Path, content: bytes) -> None:
    with suppress(NewsletterError):
        report = imported(small, tmp_path, content)
        done = report.added + report.changed + report.unchanged + report.kept_away + report.repeated
        assert done + report.refused == report.rows


# Addresses -----------------------------------------------------------------------------------------------------------

_local = st.text(st.sampled_from("abz09._+-A'ß@\" "), min_size=1, max_size=8) | st.sampled_from(["a" * 64, "a" * 65])
_domain = st.sampled_from(
    [
        "example.com",
        "EXAMPLE.com",
        "bücher.example.com",
        "xn--bcher-kva.example.com",
        "straße.example.com",
        "e\u0301.example.com",
        "localhost",
        "a.test",
        "-a.example.com",
        "a..com",
        "[127.0.0.1]",
        "ex ample.com",
        "x>.com",
        "",
        f"{'a' * 60}.example.com",
        f"{'a' * 60}.{'a' * 60}.{'a' * 60}.example.com",
        f"{'b' * 60}.{'b' * 60}.{'b' * 60}.{'b' * 60}.com",
    ]
)


@given(_local, _domain)
def test_addresses_are_read_as_by_email_validator(local: str, domain: str) -> None:
    def outcome(text: str) -> str:
        try:
            return parse_address(text)
        except ValueError as err:
            return f"refused: {err}"

    text = f"{local}@{domain}".strip()
    try:
        read = read_address(text)
    except ValueError as err:
        read = f"refused: {err}"
    assert read == outcome(text)


# Round trips ------------------------------------------------------------------------------------------------------

hostile = st.text(max_size=12) | st.builds(
    str.__add__,
    st.sampled_from(["=", "+", "-", "@", "\t=", "\r", "'", "''=", "'@", "＝", '"', ";", ",", "\n"]),
    st.text(),
)
kept = hostile.map(lambda text: text.replace("\0", "").strip())
attributes = st.dictionaries(
    kept | st.sampled_from(["city", "email", "topics", "attribute.x", "refused_line", "A B", "a_b", "tz"]),
    kept.filter(bool),
    max_size=4,
)
moments = st.integers(10**14, 4 * 10**15).map(lambda at: datetime.fromtimestamp(0, UTC) + timedelta(microseconds=at))
records = st.lists(
    st.builds(
        Consent,
        at=moments,
        event=st.sampled_from(ConsentEvent),
        how=st.sampled_from(["", "form", "=1+1", "one click"]),
        wording=kept,
        issue=st.sampled_from(["", "2026-11-23"]),
    ),
    max_size=3,
    unique=True,
)
slugs = st.sets(st.from_regex(r"[a-z0-9]{1,3}(-[a-z0-9]{1,3})?", fullmatch=True), max_size=3).map(
    lambda slugs: tuple(sorted(slugs))
)
readers = st.lists(
    st.builds(
        Subscriber,
        address=st.sampled_from(
            ["a@example.com", "+b@example.com", "=c@example.com", "'d@example.com", "ü@bücher.example"]
        ).map(lambda address: address.replace("bücher.example", "bücher.example.com")),
        first_name=kept,
        last_name=kept,
        status=st.sampled_from(SubscriberStatus),
        topics=slugs,
        excludes=slugs,
        language=st.sampled_from(["", "en", "pt-BR"]),
        time_zone=st.sampled_from(["", "Europe/Rome", "Etc/GMT-14"]),
        frequency=st.sampled_from(Frequency),
        paused_until=st.none() | moments.map(lambda at: at.replace(microsecond=0)),
        created=moments,
        attributes=attributes,
    ),
    max_size=4,
    unique_by=lambda reader: reader.address,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(readers=readers, suppressed=st.booleans(), done=records)
@example(readers=[Subscriber(address="a@example.com", attributes={"": "x", " ": "y"})], suppressed=False, done=[])
@example(
    readers=[Subscriber(address="a@example.com", attributes={"since": "1", "attribute.x": "2"})],
    suppressed=True,
    done=[
        Consent(at=datetime(2026, 11, 25, 9, 30, 0, 5, tzinfo=UTC), event=ConsentEvent.ASKED, wording='"Yes",\n=yes')
    ],
)
def test_importing_an_export_restores_readers_and_consents(
    tmp_path: Path, empty_file: Path, readers: list[Subscriber], suppressed: bool, done: list[Consent]
) -> None:
    for name in ("one.db", "other.db"):
        shutil.copy(empty_file, tmp_path / name)
    with open_store(f"sqlite:///{tmp_path}/one.db") as first, open_store(f"sqlite:///{tmp_path}/other.db") as second:
        details = {reader.address.casefold(): ImportedDetails(consents=tuple(done)) for reader in readers[:2]}
        first.subscribers.merge([readers], details=details, now=make.WHEN)
        if suppressed and readers:
            first.suppressions.add(readers[0].address, SuppressionReason.COMPLAINED, now=make.WHEN)
        text = exported(first)
        report = imported(second, tmp_path, text, topics=Topics())
        assert (report.added, report.refused) == (len(readers), 0)
        assert recorded(second) == recorded(first)
        assert exported(second) == text
        again = imported(first, tmp_path, text, topics=Topics())
        assert (again.unchanged, again.rows) == (len(readers), len(readers))
        assert exported(first) == text
        for row in csv.reader(io.StringIO(text, newline="")):
            assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")) for cell in row)


@given(kept)
def test_a_quoted_cell_is_never_a_formula_and_unquotes_to_the_original(value: str) -> None:
    assert unquoted(quoted(value)) == value
    assert not quoted(value).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_names_with_an_apostrophe_are_unchanged(small: Store, tmp_path: Path) -> None:
    imported(small, tmp_path, "email,name\na@example.com,Gerard 't Hooft\nb@example.com,'t Hooft\n")
    assert [reader.last_name for reader in plain(small.subscribers)] == ["'t Hooft", "Hooft"]
    assert "'t Hooft" in exported(small)


def test_an_export_without_readers_is_only_a_header(store: Store) -> None:
    header = "email,first_name,last_name,status,language,time_zone,topics,excluded_topics,suppressed"
    assert exported(store) == f"{header},frequency,paused_until,since,consents\r\n"


def test_an_export_of_a_segment_has_only_its_readers(store: Store, tmp_path: Path) -> None:
    imported(store, tmp_path, "email,status\na@example.com,confirmed\nb@example.com,unsubscribed\n")
    rows = csv.DictReader(export_lines(store, status=UNSUBSCRIBED))
    assert [row["email"] for row in rows] == ["b@example.com"]


def test_empty_cells_leave_choices_and_consents_unchanged(store: Store, tmp_path: Path) -> None:
    since = datetime(2020, 2, 3, 4, 5, 6, tzinfo=UTC)
    request = Consent(at=since, event=ConsentEvent.ASKED, how="form", wording="Mail me")
    weekly = Subscriber(address="a@example.com", frequency=Frequency.WEEKLY, created=since, paused_until=since)
    store.subscribers.merge([[weekly]], details={"a@example.com": ImportedDetails(consents=(request,))}, now=make.WHEN)
    before = recorded(store)
    assert imported(store, tmp_path, "email,frequency,since\na@example.com,,2021-01-01\n").unchanged == 1
    assert recorded(store) == before
    text = (
        "email,frequency,paused_until,consents\n"
        'a@example.com,Each,2027-01-01,"[{""at"": ""2026-01-01"", ""what"": ""confirmed""}]"\n'
    )
    assert imported(store, tmp_path, text).changed == 1
    ((reader, done),) = recorded(store)
    assert (reader.frequency, reader.created) == (Frequency.EACH, since)
    assert reader.paused_until == datetime(2027, 1, 1, tzinfo=UTC)
    assert done == [request, Consent(at=datetime(2026, 1, 1, tzinfo=UTC), event=ConsentEvent.CONFIRMED)]
    assert imported(store, tmp_path, text).unchanged == 1
    assert recorded(store) == [(reader, done)]


@pytest.mark.parametrize(
    "cell",
    [
        "yes",
        "{}",
        "[1]",
        "[{}]",
        '[{"at": "yesterday", "what": "asked"}]',
        '[{"at": "2026-01-01", "what": "agreed"}]',
        '[{"at": "2026-01-01", "what": "asked", "how": 1}]',
        '[{"at": "2026-01-01", "what": "asked", "ip": "192.0.2.1"}]',
        "[" * 10_000,
    ],
)
def test_a_line_with_an_invalid_consent_is_refused(small: Store, tmp_path: Path, cell: str) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([("email", "consents"), ("a@example.com", cell)])
    refusals: list[RejectedRow] = []
    assert imported(small, tmp_path, text.getvalue(), refuse=refusals.append).refused == 1
    (refusal,) = refusals
    assert "invalid consent record" in refusal.reason


def test_attributes_are_exported_from_postgresql_too(store: Store, tmp_path: Path) -> None:
    values: Mapping[str, str] = {"city": "=HYPERLINK()", "email": "second@example.net", "A b": "x\r\ny"}
    store.subscribers.add(Subscriber(address="a@example.com", attributes=values), now=make.WHEN)
    text = exported(store)
    store.subscribers.remove("a@example.com")
    assert imported(store, tmp_path, text).added == 1
    assert plain(store.subscribers)[0].attributes == values
