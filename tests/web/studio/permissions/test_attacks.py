"""Ways around the permissions: paths written otherwise, other methods, and forms of a lower role."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.domain.people import Person
from newsletter.domain.subscriber import Subscriber
from newsletter.editing import SyncConflict, SyncState
from newsletter.web.studio.app import studio_app
from newsletter.web.studio.readers import export_page
from newsletter.web.studio.sign_in.serving import open_hosting
from tests import event_loop
from tests.make import SECRET
from tests.people import ADMIN, EDITOR, PUBLISHER, WRITER
from tests.web.preview.running_preview import write_newsletter
from tests.web.studio.permissions.asked import NOW, ORIGIN, Answer, AskedStudio, asked_studio

MARK = "Only admins see this"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a newsletter with a secret in its settings."""
    root = tmp_path_factory.mktemp("attacked")
    folder = write_newsletter(root)
    folder.entry("own", by=WRITER.address)
    with (root / "newsletter.toml").open("a", encoding="utf-8") as settings:
        settings.write(f"\n# {MARK}\n")
    return root


@pytest.fixture(scope="module")
def studio(root: Path) -> Iterator[AskedStudio]:
    """Return its hosted studio."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("NEWSLETTER_SECRET", SECRET)
        with asked_studio(root) as asked:
            asked.store.subscribers.add(Subscriber(address="zoe@example.org", topics=("soil",)), now=NOW)
            yield asked


def ask(studio: AskedStudio, person: Person | None, method: str, path: str, **more: object) -> Answer:
    secret = studio.session(person) if person else ""
    return event_loop.run(studio.ask(method, path, secret=secret, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "path",
    [
        "/people", "/people/", "//people", "/People", "/people/.", "/./people", "/x/../people", "/people%2f",
        "/%70eople", "/people;x", "/people//audit", "/preview/../people", "/static/../people", "/studio/../people",
        "/settings/", "//settings", "/text/newsletter.toml", "/text//newsletter.toml", "/text/./newsletter.toml",
        "/text/issues/../newsletter.toml", "/history/newsletter.toml", "/history/./newsletter.toml",
        "/preview/files/newsletter.toml", "/preview/files//newsletter.toml", "/preview/files/./newsletter.toml",
        "/preview/files/issues/../newsletter.toml", "/preview/files/NEWSLETTER.TOML", "/static/../newsletter.toml",
        "/studio/../../newsletter.toml", "/sign-in/../people", "/sign-in/..%2fpeople", "/new-passkey/../people",
    ],
)  # fmt: skip
@pytest.mark.parametrize("person", [None, WRITER])
def test_no_spelling_of_a_path_shows_what_is_forbidden(studio: AskedStudio, person: Person | None, path: str) -> None:
    for method in ("GET", "HEAD", "OPTIONS"):
        for accept in ("text/html", "application/json"):
            answer = ask(studio, person, method, path, headers={"accept": accept})
            assert answer.status != 200 or path.startswith("/sign-in/"), (method, accept)
            assert MARK not in answer.text
            assert ADMIN.address not in answer.text


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "get", "PROPFIND"])
def test_other_methods_do_nothing(studio: AskedStudio, method: str) -> None:
    for path in ("/people", "/links", "/text/newsletter.toml"):
        assert ask(studio, ADMIN, method, path).status in (400, 403, 405, 415, 501)


def test_a_method_in_a_form_or_header_is_ignored(studio: AskedStudio) -> None:
    for headers in ({"x-http-method-override": "POST"}, {"x-original-url": "/people"}, {"x-rewrite-url": "/people"}):
        answer = ask(studio, WRITER, "GET", "/account", headers=headers)
        assert ADMIN.address not in answer.text


def test_a_forbidden_text_is_in_no_conflict_and_no_refusal(studio: AskedStudio, root: Path) -> None:
    before = (root / "newsletter.toml").read_bytes()
    for path in ("/text/newsletter.toml", "/history/newsletter.toml"):
        for accept in ("text/html", "application/json"):
            for form in ({"value": "mine", "seen": "old"}, {"value": "mine"}, {"version": "HEAD", "digest": "x"}):
                answer = ask(studio, EDITOR, "POST", path, form=form, headers={"accept": accept})
                assert answer.status in (403, 404)
                assert MARK not in answer.text
    assert (root / "newsletter.toml").read_bytes() == before


def test_a_writer_takes_no_entry_over(studio: AskedStudio, root: Path) -> None:
    json = {"accept": "application/json"}
    own, other = root / "issues/entries/own.md", root / "issues/entries/old-map.md"
    before = own.read_text(), other.read_text()
    taken = before[1].replace("---\n", f"---\nby: {WRITER.address}\n", 1)
    attempts = [
        ("/entries/old-map/fields/by", {"value": WRITER.address}),
        ("/entries/old-map/fields/title", {"value": "Mine"}),
        ("/entries/old-map/members/topics", {"word": "Soil", "present": "yes"}),
        ("/text/issues/entries/old-map.md", {"value": taken, "seen": before[1]}),
        ("/entries/own/fields/by", {"value": "somebody@example.org"}),
        ("/text/issues/entries/own.md", {"value": before[0].replace(WRITER.address, "x@y.org"), "seen": before[0]}),
        ("/issues/2026-11-22/fields/overrides.own.title", {"value": "Mine"}),
        ("/issues/2026-11-22/changes", {"change": "remove", "item": "old-map"}),
    ]
    for path, form in attempts:
        assert ask(studio, WRITER, "POST", path, form=form, headers=json).status == 403, path
    assert (own.read_text(), other.read_text()) == before
    changed = ask(studio, WRITER, "POST", "/entries/own/fields/title", form={"value": "Mine"}, headers=json)
    assert (changed.status, "Mine" in own.read_text()) == (200, True)


def test_a_refused_send_commits_nothing(studio: AskedStudio, monkeypatch: pytest.MonkeyPatch) -> None:
    committed: list[object] = []
    monkeypatch.setattr(studio.app.state.studio.sittings, "commit_files", lambda *_: committed.append(1))
    for person in (WRITER, EDITOR):
        answer = ask(studio, person, "POST", "/issues/2026-11-23/send/start", form={"kind": "soon"})
        assert (answer.status, committed) == (403, [])
        assert "your role may not send issues" in answer.text
        assert "<h1>Not sent</h1>" in answer.text
    paused = ask(studio, EDITOR, "POST", "/issues/2026-11-23/send/pause")
    assert "<h1>Not done</h1>" in paused.text


def test_nobody_undoes_what_somebody_else_has_done_in_the_same_tab(studio: AskedStudio) -> None:
    headers = {"accept": "application/json", "x-studio-session": "the same tab"}
    form = {"value": "By Eve"}
    undo = ask(studio, EDITOR, "POST", "/entries/tired-bridge/fields/title", form=form, headers=headers)
    named = re.search(r'"undo": ?"(\d+)"', undo.text)
    assert named
    for person in (WRITER, PUBLISHER, ADMIN):
        for given in ({}, {"undo": named[1]}):
            answer = ask(studio, person, "POST", "/undo", form=given, headers=headers)
            assert (answer.status, "undo-nothing" in answer.text) == (422, True)
    studio.store.staff.change_role(studio.of(EDITOR).id, WRITER.role)
    try:
        assert ask(studio, EDITOR, "POST", "/undo", headers=headers).status == 403
    finally:
        studio.store.staff.change_role(studio.of(EDITOR).id, EDITOR.role)
    assert ask(studio, EDITOR, "POST", "/undo", headers=headers).status == 200


def test_readers_are_named_to_nobody_but_admins(studio: AskedStudio) -> None:
    zoe = studio.store.subscribers.get("zoe@example.org")
    assert zoe
    key = zoe.key
    paths = [
        ("/preview/issues/2026-11-23/reader", "address=zoe@example.org"),
        ("/preview/issues/2026-11-23", f"shown=reader&reader={key}"),
        ("/preview/issues/2026-11-23/email", f"shown=reader&reader={key}"),
        (f"/readers/{key}", ""),
        (f"/readers/{key}/next", ""),
        ("/readers", "q=zoe"),
        ("/find", "q=zoe"),
    ]
    for person in (WRITER, EDITOR, PUBLISHER):
        for path, query in paths:
            answer = ask(studio, person, "GET", path, query=query)
            assert "zoe" not in answer.text.replace("q=zoe", ""), path
            assert key not in answer.headers.get("location", "")
    for form in ({}, {"address": "zoe@example.org"}):  # the same for a reader that there is and one that there isn't
        known = ask(studio, PUBLISHER, "POST", f"/readers/{key}/suppress", form=form)
        unknown = ask(studio, PUBLISHER, "POST", f"/readers/{'0' * 32}/suppress", form=form)
        assert (known.status, known.text.replace(key, "")) == (unknown.status, unknown.text.replace("0" * 32, ""))


def test_a_confirmation_counts_for_its_own_session_only(studio: AskedStudio) -> None:
    other = studio.session(ADMIN, confirmed=False)
    studio.session(ADMIN)  # confirmed, elsewhere
    form = {"address": "zed@example.org", "name": "Zed", "role": "admin"}
    answer = event_loop.run(
        studio.ask("POST", "/people", secret=other, form=form, headers={"accept": "application/json"})
    )
    assert (answer.status, "confirmation-needed" in answer.text) == (401, True)


def test_numbers_that_no_database_stores_name_nothing(studio: AskedStudio) -> None:
    long = "9" * 30
    for act in ("resolve", "delete"):
        assert ask(studio, ADMIN, "POST", f"/comments/{long}/{act}").status == 404
    for query in (f"after={long}", f"after=-{long}", "after=-1"):
        assert ask(studio, ADMIN, "GET", "/segments/try", query=f"where=language+present&{query}").status == 404


def test_redirects_never_leave_tls(studio: AskedStudio) -> None:
    answer = ask(studio, None, "GET", "/sign-in/")
    assert (answer.status, answer.headers["location"]) == (307, f"{ORIGIN}/sign-in")


def test_a_conflict_with_the_remote_shows_settings_to_nobody_but_admins(studio: AskedStudio) -> None:
    syncing = studio.app.state.studio.syncing
    conflicts = [
        SyncConflict(path=path, field="text", mine=f"{MARK} of {path}", theirs="Theirs", base=None)
        for path in ("newsletter.toml", "../deploy.sh", "issues/entries/own.md")
    ]
    syncing._state = SyncState(remote="https://git.example.org/x", conflicts=tuple(conflicts))
    try:
        page = ask(studio, WRITER, "GET", "/remote").text
        assert f"{MARK} of issues/entries/own.md" in page
        assert f"{MARK} of newsletter.toml" not in page
        assert f"{MARK} of ../deploy.sh" not in page
        assert "2 conflicts are in files that only admins see" in page
        page = ask(studio, ADMIN, "GET", "/remote").text
        assert f"{MARK} of newsletter.toml" in page
        assert page.count("Write it yourself") == 1
    finally:
        syncing._state = SyncState()


def test_a_mistake_in_the_settings_is_quoted_to_nobody_but_admins(root: Path, studio: AskedStudio) -> None:
    file = root / "newsletter.toml"
    before = file.read_text()
    secret = "https://user:password@example.org"
    file.write_text(f'{before}\n[images]\nbucket = "pictures"\nendpoint_url = "{secret}"\n')
    try:
        for path in ("/", "/entries/own", "/preview/", "/issues/2026-11-23/review"):
            for accept in ("text/html", "application/json"):
                for person, sees in ((WRITER, False), (EDITOR, False), (PUBLISHER, False), (ADMIN, True)):
                    answer = ask(studio, person, "GET", path, headers={"accept": accept})
                    assert (secret in answer.text) == sees, (path, person.role)
                    assert sees or "ask an admin to look at the settings" in answer.text
    finally:
        file.write_text(before)


def test_a_flood_from_one_client_keeps_nobody_else_out(root: Path, studio: AskedStudio) -> None:
    with open_hosting(root, ORIGIN, print) as hosting:
        behind_proxy = AskedStudio(app=studio_app(root, clock=lambda: NOW, hosting=hosting), store=hosting.store)

        def status(client: str) -> int:
            headers = {"x-forwarded-for": client, "accept": "application/json"}
            return ask(behind_proxy, None, "POST", "/sign-in/options", headers=headers).status

        forged = [f"198.51.100.{number}, 192.0.2.1" for number in range(61)]  # the proxy appends the last one
        assert [status(client) for client in forged] == [200] * 60 + [429]
        assert status("203.0.113.5") == 200


def test_an_export_breaks_off_once_its_person_is_signed_out(
    studio: AskedStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lines(*_arguments: object, **_options: object) -> Iterator[str]:
        yield from ["early\n"] * 600
        studio.store.staff_sessions.end_all(studio.of(ADMIN).id)
        yield from ["late\n"] * 600

    monkeypatch.setattr(export_page, "export_readers", lines)
    answer = ask(studio, ADMIN, "POST", "/readers/export", form={"segment": ""})
    assert (answer.status, "early" in answer.text, "late" in answer.text) == (200, True, False)


def test_the_button_of_a_link_presses_no_other_page(studio: AskedStudio) -> None:
    for secret in ("..\\..\\issues\\2026-11-23\\send\\pause", "..", "x?to=y"):
        page = ask(studio, PUBLISHER, "GET", f"/sign-in/link/{secret}").text
        assert re.findall("<form[^>]*>", page) == ['<form method="post">'], secret
