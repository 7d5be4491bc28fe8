"""Who else is here: told by open streams, to members, about pages that they may see."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, expect

from newsletter.domain.people import Person, Role
from newsletter.web.studio import presence
from newsletter.web.studio.presence import Presence
from newsletter.web.studio.presence_pages import page_for
from tests import event_loop, people
from tests.make import SECRET
from tests.web.preview.running_preview import write_newsletter
from tests.web.studio.signed_in import HostedStudio, hosted_studio

WRITER, EDITOR, ADMIN = (
    replace(person, id=number) for number, person in enumerate((people.WRITER, people.EDITOR, people.ADMIN), start=1)
)
TITLES = {("entries", "night-train"): "Night train", ("issues", "2026-11-23"): "Slow water"}


def named_page(person: Person, path: str) -> tuple[str, str]:
    return page_for(person, path, lambda kind, slug: TITLES.get((kind, slug), ""))


class Streams:
    """Streams that go on when somebody comes, goes or moves, as those of a studio do."""

    def __init__(self) -> None:
        self.presence = Presence(self._wake, named_page)
        self._waiting: list[asyncio.Event] = []

    def _wake(self) -> None:
        for event in self._waiting:
            event.set()

    async def _changes(self) -> AsyncGenerator[str]:
        changed = asyncio.Event()
        self._waiting.append(changed)
        while True:
            yield "event: presence\ndata: {}\n\n"
            await changed.wait()
            changed.clear()

    def open(self, person: Person) -> AsyncGenerator[str]:
        return self.presence.events(person, self._changes())


async def told(stream: AsyncIterator[str]) -> list[dict[str, str]]:
    """Return what a stream says next about who is here."""
    while True:
        event = await asyncio.wait_for(anext(stream), 10)
        if event.startswith("event: people\ndata: "):
            shown: list[dict[str, str]] = json.loads(event.removeprefix("event: people\ndata: "))
            return shown


async def _steps() -> None:
    streams = Streams()
    streams.presence.visited(EDITOR, "/links")
    async with aclosing(streams.open(WRITER)) as writers:
        assert await told(writers) == []
        async with aclosing(streams.open(EDITOR)) as first, aclosing(streams.open(EDITOR)) as second:
            assert await told(first) == [{"name": WRITER.name, "page": "", "path": ""}]
            await told(second)
            assert await told(writers) == [{"name": EDITOR.name, "page": "Links", "path": "/links"}]
            streams.presence.visited(EDITOR, "/entries/night-train")
            assert (await told(writers))[0]["page"] == "Night train"
            streams.presence.visited(EDITOR, "/issues/2026-11-23/send")
            assert await told(writers) == [{"name": EDITOR.name, "page": "", "path": ""}]
            await first.aclose()  # one of two tabs
            assert len(streams.presence.others(WRITER)) == 1
        assert await told(writers) == []


async def _between_pages() -> None:
    streams = Streams()
    streams.presence.visited(EDITOR, "/links")
    async with aclosing(streams.open(WRITER)) as writers:
        await told(writers)
        async with aclosing(streams.open(EDITOR)) as first:
            await told(first)
        assert await told(writers) == [{"name": EDITOR.name, "page": "Links", "path": "/links"}]
        streams.presence.visited(EDITOR, "/entries/night-train")
        assert await told(writers) == [{"name": EDITOR.name, "page": "Night train", "path": "/entries/night-train"}]


async def _turns() -> None:
    """Let whatever is due happen."""
    for _ in range(5):
        await asyncio.sleep(0)


async def _back_in_time() -> None:
    streams = Streams()
    for _ in range(2):
        async with aclosing(streams.open(EDITOR)) as stream:
            await told(stream)
            await _turns()  # the time after the first page would end now
            assert len(streams.presence.others(WRITER)) == 1
    await _turns()
    assert streams.presence.others(WRITER) == []


def test_a_person_stays_while_they_change_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "GRACE_S", 3600)
    event_loop.run(_between_pages())


def test_a_person_leaves_once_no_page_was_opened_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "GRACE_S", 0)
    event_loop.run(_back_in_time())


async def _refused() -> list[dict[str, str]]:
    streams = Streams()
    streams.presence.visited(WRITER, "/people/audit")
    async with aclosing(streams.open(WRITER)) as writers, aclosing(streams.open(ADMIN)) as admins:
        await told(writers)
        return await told(admins)


def test_nobody_is_shown_on_a_page_that_they_were_refused() -> None:
    assert event_loop.run(_refused()) == [{"name": WRITER.name, "page": "", "path": ""}]


def test_people_come_move_and_go_with_their_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "GRACE_S", 0)
    event_loop.run(_steps())


@pytest.mark.parametrize(
    ("path", "lowest", "label"),
    [
        ("/", Role.WRITER, "Desk"),
        ("/links", Role.WRITER, "Links"),
        ("/entries/night-train", Role.WRITER, "Night train"),
        ("/issues/2026-11-23", Role.WRITER, "Slow water"),
        ("/issues/2026-11-23/review", Role.WRITER, "Slow water, Review"),
        ("/history/issues/2026-11-23.md", Role.WRITER, "2026-11-23.md"),
        ("/preview/", Role.WRITER, "Preview"),
        ("/preview/issues/2026-11-23", Role.WRITER, "Slow water, Preview"),
        ("/preview/issues/2026-11-23/report", Role.PUBLISHER, "Slow water, Report"),
        ("/preview/files/issues/2026-11-23.md", Role.WRITER, "2026-11-23.md"),
        ("/preview/files/newsletter.toml", Role.ADMIN, "newsletter.toml"),
        ("/issues/2026-11-23/send", Role.PUBLISHER, "Slow water, Send"),
        ("/readers/0123456789abcdef", Role.ADMIN, "Readers"),
        ("/text/newsletter.toml", Role.ADMIN, "newsletter.toml"),
        ("/people/audit", Role.ADMIN, "People"),
    ],
)
def test_a_page_is_named_only_to_those_who_may_see_it(path: str, lowest: Role, label: str) -> None:
    roles = list(Role)
    for role in roles:
        allowed = roles.index(role) >= roles.index(lowest)
        assert named_page(replace(EDITOR, role=role), path) == ((label, path) if allowed else ("", ""))


@pytest.mark.parametrize(
    "path",
    ["/account", "/nowhere", "/preview/issues/gone", "/entries/gone", "/issues/2026-11-23/readers", "", "//evil"],
)
def test_other_paths_have_no_name(path: str) -> None:
    assert named_page(ADMIN, path)[0] in ("", "Desk")


@pytest.mark.parametrize("path", ["//links", "//links%2f@evil.example/", "/\\links", "links", "/links/\t"])
def test_no_link_to_a_colleague_leads_to_another_host(path: str) -> None:
    assert named_page(ADMIN, path) == ("", "")


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostedStudio]:
    """Run a hosted studio."""
    root = tmp_path_factory.mktemp("presence")
    write_newsletter(root)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("NEWSLETTER_SECRET", SECRET)
        environment.setattr(presence, "GRACE_S", 0.1)
        with hosted_studio(root) as running:
            yield running


def test_two_people_see_each_other_until_one_leaves(studio: HostedStudio, browser: Browser) -> None:
    eve, wren = studio.context(browser, Role.EDITOR), studio.context(browser, Role.WRITER)
    page = eve.new_page()
    page.goto("/links")
    expect(page.locator("#presence")).to_be_hidden()
    other = wren.new_page()
    other.goto("/links")
    expect(page.locator("#presence summary")).to_have_text(f"{people.WRITER.name} is on this page")
    expect(other.locator("#presence summary")).to_have_text(f"{people.EDITOR.name} is on this page")
    other.goto("/entries/night-train")
    page.locator("#presence summary").click()
    expect(page.locator("#presence li")).to_have_text(f"{people.WRITER.name}: About night-train")
    wren.close()
    expect(page.locator("#presence")).to_be_hidden()
    eve.close()


def test_a_stream_ends_once_its_person_has_another_role_or_was_removed(studio: HostedStudio) -> None:
    store, member = studio.store, studio.member(Role.PUBLISHER)
    ends: tuple[Callable[[], object], ...] = (
        lambda: store.staff.change_role(member.id, Role.WRITER),
        lambda: store.staff.remove(member.id, studio.clock()),
    )
    for end in ends:
        with studio.client(Role.PUBLISHER) as client, client.stream("GET", "/changes", timeout=30) as response:
            lines = response.iter_lines()
            assert next(lines).startswith("retry:")
            end()
            studio.watcher.publish("saved", {"paths": (), "by": "Somebody", "at": ""})
            assert not any("Somebody" in line for line in lines)  # it ends, without the next event
