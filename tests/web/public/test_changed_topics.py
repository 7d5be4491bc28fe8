"""Readers' preferences, and the pages and feeds of topics, after a topic was renamed, merged or split."""

import re
from pathlib import Path

import pytest

from newsletter import content, settings
from newsletter.domain.topic_changes import TopicChange
from newsletter.editing import Editing
from newsletter.publishing.settings_changes import check_settings
from newsletter.publishing.topics.topic_changes import change_topics, merge_of, rename_of, split_of
from tests.make import WHEN
from tests.people import ADMIN
from tests.web.preview.running_preview import write_newsletter
from tests.web.public.public_pages import Public, public
from tests.web.sent_issues import freeze_as_sent

CHANGES = [
    (rename_of("railways", "trains", "Trains"), ["trains"]),
    (merge_of("railways", "soil"), ["soil"]),
    (split_of("railways", ("Night trains", "Stations")), ["night-trains", "stations"]),
    (split_of("railways", ("railways", "Stations")), ["railways", "stations"]),
]


def ticked(pages: Public, path: str) -> list[str]:
    """Return the topics that are ticked on a reader's page of preferences."""
    with pages.client() as client:
        page = client.get(path).text
    return re.findall(r'name="topic" value="([^"]*)" checked', page)


@pytest.mark.parametrize(("wanted", "followed"), CHANGES, ids=["rename", "merge", "split", "split off"])
def test_followers_and_visitors_find_the_topic_again(tmp_path: Path, wanted: TopicChange, followed: list[str]) -> None:
    write_newsletter(tmp_path)
    with public(tmp_path, newsletter=settings.load(tmp_path).newsletter) as before:
        reader, other = before.reader(topics=("railways",)), before.reader("ben@example.com")
        freeze_as_sent(before, "2026-11-22")
        assert ticked(before, before.visit(reader)) == ["railways"]
        editing = Editing(tmp_path, check_settings=check_settings)
        change_topics(editing, before.store, content.read_manuscripts(tmp_path), ADMIN, wanted, now=WHEN)
    with public(tmp_path, newsletter=settings.load(tmp_path).newsletter) as after, after.client() as client:
        assert ticked(after, after.visit(reader)) == followed
        assert ticked(after, after.visit(other)) == []
        for name in ("", "atom.xml", "rss.xml"):
            new = f"/topics/{followed[0]}/{name}"
            if followed[0] != "railways":
                old = client.get(f"/topics/railways/{name}")
                assert (old.status_code, old.headers["location"]) == (308, new)
            assert "About old-map" in client.get(new).text
