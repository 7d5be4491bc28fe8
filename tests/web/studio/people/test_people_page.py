"""The page of the team, and the audit log: who may do what to whom, and what is written down."""

import re
from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import Browser, expect

from newsletter.domain.people import Act, Role
from newsletter.domain.staff import StaffStep, WorkStep
from newsletter.web.studio.people import audit_words
from newsletter.web.studio.people.people_page import PEOPLE
from tests.people import ADMIN, EDITOR, WRITER
from tests.web.axe import looks, violations
from tests.web.preview.running_preview import NewsletterFolder, morning
from tests.web.preview.test_scripts_from_outside import PAYLOADS
from tests.web.studio.page_errors import no_page_errors
from tests.web.studio.running_studio import TOKEN, listening_studio
from tests.web.studio.signed_in import HostedStudio

NEW = {"address": "Robin@Example.org", "name": "Robin Vale", "role": "editor"}


def acts(hosted: HostedStudio) -> list[tuple[str, str]]:
    return [(entry.act, entry.thing) for entry in reversed(hosted.store.audit.entries())]


def test_an_admin_invites_changes_signs_out_and_removes(hosted: HostedStudio) -> None:
    with hosted.client(Role.ADMIN) as admin:
        assert admin.post(PEOPLE, data=NEW).headers["Location"] == PEOPLE
        robin = hosted.store.staff.of_address("robin@example.org")
        assert robin is not None
        assert (robin.address, robin.name, robin.role, robin.joined_at) == (
            "Robin@example.org",
            "Robin Vale",
            Role.EDITOR,
            None,
        )
        assert robin.invited_by == ADMIN.address
        path = f"{PEOPLE}/{robin.id}"
        assert admin.post(f"{path}/invitation", data={"next": ""}).status_code == 303
        assert admin.post(f"{path}/role", data={"role": "publisher"}).status_code == 303
        assert hosted.store.staff.get(robin.id).role is Role.PUBLISHER
        eve = hosted.member(Role.EDITOR)
        with hosted.client(Role.EDITOR) as editor:
            assert editor.get("/").status_code == 200
            assert admin.post(f"{PEOPLE}/{eve.id}/sign-out", data={"next": ""}).status_code == 303
            assert editor.get("/").status_code == 303
        assert admin.post(f"{path}/remove", data={"next": ""}).status_code == 303
        page = admin.get(PEOPLE).text
    assert "robin@example.org" not in page.casefold()
    assert acts(hosted) == [
        ("invited", "person Robin@example.org"),
        ("invited", "person Robin@example.org"),
        ("role-changed", "person Robin@example.org"),
        ("session-ended", f"person {EDITOR.address}"),
        ("removed", "person Robin@example.org"),
    ]
    hosted.hosting.mailer.stop()
    assert [letter.address for letter in hosted.letters] == ["Robin@example.org"] * 2
    assert f"{hosted.origin}/sign-in" in hosted.letters[0].text
    assert "/link/" not in hosted.letters[0].text  # nothing that somebody else could use


@pytest.mark.parametrize("role", [Role.WRITER, Role.EDITOR, Role.PUBLISHER])
def test_nobody_else_sees_or_changes_the_team(hosted: HostedStudio, role: Role) -> None:
    number = hosted.member(Role.WRITER).id
    with hosted.client(role) as client:
        for path in (PEOPLE, f"{PEOPLE}/audit"):
            assert client.get(path).status_code == 403
            assert ADMIN.address not in client.get(path).text
        assert 'href="/people"' not in client.get("/").text
        for path, data in _changes(number):
            assert client.post(path, data=data).status_code == 403
    assert acts(hosted) == []
    assert hosted.store.staff.get(number).role is Role.WRITER


def test_an_admin_needs_their_passkey_again_to_change_the_team(hosted: HostedStudio) -> None:
    with hosted.client(Role.ADMIN, confirmed=False) as admin:
        assert admin.get(PEOPLE).status_code == 200
        for path, data in _changes(hosted.member(Role.WRITER).id):
            page = admin.post(path, data=data)
            assert page.status_code == 401
            assert "Use your passkey to go on" in page.text
            assert f'action="{path}"' in page.text
            script = admin.post(path, data=data, headers={"Accept": "application/json"})
            assert (script.status_code, script.json()["error"]["code"]) == (401, "confirmation-needed")
    assert acts(hosted) == []


