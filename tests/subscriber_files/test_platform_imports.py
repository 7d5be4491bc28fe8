"""Export files of other platforms as their users download them, imported at the command line."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from newsletter.domain.consent import ConsentEvent
from newsletter.store import open_store
from newsletter.tokens import Signer
from tests import make
from tests.command_line import Run, files
from tests.make import SECRET

ASKED, CONFIRMED, UNSUBSCRIBED = ConsentEvent.ASKED, ConsentEvent.CONFIRMED, ConsentEvent.UNSUBSCRIBED


def sheet(header: str, *rows: Mapping[str, str]) -> str:
    """Write a CSV file with this header and, for each row, the cells that aren't empty."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header.split(","), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def archive(name: str, members: Mapping[str, str | bytes]) -> None:
    with zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED) as made:
        for member, content in members.items():
            made.writestr(member, content)


def imported(run: Run, *arguments: str) -> dict[str, Any]:
    done = run("subscribers", "import", *arguments, "--json")
    assert done.status == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def listed(run: Run) -> dict[str, dict[str, Any]]:
    return {item["address"]: item for item in json.loads(run("subscribers", "list", "--json").stdout)}


def read_statuses(run: Run) -> dict[str, tuple[str, str | None, list[str]]]:
    return {name: (item["status"], item["suppressed"], item["topics"]) for name, item in listed(run).items()}


def consents() -> dict[str, list[tuple[str, ConsentEvent, str]]]:
    with open_store("sqlite:///newsletter.db") as store:
        return {
            reader.address: [(f"{act.at:%Y-%m-%d %H:%M:%S}", act.event, act.how) for act in done]
            for reader, done in store.subscribers.stream_with_consents()
        }


# Mailchimp -----------------------------------------------------------------------------------------------------------

_CONTACT = (
    "Email Address,First Name,Last Name,Company,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,"
    "LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,"
)
MAILCHIMP = {
    "subscribed": _CONTACT + "LAST_CHANGED,LEID,EUID,NOTES,TAGS",
    "unsubscribed": _CONTACT
    + "UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER,LEID,EUID,NOTES,TAGS",
    "cleaned": _CONTACT + "CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID,LEID,EUID,NOTES,TAGS",
    "nonsubscribed": _CONTACT + "LAST_CHANGED,LEID,EUID,NOTES,TAGS",
}
_TIMES = {"OPTIN_TIME": "2018-02-12 10:54:27", "CONFIRM_TIME": "2018-02-12 11:00:00", "OPTIN_IP": "192.0.2.7"}


def mailchimp() -> dict[str, str]:
    """Write the files of an audience of five."""
    ada = {
        "Email Address": "ada@example.org",
        "First Name": "Ada",
        "Last Name": "Lovelace",
        "Company": "Engines, Ltd",
        "MEMBER_RATING": "4",
        "TIMEZONE": "Europe/London",
        "CC": "gb",
        "NOTES": "pays late",
        "TAGS": '"Ocean lovers","VIP, gold","SCIENCE"',
        "LEID": "1",
    }
    ben = {"Email Address": "ben@example.org", "UNSUB_TIME": "2020-07-23 12:19:27", "UNSUB_REASON": "NORMAL"}
    cleo = {"Email Address": "cleo@example.org", "CLEAN_TIME": "2021-07-23 12:19:27", "TAGS": "Ocean lovers"}
    dora = {"Email Address": "dora@example.org", "OPTIN_TIME": "", "CONFIRM_TIME": "0000-00-00 00:00:00"}
    eve = {"Email Address": "eve@example.org", "UNSUB_TIME": "2022-01-02", "UNSUB_REASON": "Reported as spam"}
    rows = {"subscribed": [ada], "unsubscribed": [ben, eve], "cleaned": [cleo], "nonsubscribed": [dora]}
    return {
        f"{kind}_email_audience_export_1a2b3c.csv": sheet(MAILCHIMP[kind], *({**_TIMES, **row} for row in rows[kind]))
        for kind in MAILCHIMP
    }


