"""The pages of segments and topics, as forms without scripts and in a browser."""

import html
import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from newsletter.domain.subscriber import Subscriber
from newsletter.settings import load
from newsletter.store import open_store
from tests import make
from tests.databases import new_sqlite
from tests.web.preview.running_preview import NewsletterFolder

TABLES = """
[topics.music]
name = "Music"
aliases = ["Sound"]

[topics.maps]
name = "Maps & <plans>"

[segments.listeners]
name = "Listeners"
any = ["music"]
"""


@pytest.fixture(autouse=True)
def _settings(shared_folder: NewsletterFolder) -> None:
    """Write the settings anew, and readers into the database once."""
    file = shared_folder.root / "newsletter.toml"
    begun = file.read_text().partition("\n[topics.music]")[0].rstrip() + "\n"
    file.write_text(begun + TABLES)
    database = shared_folder.root / "newsletter.db"
    if not database.exists():
        new_sqlite(database)
        readers = [
            Subscriber(address=f"r{number}@example.org", topics=("music",) if number % 3 else (), first_name="<b>R</b>")
            for number in range(30)
        ]
        with open_store(f"sqlite:///{database}") as store:
            store.subscribers.merge([readers], now=make.WHEN)


def settings_text(folder: NewsletterFolder) -> str:
    return (folder.root / "newsletter.toml").read_text()


def test_segments_are_listed_with_their_readers(editor: httpx.Client) -> None:
    page = editor.get("/segments").text
    assert re.search(r'data-count-of="listeners"><b>20</b> <span>readers', page)
    assert re.search(r'data-count-of="everyone"><b>30</b>', page)


def test_segments_are_counted_in_groups_for_scripts(editor: httpx.Client) -> None:
    part = editor.get("/segments/counts", params={"segment": ["listeners", "everyone", "nowhere"]}).json()
    assert part["counts"] == {"listeners": {"number": 20, "share": 1}, "everyone": {"number": 30, "share": 1}}
    assert part["finished"]
    assert editor.get("/segments/counts", params={"segment": "nowhere"}).json() == {"counts": {}, "finished": True}


def test_a_segment_shows_who_is_in_it_and_who_is_not(editor: httpx.Client) -> None:
    page = editor.get("/segments/listeners").text
    inside, outside = (re.search(rf'<ul class="{side} .*?</ul>', page, re.DOTALL)[0] for side in ("inside", "outside"))  # type: ignore[index]
    assert "r1@example.org" in inside
    assert "r0@example.org" in outside
    assert "<b>R</b>" not in page
    assert editor.get("/segments/none").status_code == 404


def test_a_segment_is_made_changed_and_deleted(editor: httpx.Client, shared_folder: NewsletterFolder) -> None:
    before = settings_text(shared_folder)
    answer = editor.post("/segments", data={"name": "New Germans", "where": 'language = "de"'})
    assert answer.headers["location"] == "/segments/new-germans"
    assert (
        settings_text(shared_folder)
        == f'{before}\n[segments.new-germans]\nname = "New Germans"\nwhere = \'language = "de"\'\n'
    )
    path = "/segments/new-germans"
    editor.post(f"{path}/where", data={"value": "joined within 30 days", "seen": 'language = "de"', "next": path})
    editor.post(f"{path}/topics", data={"list": "none", "add": "Sound"})
    table = load(shared_folder.root).segments["new-germans"]
    assert (len(table.none), table.where is not None) == (1, True)
    assert 'none = ["music"]' in settings_text(shared_folder)
    editor.post(f"{path}/topics", data={"list": "none", "remove": "music"})
    assert editor.post(f"{path}/delete", data={"next": "/"}).headers["location"] == "/segments"
    assert settings_text(shared_folder) == before


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"name": "Listeners", "where": "topic present"}, "there is a segment"),
        ({"name": "Wrong", "where": "tpic present"}, "did you mean"),
        ({"name": "", "where": "topic present"}, "has no name"),
    ],
)
def test_a_wrong_segment_is_refused_with_what_was_typed(
    editor: httpx.Client, shared_folder: NewsletterFolder, data: dict[str, str], message: str
) -> None:
    before = settings_text(shared_folder)
    answer = editor.post("/segments", data=data)
    assert answer.status_code == 422
    assert message in answer.text
    assert html.escape(data["where"]) in answer.text
    assert settings_text(shared_folder) == before


def test_a_segment_that_an_issue_needs_is_not_deleted(editor: httpx.Client, shared_folder: NewsletterFolder) -> None:
    shared_folder.issue("2026-11-29", segments=["listeners"])
    before = settings_text(shared_folder)
    answer = editor.post("/segments/listeners/delete", data={"next": "/"}, headers={"Accept": "application/json"})
    (shared_folder.root / "issues/2026-11-29.md").unlink()
    assert answer.status_code == 422
    assert "issue 2026-11-29" in answer.json()["error"]["what"]
    assert settings_text(shared_folder) == before


def test_a_rule_is_tried_without_saving_it(editor: httpx.Client) -> None:
    part = editor.get("/segments/try", params={"where": "topic present"}).text
    assert "&#34;new&#34;: 20" in part
    assert "did you mean" in editor.get("/segments/try", params={"where": "topik present"}).text


