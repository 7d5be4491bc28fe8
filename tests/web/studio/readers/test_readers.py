"""The pages about readers, by plain forms."""

import json
import re
from collections.abc import Iterator

import httpx
import pytest
from lxml import html

from newsletter.domain.addresses import address_key
from newsletter.domain.consent import ConsentEvent
from newsletter.domain.subscriber import Subscriber, SubscriberStatus, SuppressionReason
from newsletter.store import Store, open_store
from tests.make import WHEN
from tests.web.preview.running_preview import NewsletterFolder, morning
from tests.web.studio.running_studio import Listening

pytestmark = pytest.mark.usefixtures("secret")
NOTHING = {"next": "/"}  # a form without fields of its own
HOSTILE = '"><script>alert(1)</script>{{ 7 * 7 }}'


@pytest.fixture(scope="module")
def store(studio: Listening, shared_folder: NewsletterFolder) -> Iterator[Store]:
    """Open the newsletter's database, with a few readers."""
    del studio
    with open_store(f"sqlite:///{shared_folder.root / 'newsletter.db'}") as opened:
        for address, name, topics in (
            ("ada@example.org", "Ada", ("railways",)),
            ("bea@example.org", "Bea", ()),
            ("cat@example.org", HOSTILE, ()),
            ("dora@example.org", "Dora", ("soil",)),
            ("eve@example.org", "Eve", ()),
        ):
            reader = Subscriber(
                address=address, first_name=name, last_name="Lovelace", topics=topics, attributes={HOSTILE: HOSTILE}
            )
            opened.subscribers.add(reader, WHEN)
        yield opened


def key_of(store: Store, address: str) -> str:
    reader = store.subscribers.get(address)
    assert reader
    return reader.key


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return found[1].replace("&#34;", '"').replace("&amp;", "&")


def test_before_there_are_readers_nothing_is_created(editor: httpx.Client, shared_folder: NewsletterFolder) -> None:
    page = editor.get("/readers")
    assert page.status_code == 200
    assert "No readers yet" in page.text
    assert editor.get("/readers/totals").json() == {}
    for path in ("/readers?q=ada", "/readers/new", "/readers/import", "/readers/export"):
        assert editor.get(path).status_code == 200, path
    assert editor.get("/readers/0123456789abcdef").status_code == 404
    assert not (shared_folder.root / "newsletter.db").exists()


def test_readers_are_listed_found_and_counted(editor: httpx.Client, store: Store) -> None:
    page = editor.get("/readers").text
    assert page.index("eve@example.org") < page.index("ada@example.org")
    assert HOSTILE not in page
    found = editor.get("/readers", params={"q": "ADA"}).text
    assert "ada@example.org" in found
    assert "bea@example.org" not in found
    assert editor.get("/readers/totals").json()["confirmed"] >= 4
    assert '<span class="tab-count" data-total="all">5</span>' in editor.get("/readers?totals=yes").text
    for query in ("list=confirmed", "list=suppressed", "list=waiting", "list=nonsense", "before=x", "before=9"):
        assert editor.get(f"/readers?{query}").status_code == 200
    assert "Nobody was found" in editor.get("/readers", params={"q": HOSTILE}).text
    assert HOSTILE not in editor.get("/readers", params={"q": HOSTILE}).text
    assert store.audit.entries() == []


def test_a_reader_is_shown_with_what_they_get(editor: httpx.Client, store: Store) -> None:
    page = editor.get(f"/readers/{key_of(store, 'ada@example.org')}?next=yes").text
    assert "Ada Lovelace" in page
    assert "No issue is planned" in page or "entries" in page
    hostile = editor.get(f"/readers/{key_of(store, 'cat@example.org')}").text
    assert "<script>alert" not in hostile
    assert editor.get(f"/readers/{key_of(store, 'ada@example.org')}/next").status_code == 200
    for key in ("0" * 32, "x", "%00"):
        assert editor.get(f"/readers/{key}").status_code == 404