def test_a_mailchimp_archive_is_imported_with_each_readers_status(run: Run, root: Path) -> None:
    archive("audience.zip", {"__MACOSX/._subscribed_email_x.csv": b"\0", "readme.txt": "x", **mailchimp()})
    report = imported(run, "--from", "mailchimp", "audience.zip", "--topic", "ocean  Lovers=oceans")
    assert (report["rows"], report["added"], report["refused"]) == (5, 5, 0)
    assert report["readers"] == {"confirmed": 1, "unsubscribed": 1, "complained": 1, "bounced": 1, "unconfirmed": 1}
    assert report["tags_without_topic"] == {"VIP, gold": 1}
    assert read_statuses(run) == {
        "ada@example.org": ("confirmed", None, ["oceans", "science"]),
        "ben@example.org": ("unsubscribed", None, []),
        "cleo@example.org": ("confirmed", "bounced", ["oceans"]),
        "dora@example.org": ("unconfirmed", None, []),
        "eve@example.org": ("unsubscribed", "complained", []),
    }
    ada = listed(run)["ada@example.org"]
    assert (ada["first_name"], ada["last_name"], ada["time_zone"]) == ("Ada", "Lovelace", "Europe/London")
    assert ada["attributes"] == {"company": "Engines, Ltd"}
    known = consents()
    signed_up = [("2018-02-12 10:54:27", ASKED, "mailchimp"), ("2018-02-12 11:00:00", CONFIRMED, "mailchimp")]
    assert known["ada@example.org"] == signed_up
    assert known["ben@example.org"] == [*signed_up, ("2020-07-23 12:19:27", UNSUBSCRIBED, "mailchimp")]
    assert known["dora@example.org"] == []
    assert b"192.0.2.7" not in b"".join(path.read_bytes() for path in Path().glob("newsletter.db*"))


def test_a_second_import_changes_nothing_and_resubscribes_no_reader(run: Run, root: Path) -> None:
    archive("audience.zip", mailchimp())
    imported(run, "--from", "mailchimp", "audience.zip")
    before, known = listed(run), consents()
    again = imported(run, "--from", "mailchimp", "audience.zip")
    assert (again["unchanged"], again["added"], again["changed"]) == (5, 0, 0)
    Path("subscribed_x.csv").write_text(sheet(MAILCHIMP["subscribed"], {"Email Address": "ben@example.org", **_TIMES}))
    assert imported(run, "--from", "mailchimp", "subscribed_x.csv")["kept_away"] == 1
    assert (listed(run), consents()) == (before, known)


def test_a_renamed_mailchimp_file_is_recognized_by_its_columns(run: Run, root: Path) -> None:
    for kind, content in zip(MAILCHIMP, mailchimp().values(), strict=True):
        if kind != "nonsubscribed":
            Path(f"my-{kind}.csv").write_text(content)
    imported(run, "--from", "mailchimp", *map(str, Path().glob("my-*.csv")))
    assert {name: facts[:2] for name, facts in read_statuses(run).items()} == {
        "ada@example.org": ("confirmed", None),
        "ben@example.org": ("unsubscribed", None),
        "cleo@example.org": ("confirmed", "bounced"),
        "eve@example.org": ("unsubscribed", "complained"),
    }


def test_columns_in_another_language_can_be_mapped(run: Run, root: Path) -> None:
    header = MAILCHIMP["subscribed"].replace("Email Address", "E-Mail-Adresse").replace("Company", "Interessen")
    row = {"E-Mail-Adresse": "ada@example.org", "Interessen": "Science, Cities", "TAGS": "Oceans"}
    Path("subscribed_members_export_1.csv").write_text(sheet(header, row))
    refused = run("subscribers", "import", "--from", "mailchimp", "subscribed_members_export_1.csv")
    assert refused.status == 1
    assert "subscribed_members_export_1.csv:1: no column contains the address of Mailchimp readers" in refused.stderr
    named = ("--column", "E-Mail-Adresse=email", "--column", "Interessen=topics")
    imported(run, "--from", "mailchimp", "subscribed_members_export_1.csv", *named)
    assert read_statuses(run) == {"ada@example.org": ("confirmed", None, ["cities", "oceans", "science"])}