def test_topics_are_listed_with_followers(editor: httpx.Client) -> None:
    page = editor.get("/topics", params={"followers": "yes"}).text
    assert re.search(r">Music</a>.*?<td class=\"number\">20</td>", page, re.DOTALL)
    assert "Maps &amp; &lt;plans&gt;" in page


def test_a_topic_is_changed_in_place(editor: httpx.Client, shared_folder: NewsletterFolder) -> None:
    before = settings_text(shared_folder)
    editor.post("/topics/music/name", data={"value": "Music & more", "seen": "Music"})
    editor.post("/topics/music/aliases", data={"value": "Sound\nSongs", "seen": "Sound"})
    editor.post("/topics/maps/parent", data={"value": "music", "seen": ""})
    expected = before.replace('"Music"', '"Music & more"').replace('["Sound"]', '["Sound", "Songs"]')
    assert settings_text(shared_folder) == expected.replace('<plans>"\n', '<plans>"\nparent = "music"\n')
    answer = editor.post(
        "/topics/music/parent", data={"value": "maps", "seen": ""}, headers={"Accept": "application/json"}
    )
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "topics.music.parent")


def test_a_topic_is_renamed_after_its_plan_was_shown(editor: httpx.Client, shared_folder: NewsletterFolder) -> None:
    with open_store(f"sqlite:///{shared_folder.root / 'newsletter.db'}") as store:
        assert store.topic_followers.counts()["music"].following == 20
        fields = {"kind": "rename", "slug": "audio"}
        plan = editor.get("/topics/music/change", params=fields).text
        assert "20 readers will follow <b>audio</b>" in plan
        assert "These numbers include readers who haven’t confirmed or have left" in plan
        assert "listeners" in plan
        answer = editor.post("/topics/music/change", data=fields)
        assert answer.headers["location"] == "/topics/audio"
        assert store.topic_followers.counts()["audio"].following == 20
        assert 'any = ["audio"]' in settings_text(shared_folder)
        editor.post("/topics/audio/change", data={"kind": "rename", "slug": "music"})
        acts = [entry.act for entry in store.audit.entries()]
        assert "topic-rename" in acts
        assert "change-settings" in acts


def test_topics_are_split_and_merged(editor: httpx.Client, shared_folder: NewsletterFolder) -> None:
    editor.post("/topics/maps/change", data={"kind": "split", "into": "Maps & <plans>\r\nCharts"})
    topics = load(shared_folder.root).newsletter.topics
    assert {topic.slug for topic in topics} >= {"charts"}
    refused = editor.get("/topics/charts/change", params={"kind": "merge", "into": "nowhere"})
    assert refused.status_code == 422
    editor.post("/topics/charts/change", data={"kind": "merge", "into": "music"})
    assert load(shared_folder.root).newsletter.topics.resolve("Charts").slug == "music"


def test_a_topic_is_added_and_one_that_nobody_needs_deleted(
    editor: httpx.Client, shared_folder: NewsletterFolder
) -> None:
    before = settings_text(shared_folder)
    answer = editor.post("/topics", data={"name": "Food & drink", "parent": "music"})
    assert answer.headers["location"] == "/topics/food-drink"
    assert editor.post("/topics", data={"name": "Sound"}).status_code == 422
    assert editor.post("/topics/food-drink/delete", data={"next": "/"}).headers["location"] == "/topics"
    assert settings_text(shared_folder) == before
    refused = editor.post("/topics/music/delete", data={"next": "/"}, headers={"Accept": "application/json"})
    assert refused.json()["error"]["code"] == "topic-needed"


def test_a_rule_is_counted_while_it_is_typed(desk: Page, shared_folder: NewsletterFolder) -> None:
    desk.goto(desk.url.partition("?")[0] + "segments/listeners")
    number = desk.locator("#tried .segment-number b")
    expect(number).to_have_text("20")
    desk.locator("#where").fill("not topic present")
    expect(number).to_have_text("0")
    expect(desk.locator("#tried .inside")).to_have_text("Nobody")
    desk.locator("#where").fill("tpic present")
    expect(desk.locator("#tried .refusal")).to_contain_text("did you mean")
    desk.locator("#where").fill("topic present")
    expect(number).to_have_text("20")
    expect(desk.locator("#field-where [name=seen]")).to_have_value("topic present")
    assert 'where = "topic present"' in settings_text(shared_folder)


def test_topics_are_managed_in_a_browser(desk: Page, shared_folder: NewsletterFolder) -> None:
    desk.goto(desk.url.partition("?")[0] + "topics")
    expect(desk.locator("tr", has_text="Music")).to_contain_text("20")
    desk.get_by_role("link", name="Music", exact=True).click()
    desk.locator("#merge > summary").click()
    desk.locator("#merge-into").select_option("maps")
    desk.locator("#merge button").click()
    desk.get_by_role("button", name="Merge").click()
    expect(desk.locator("h1")).to_have_text("Maps & <plans>")
    expect(desk.locator("#status")).to_contain_text("merged into maps")
    assert Path(shared_folder.root / "newsletter.toml").read_text().count("[topics.music]") == 0
