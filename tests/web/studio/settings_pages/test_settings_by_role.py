"""Who sees segments, topics and settings in a hosted studio, and who changes them."""

import pytest

from newsletter.domain.people import Role
from tests.web.preview.running_preview import write_newsletter
from tests.web.studio.signed_in import hosted_studio

TOPIC = '\n[topics.music]\nname = "Music"\n\n[segments.listeners]\nany = ["music"]\n'
PAGES = ("/segments", "/segments/listeners", "/topics", "/topics/music")
SETTINGS = ("/segments/try?where=topic+present", "/settings", "/text/newsletter.toml", "/history/newsletter.toml")
CHANGES = {
    "/segments": {"name": "New", "where": "topic present"},
    "/segments/listeners/name": {"value": "Other"},
    "/segments/listeners/delete": {"next": "/"},
    "/topics": {"name": "Maps"},
    "/topics/music/name": {"value": "Other"},
    "/topics/music/change": {"kind": "rename", "slug": "audio"},
    "/settings/fields/name": {"value": "Other"},
    "/settings/skeletons": {"day": "friday", "sections": "One"},
}


def test_publishers_see_audiences_and_admins_change_them(tmp_path_factory: pytest.TempPathFactory) -> None:
    root = write_newsletter(tmp_path_factory.mktemp("newsletter")).root
    file = root / "newsletter.toml"
    text = file.read_text() + TOPIC
    file.write_text(text)
    with hosted_studio(root) as at:
        for role in Role:
            with at.client(role) as client:
                sees, changes = role in (Role.PUBLISHER, Role.ADMIN), role is Role.ADMIN
                for path in PAGES:
                    assert client.get(path).status_code == (200 if sees else 403), (role, path)
                for path in SETTINGS:
                    wanted = (200, 404) if changes else (403,)  # there is no history without git
                    assert client.get(path).status_code in wanted, (role, path)
                for path, fields in CHANGES.items() if not changes else ():
                    assert client.post(path, data=fields).status_code == 403, (role, path)
                assert file.read_text() == text
        with at.client(Role.ADMIN) as admin:
            assert admin.post("/settings/fields/frequency", data={"value": "Daily"}).status_code == 303
            for name in ("provider.name", "studio.hooks", "images.bucket"):
                refused = admin.post(f"/settings/fields/{name}", data={"value": "true"})
                assert refused.status_code >= 400, name
            assert "Changed on the server only" in admin.get("/settings").text
            acts = [(entry.act, entry.address) for entry in at.store.audit.entries(act="change-settings")]
            assert len(acts) == 1
    assert file.read_text() == text.replace("\n\n[", '\nfrequency = "Daily"\n\n[', 1)