def test_refused_lines_of_several_files_keep_their_readers_status(run: Run, root: Path) -> None:
    broken = {name: text.replace("@example.org", "@example..org") for name, text in mailchimp().items()}
    archive("audience.zip", broken)
    failed = run("subscribers", "import", "--from", "mailchimp", "audience.zip", "--refused", "refused.csv")
    assert failed.status == 1
    written = sorted(Path().glob("refused*.csv"))
    assert [str(path) for path in written] == ["refused-2.csv", "refused-3.csv", "refused.csv"]
    for path in written:
        path.write_text(path.read_text("utf-8-sig").replace("example..org", "example.org"))
    imported(run, "--from", "mailchimp", *map(str, written))
    archive("whole.zip", mailchimp())
    assert imported(run, "--from", "mailchimp", "whole.zip")["unchanged"] == 5


# The others ----------------------------------------------------------------------------------------------------------


def test_a_substack_archive_is_imported(run: Run, root: Path) -> None:
    header = "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at"
    archive(
        "export.zip",
        {
            "posts.csv": "post_id,post_date,title\n1,2024-01-01,Hello\n",
            "posts/1.hello.html": "<p>Hello</p>",
            "email_list.thedaily.csv": sheet(
                header,
                {"email": "Ada@example.org", "email_disabled": "false", "created_at": "2018-08-27T15:06:27.713Z"},
                {"email": "ben@example.org", "email_disabled": "true", "created_at": "2019-08-27T15:06:27.713Z"},
            ),
        },
    )
    assert imported(run, "--from", "substack", "export.zip")["rows"] == 2
    assert read_statuses(run) == {
        "Ada@example.org": ("confirmed", None, []),
        "ben@example.org": ("unsubscribed", None, []),
    }
    assert consents()["Ada@example.org"] == [("2018-08-27 15:06:27", ASKED, "substack")]
    with open_store("sqlite:///newsletter.db") as store:
        ada = store.subscribers.get("ada@example.org")
    assert ada is not None
    assert ada.created == datetime(2018, 8, 27, 15, 6, 27, 713000, UTC)


def test_a_file_of_substacks_dashboard_is_imported(run: Run, root: Path) -> None:
    header = "Email,Name,Stripe plan,Cancel date,Start date,Activity,Sections,Type,Country,Revenue"
    ada = {"Email": "ada@example.org", "Name": "Ada King", "Start date": "2020-05-06", "Sections": "Science, The sea"}
    ben = {"Email": "ben@example.org", "Cancel date": "2026-01-02T03:04:05.678Z", "Country": "AT"}
    Path("subscribers.csv").write_text(sheet(header, ada, ben))
    imported(run, "--from", "substack", "subscribers.csv")
    assert read_statuses(run) == {
        "ada@example.org": ("confirmed", None, ["oceans", "science"]),
        "ben@example.org": ("unconfirmed", None, []),
    }
    assert listed(run)["ada@example.org"]["last_name"] == "King"
    assert listed(run)["ben@example.org"]["attributes"] == {}


def test_buttondown_files_are_imported(run: Run, root: Path) -> None:
    header = "email_address,creation_date,type,tags,notes,metadata,ip_address,unsubscription_date"
    types = {
        "regular": ("confirmed", None),
        "premium": ("confirmed", None),
        "churned": ("confirmed", None),
        "past_due": ("confirmed", None),
        "unactivated": ("unconfirmed", None),
        "unsubscribed": ("unsubscribed", None),
        "removed": ("unsubscribed", None),
        "undeliverable": ("confirmed", "bounced"),
        "complained": ("unsubscribed", "complained"),
        "spammy": ("unsubscribed", "manual"),
    }
    common = {
        "creation_date": "2024-03-05T10:11:12.123456Z",
        "tags": '["Science", "Book club"]',
        "notes": "met in Rome",
        "metadata": json.dumps({"first_name": "Ada", "city": "Turin", "pets": 2, "ip_address": "192.0.2.9", "x": None}),
        "ip_address": "192.0.2.8",
    }
    rows = [{**common, "email_address": f"{kind}@example.org", "type": kind} for kind in types]
    archive(
        "buttondown.zip",
        {
            "subscribers.csv": sheet(header, *rows),
            "unsubscribers.csv": sheet(
                "email,creation_date,unsubscription_date",
                {"email": "zoe@example.org", "unsubscription_date": "2024-04-05T10:11:12Z"},
            ),
            "emails.csv": "id,subject\n1,Hello\n",
        },
    )
    report = imported(run, "--from", "buttondown", "buttondown.zip", "--topic", "Book club=cities")
    assert report["tags_without_topic"] == {}
    expected = {f"{kind}@example.org": (*how, ["cities", "science"]) for kind, how in types.items()}
    assert read_statuses(run) == {**expected, "zoe@example.org": ("unsubscribed", None, [])}
    regular = listed(run)["regular@example.org"]
    assert (regular["first_name"], regular["attributes"]) == ("Ada", {"city": "Turin", "pets": "2"})
    assert consents()["zoe@example.org"] == [("2024-04-05 10:11:12", UNSUBSCRIBED, "buttondown")]