def test_details_are_saved_and_another_change_is_not_overwritten(editor: httpx.Client, store: Store) -> None:
    path = f"/readers/{key_of(store, 'bea@example.org')}"
    seen = hidden(editor.get(path).text, "seen")
    form = {
        "seen": seen,
        "next": path,
        "first_name": "Beatrix",
        "last_name": "Lovelace",
        "topic-soil": "follow",
        "topic-railways": "exclude",
        "language": "",
        "time_zone": "",
        "paused_until": "",
        "frequency": "each",
    }
    done = editor.post(f"{path}/details", data=form, follow_redirects=False)
    assert (done.status_code, done.headers["Location"]) == (303, path)
    reader = store.subscribers.get("bea@example.org")
    assert reader
    assert (reader.first_name, reader.topics, reader.excludes) == ("Beatrix", ("soil",), ("railways",))
    late = editor.post(f"{path}/details", data=form | {"first_name": "Bee"}, headers={"Accept": "application/json"})
    assert late.json()["error"]["code"] == "reader-changed"
    other = form | {"language": "de"}  # saved while somebody else has saved names and topics
    unseen = editor.post(f"{path}/details", data=other | {"first_name": "Bea"}, headers={"Accept": "application/json"})
    assert {name: json.loads(unseen.json()["seen"])[name] for name in ("first_name", "language")} == {
        "first_name": "Bea",  # as this page saw it, and not as stored: else its next save would overwrite that
        "language": "de",
    }
    wrong = form | {"seen": hidden(editor.get(path).text, "seen"), "time_zone": "Mars/Base"}
    answer = editor.post(f"{path}/details", data=wrong, headers={"Accept": "application/json"}).json()
    assert (answer["error"]["field"], answer["error"]["code"]) == ("time_zone", "reader-detail")
    for broken in ({"seen": "[1]"}, {"seen": "{"}, {"paused_until": "soon"}, {"frequency": "never"}):
        answer = editor.post(f"{path}/details", data=form | broken, headers={"Accept": "application/json"})
        assert answer.status_code in (200, 422)


def test_a_reader_is_looked_after(editor: httpx.Client, store: Store) -> None:
    path = f"/readers/{key_of(store, 'dora@example.org')}"
    assert editor.post(f"{path}/suppress", data=NOTHING).headers["Location"] == path
    assert "This address is never mailed" in editor.get(path).text
    assert "dora@example.org" in editor.get("/readers?list=suppressed").text
    editor.post(f"{path}/lift", data=NOTHING)
    assert not store.suppressions.has("dora@example.org")
    editor.post(f"{path}/address", data={"address": "dorothea@example.org"})
    assert "dorothea@example.org" in editor.get(path).text
    editor.post(f"{path}/unsubscribe", data=NOTHING)
    page = editor.get(path).text
    assert "Unsubscribed (by the staff)" in page
    assert "Mail a link to confirm" in page
    editor.post(f"{path}/confirm", data=NOTHING)
    assert "Send the link again" in editor.get(path).text
    data = editor.post(f"{path}/data", data=NOTHING)
    assert data.headers["Content-Disposition"].startswith("attachment")
    assert data.json()["address"] == "dora@example.org"
    assert "Data downloaded" in editor.get(path).text


def test_a_reader_is_erased_only_if_their_address_is_typed(editor: httpx.Client, store: Store) -> None:
    path = f"/readers/{key_of(store, 'eve@example.org')}"
    refused = editor.post(f"{path}/erase", data={"address": "adam@example.org"})
    assert refused.status_code == 422
    assert store.subscribers.get("eve@example.org")
    done = editor.post(f"{path}/erase", data={"address": "Eve@Example.org"}, follow_redirects=False)
    assert done.status_code in (200, 303)
    assert store.subscribers.get("eve@example.org") is None
    assert editor.get(path).status_code == 404
    again = editor.post("/readers", data={"address": "eve@example.org", "how": "agreed", "note": "x"})
    assert "had their data deleted" in again.text