def _changes(number: int) -> list[tuple[str, dict[str, str]]]:
    return [
        (PEOPLE, NEW),
        (f"{PEOPLE}/{number}/role", {"role": "admin"}),
        (f"{PEOPLE}/{number}/invitation", {"next": ""}),
        (f"{PEOPLE}/{number}/sign-out", {"next": ""}),
        (f"{PEOPLE}/{number}/remove", {"next": ""}),
    ]


def test_impossible_changes_are_refused_in_words(hosted: HostedStudio) -> None:
    ada = hosted.member(Role.ADMIN).id
    script = {"Accept": "application/json"}
    with hosted.client(Role.ADMIN) as admin:

        def refusal(path: str, **data: str) -> tuple[int, str]:
            answer = admin.post(path, data=data, headers=script)
            return answer.status_code, answer.json()["error"]["what"]

        assert refusal(PEOPLE, **NEW | {"address": "nobody"}) == (422, "“nobody” is not an email address (no @)")
        assert refusal(PEOPLE, **NEW | {"address": WRITER.address.upper()})[0] == 422
        assert refusal(PEOPLE, **NEW | {"name": "<b>"}) == (422, "this can’t be a name")
        assert refusal(PEOPLE, **NEW | {"name": WRITER.name})[1] == "somebody else on the team has this name"
        assert refusal(PEOPLE, **NEW | {"role": "chief"}) == (422, "this isn’t a role")
        assert refusal(f"{PEOPLE}/{ada}/role", role="editor") == (422, "this is the only admin")
        assert refusal(f"{PEOPLE}/{ada}/remove", next="") == (422, "this is the only admin")
        assert refusal(f"{PEOPLE}/999/remove", next="")[0] == 404
        assert admin.post(f"{PEOPLE}/{'9' * 30}/remove", data={"next": ""}).status_code == 404
    assert acts(hosted) == []


def test_every_step_in_the_audit_log_has_words() -> None:
    assert {*StaffStep, *WorkStep} - audit_words.WORDS.keys() == set()


def test_the_audit_log_can_be_searched_and_has_pages(hosted: HostedStudio) -> None:
    ada, eve = hosted.member(Role.ADMIN).person(), hosted.member(Role.EDITOR).person()
    for number in range(60):
        at = morning() + timedelta(minutes=number)
        hosted.store.audit.add(ada, Act.SEND, f"issue 2026-11-{number:02}", now=at, detail={"recipients": number})
    hosted.store.audit.add(eve, Act.APPROVE, "issue 2026-11-23", now=morning())
    hosted.store.audit.add(eve, "merge-topics", "topic soil", now=morning(), detail={"into": ["a", {"b": True}]})
    start = {"send": 7, "content": "5f", "begins": "2026-11-23T06:30:00+00:00", "recipients": 1248}
    hosted.store.audit.add(ada, "schedule-send", "issue 2026-11-23", now=morning(), detail=start)
    unsubscribed = {"what": "unsubscribed"}
    hosted.store.audit.add(ada, Act.CHANGE_READERS, "reader b31b1e928dd2afbf", now=morning(), detail=unsubscribed)
    hosted.store.audit.add(ada, StaffStep.LINK_PRINTED, f"person {ada.address}", now=morning())
    hosted.store.audit.add(ada, StaffStep.SIGNED_IN, f"person {ada.address}", now=morning())
    with hosted.client(Role.ADMIN) as admin:
        first = admin.get(f"{PEOPLE}/audit").text
        assert first.count('class="audit-entry"') == 50
        assert "Merge topics" in first
        assert "into: <bdi>a, b: yes</bdi>" in first
        assert "begins: <bdi>Mon 23 Nov 2026, 06:30</bdi>" in first
        assert "recipients: <bdi>1,248</bdi>" in first
        assert (
            'Unsubscribed</b> <span class="audit-thing">reader <a href="/readers/b31b1e928dd2afbf"><bdi>b31b1e928d…'
            in first
        )
        assert not re.search("<span>(send|what|content):", first)
        assert f'Printed a link for</b> <span class="audit-thing"><bdi>{ada.address}</bdi>' in first
        assert re.search(r"Signed in</b></p>", first)
        earlier = re.search(r'rel="next" href="([^"]+)"', first)
        assert earlier
        second = admin.get(earlier[1].replace("&amp;", "&")).text
        assert second.count('class="audit-entry"') == 16
        approved = admin.get(f"{PEOPLE}/audit", params={"address": EDITOR.address, "act": "approve"}).text
        assert approved.count('class="audit-entry"') == 1
        assert 'href="/issues/2026-11-23"' in approved
        for query in ({"before": "x"}, {"before": "9" * 40}, {"act": "'\""}, {"thing": "issue 2026-11-01"}):
            assert admin.get(f"{PEOPLE}/audit", params=query).status_code == 200