def test_ghost_members_are_imported(run: Run, root: Path) -> None:
    header = (
        "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,"
        "tiers,gift_id,custom_fields.Favourite City"
    )
    ada = {
        "id": "63a", "email": "ada@example.org", "name": "'=Ada Lovelace", "note": "VIP",
        "subscribed_to_emails": "true", "stripe_customer_id": "cus_1", "created_at": "2022-03-16T08:03:11.000Z",
        "labels": "Cities,Imported from X",
        "custom_fields.Favourite City": "Turin",
    }  # fmt: skip
    ben = {"email": "ben@example.org", "subscribed_to_emails": "FALSE"}
    Path("thedaily.ghost.members.2026-11-25.csv").write_text(sheet(header, ada, ben))
    report = imported(run, "--from", "Ghost", "thedaily.ghost.members.2026-11-25.csv")
    assert report["tags_without_topic"] == {"Imported from X": 1}
    assert read_statuses(run) == {
        "ada@example.org": ("confirmed", None, ["cities"]),
        "ben@example.org": ("unsubscribed", None, []),
    }
    reader = listed(run)["ada@example.org"]
    assert (reader["first_name"], reader["attributes"]) == ("=Ada", {"favourite_city": "Turin"})


def test_beehiiv_subscribers_are_imported(run: Run, root: Path) -> None:
    header = (
        "email,First Name,Last Name,status,tier,created_at,stripe_customer_id,Free Tier,Premium Tier,unsubscribed_at,"
        "utm_source,open_rate,last_opened_at,Tags,Home Town"
    )
    statuses = {
        "active": ("confirmed", None),
        "inactive": ("unsubscribed", None),
        "pending": ("unconfirmed", None),
        "validating": ("unconfirmed", None),
        "needs_attention": ("unconfirmed", None),
        "invalid": ("confirmed", "bounced"),
    }
    common = {"created_at": "2023-03-24 10:23:10 UTC", "tier": "free", "utm_source": "x", "Home Town": "Graz"}
    rows = [{**common, "email": f"{status}@example.org", "status": status} for status in statuses]
    left = {"email": "left@example.org", "status": "Active", "unsubscribed_at": "2024-03-13 11:33:53 UTC"}
    other = {"email": "other@example.org", "status": "asleep"}
    late = {"email": "late@example.org", "status": "active", "created_at": "3/24/2023 10:23"}
    Path("subs.csv").write_text(sheet(header, *rows, left, other, late))
    done = run("subscribers", "import", "--from", "beehiiv", "subs.csv")
    assert done.status == 0
    assert "subs.csv:9: not imported: unknown status 'asleep': write one of active, inactive" in done.stderr
    assert "subs.csv:10: not imported: invalid date '3/24/2023 10:23'" in done.stderr
    statuses["left"] = ("unsubscribed", None)
    assert {name: facts[:2] for name, facts in read_statuses(run).items()} == {
        f"{status}@example.org": how for status, how in statuses.items()
    }
    assert listed(run)["active@example.org"]["attributes"] == {"home_town": "Graz"}
    assert consents()["left@example.org"] == [("2024-03-13 11:33:53", UNSUBSCRIBED, "beehiiv")]


