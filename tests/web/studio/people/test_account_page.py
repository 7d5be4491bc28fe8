"""One's own account: name, passkeys, sessions and the weekly summary."""

from playwright.sync_api import Browser, expect

from newsletter.domain.people import Role
from tests.people import ADMIN
from tests.web.axe import looks, violations
from tests.web.preview.running_preview import morning
from tests.web.studio.page_errors import no_page_errors
from tests.web.studio.signed_in import HostedStudio

EMPTY = {"next": ""}


def add_key(hosted: HostedStudio, role: Role, credential: bytes, name: str = "Laptop") -> int:
    member = hosted.member(role).id
    hosted.store.passkeys.add(
        member,
        credential=credential,
        public_key=b"public",
        sign_count=0,
        name=name,
        synced=False,
        transports=(),
        now=morning(),
    )
    return hosted.store.passkeys.of_member(member)[-1].id


def test_members_change_their_own_account(hosted: HostedStudio) -> None:
    first, second = add_key(hosted, Role.WRITER, b"1"), add_key(hosted, Role.WRITER, b"2", "Phone")
    with hosted.client(Role.WRITER) as writer:
        assert writer.post("/account/name", data={"name": "  Wren  H. Hale "}).status_code == 303
        assert hosted.member(Role.WRITER).name == "Wren H. Hale"
        assert "You are Wren H. Hale (" in writer.get("/").text
        assert writer.post("/account/summary", data={"wanted": "yes"}).status_code == 303
        assert hosted.member(Role.WRITER).weekly_summary
        assert writer.post("/account/summary", data=EMPTY).status_code == 303
        assert not hosted.member(Role.WRITER).weekly_summary
        assert writer.post(f"/account/keys/{second}/name", data={"name": "Old phone"}).status_code == 303
        assert "Old phone" in writer.get("/account").text
        assert writer.post(f"/account/keys/{second}/remove", data=EMPTY).status_code == 303
        only = writer.post(f"/account/keys/{first}/remove", data=EMPTY, headers={"Accept": "application/json"})
        assert only.json()["error"]["code"] == "last-key"
        for name in ("", " ", "x" * 81, "a\nb<"):
            assert writer.post("/account/name", data={"name": name}).status_code == 422
        taken = writer.post("/account/name", data={"name": ADMIN.name.upper()}, headers={"Accept": "application/json"})
        assert taken.json()["error"]["what"] == "somebody else on the team has this name"
    acts = [entry.act for entry in reversed(hosted.store.audit.entries())]
    assert acts == ["name-changed", "key-renamed", "key-removed"]


def test_removing_a_passkey_asks_for_one_again(hosted: HostedStudio) -> None:
    key, _ = add_key(hosted, Role.EDITOR, b"1"), add_key(hosted, Role.EDITOR, b"2")
    with hosted.client(Role.EDITOR, confirmed=False) as editor:
        assert editor.post(f"/account/keys/{key}/remove", data=EMPTY).status_code == 401
        answer = editor.post("/new-passkey/options", data=EMPTY, headers={"Accept": "application/json"})
        assert answer.json()["error"]["code"] == "confirmation-needed"
    assert len(hosted.store.passkeys.of_member(hosted.member(Role.EDITOR).id)) == 2


def test_nobody_changes_the_account_of_another(hosted: HostedStudio) -> None:
    key, _ = add_key(hosted, Role.ADMIN, b"1"), add_key(hosted, Role.ADMIN, b"2")
    with hosted.client(Role.ADMIN), hosted.client(Role.EDITOR) as editor:
        (session,) = hosted.store.staff_sessions.of_member(hosted.member(Role.ADMIN).id, morning())
        assert editor.post(f"/account/keys/{key}/name", data={"name": "Mine"}).status_code == 404
        assert editor.post(f"/account/keys/{key}/remove", data=EMPTY).status_code == 404
        assert editor.post(f"/account/sessions/{session.id}/end", data=EMPTY).status_code == 303
        assert hosted.store.staff_sessions.of_member(session.member, morning()) == [session]


def test_sessions_are_ended_from_another_browser(hosted: HostedStudio) -> None:
    with hosted.client(Role.EDITOR) as here, hosted.client(Role.EDITOR) as there, hosted.client(Role.EDITOR) as third:
        sessions = hosted.store.staff_sessions.of_member(hosted.member(Role.EDITOR).id, morning())
        assert len(sessions) == 3
        assert here.post(f"/account/sessions/{sessions[1].id}/end", data=EMPTY).status_code == 303
        assert (there.get("/").status_code, third.get("/").status_code) == (303, 200)
        assert here.post("/account/sessions/others/end", data=EMPTY).status_code == 303
        assert (here.get("/").status_code, third.get("/").status_code) == (200, 303)


def test_a_stolen_cookie_is_worth_nothing_after_signing_out(hosted: HostedStudio) -> None:
    with hosted.client(Role.ADMIN) as admin, hosted.client() as thief:
        thief.headers["Cookie"] = admin.headers["Cookie"]
        assert thief.get("/people").status_code == 200
        answer = admin.post("/sign-out", data=EMPTY)
        assert answer.headers["Location"] == "/sign-in"
        assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
        assert f'{hosted.cookie}=""; expires=' in answer.headers["Set-Cookie"]
        for client in (admin, thief):
            assert client.get("/people").status_code == 303
            assert client.post("/commit", data=EMPTY).status_code == 401


def test_an_open_stream_ends_once_its_person_is_signed_out(hosted: HostedStudio) -> None:
    with hosted.client(Role.EDITOR) as editor, hosted.client(Role.EDITOR) as thief:
        stream_headers = {"Accept": "text/event-stream", "Cookie": editor.headers["Cookie"]}
        with thief.stream("GET", "/changes", headers=stream_headers) as stream:
            lines = stream.iter_lines()
            assert next(lines) == "retry: 500"
            assert editor.post("/sign-out", data=EMPTY).status_code == 303
            hosted.watcher.publish("saved", {"paths": ["secret.md"]})
            assert "secret.md" not in "".join(lines)  # and the stream ends


def test_the_account_is_accessible_and_fits(hosted: HostedStudio, browser: Browser) -> None:
    add_key(hosted, Role.PUBLISHER, b"1", "A security key with quite a long name")
    add_key(hosted, Role.PUBLISHER, b"2")
    hosted.sign_in(Role.PUBLISHER)
    context = hosted.context(browser, Role.PUBLISHER, reduced_motion="reduce")
    with no_page_errors(context):
        page = context.new_page()
        page.goto("/account")
        page.get_by_label("Weekly summary").check()
        expect(page.locator("#status")).to_contain_text("You get the weekly summary")
        assert hosted.member(Role.PUBLISHER).weekly_summary
        for width, scheme in looks(page, (375, "dark"), (1280, "light")):
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert violations(page) == [], scheme
        page.goto("/new-passkey")
        for width, scheme in looks(page, (375, "light"), (1280, "dark")):
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert violations(page) == [], scheme
    context.close()