def test_names_and_words_of_others_are_only_text(hosted: HostedStudio, browser: Browser) -> None:
    for number, payload in enumerate(PAYLOADS):
        member = hosted.store.staff.add(
            f"p{number}@example.org", name=payload, role=Role.WRITER, by=payload, now=morning()
        )
        hosted.store.audit.add(member.person(), payload[:32], f"issue {payload}", now=morning(), detail={"x": payload})
    context = hosted.context(browser, Role.ADMIN, reduced_motion="reduce")
    with no_page_errors(context):
        page = context.new_page()
        for path in (PEOPLE, f"{PEOPLE}/audit"):
            page.goto(path)
            expect(page.locator("body")).to_contain_text(PAYLOADS[0])
            assert page.evaluate("window.attacked") is None
    context.close()


def test_the_team_is_there_while_the_settings_are_broken(hosted: HostedStudio, folder: NewsletterFolder) -> None:
    with hosted.client(Role.ADMIN) as admin:
        (folder.root / "newsletter.toml").write_text("name = ", encoding="utf-8")
        for path in (PEOPLE, f"{PEOPLE}/audit", "/account", "/new-passkey"):
            assert admin.get(path).status_code == 200, path
        assert admin.post(PEOPLE, data=NEW).status_code == 303
    assert hosted.store.staff.of_address("robin@example.org") is not None


def test_the_team_is_changed_without_leaving_the_page(hosted: HostedStudio, browser: Browser) -> None:
    context = hosted.context(browser, Role.ADMIN, reduced_motion="reduce")
    with no_page_errors(context):
        page = context.new_page()
        page.goto(PEOPLE)
        page.get_by_label("Email address").fill("robin@example.org")
        page.get_by_label("Name", exact=True).fill("Robin Vale")
        page.get_by_label("Publisher").check()
        page.get_by_role("button", name="Invite", exact=True).click()
        card = page.get_by_role("listitem").filter(has_text="robin@example.org")
        expect(card).to_contain_text("Invited")
        expect(page.get_by_label("Email address")).to_have_value("")
        card.get_by_role("combobox").select_option("admin")
        card.get_by_role("button", name="Change").click()
        expect(page.locator("#status")).to_contain_text("Robin Vale is an admin now")
        for width, scheme in looks(page, (375, "light"), (1280, "dark")):
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert violations(page) == [], scheme
        card.get_by_text("More", exact=False).first.click()
        card.get_by_role("button", name="Remove from the team").click()
        expect(card).to_have_count(0)
        page.goto(f"{PEOPLE}/audit")
        expect(page.locator(".audit-entry")).to_have_count(3)
        for width, scheme in looks(page, (375, "dark"), (1280, "light")):
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert violations(page) == [], scheme
    context.close()


def test_the_person_at_this_computer_sees_the_team_without_an_account(folder: NewsletterFolder) -> None:
    with listening_studio(folder.root) as at, httpx.Client(base_url=at.base, headers={"Origin": at.base}) as editor:
        editor.get("/", params={"token": TOKEN})
        assert "Nobody is on the team yet" in editor.get(PEOPLE).text
        assert editor.post(PEOPLE, data=NEW).status_code == 303
        page = editor.get(PEOPLE).text
        assert "Robin@example.org" in page
        assert "No mail is sent from this computer" in page
        assert editor.get("/account").status_code == 404
        assert editor.get("/sign-in").status_code == 404
        assert "Invited" in editor.get(f"{PEOPLE}/audit").text
