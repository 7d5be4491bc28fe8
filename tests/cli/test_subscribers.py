"""`newsletter subscribers` and `newsletter segments`: import, export, listing and removal."""

import csv
import json
from pathlib import Path

import pytest

from tests.command_line import READERS, Run, files

MIXED = """\
E-mail (work),Interests,City
ada@example.com,Science,Turin
not an address,Science,Rome
ben@example.net,Knitting,Oslo
ben@example.net,Cities,Oslo
"""


def test_readers_are_imported_and_a_second_import_changes_nothing(run: Run, root: Path) -> None:
    Path("readers.csv").write_text(READERS)
    first = json.loads(run("subscribers", "import", "readers.csv", "--json").stdout)
    second = json.loads(run("subscribers", "import", "readers.csv", "--json").stdout)
    assert (first["rows"], first["added"], first["refused"]) == (3, 3, 0)
    assert (second["rows"], second["added"], second["changed"], second["unchanged"]) == (3, 0, 0, 3)


def test_columns_can_be_mapped_and_refused_lines_are_reported_individually(run: Run, root: Path) -> None:
    Path("mixed.csv").write_text(MIXED)
    imported = run(
        "subscribers", "import", "mixed.csv", "--column", "E-mail (work)=email", "--column", "Interests=topics"
    )
    assert imported.status == 0
    assert "mixed.csv:3: not imported: " in imported.stderr
    assert '1 reader named the topic "knitting", which is not in newsletter.toml' in imported.stderr
    (ada, ben) = json.loads(run("subscribers", "list", "--json").stdout)
    assert (ada["address"], ada["topics"], ada["attributes"]) == ("ada@example.com", ["science"], {"city": "Turin"})
    assert ben["address"] == "ben@example.net"


def test_refused_lines_are_written_to_a_file_that_can_be_imported_once_fixed(run: Run, root: Path) -> None:
    Path("readers.csv").write_text("email,topics\nada@example.com,Science\nben.example.net,Cities\n")
    imported = run("subscribers", "import", "readers.csv", "--refused", "refused.csv")
    assert Path("refused.csv").stat().st_mode & 0o777 == 0o600
    assert imported.status == 0
    assert "refused.csv" in imported.stderr
    refused = Path("refused.csv")
    refused.write_text(refused.read_text("utf-8-sig").replace("ben.example", "ben@example"))
    assert json.loads(run("subscribers", "import", "refused.csv", "--json").stdout)["added"] == 1


def test_a_file_without_a_usable_line_is_an_error(run: Run, root: Path) -> None:
    Path("readers.csv").write_text("email\nnobody\nnowhere\n")
    assert run("subscribers", "import", "readers.csv").status == 1


def test_a_file_that_is_not_a_list_of_readers_is_refused(run: Run, root: Path) -> None:
    Path("first.csv").write_text("name,topics\nAda,Science\n")
    Path("second.csv").write_bytes(b"email\nada@example.com\n\xff\xfe@example.com\n")
    for arguments in (["first.csv"], ["second.csv"], ["nowhere.csv"], ["first.csv", "--column", "Mail=email"]):
        refused = run("subscribers", "import", *arguments)
        assert refused.status in (1, 2)
        assert refused.stderr.startswith("error: ")
    assert json.loads(run("subscribers", "list", "--json").stdout) == []


def test_invalid_arguments_are_usage_errors(run: Run, readers: Path) -> None:
    assert run("subscribers", "import", "readers.csv", "--status", "keen").status == 2
    assert run("subscribers", "import", "readers.csv", "--column", "Mail").status == 2
    assert run("subscribers", "list", "--status", "keen").status == 2
    assert run("subscribers", "list", "--limit", "0").status == 2
    assert run("subscribers", "add", "ada at example").status == 2
    assert run("subscribers", "add", "ada@example.org", "--time-zone", "Europe/Vienn").stderr == (
        'error: no time zone "Europe/Vienn": did you mean "Europe/Vienna"?\n'
    )
    assert run("subscribers", "add", "ada@example.org", "--language", "German").stderr == (
        'error: "German" is not a language: write a language tag such as en, pt-BR or zh-Hant-TW\n'
    )
    assert run("subscribers", "add", "eve@example.com", "--topic", "").status == 2
    assert run("subscribers", "export", "--segment", "scence").stderr == (
        'error: no segment "scence": did you mean "science"?\n'
    )


def test_an_export_can_be_imported(run: Run, readers: Path) -> None:
    run("subscribers", "add", "dora@example.org", "--first-name", "=SUM(A1)")
    half = Path(".out.csv.0a1b2c3d.part")  # left by a killed export
    for before in (Path("out.csv"), half):
        before.touch()
    exported = run("subscribers", "export", "out.csv")
    assert not half.exists()
    assert (exported.status, exported.stderr) == (0, "4 readers in out.csv\n")
    assert Path("out.csv").stat().st_mode & 0o777 == 0o600
    rows = list(csv.DictReader(Path("out.csv").read_text("utf-8-sig").splitlines()))
    assert [row["email"] for row in rows] == [
        "ada@example.com",
        "ben@example.net",
        "cleo@example.org",
        "dora@example.org",
    ]
    assert rows[-1]["first_name"] == "'=SUM(A1)"
    again = json.loads(run("subscribers", "import", "out.csv", "--json").stdout)
    assert (again["unchanged"], again["refused"]) == (4, 0)


