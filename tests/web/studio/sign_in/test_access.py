"""Which requests a hosted studio answers: nothing is there for outsiders but the pages to sign in on."""

import pytest

from newsletter.domain.people import Role
from newsletter.domain.staff import SESSION_IDLE
from newsletter.staff import begin_session
from newsletter.web.studio.sign_in.guard import SIGN_IN
from tests.web.preview.running_preview import NewsletterFolder, morning
from tests.web.studio.signed_in import HostedStudio, hosted_studio

FORM = "application/x-www-form-urlencoded"
KNOWN = (
    "/",
    "/links",
    "/entries/night-train",
    "/issues/2026-11-23",
    "/preview/",
    "/find?q=soil",
    "/people",
    "/account",
)
UNKNOWN = ("/entries/nothing", "/issues/2031-01-01", "/no/such/page", "/preview/files/nothing.md")


def test_members_see_the_studio_under_their_own_names(hosted: HostedStudio) -> None:
    for role in Role:
        with hosted.client(role) as client:
            page = client.get("/")
        assert page.status_code == 200
        assert f"You are {hosted.member(role).name} (" in page.text


@pytest.mark.parametrize("path", [*KNOWN, *UNKNOWN])
def test_outsiders_get_the_same_answer_whatever_exists(hosted: HostedStudio, path: str) -> None:
    with hosted.client() as outsider:
        page = outsider.get(path)
        script = outsider.get(path, headers={"Accept": "application/json"})
        fetched = outsider.get(path, headers={"Sec-Fetch-Mode": "cors"})
        posted = outsider.post(path, data={"value": "theirs"})
        head = outsider.head(path)
    assert (page.status_code, page.content) == (303, b"")
    assert page.headers["Location"].startswith(f"{SIGN_IN}?next=%2F")
    assert head.status_code == 303
    assert (posted.status_code, "You are signed out" in posted.text) == (401, True)
    assert script.status_code == fetched.status_code == 401
    assert script.json() == fetched.json()
    assert script.json()["error"]["code"] == "not-signed-in"
    assert "The Daily Test" not in page.text + posted.text + script.text


def test_the_pages_to_sign_in_on_say_nothing_of_the_newsletter(hosted: HostedStudio) -> None:
    with hosted.client() as outsider:
        for path in (SIGN_IN, f"{SIGN_IN}/link/anything", "/studio/studio.js"):
            answer = outsider.get(path)
            assert answer.status_code == 200
            assert "The Daily Test" not in answer.text


@pytest.mark.parametrize(
    "cookie", ["guess", "", "guess; {name}=other", "caf\xe9", '"', "a" * 5000, "\0", "{name}={name}"]
)
def test_other_cookies_open_nothing(hosted: HostedStudio, cookie: str) -> None:
    header = f"{hosted.cookie}={cookie.format(name=hosted.cookie)}".replace("\0", "%00")
    with hosted.client() as outsider:
        assert outsider.get("/", headers={b"Cookie": header.encode("latin-1")}).status_code == 303


def test_a_session_ends_when_nobody_uses_it(hosted: HostedStudio, shared_folder: NewsletterFolder) -> None:
    now = morning()
    with hosted_studio(shared_folder.root, clock=lambda: now) as other, other.client(Role.EDITOR) as client:
        now += SESSION_IDLE / 2
        assert client.get("/").status_code == 200
        now += SESSION_IDLE * 0.9
        assert client.get("/").status_code == 200
        now += SESSION_IDLE
        assert client.get("/").status_code == 303


def test_a_removed_member_is_out_at_once_and_a_new_role_counts_at_once(hosted: HostedStudio) -> None:
    member = hosted.store.staff.add(
        "gone@example.org", name="Gone", role=Role.WRITER, by="ada@example.org", now=morning()
    )

    secret = begin_session(hosted.store, member, by_link=False, client="", now=morning())
    with hosted.client() as client:
        client.headers["Cookie"] = f"{hosted.cookie}={secret}"
        new = {"date": "2026-11-30"}
        assert client.post("/issues", data=new).status_code == 403
        hosted.store.staff.change_role(member.id, Role.EDITOR)
        assert client.post("/issues", data=new).status_code == 303
        hosted.store.staff.remove(member.id, morning())
        assert client.get("/").status_code == 303


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost", "studio.example.org", ""])
def test_other_host_names_that_lead_here_are_refused(hosted: HostedStudio, host: str) -> None:
    with hosted.client(Role.ADMIN) as client:
        headers = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
        assert client.get("/", headers={"Host": host}).status_code == 421
        assert (
            client.post(
                "/commit",
                headers=headers,
                content="",
            ).status_code
            == 421
        )


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
    ],
)
def test_other_sites_change_nothing(hosted: HostedStudio, headers: dict[str, str]) -> None:
    with hosted.client(Role.ADMIN) as client:
        for path in ("/commit", "/sign-out", "/sign-in/link", "/people", "/confirm"):
            answer = client.post(path, headers={"Content-Type": FORM, **headers}, content="address=eve%40example.org")
            assert answer.status_code == 403
        assert client.get("/").status_code == 200  # still signed in
    assert hosted.letters == []


def test_behind_tls_every_answer_insists_on_it_and_can_not_be_framed(shared_folder: NewsletterFolder) -> None:
    with hosted_studio(shared_folder.root, host="studio.example.org") as secure:
        with secure.client(Role.ADMIN) as client:
            answers = [client.get(path) for path in ("/", "/people", "/no/such/page", SIGN_IN)]
        with secure.client() as outsider:
            answers += [outsider.get("/"), outsider.post("/commit"), outsider.put("/"), outsider.get(SIGN_IN)]
            answers.append(outsider.get("/", headers={"Host": "evil.example"}))
            options = outsider.post(f"{SIGN_IN}/options", headers={"Content-Type": FORM})
    for answer in answers:
        assert answer.headers["Strict-Transport-Security"] == "max-age=63072000"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
    cookie = options.headers["Set-Cookie"]
    assert cookie.startswith("__Host-newsletter-studio-browser=")
    assert {"HttpOnly", "Secure", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_the_address_to_go_on_to_is_always_ours(hosted: HostedStudio) -> None:
    with hosted.client(Role.WRITER) as client:
        for next_ in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "\n//evil"):
            assert client.get(SIGN_IN, params={"next": next_}).headers["Location"] == "/"
        assert client.get(SIGN_IN, params={"next": "/links?q=1"}).headers["Location"] == "/links?q=1"
    with hosted.client() as outsider:
        location = outsider.get(f"http://{hosted.listening}//evil.example/x").headers["Location"]
        assert location == f"{SIGN_IN}?next=%2Fevil.example%2Fx"


def test_a_visitor_by_link_may_only_set_up_a_passkey(hosted: HostedStudio) -> None:
    secret = hosted.sign_in(Role.ADMIN, by_link=True)
    with hosted.client() as client:
        client.headers["Cookie"] = f"{hosted.cookie}={secret}"
        for path in ("/", "/people", "/account", "/find?q=a", "/confirm/options", "/no/such/page"):
            answer = client.get(path)
            assert (answer.status_code, answer.headers["Location"]) == (303, "/new-passkey")
            assert client.post(path, content="", headers={"Content-Type": FORM}).status_code == 401
        assert "Set up your passkey" in client.get("/new-passkey").text


def test_outsiders_hear_of_no_change(hosted: HostedStudio) -> None:
    with hosted.client() as outsider:
        assert outsider.get("/changes", headers={"Accept": "text/event-stream"}).status_code == 401
