"""Members sign in with real passkeys, in a real browser with a virtual authenticator."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from newsletter.domain.people import Act, Role, require
from newsletter.domain.staff import CONFIRMED_FOR
from newsletter.web.studio.context import Studio
from tests.clock import MovedClock
from tests.web.preview.running_preview import NewsletterFolder, morning
from tests.web.studio.page_errors import no_page_errors
from tests.web.studio.signed_in import HostedStudio, authenticator, hosted_studio

LINK = re.compile(r"https?://localhost:\d+/sign-in/link/\S+")


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    """Return the clock of the module's studio."""
    return MovedClock(morning())


@pytest.fixture(scope="module")
def hosted(shared_folder: NewsletterFolder, clock: MovedClock) -> Iterator[HostedStudio]:
    """Start a hosted studio with a route that asks for a passkey again."""

    def with_route(app: FastAPI) -> None:
        studio: Studio = app.state.studio

        @app.post("/careful")
        def careful(file: bool = False) -> JSONResponse:
            require(studio.person, Act.APPROVE)
            return JSONResponse({"done": True}, headers={"Content-Disposition": "attachment"} if file else None)

    with hosted_studio(shared_folder.root, clock=clock, prepare=with_route) as at:
        yield at


@contextmanager
def window(browser: Browser, hosted: HostedStudio, **options: Any) -> Iterator[Page]:
    """Open a page of an outsider, with an authenticator. Its pages must have no errors."""
    context = hosted.context(browser, **options)
    with no_page_errors(context):
        page = context.new_page()
        authenticator(page)
        yield page
    context.close()


def arrive(page: Page, hosted: HostedStudio, role: Role) -> None:
    """Ask for a link as the member with a role, and use it."""
    count = len(hosted.letters)
    page.goto("/sign-in")
    page.get_by_label("Your email address").fill(hosted.member(role).address)
    page.get_by_role("button", name="Mail me a link").click()
    expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()
    while len(hosted.letters) == count:  # the mail is sent by a thread
        page.wait_for_timeout(10)
    letter = hosted.letters[-1]
    assert letter.address == hosted.member(role).address
    link = LINK.search(letter.text)
    assert link
    page.goto(link[0])
    page.get_by_role("button", name="Sign in").click()


def join(page: Page, hosted: HostedStudio, role: Role, name: str = "") -> None:
    """Use a link as the member with a role, and set up a passkey."""
    arrive(page, hosted, role)
    expect(page).to_have_url(f"{hosted.origin}/new-passkey")
    page.get_by_label("Name of this passkey").fill(name)
    page.get_by_role("button", name=re.compile("passkey$")).click()
    page.wait_for_url(f"{hosted.origin}/")


def secret_of(context: BrowserContext, hosted: HostedStudio) -> str:
    """Return the secret in the session cookie."""
    return next((str(cookie.get("value")) for cookie in context.cookies() if cookie.get("name") == hosted.cookie), "")


def test_a_member_comes_by_a_link_sets_up_a_passkey_and_signs_in_with_it_again(
    browser: Browser, hosted: HostedStudio
) -> None:
    with window(browser, hosted) as page:
        page.goto("/links")
        expect(page).to_have_url(f"{hosted.origin}/sign-in?next=%2Flinks")
        join(page, hosted, Role.EDITOR, "Work laptop")
        expect(page.get_by_role("heading", name="The Daily Test")).to_be_visible()
        (key,) = hosted.store.passkeys.of_member(hosted.member(Role.EDITOR).id)
        assert key.name == "Work laptop"
        page.get_by_role("button", name="Keyboard shortcuts and settings").click()
        page.get_by_role("button", name="Sign out").click()
        expect(page).to_have_url(f"{hosted.origin}/sign-in")
        page.goto("/links")
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page).to_have_url(f"{hosted.origin}/links")
        assert page.evaluate("document.cookie") == ""  # HttpOnly
    acts = [entry.act for entry in hosted.store.audit.entries(address=hosted.member(Role.EDITOR).address)]
    assert acts == ["signed-in", "signed-out", "key-added", "signed-in"]