def test_an_export_without_a_file_is_printed_to_stdout(run: Run, readers: Path) -> None:
    exported = run("subscribers", "export", "--segment", "science", "--status", "confirmed")
    assert (exported.status, exported.stderr) == (0, "")
    rows = list(csv.DictReader(exported.stdout.splitlines()))
    assert [row["email"] for row in rows] == ["ada@example.com", "cleo@example.org"]


@pytest.mark.parametrize("path", ["", ".", "/"])
@pytest.mark.parametrize("command", ["subscribers", "suppressions"])
def test_an_export_to_a_path_without_a_name_is_refused(run: Run, readers: Path, command: str, path: str) -> None:
    refused = run(command, "export", path)
    assert (refused.status, refused.stderr) == (1, f"error: {Path(path)}: it is a folder\n")


def test_a_failed_export_keeps_the_earlier_file(run: Run, readers: Path) -> None:
    assert run("subscribers", "export", "nowhere/out.csv").status == 1
    Path("out.csv").write_text("earlier")
    Path("newsletter.db").write_bytes(b"not a database, and longer than the header of one" * 10)
    failed = run("subscribers", "export", "out.csv")
    assert failed.status == 1
    assert Path("out.csv").read_text() == "earlier"
    assert not list(readers.glob(".out.csv*"))


def test_a_long_list_is_cut_with_a_note(run: Run, readers: Path) -> None:
    listed = run("subscribers", "list", "--limit", "2")
    assert "ada@example.com" in listed.stdout
    assert "cleo@example.org" not in listed.stdout
    assert "1 more" in listed.stderr
    assert "cleo@example.org" in run("subscribers", "list").stdout


def test_a_list_has_only_the_requested_readers(run: Run, readers: Path) -> None:
    listed = json.loads(run("subscribers", "list", "--segment", "science", "--json").stdout)
    assert [reader["address"] for reader in listed] == ["ada@example.com", "cleo@example.org"]
    assert json.loads(run("subscribers", "list", "--status", "unsubscribed", "--json").stdout) == []


def test_one_reader_is_added_once(run: Run, root: Path) -> None:
    added = run(
        "subscribers", "add", "Jörg@Bücher.example", "--last-name", "Ångström", "-t", "The sea", "-t", "Knitting",
        "--time-zone", "europe/vienna",
    )  # fmt: skip
    assert (added.status, added.stdout) == (0, "Added Jörg@bücher.example.\n")
    assert "knitting" in added.stderr
    (reader,) = json.loads(run("subscribers", "list", "--json").stdout)
    assert (reader["last_name"], reader["topics"]) == ("Ångström", ["knitting", "oceans"])
    assert reader["time_zone"] == "Europe/Vienna"
    again = run("subscribers", "add", "jörg@bücher.example")
    assert again.status == 1
    assert "is a subscriber already" in again.stderr


def test_a_removed_reader_can_be_added_again_but_not_a_suppressed_one(run: Run, readers: Path) -> None:
    assert run("subscribers", "remove", "ADA@example.com").status == 0
    assert run("subscribers", "remove", "ben@example.net", "--suppress").status == 0
    assert run("subscribers", "remove", "nobody@example.org").status == 1
    report = json.loads(run("subscribers", "import", "readers.csv", "--json").stdout)
    assert report["kept_away"] == 1
    listed = json.loads(run("subscribers", "list", "--json").stdout)
    assert "ada@example.com" in [reader["address"] for reader in listed if not reader["suppressed"]]
    assert "ben@example.net" not in [reader["address"] for reader in listed if not reader["suppressed"]]
    assert run("subscribers", "add", "ben@example.net").status == 1


def test_segments_show_current_counts(run: Run, readers: Path) -> None:
    counted = json.loads(run("segments", "--json").stdout)
    assert counted == [
        {"slug": "everyone", "name": "Everyone", "readers": 3},
        {"slug": "science", "name": "Science", "readers": 2},
    ]
    run("subscribers", "remove", "ada@example.com")
    assert json.loads(run("segments", "--json").stdout)[1]["readers"] == 1
    assert "Science" in run("segments").stdout


def test_reading_commands_write_nothing_but_a_new_database(run: Run, root: Path) -> None:
    before = files(root)
    for arguments in (["segments"], ["subscribers", "list"], ["sends"], ["db", "upgrade"]):
        assert run(*arguments).status == 0
    after = files(root)
    assert {name: after[name] for name in before} == before
    assert all(name.startswith("newsletter.db") for name in after.keys() - before.keys())
