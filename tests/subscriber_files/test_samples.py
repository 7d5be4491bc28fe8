"""The columns of a file before its import, its encoding, and the platform that it seems to be from."""

import zipfile
from pathlib import Path

import pytest

from newsletter.domain.topics import Topics
from newsletter.store import Store
from newsletter.subscriber_files import (
    FileEncoding,
    OwnFormat,
    PlatformFormat,
    RejectedRow,
    SubscriberFileError,
    guessed_encoding,
    guessed_platform,
    import_readers,
    sample_columns,
)
from newsletter.subscriber_files.input_files import SpreadsheetError
from tests.make import WHEN

UTF_8 = FileEncoding.UTF_8


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def test_columns_are_shown_with_their_first_values_and_meanings(tmp_path: Path) -> None:
    text = "E-mail;First name;Notes;\n'=a@example.org;Ada;" + "x" * 99 + ";\n;Bea;\n" + "c@example.org;Cat;none;;\n" * 9
    columns = sample_columns(write(tmp_path, "a.csv", text), OwnFormat(topics=Topics(), columns={"Notes": "-"}), UTF_8)
    assert [(column.name, column.meaning) for column in columns] == [
        ("E-mail", "email"), ("First name", "first_name"), ("Notes", ""), ("", ""),
    ]  # fmt: skip
    assert columns[1].values == ("Ada", "Bea", "Cat")
    assert columns[0].values == ("=a@example.org", "c@example.org")
    assert columns[2].values[0] == "x" * 59 + "…"


@pytest.mark.parametrize(
    ("header", "meanings"),
    [
        ("Vorname;Nachname;E-Mail", "first_name last_name email"),
        ("Name;Vorname;E-Mail-Adresse", "last_name first_name email"),
        ("Name;E-Mail", "name email"),
        ("Name;First name;E-mail", "name first_name email"),
        ("Nom;Prénom;Adresse électronique", "last_name first_name email"),
        ("NOM;PRE\u0301NOM;Courriel", "last_name first_name email"),
        ("Nom;Adresse e-mail", "name email"),
        ("Nombre;Apellidos;Correo electrónico", "first_name last_name email"),
        ("Nombre;Correo", "name email"),
        ("attribute.nombre;Vorname;Mail", "attribute.nombre first_name email"),
    ],
)
def test_names_and_addresses_are_recognised_in_several_languages(tmp_path: Path, header: str, meanings: str) -> None:
    columns = sample_columns(write(tmp_path, "a.csv", f"{header}\na;b;c\n"), OwnFormat(topics=Topics()), UTF_8)
    assert [column.meaning for column in columns] == meanings.split()


def test_hostile_values_are_shown_without_control_characters(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "email,note\na@example.org,a\0b\x1b[31m\n")
    assert sample_columns(path, OwnFormat(topics=Topics()), UTF_8)[1].values == ("a\ufffdb\ufffd[31m",)


def test_columns_are_shown_if_the_format_does_not_fit(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "who,why\nada@example.org,fun\n")
    own = OwnFormat(topics=Topics())
    assert [column.meaning for column in sample_columns(path, own, UTF_8)] == ["", ""]
    missing = OwnFormat(topics=Topics(), columns={"nothing": "email"})
    assert [column.name for column in sample_columns(path, missing, UTF_8)] == ["who", "why"]
    named = OwnFormat(topics=Topics(), columns={"who": "email"})
    assert [column.meaning for column in sample_columns(path, named, UTF_8)] == ["email", "attribute.why"]
    assert sample_columns(write(tmp_path, "b.csv", ""), own, UTF_8) == ()


def test_a_platforms_columns_are_shown(tmp_path: Path) -> None:
    text = "email,name,labels,subscribed_to_emails,created_at,open rate\na@example.org,Ada,x,true,2020-01-01,5\n"
    path = write(tmp_path, "members.csv", text)
    assert guessed_platform(path, UTF_8) == "ghost"
    columns = sample_columns(path, PlatformFormat("ghost", topics=Topics()), UTF_8)
    assert [column.meaning for column in columns] == ["email", "name", "tags", "status", "signed_up", ""]
    ignored = PlatformFormat("ghost", topics=Topics(), columns={"labels": "-"})
    assert sample_columns(path, ignored, UTF_8)[2].meaning == ""


@pytest.mark.parametrize(
    ("name", "header", "platform"),
    [
        ("readers.csv", "email,first_name", ""),
        ("subscribers.csv", "email,first_name,status,excluded_topics,consents", ""),  # our own
        ("subscribed_members_export.csv", "Email Address,First Name,LEID,EUID,OPTIN_TIME", "mailchimp"),
        ("email_list.mine.csv", "email,email_disabled,name", "substack"),
        ("left.csv", "Email Address,First Name,LEID,EUID,UNSUB_TIME", "mailchimp"),
        ("export (1).csv", "id,email_address,creation_date,type,metadata,tags", "buttondown"),
        ("readers.csv", "id,email,name,subscribed_to_emails,labels", "ghost"),
        ("subscribers.csv", "uuid,email,name,attributes,status,created_at,updated_at", "listmonk"),
        ("subscribers.csv", "Email,Name,Type,Start date,Cancel date", "substack"),
        ("readers.csv", "email,status,subscription_tier", "beehiiv"),
        ("subscribers.csv", "email,status", ""),  # it may be from three of them
        ("empty.csv", "", ""),
    ],
)
def test_the_platform_is_guessed_from_columns_and_name(tmp_path: Path, name: str, header: str, platform: str) -> None:
    assert guessed_platform(write(tmp_path, name, header), UTF_8) == platform


