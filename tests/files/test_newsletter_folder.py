"""The folder of a newsletter, and the text of its settings."""

from pathlib import Path

from newsletter.files.newsletter_folder import newsletter_folder, settings_text


def test_the_newsletters_folder_is_the_nearest_one_with_settings(tmp_path: Path) -> None:
    inner = tmp_path / "letter" / "issues" / "entries"
    inner.mkdir(parents=True)
    assert newsletter_folder(tmp_path / "letter") is None
    (tmp_path / "letter" / "newsletter.toml").write_text("")
    for start in (inner, inner.parent, tmp_path / "letter", tmp_path / "letter" / "newsletter.toml"):
        assert newsletter_folder(start) == tmp_path / "letter"
    assert newsletter_folder(tmp_path) is None
    (inner / "newsletter.toml").mkdir()
    assert newsletter_folder(inner) == tmp_path / "letter"


def test_unreadable_settings_have_no_text(tmp_path: Path) -> None:
    assert settings_text(tmp_path) == ""
    (tmp_path / "newsletter.toml").write_bytes(b'name = "\xff"')
    assert settings_text(tmp_path) == ""
    (tmp_path / "newsletter.toml").write_text('name = "é"', encoding="utf-8")
    assert settings_text(tmp_path) == 'name = "é"'