def test_listmonk_subscribers_are_imported(run: Run, root: Path) -> None:
    header = "uuid,email,name,attributes,status,created_at,updated_at"
    at = "2024-03-05 10:11:12.123456789 +0100 CET"
    rows = [
        {"email": "ada@example.org", "name": "Ada Lovelace", "attributes": '{"city": "Turin", "likes": ["tea"]}'},
        {"email": "ben@example.org", "status": "disabled", "attributes": "{}"},
        {"email": "cleo@example.org", "status": "blocklisted"},
        {"email": "dora@example.org", "attributes": "[1"},
    ]
    Path("subscribers.csv").write_text(sheet(header, *({"status": "enabled", "created_at": at, **row} for row in rows)))
    report = imported(run, "--from", "listmonk", "subscribers.csv", "--status", "unconfirmed")
    assert (report["added"], report["refused"]) == (3, 1)
    assert read_statuses(run) == {
        "ada@example.org": ("unconfirmed", None, []),
        "ben@example.org": ("unsubscribed", None, []),
        "cleo@example.org": ("unsubscribed", "manual", []),
    }
    assert listed(run)["ada@example.org"]["attributes"] == {"city": "Turin", "likes": '["tea"]'}
    assert consents()["ada@example.org"] == [("2024-03-05 09:11:12", ASKED, "listmonk")]


# For all of them -----------------------------------------------------------------------------------------------------


def test_a_dry_run_reports_the_result_of_an_import_without_changes(run: Run, readers: Path) -> None:
    archive("audience.zip", mailchimp())
    before = listed(run)
    tried = run("subscribers", "import", "--from", "mailchimp", "audience.zip", "--dry-run")
    assert tried.status == 0
    assert "Added                       4" in tried.stdout
    assert "1 bounced, 1 complained, 1 confirmed, 1 unconfirmed, 1 unsubscribed" in tried.stdout
    assert (
        'The tag "Ocean lovers" (2 readers) has no topic. Use --topic "Ocean lovers=TOPIC" to give it one.'
        in tried.stderr
    )
    assert "This was a dry run; nothing was imported." in tried.stderr
    assert listed(run) == before
    own = imported(run, "readers.csv", "--dry-run", "--status", "unsubscribed")
    assert (own["dry_run"], own["changed"]) == (True, 3)
    assert listed(run) == before


def test_a_reader_unsubscribed_in_any_file_is_unsubscribed(run: Run, root: Path) -> None:
    row = {"Email Address": "ada@example.org", **_TIMES}
    Path("subscribed_a.csv").write_text(sheet(MAILCHIMP["subscribed"], row))
    Path("unsubscribed_b.csv").write_text(
        sheet(MAILCHIMP["unsubscribed"], {**row, "UNSUB_TIME": "2020-01-02 03:04:05"})
    )
    report = imported(run, "--from", "mailchimp", "subscribed_a.csv", "unsubscribed_b.csv")
    assert (report["added"], report["repeated"]) == (1, 1)
    assert read_statuses(run)["ada@example.org"][0] == "unsubscribed"
    assert [event for _, event, _ in consents()["ada@example.org"]] == [ASKED, CONFIRMED, UNSUBSCRIBED]


def test_an_erased_reader_is_not_restored_by_an_export_file(run: Run, readers: Path) -> None:
    with open_store("sqlite:///newsletter.db") as store:
        ada = store.subscribers.get("ada@example.com")
        assert ada is not None
        assert store.self_service.erase(ada.key, make.WHEN, Signer(SECRET).fingerprints)
    members = sheet("email,subscribed_to_emails", {"email": "Ada@example.com", "subscribed_to_emails": "true"})
    for value in ("true", "false"):
        Path("members.csv").write_text(members.replace("true", value))
        assert imported(run, "--from", "ghost", "members.csv")["kept_away"] == 1
    for kind, content in mailchimp().items():
        Path(kind).write_text(re.sub(r"\w+@example.org", "ADA@example.com", content))
        assert imported(run, "--from", "mailchimp", kind)["kept_away"] == 1
    assert "ada@example.com" not in {address.casefold() for address in listed(run)}
    with open_store("sqlite:///newsletter.db") as store:
        assert not store.suppressions.has("ada@example.com")


@pytest.mark.parametrize(
    ("platform", "name", "content", "words"),
    [
        (
            "ghost",
            "x.csv",
            "email,name\na@example.org,A\n",
            "x.csv:1: not an export from Ghost: no column is called sub",
        ),
        ("substack", "x.csv", "name,created_at\n", "x.csv:1: no column contains the address of Substack readers"),
        ("listmonk", "x.csv", "", "x.csv:1: the file is empty"),
        ("beehiiv", "x.csv", b"email,status\n\xff,active\n", "x.csv:2: not UTF-8"),
        ("friendster", "x.csv", "email\n", 'unknown platform "friendster"'),
    ],
)
def test_a_file_of_no_known_platform_is_refused_with_its_place(
    run: Run, root: Path, platform: str, name: str, content: str | bytes, words: str
) -> None:
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    refused = run("subscribers", "import", "--from", platform, name)
    assert refused.status in (1, 2)
    assert refused.stderr.startswith("error: ")
    assert words in refused.stderr
    assert listed(run) == {}


