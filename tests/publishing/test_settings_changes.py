"""Settings that decide what the server opens, runs and trusts don't come from the remote."""

from pathlib import Path

import pytest

from newsletter.publishing.settings_changes import PulledSettingError, check_pulled_settings
from newsletter.web.studio.app import studio_app
from tests.newsletter_folder import write_settings


def test_the_remote_changes_no_settings_of_the_server(tmp_path: Path) -> None:
    write_settings(tmp_path)
    text = (tmp_path / "newsletter.toml").read_text()
    check_pulled_settings(text, text.replace("Test Street", "New Street"))
    for field, line in (
        ("database", 'database = "sqlite:///elsewhere.db"'),
        ("provider", '[provider]\nname = "smtp"\nhost = "mail.attacker.example"'),
        ("feedback.mailbox", '[feedback]\nmailbox = "imaps://attacker.example/INBOX"'),
        ("images", '[images]\nbucket = "s3://attacker"'),
        ("serving", '[serving]\nproxies = ["0.0.0.0/0"]'),
        ("approval", "[approval]\nown_changes = true"),
        ("studio.hooks", "[studio]\nhooks = true"),
        ("studio.host", '[studio]\nhost = "studio.attacker.example"'),
    ):
        assert line.partition("\n")[0] not in text
        changed = f"{text}\n{line}\n" if line.startswith("[") else f"{line}\n{text}"
        for before in (text, "<<<"):  # also after a commit that has broken the file
            with pytest.raises(PulledSettingError, match=field):
                check_pulled_settings(before, changed)
    with pytest.raises(PulledSettingError, match="base_url"):
        check_pulled_settings(text, text.replace("https://", "https://attacker."))
    assert studio_app(tmp_path).state.studio.syncing._check_pulled is check_pulled_settings
