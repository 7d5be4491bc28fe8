"""The library of pictures: lasting names, each file prepared once, and files that can't be used."""

import hashlib
import os
import unicodedata
from pathlib import Path

import pytest

from newsletter.domain.pictures import Picture, UnusablePicture
from newsletter.pictures import PictureLibrary, preparing
from tests.pictures.drawings import bring_along, decoded, drawing, encoded


def picture(root: Path, image: str) -> Picture:
    """Return a picture as a new process finds it."""
    found = PictureLibrary(root).picture(image)
    assert isinstance(found, Picture)
    return found


def problem(root: Path, image: str) -> UnusablePicture:
    """Return what is wrong with a picture."""
    found = PictureLibrary(root).picture(image)
    assert isinstance(found, UnusablePicture)
    return found


def test_many_pictures_are_prepared_together_and_each_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, prepared = preparing.prepare, list[bytes]()

    def counted(content: bytes) -> preparing.PreparedPicture | UnusablePicture:
        prepared.append(content)
        return real(content)

    monkeypatch.setattr(preparing, "prepare", counted)
    names = [f"{number}.png" for number in range(12)]
    for number, name in enumerate(names):
        bring_along(tmp_path, name, encoded(drawing(30, 20 + number), "PNG"))
    known = PictureLibrary(tmp_path)
    known.prepare_all([*names, *names, "missing.png"])
    assert len(prepared) == len(names)
    assert [isinstance(known.picture(name), Picture) for name in names] == [True] * 12
    PictureLibrary(tmp_path).prepare_all(names)
    assert len(prepared) == len(names)