def test_a_change_that_asks_for_the_passkey_again_is_made_after_it_was_used(
    browser: Browser, hosted: HostedStudio, clock: MovedClock
) -> None:
    with window(browser, hosted) as page:
        join(page, hosted, Role.PUBLISHER)
        script = """async () => {
          const start = document.querySelector('script[type=module]').src;
          const { post } = await import(start.replace('studio.js', 'requests.js'));
          return (await post('/careful', {})).body;
        }"""
        assert page.evaluate(script) == {"done": True}
        clock.now += CONFIRMED_FOR
        before = secret_of(page.context, hosted)
        sent: list[str] = []
        page.on("request", lambda request: sent.append(urlsplit(request.url).path))
        assert page.evaluate(script) == {"done": True}
        assert [path for path in sent if path in ("/careful", "/confirm/options", "/confirm")] == [
            "/careful",
            "/confirm/options",
            "/confirm",
            "/careful",
        ]
        assert secret_of(page.context, hosted) not in ("", before)
        assert hosted.store.staff_sessions.of_member(hosted.member(Role.PUBLISHER).id, clock.now)[0].confirmed_at
        # Without the scripts' help, as a form of a page that has none.
        for action in ("/careful?file=yes", "/careful"):
            clock.now += CONFIRMED_FOR
            page.evaluate(
                """action => {
                  const form = Object.assign(document.createElement('form'), { method: 'post', action });
                  document.body.append(form);
                  form.submit();
                }""",
                action,
            )
            expect(page.get_by_role("heading", name="Use your passkey to go on")).to_be_visible()
            expect(page.get_by_text("Nothing has happened yet.")).to_be_visible()
            if "file" in action:
                with page.expect_download():
                    page.get_by_role("button", name="Use your passkey").click()
                expect(page.get_by_text("Nothing has happened yet.")).to_be_hidden()  # the page stays
            else:
                page.get_by_role("button", name="Use your passkey").click()
        expect(page.locator("body")).to_contain_text("done")


def test_an_answer_is_good_once_in_one_browser(browser: Browser, hosted: HostedStudio) -> None:
    answers: list[dict[str, str]] = []

    def note(request: Request) -> None:
        if request.url.endswith("/sign-in/passkey"):
            answers.append(dict(parse_qsl(request.post_data or "")))

    with window(browser, hosted) as page:
        join(page, hosted, Role.WRITER)
        page.context.clear_cookies(name=hosted.cookie)
        page.on("request", note)
        page.goto("/sign-in")
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_url(f"{hosted.origin}/")
        cookies = "; ".join(f"{cookie.get('name')}={cookie.get('value')}" for cookie in page.context.cookies())
        browser_cookie = next(part for part in cookies.split("; ") if "-browser-" in part)
    (answer,) = answers
    script = {"Accept": "application/json"}
    with hosted.client() as thief:
        for cookie in (browser_cookie, ""):
            again = thief.post("/sign-in/passkey", data=answer, headers={**script, "Cookie": cookie})
            assert (again.status_code, again.json()["error"]["code"]) == (422, "passkey-refused")
            assert hosted.cookie + "=" not in again.headers.get("Set-Cookie", "")


def test_two_people_work_at_once_in_two_browsers(browser: Browser, hosted: HostedStudio) -> None:
    with window(browser, hosted) as eve, window(browser, hosted) as pia:
        join(eve, hosted, Role.EDITOR)
        join(pia, hosted, Role.PUBLISHER)
        for page, role in ((eve, Role.EDITOR), (pia, Role.PUBLISHER)):
            page.goto("/")
            page.get_by_role("button", name="Keyboard shortcuts and settings").click()
            expect(page.locator("#menu")).to_contain_text(f"You are {hosted.member(role).name}")


def test_a_key_of_a_member_who_was_removed_opens_nothing(browser: Browser, hosted: HostedStudio) -> None:
    with window(browser, hosted) as page:
        join(page, hosted, Role.WRITER)
        member = hosted.member(Role.WRITER)
        hosted.store.staff.remove(member.id, morning())
        page.goto("/links")
        expect(page).to_have_url(f"{hosted.origin}/sign-in?next=%2Flinks")
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.locator("#passkey-problem")).to_contain_text("doesn’t work here")
        # The answer to somebody unknown is the same as to a member.
        page.get_by_label("Your email address").fill(member.address)
        page.get_by_role("button", name="Mail me a link").click()
        expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()
    assert hosted.log == []