def test_a_reader_is_added_with_or_without_asking(editor: httpx.Client, store: Store) -> None:
    script = {"Accept": "application/json"}
    asked = editor.post("/readers", data={"address": "Fay@example.org", "topic": "soil"}, headers=script).json()
    assert asked["announce"].startswith("A link to confirm is queued for Fay@example.org. No worker is running")
    assert "No worker is running" in editor.get("/readers?list=waiting").text
    assert store.subscribers.get("fay@example.org") is None
    assert "Waiting" in editor.get("/readers", params={"q": "fay"}).text
    again = editor.post("/readers/addresses/confirm", data={"address": "fay@example.org"}, headers=script)
    assert again.json()["error"]["code"] == "mailed-recently"
    how = {"address": "gil@example.org", "how": "agreed"}
    assert editor.post("/readers", data=how, headers=script).json()["error"]["field"] == "note"
    done = editor.post("/readers", data=how | {"note": "signed a list"}, headers=script).json()
    gil = store.subscribers.get("gil@example.org")
    assert gil
    assert done["go_to"] == f"/readers/{gil.key}"
    assert gil.status is SubscriberStatus.CONFIRMED
    assert [(item.event, item.wording) for item in store.self_service.consents(gil.id)] == [
        (ConsentEvent.ASKED, "signed a list")
    ]
    assert editor.post("/readers", data={"address": "no"}, headers=script).json()["error"]["field"] == "address"


def test_a_link_is_on_its_way_while_a_worker_runs(editor: httpx.Client, store: Store) -> None:
    store.workers.beat("mail-1 1 boot/1 1 abcd", now=morning())
    asked = editor.post("/readers", data={"address": "hal@example.org"}, headers={"Accept": "application/json"})
    store.workers.leave("mail-1 1 boot/1 1 abcd")
    assert asked.json()["announce"] == "A link to confirm is on its way to hal@example.org."


def test_forms_let_the_program_judge_an_address(editor: httpx.Client, store: Store) -> None:
    new = html.document_fromstring(editor.get("/readers/new").text).get_element_by_id("new-address")
    assert new.get("type") == "text"  # browsers refuse letters with accents in an address
    done = editor.post("/readers", data={"address": "jürgen@example.org", "how": "agreed", "note": "signed a list"})
    assert done.status_code == 303
    assert store.subscribers.get("jürgen@example.org")


def test_a_file_with_very_many_columns_is_refused(editor: httpx.Client) -> None:
    header = "email," + ",".join(f"c{number}" for number in range(200_000))
    answer = editor.post("/readers/import", files={"file": ("wide.csv", f"{header}\nwide@example.org\n")})
    assert answer.status_code == 422
    assert "the file has more than 1,000 columns" in answer.text
    assert len(answer.text) < 100_000


def test_an_address_without_a_reader_is_suppressed_and_allowed_again(editor: httpx.Client, store: Store) -> None:
    editor.post("/readers/addresses/suppress", data={"address": "spam@example.org"})
    suppression = store.suppressions.get("spam@example.org")
    assert suppression
    assert suppression.reason is SuppressionReason.MANUAL
    assert "no reader has this address" in editor.get("/readers", params={"q": "spam@example.org"}).text
    editor.post("/readers/addresses/lift", data={"address": "spam@example.org"})
    assert not store.suppressions.has(address_key("spam@example.org"))


# Files ---------------------------------------------------------------------------------------------------------------


def test_readers_are_exported_row_by_row(editor: httpx.Client, store: Store) -> None:
    answer = editor.post("/readers/export", data={"segment": "", "status": "confirmed"})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(r'attachment; filename="readers-confirmed-[\d-]+\.csv"', answer.headers["Content-Disposition"])
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("email,first_name,last_name,status")
    assert [line for line in lines if line.startswith("ada@example.org")]
    assert store.audit.entries()[0].detail == {"what": "exported", "status": "confirmed"}
    assert editor.post("/readers/export", data={"segment": "nonsense"}).status_code == 422