@pytest.fixture
def no_preparing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be decoded any more."""

    def refuse(_content: bytes) -> None:
        raise AssertionError("a picture is prepared again")

    monkeypatch.setattr(preparing, "prepare", refuse)


def test_a_name_is_made_of_the_files_digest_and_its_own_name(tmp_path: Path) -> None:
    path = bring_along(tmp_path, "spring/Der Hafen im Mai.JPG")

    found = picture(tmp_path, "spring/Der Hafen im Mai.JPG")

    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    assert found.name == f"{digest}-der-hafen-im-mai.jpg"
    content = PictureLibrary(tmp_path).content(found.name)
    assert content is not None
    assert decoded(content).size == (found.width, found.height)


def test_another_process_decodes_nothing_again(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    bring_along(tmp_path, "harbour.jpg")
    bring_along(tmp_path, "broken.jpg", b"\xff\xd8\xff")
    first, broken = picture(tmp_path, "harbour.jpg"), problem(tmp_path, "broken.jpg")

    request.getfixturevalue("no_preparing")
    os.utime(tmp_path / "issues/images/harbour.jpg")  # a fresh clone has other times
    bring_along(tmp_path, "copy.jpg", (tmp_path / "issues/images/harbour.jpg").read_bytes())

    assert picture(tmp_path, "harbour.jpg") == first
    assert picture(tmp_path, "copy.jpg").name == first.name.replace("harbour", "copy")
    assert problem(tmp_path, "broken.jpg") == broken


def test_a_changed_file_gets_another_name_and_the_old_one_stays(tmp_path: Path) -> None:
    known = PictureLibrary(tmp_path)
    bring_along(tmp_path, "harbour.jpg")
    before = known.picture("harbour.jpg")
    bring_along(tmp_path, "harbour.jpg", encoded(drawing(900, 500), "PNG"))
    after = known.picture("harbour.jpg")

    assert isinstance(before, Picture)
    assert isinstance(after, Picture)
    assert before.name != after.name
    assert after.name.endswith("-harbour.png")
    assert known.content(before.name)  # messages that were sent name it
    (tmp_path / "issues/images/harbour.jpg").unlink()
    gone = known.picture("harbour.jpg")
    assert isinstance(gone, UnusablePicture)
    assert gone.rule == "image-missing"
    assert known.content(after.name)


def test_a_picture_that_another_machine_has_sent_is_prepared_when_it_is_requested(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for root in (here, there):
        bring_along(root, "harbour.jpg", encoded(drawing(800, 400)))
    sent = picture(here, "harbour.jpg")
    serving = PictureLibrary(there, every=0)

    assert serving.content("0123456789abcdef-harbour.jpg") is None
    assert serving.content(sent.name) == PictureLibrary(here).content(sent.name)
    bring_along(there, "late.jpg", encoded(drawing(800, 404)))
    bring_along(here, "late.jpg", encoded(drawing(800, 404)))
    assert serving.content(picture(here, "late.jpg").name)


def test_requests_for_unknown_pictures_do_not_list_all_files_each_time(tmp_path: Path) -> None:
    bring_along(tmp_path, "harbour.jpg")
    other = tmp_path / "other"
    bring_along(other, "late.jpg", encoded(drawing(800, 404)))
    late, serving = picture(other, "late.jpg"), PictureLibrary(tmp_path, every=3600)
    assert serving.content("0123456789abcdef-harbour.jpg") is None
    bring_along(tmp_path, "late.jpg", encoded(drawing(800, 404)))
    assert serving.content(late.name) is None
    assert serving.picture("late.jpg") == late  # a picture that an issue names is found at once
    assert serving.content(late.name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "../newsletter.toml",
        "0123456789abcdef.json",
        "0123456789ABCDEF-a.jpg",
        "0123456789abcdef-a.jpg/..",
        "x",
    ],
)
def test_no_other_file_is_handed_out(tmp_path: Path, name: str) -> None:
    bring_along(tmp_path, "harbour.jpg")
    picture(tmp_path, "harbour.jpg")

    assert PictureLibrary(tmp_path).content(name) is None


def test_a_missing_file_is_explained(tmp_path: Path) -> None:
    bring_along(tmp_path, "spring/harbour.jpg")

    missing = problem(tmp_path, "harbour.jpg")
    assert (missing.rule, missing.what) == ("image-missing", "there is no file issues/images/harbour.jpg")
    assert missing.hint == 'did you mean "spring/harbour.jpg"?'
    assert problem(tmp_path, "spring/Harbour.jpg").hint == 'did you mean "spring/harbour.jpg"?'
    assert problem(tmp_path, "www.example.org/a.jpg").hint == "begin an address on the web with https://"
    assert problem(tmp_path, "mountain.jpg").hint == "put the file into issues/images/"
    assert problem(tmp_path, "harbor.png").hint == 'did you mean "spring/harbour.jpg"?'


@pytest.mark.parametrize(
    "image", ["../secret.jpg", "/etc/passwd", "a/../../b.jpg", ".hidden.jpg", "a\\b.jpg", "a//b.jpg"]
)
def test_only_the_folder_of_pictures_is_read(tmp_path: Path, image: str) -> None:
    assert problem(tmp_path, image).rule == "image-missing"


def test_links_and_folders_are_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside.jpg"
    outside.write_bytes(encoded(drawing(20, 20)))
    root = tmp_path / "letter"
    bring_along(root, "harbour.jpg")
    folder = root / "issues" / "images"
    (folder / "away.jpg").symlink_to(outside)
    (folder / "loop.jpg").symlink_to("loop.jpg")
    (folder / "folder.jpg").mkdir()
    (folder / "inside.jpg").symlink_to("harbour.jpg")
    os.mkfifo(folder / "pipe.jpg")

    assert problem(root, "away.jpg").rule == "file-outside"
    for name in ("loop.jpg", "folder.jpg", "pipe.jpg"):
        assert problem(root, name).rule == "file-unreadable"
    assert picture(root, "inside.jpg").name.endswith("-inside.jpg")


def test_a_name_with_accents_is_found_however_they_are_stored(tmp_path: Path) -> None:
    bring_along(tmp_path, unicodedata.normalize("NFD", "hafén.jpg"))

    assert picture(tmp_path, unicodedata.normalize("NFC", "hafén.jpg")).name.endswith("-hafen.jpg")


def test_a_huge_file_is_not_even_read(tmp_path: Path) -> None:
    path = bring_along(tmp_path, "huge.jpg", b"\xff\xd8\xff")
    os.truncate(path, 30_000_000)

    assert problem(tmp_path, "huge.jpg").rule == "image-huge"


def test_a_folder_that_cannot_be_written_to_costs_only_time(tmp_path: Path) -> None:
    bring_along(tmp_path, "harbour.jpg")
    (tmp_path / ".newsletter").write_text("in the way")
    serving = PictureLibrary(tmp_path)

    found = serving.picture("harbour.jpg")

    assert isinstance(found, Picture)
    assert serving.content(found.name)


def test_damaged_records_are_made_anew(tmp_path: Path) -> None:
    bring_along(tmp_path, "harbour.jpg")
    found = picture(tmp_path, "harbour.jpg")
    for damage in (b"", b"[]", b'{"recipe": 1, "usable": true, "outcome": {}}', b"\xff"):
        for record in (tmp_path / ".newsletter" / "pictures").glob("*.json"):
            record.write_bytes(damage)
        assert picture(tmp_path, "harbour.jpg") == found