def test_the_platform_of_an_archive_is_guessed(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("posts/a.html", "")
        archive.writestr("email_list.mine.csv", "email,email_disabled\na@example.org,false\n")
    assert guessed_platform(path, UTF_8) == "substack"


@pytest.mark.parametrize(
    ("codec", "encoding"),
    [("utf-8", UTF_8), ("utf-8-sig", UTF_8), ("utf-16", FileEncoding.UTF_16), ("cp1252", FileEncoding.WINDOWS_1252)],
)
def test_files_of_other_encodings_are_imported(
    tmp_path: Path, store: Store, codec: str, encoding: FileEncoding
) -> None:
    path = write(tmp_path, "a.csv", "email,first_name\nzoe@example.org,Zoë\n" + "x@example.org,é\n" * 2, codec)
    assert guessed_encoding(path) is encoding
    report = import_readers(store.subscribers.merge, [path], OwnFormat(topics=Topics()), now=WHEN, encoding=encoding)
    assert report.added == 2
    reader = store.subscribers.get("zoe@example.org")
    assert reader
    assert reader.first_name == "Zoë"


def test_a_file_of_another_encoding_than_said_is_refused(tmp_path: Path, store: Store) -> None:
    path = write(tmp_path, "a.csv", "email\na@example.org\nb", "utf-8")
    with pytest.raises(SubscriberFileError, match="UTF-16"):
        import_readers(
            store.subscribers.merge, [path], OwnFormat(topics=Topics()), now=WHEN, encoding=FileEncoding.UTF_16
        )


def test_a_file_with_very_many_columns_is_not_imported(tmp_path: Path, store: Store) -> None:
    for columns in (1_000, 1_001):
        names = ["email", *(f"c{number}" for number in range(1, columns))]
        path = write(tmp_path, "wide.csv", ",".join(names) + "\nada@example.org\n")
        if columns == 1_000:
            assert len(sample_columns(path, OwnFormat(topics=Topics()), UTF_8)) == columns
            continue
        with pytest.raises(SubscriberFileError, match="more than 1,000 columns"):
            sample_columns(path, OwnFormat(topics=Topics()), UTF_8)
        with pytest.raises(SubscriberFileError, match="more than 1,000 columns"):
            import_readers(store.subscribers.merge, [path], OwnFormat(topics=Topics()), now=WHEN)


def test_an_archive_is_read_as_utf_8(tmp_path: Path, store: Store) -> None:
    path = tmp_path / "audience_export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("subscribed_members.csv", "Email Address,First Name,LEID,EUID\nzoe@example.org,Zoë,1,a\n")
    encoding = guessed_encoding(path)
    assert encoding is UTF_8
    mailchimp = PlatformFormat("mailchimp", topics=Topics())
    import_readers(store.subscribers.merge, [path], mailchimp, now=WHEN, encoding=encoding)
    reader = store.subscribers.get("zoe@example.org")
    assert reader
    assert reader.first_name == "Zoë"


@pytest.mark.parametrize("stated", ["sep=;", '"sep=;"', "SEP=|", "sep=\t"])
@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_a_line_that_states_the_delimiter_is_no_header(tmp_path: Path, store: Store, stated: str, codec: str) -> None:
    cut = stated.strip('"')[-1]
    text = f"{stated}\r\nemail;first_name\r\nzoe@example.org;Zoë\r\nx;\r\n".replace(";", cut)
    path, own = write(tmp_path, "a.csv", text, codec), OwnFormat(topics=Topics())
    encoding = guessed_encoding(path)
    assert [column.name for column in sample_columns(path, own, encoding)] == ["email", "first_name"]
    refused: list[RejectedRow] = []
    import_readers(store.subscribers.merge, [path], own, now=WHEN, encoding=encoding, refuse=refused.append)
    assert [reader.first_name for reader in store.subscribers.stream()] == ["Zoë"]
    assert [row.line for row in refused] == [4]


def test_a_spreadsheet_is_named_as_one(tmp_path: Path) -> None:
    path = tmp_path / "readers.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "")
        archive.writestr("xl/workbook.xml", "")
    with pytest.raises(SpreadsheetError):
        sample_columns(path, OwnFormat(topics=Topics()), UTF_8)


def test_a_refusal_names_only_the_lines_that_its_place_does_not(tmp_path: Path, store: Store) -> None:
    path = write(tmp_path, "a.csv", 'email\n"Ada" <ada@example.org>\n"b\nc" <c@example.org>\n')
    refused: list[RejectedRow] = []
    own = OwnFormat(topics=Topics())
    import_readers(store.subscribers.merge, [path], own, now=WHEN, encoding=UTF_8, refuse=refused.append)
    words = "can't be read as CSV: close every quotation mark, and double those inside a cell"
    assert [(row.line, row.reason) for row in refused] == [(2, words), (3, f"lines 3 to 4 {words}")]
