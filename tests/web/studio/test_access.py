"""Which requests the studio answers, and which of them may change something."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.sync_api import Browser, Page, expect
from starlette.datastructures import Headers

from newsletter.web.http.forms import SubmittedForm
from newsletter.web.http.own_requests import BodyRules, change_refusal
from newsletter.web.preview.file_watcher import FileWatcher
from newsletter.web.studio.app import LARGEST_BODY, LARGEST_FILE
from newsletter.web.studio.readers.import_pages import IMPORT
from tests.web.preview.running_preview import NewsletterFolder, listening_app
from tests.web.studio.running_studio import TOKEN, Listening, listening_studio

FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def written() -> list[str]:
    """Return the values that requests have written."""
    return []


@pytest.fixture(scope="module")
def studio(shared_folder: NewsletterFolder, written: list[str]) -> Iterator[Listening]:
    """Start the studio with a route that writes."""

    def with_route(app: FastAPI) -> None:
        @app.post("/write")
        def write(form: SubmittedForm) -> HTMLResponse:
            written.append(form.text("value"))
            return HTMLResponse("written")

    with listening_studio(shared_folder.root, prepare=with_route) as at:
        yield at


@pytest.fixture(autouse=True)
def _nothing_written(written: list[str]) -> Iterator[None]:
    """Fail a test after which anything but *ours* has been written."""
    written.clear()
    yield
    assert set(written) <= {"ours"}


def _post(client: httpx.Client, **headers: str) -> httpx.Response:
    values = {"Content-Type": FORM} | {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/write", content="value=theirs", headers=values)


def test_our_own_pages_may_write(editor: httpx.Client, studio: Listening, written: list[str]) -> None:
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": studio.base}):
        answer = editor.post("/write", data={"value": "ours"}, headers=headers)
        assert (answer.status_code, answer.text) == (200, "written")
    assert written == ["ours", "ours"]


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", "", "same-origin, cross-site"])
def test_other_sites_may_not_write_even_with_our_origin(editor: httpx.Client, site: str) -> None:
    assert _post(editor, Sec_Fetch_Site=site).status_code == 403


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "", "http://127.0.0.1", "http://127.0.0.1:1", "http://127.0.0.1.evil:80"]
)
def test_other_origins_may_not_write_in_browsers_without_fetch_metadata(editor: httpx.Client, origin: str) -> None:
    assert _post(editor, Origin=origin).status_code == 403


def test_a_request_without_origin_may_not_write(studio: Listening) -> None:
    with httpx.Client(base_url=studio.base) as client:
        client.get("/", params={"token": TOKEN})
        assert _post(client).status_code == 403


def test_another_host_name_may_not_write(editor: httpx.Client) -> None:
    for host in ("evil.example", "evil.example:8027", "127.0.0.1"):
        assert _post(editor, Host=host, Origin=f"http://{host}", Sec_Fetch_Site="same-origin").status_code == 421


def test_nothing_is_written_without_the_token(studio: Listening) -> None:
    with httpx.Client(base_url=studio.base, headers={"Origin": studio.base}) as stranger:
        assert _post(stranger).status_code == 403
        assert _post(stranger, Cookie=f"newsletter-studio-{stranger.base_url.port}=guess").status_code == 403
        answer = stranger.post("/write", params={"token": TOKEN}, data={"value": "theirs"})
        assert answer.status_code == 403  # a token in an address opens pages, and writes nothing


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data; boundary=x", ""])
def test_only_forms_write(editor: httpx.Client, kind: str) -> None:
    assert _post(editor, Content_Type=kind).status_code == 415


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_other_methods_are_refused(editor: httpx.Client, method: str) -> None:
    answer = editor.request(method, "/write", content="value=theirs", headers={"Content-Type": FORM})
    assert answer.status_code == 405


def test_a_large_body_is_refused_also_without_a_length(editor: httpx.Client) -> None:
    body = b"value=" + b"x" * LARGEST_BODY
    assert editor.post("/write", content=body, headers={"Content-Type": FORM}).status_code == 413
    parts = (body[at : at + 65536] for at in range(0, len(body), 65536))
    assert editor.post("/write", content=parts, headers={"Content-Type": FORM}).status_code == 413


def test_a_page_that_is_closed_while_it_sends_a_form_is_no_error(
    editor: httpx.Client, studio: Listening, caplog: pytest.LogCaptureFixture
) -> None:
    host, port = urlsplit(studio.base).netloc.split(":")
    cookie = "; ".join(f"{name}={value}" for name, value in editor.cookies.items())
    head = {"Host": f"{host}:{port}", "Cookie": cookie, "Origin": studio.base, "Content-Type": FORM}
    lines = [f"{name}: {value}" for name, value in {**head, "Content-Length": "100"}.items()]
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall("\r\n".join(["POST /write HTTP/1.1", *lines, "", "value="]).encode())
    for _ in range(3):  # the server has noticed by then
        editor.get("/")
    assert not caplog.records


def test_the_token_becomes_a_cookie_for_this_site(studio: Listening) -> None:
    with httpx.Client(base_url=studio.base) as stranger:
        answer = stranger.get("/links", params={"token": TOKEN, "q": "soil"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/links?q=soil")
    cookie = answer.headers["Set-Cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


@pytest.mark.parametrize("other", ['prefs={"a": "b"}', "a b", "caf\xe9=1", 'open="', "=x", "path=/", ";;"])
def test_cookies_of_other_programs_on_this_computer_do_not_lock_the_editor_out(
    editor: httpx.Client, studio: Listening, other: str
) -> None:
    ours = "; ".join(f"{name}={value}" for name, value in editor.cookies.items())
    for cookie in (f"{other}; {ours}", f"{ours}; {other}", f"{ours}; {ours.partition('=')[0]}=theirs"):
        answer = httpx.get(f"{studio.base}/", headers={b"Cookie": cookie.encode("latin-1")})
        assert answer.status_code == 200


def test_every_answer_has_a_strict_policy(editor: httpx.Client, studio: Listening) -> None:
    paths = ("/", "/find?q=soil", "/no/such/page", "/studio/studio.js", "/studio/nothing.js", "/preview/")
    answers = [editor.get(path) for path in paths]
    answers += [_post(editor, Sec_Fetch_Site="cross-site"), httpx.get(studio.base), editor.put("/")]
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.fixture
def elsewhere(shared_folder: NewsletterFolder, studio: Listening) -> Iterator[str]:
    """Serve a page of another origin that posts to the studio in every way that a page can."""
    app = FastAPI()
    target = f"{studio.base}/write"

    @app.get("/")
    def page() -> HTMLResponse:
        return HTMLResponse(f"""<!doctype html><title>elsewhere</title>
            <form id="form" method="post" action="{target}"><input name="value" value="theirs"></form>
            <form id="blank" method="post" action="{target}" target="_blank"><input name="value" value="theirs"></form>
            <a id="link" href="{studio.base}/">studio</a>
            <script>
            const body = new URLSearchParams({{ value: "theirs" }});
            window.tries = Promise.allSettled([
              fetch("{target}", {{ method: "POST", body, mode: "no-cors", credentials: "include" }}),
              fetch("{target}", {{ method: "POST", body, credentials: "include" }}),
              fetch("{target}", {{ method: "PUT", body, credentials: "include" }}),
              navigator.sendBeacon("{target}", body),
            ]);
            </script>""")

    @app.get("/referrer")
    def referrer() -> HTMLResponse:
        return HTMLResponse("<!doctype html><script>document.title = `came from: ${document.referrer}`</script>")

    with listening_app(lambda _host: app, FileWatcher(shared_folder.root)) as at:
        yield at.base.replace("127.0.0.1", "localhost")


def test_a_page_of_another_origin_writes_nothing_in_a_real_browser(
    desk: Page, studio: Listening, elsewhere: str, written: list[str]
) -> None:
    page = desk.context.new_page()  # the editor's own browser, with the cookie
    page.goto(elsewhere)
    page.evaluate("window.tries")
    with page.context.expect_page() as opened:
        page.evaluate("document.getElementById('blank').submit()")
    expect(opened.value.locator("body")).to_contain_text("Another site has made this request")
    page.evaluate("document.getElementById('form').submit()")
    expect(page.locator("body")).to_contain_text("Nothing was changed")
    assert written == []
    page.goto(elsewhere)
    page.locator("#link").click()  # but a link may open it, as the bookmarklet does
    expect(page.get_by_role("heading", name="The Daily Test")).to_be_visible()


def test_neither_the_token_nor_a_page_is_in_the_referrer(desk: Page, studio: Listening, elsewhere: str) -> None:
    assert TOKEN not in desk.url
    assert urlsplit(desk.url).query == ""
    desk.evaluate(
        "address => { const a = document.createElement('a'); a.href = address; a.click(); }", f"{elsewhere}/referrer"
    )
    expect(desk).to_have_title("came from: ")


def test_a_host_name_that_leads_here_is_refused(browser: Browser, studio: Listening) -> None:
    context = browser.new_context()
    page = context.new_page()
    port = urlsplit(studio.base).port
    page.goto(studio.door.replace("127.0.0.1", "localhost"))  # listens there, but wasn't allowed
    expect(page.locator("body")).to_contain_text("doesn't answer for this host name")
    assert page.url.startswith(f"http://localhost:{port}/")
    context.close()


def test_a_file_is_only_accepted_where_files_are_imported(editor: httpx.Client, studio: Listening) -> None:
    own, other = {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    file = {"file": ("readers.csv", b"email\nada@example.org\n", "text/csv")}
    assert editor.post("/write", files=file, headers=own).status_code == 415
    assert editor.post("/readers/import/", files=file, headers=own).status_code == 415
    assert editor.post(IMPORT, files=file, headers=other).status_code == 403
    assert httpx.post(f"{studio.base}{IMPORT}", files=file, headers=own).status_code == 403  # without the token
    length = {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": str(LARGEST_FILE + 1)}
    bodies = BodyRules(largest=LARGEST_BODY, uploads={IMPORT: LARGEST_FILE})
    refusal = change_refusal("POST", Headers(own | length), path=IMPORT, name="studio", origin="", bodies=bodies)
    assert refusal
    assert refusal.status_code == 413