def damaged() -> bytes:
    content = bytearray(Path("whole.zip").read_bytes())
    at = content.index(b"PK\x03\x04") + 120
    content[at : at + 40] = bytes(40)
    return bytes(content)


def test_an_unreadable_archive_imports_nothing(run: Run, root: Path) -> None:
    archive("whole.zip", mailchimp())
    archive("other.zip", {"posts.csv": "a\n", "email_list.x.csv": "b\n"})
    Path("damaged.zip").write_bytes(damaged())
    locked = bytearray(Path("whole.zip").read_bytes())
    for sign, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(sign) + flags] |= 1
    Path("locked.zip").write_bytes(locked)
    for arguments, words in (
        (
            ("--from", "mailchimp", "other.zip"),
            "the archive has no known file of readers; it contains: posts.csv, email_list",
        ),
        (("other.zip",), "name the platform with --from"),
        (("--from", "mailchimp", "whole.zip", "damaged.zip"), "the archive is damaged"),
        (("--from", "mailchimp", "locked.zip"), "the archive has a password"),
    ):
        refused = run("subscribers", "import", *arguments)
        assert (refused.status, refused.stdout) == (1, "")
        assert words in refused.stderr
    assert listed(run) == {}


@pytest.mark.parametrize(
    "arguments",
    [
        ("readers.csv", "--topic", "VIP=science"),
        ("--from", "ghost", "readers.csv", "--topic", "VIP"),
        ("--from", "ghost", "readers.csv", "--topic", "=science"),
        ("--from", "ghost", "readers.csv", "--topic", "VIP=scence"),
        ("--from", "ghost", "readers.csv", "--column", "Nothing=email"),
        ("--from", "ghost", "readers.csv", "--status", "keen"),
    ],
)
def test_an_empty_mapping_is_a_usage_error(run: Run, readers: Path, arguments: Sequence[str]) -> None:
    before = {name: content for name, content in files(readers).items() if "newsletter.db" not in name}
    refused = run("subscribers", "import", *arguments)
    assert refused.status == 2
    assert refused.stderr.startswith("error: ")
    assert {name: content for name, content in files(readers).items() if "newsletter.db" not in name} == before


def test_imported_readers_are_exported_with_consents_and_imported_again(run: Run, root: Path) -> None:
    archive("audience.zip", mailchimp())
    imported(run, "--from", "mailchimp", "audience.zip")
    before, known = listed(run), consents()
    assert run("subscribers", "export", "out.csv").status == 0
    for path in Path().glob("newsletter.db*"):
        path.unlink()
    imported(run, "out.csv")
    assert (listed(run), consents()) == (before, known)
    assert known["ada@example.org"][0] == ("2018-02-12 10:54:27", ASKED, "mailchimp")


def test_an_export_is_not_imported_as_a_plain_list(run: Run, root: Path) -> None:
    (root / "anything.csv").write_text("email,name,subscribed_to_emails\nada@example.org,Ada,false\n")
    refused = run("subscribers", "import", "anything.csv")
    assert refused.status == 2
    assert "anything.csv looks like an export from Ghost" in refused.stderr
    assert "--from ghost" in refused.stderr
    assert imported(run, "anything.csv", "--from", "ghost")["added"] == 1
    assert listed(run)["ada@example.org"]["status"] == "unsubscribed"
    assert imported(run, "anything.csv", "--column", "subscribed_to_emails=-")["rows"] == 1


def test_a_file_of_another_encoding_is_refused_with_the_option_that_reads_it(run: Run, root: Path) -> None:
    (root / "old.csv").write_bytes("email,first_name\nzoe@example.org,Zoë\n".encode("cp1252"))
    refused = run("subscribers", "import", "old.csv")
    assert refused.status == 1
    assert "old.csv:2: not UTF-8: it contains the byte 0xEB" in refused.stderr
    assert "--encoding windows-1252" in refused.stderr
    assert imported(run, "old.csv", "--encoding", "windows-1252")["added"] == 1
