"""A team's studio behind a proxy with TLS, in a real browser: passkeys, cookies, clients, and the stream of changes."""

import socket
from pathlib import Path

from fastapi import FastAPI, Request
from playwright.sync_api import Browser, expect

from newsletter.domain.people import Role
from tests.smtp_server import make_certificate
from tests.web.preview.running_preview import NewsletterFolder
from tests.web.studio.sign_in.test_passkeys import join, window
from tests.web.studio.signed_in import hosted_studio
from tests.web.tls_proxy import CLIENT, tls_proxy


def _with_route(app: FastAPI) -> None:
    @app.get("/who")
    def who(request: Request) -> list[str]:
        return [request.client.host if request.client else "", str(request.base_url)]


def test_a_member_signs_in_and_sees_changes_through_tls(
    browser: Browser, shared_folder: NewsletterFolder, tmp_path: Path
) -> None:
    certificate = make_certificate(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host = f"localhost:{listener.getsockname()[1]}"
        with (
            hosted_studio(shared_folder.root, host=host, prepare=_with_route) as hosted,
            tls_proxy(listener, certificate.context(), hosted.listening),
            window(browser, hosted, ignore_https_errors=True) as page,
        ):
            page.goto("/links")
            join(page, hosted, Role.EDITOR)
            cookies = {str(cookie.get("name")): cookie for cookie in page.context.cookies()}
            session = cookies["__Host-newsletter-studio"]
            assert (session.get("secure"), session.get("httpOnly"), session.get("sameSite")) == (True, True, "Lax")
            answer = page.request.get("/who")
            assert answer.json() == [CLIENT, f"{hosted.origin}/"]
            assert "max-age" in answer.headers["strict-transport-security"]

            page.goto("/entries/night-train")
            shared_folder.entry("night-train", title="A change that somebody else has made")
            expect(page.get_by_role("textbox", name="Title", exact=True)).to_have_value(
                "A change that somebody else has made"
            )

            page.get_by_role("button", name="Keyboard shortcuts and settings").click()
            page.get_by_role("button", name="Sign out").click()
            page.get_by_role("button", name="Sign in with a passkey").click()
            expect(page.get_by_role("heading", name="The Daily Test")).to_be_visible()