def upload(editor: httpx.Client, content: bytes, name: str = "readers.csv", **fields: str) -> str:
    answer = editor.post("/readers/import", files={"file": (name, content)}, data=fields, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    path = answer.headers["Location"]
    while editor.get(f"{path}/state").json()["running"]:
        pass
    return str(path)


def test_a_file_is_imported_with_plain_forms(editor: httpx.Client, store: Store) -> None:
    cell = '"' + HOSTILE.replace('"', '""') + '"'
    rows = f"who,hobby,{cell}\nhana@example.org,=1+1,{cell}\nbroken,,\n".encode()
    path = upload(editor, rows, "<b>mine</b>.csv", status="unconfirmed")
    page = editor.get(path).text
    assert "no column contains the address" in page
    assert "<script>alert" not in page
    columns = {"column": ["who", "hobby", HOSTILE], "meaning": ["email", "auto", "-"]}
    editor.post(f"{path}/choices", data=columns | {"status": "unconfirmed"})
    while editor.get(f"{path}/state").json()["running"]:
        pass
    page = editor.get(path).text
    assert "1 new reader" in page
    assert "1 row refused" in page
    assert "<script>alert" not in page
    editor.post(f"{path}/start", data=NOTHING)
    while editor.get(f"{path}/state").json()["running"]:
        pass
    assert "Imported: 1 new reader" in editor.get(path).text
    hana = store.subscribers.get("hana@example.org")
    assert hana
    assert (hana.status, hana.attributes) == (SubscriberStatus.UNCONFIRMED, {"hobby": "=1+1"})
    refused = editor.get(f"{path}/refused.csv")
    assert "broken" in refused.text
    assert refused.headers["Content-Disposition"] == 'attachment; filename="refused.csv"'
    editor.post(f"{path}/discard", data=NOTHING)
    assert editor.get(path).status_code == 404
    assert editor.get(f"{path}/refused.csv").status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "", "no file was chosen"),
        (b"PK\x03\x04", "readers.xlsx", "the file is a spreadsheet"),
        (b"PK\x03\x04", "readers.zip", "spreadsheet"),
    ],
)
def test_what_is_no_file_of_readers_is_refused(editor: httpx.Client, content: bytes, name: str, words: str) -> None:
    answer = editor.post("/readers/import", files={"file": (name, content)}, follow_redirects=False)
    if answer.status_code == 303:
        path = answer.headers["Location"]
        while editor.get(f"{path}/state").json()["running"]:
            pass
        answer = editor.get(path)
    assert words in answer.text


@pytest.mark.parametrize("rows", [0, 1, 4, 15, 2500])
def test_files_of_any_length_are_checked(editor: httpx.Client, rows: int, store: Store) -> None:
    text = "email\r\n" + "".join(f"len{at}@example.net\r\n" for at in range(rows))
    page = editor.get(upload(editor, text.encode("utf-16"), "lengths.txt")).text
    assert (f"{rows:,} new reader" if rows else "Nothing would change") in page
    assert "UTF-16" in page
    assert store.reader_search.find("len", most=9) == []


def test_a_check_says_in_words_who_is_never_mailed(editor: httpx.Client, store: Store) -> None:
    rows = ["uuid,email,name,attributes,status,created_at"]
    rows += [f"{at},l{at}@example.org,,{{}},{status}," for at, status in enumerate(("enabled", "blocklisted"))]
    path = upload(editor, "\n".join(rows).encode(), "list.csv")
    assert "In the file: 1 confirmed, 1 never mailed." in editor.get(path).text
    assert store.subscribers.get("l0@example.org") is None
