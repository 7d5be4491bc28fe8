"""Attacks on signing in: links that others open, replays, planted cookies, floods, and telling answers."""

import re
import socket
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from newsletter.domain.clients import Client
from newsletter.domain.people import Role
from newsletter.domain.staff import LINK_LASTS, LINK_SESSION_LASTS
from newsletter.staff import admit_link_request, new_secret
from newsletter.staff import hashed as hash_of
from newsletter.web.studio.sign_in import guard
from tests.clock import MovedClock
from tests.people import ADMIN
from tests.rows import fetch_column
from tests.web.preview.running_preview import NewsletterFolder, morning
from tests.web.studio.signed_in import HostedStudio, hosted_studio

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SCRIPT = {"Accept": "application/json"}
NOBODY = "nobody@example.org"
LINK = re.compile(r"/sign-in/link/\S+")


@pytest.fixture
def clock() -> MovedClock:
    """Return the clock of the studio."""
    return MovedClock(morning())


@pytest.fixture
def hosted(folder: NewsletterFolder, clock: MovedClock) -> Iterator[HostedStudio]:
    """Start a hosted studio with a clock that tests move."""
    with hosted_studio(folder.root, clock=clock) as at:
        yield at


def mailed_link(hosted: HostedStudio, client: httpx.Client, address: str = ADMIN.address) -> str:
    """Ask for a link with a client and return its path once it was mailed; "" if it wasn't."""
    count = len(hosted.letters)
    assert "Check your inbox" in client.post("/sign-in/link", data={"address": address}).text
    hosted.hosting.mailer.stop()  # which sends what waits
    hosted.hosting.mailer.start()
    if len(hosted.letters) == count:
        return ""
    found = LINK.search(hosted.letters[-1].text)
    assert found
    return found[0]


def is_in(client: httpx.Client) -> bool:
    return client.get("/new-passkey").status_code == 200


def test_a_scanner_that_opens_every_link_gets_and_spoils_nothing(hosted: HostedStudio) -> None:
    with hosted.client() as ada, hosted.client() as scanner:
        path = mailed_link(hosted, ada)
        for _ in range(3):
            for method in ("GET", "HEAD", "OPTIONS", "POST"):
                answer = scanner.request(method, path, headers=FORM)
                assert hosted.cookie + "=" not in answer.headers.get("Set-Cookie", "")
        assert not is_in(scanner)
        assert fetch_column(hosted.store, "SELECT count(*) FROM staff_session") == [0]
        assert ada.post(path, headers=FORM).headers["Location"] == "/new-passkey"
        assert is_in(ada)


def test_a_link_is_good_once_in_its_own_browser_and_for_15_minutes(hosted: HostedStudio, clock: MovedClock) -> None:
    with hosted.client() as ada, hosted.client() as other:
        path = mailed_link(hosted, ada)
        assert other.post(path, headers=FORM).status_code == 422  # without a cookie
        mailed_link(hosted, other, NOBODY)  # with one of its own
        assert other.post(path, headers=FORM).status_code == 422
        assert ada.post(path, headers=FORM).status_code == 303
        assert ada.post(path, headers=FORM).status_code == 422
        clock.now += timedelta(hours=1)
        late = mailed_link(hosted, ada)
        clock.now += LINK_LASTS
        assert ada.post(late, headers=FORM).status_code == 422
        assert not is_in(other)
        answers = {ada.post(f"/sign-in/link/{secret}", headers=FORM).text for secret in (late[14:], "x", new_secret())}
        assert len(answers) == 1  # which doesn't say why


def test_a_printed_link_belongs_to_the_first_browser_that_presses_the_button(hosted: HostedStudio) -> None:
    secret = new_secret()
    hosted.store.sign_in_links.add(hash_of(secret), hosted.member(Role.ADMIN).id, morning())
    with hosted.client() as first, hosted.client() as second:
        assert second.get(f"/sign-in/link/{secret}").status_code == 200
        assert first.post(f"/sign-in/link/{secret}", headers=FORM).status_code == 303
        assert second.post(f"/sign-in/link/{secret}", headers=FORM).status_code == 422


def test_a_session_by_link_ends_soon(hosted: HostedStudio, clock: MovedClock) -> None:
    with hosted.client() as ada:
        ada.post(mailed_link(hosted, ada), headers=FORM)
        assert is_in(ada)
        clock.now += LINK_SESSION_LASTS
        assert not is_in(ada)


def test_a_planted_session_is_not_taken_over(hosted: HostedStudio) -> None:
    planted = new_secret()
    of_another = hosted.sign_in(Role.WRITER)
    for value in (planted, of_another):
        with hosted.client() as ada:
            ada.cookies.set(hosted.cookie, value)
            answer = ada.post(mailed_link(hosted, ada), headers=FORM)
            (cookie,) = (line for line in answer.headers.get_list("set-cookie") if line.startswith(f"{hosted.cookie}="))
            assert value not in cookie
        with hosted.client() as attacker:
            attacker.headers["Cookie"] = f"{hosted.cookie}={value}"
            assert not is_in(attacker)  # and the earlier session of that browser has ended
            assert attacker.get("/").status_code == 303


def test_secrets_are_not_in_the_database(hosted: HostedStudio) -> None:
    with hosted.client() as ada:
        path = mailed_link(hosted, ada)
        ada.post(path, headers=FORM)
        ada.post("/new-passkey/options", headers=FORM)
        secrets = [path.rpartition("/")[2], *ada.cookies.values()]
    dump = "".join(
        str(fetch_column(hosted.store, f"SELECT {column} FROM {table}"))
        for table, column in (
            ("staff_session", "hash"),
            ("sign_in_link", "hash || browser"),
            ("ceremony", "hash || browser"),
            ("audit", "detail"),
            ("allowance", "subject"),
        )
    )
    for secret in (*secrets, "127.0.0.1", ADMIN.address):
        assert secret not in dump


def test_the_answer_to_an_address_is_the_same_whether_it_is_known(hosted: HostedStudio) -> None:
    hosted.hosting.mailer.stop()  # what the request itself does, without the thread
    waiting = hosted.hosting.mailer._waiting
    answers = {}
    for address in ("first@example.org", ADMIN.address, NOBODY):  # the first one counts the client, too
        before = len(_subjects(hosted))
        with hosted.client() as client:
            answer = client.post("/sign-in/link", data={"address": address})
        cookie = re.sub(r"=[^;]*", "=", answer.headers["Set-Cookie"], count=1)
        names = sorted(answer.headers)
        body = answer.text.replace(address, "ADDRESS")
        answers[address] = (answer.status_code, body, cookie, names, len(_subjects(hosted)) - before)
        assert waiting.qsize() == 1  # nobody was looked up yet
        waiting.get_nowait()
    assert answers[ADMIN.address] == answers[NOBODY]
    assert fetch_column(hosted.store, "SELECT count(*) FROM sign_in_link") == [0]


def _subjects(hosted: HostedStudio) -> list[str]:
    return fetch_column(hosted.store, "SELECT subject FROM allowance")


def test_only_members_get_mail_and_an_address_only_a_few(hosted: HostedStudio, clock: MovedClock) -> None:
    with hosted.client() as client:
        assert mailed_link(hosted, client, NOBODY) == ""
        links = [mailed_link(hosted, client, ADMIN.address.upper()) for _ in range(7)]
        assert [bool(link) for link in links] == [True] * 4 + [False] * 3
        assert client.post(links[2], headers=FORM).status_code == 422  # only the last one works
    assert {letter.address for letter in hosted.letters} == {ADMIN.address}
    assert hosted.log == []


def test_others_who_know_an_address_leave_links_for_its_owner(hosted: HostedStudio, clock: MovedClock) -> None:
    def admitted(client: str, times: int) -> int:
        asked = [
            admit_link_request(hosted.store, hosted.hosting.signer, ADMIN.address, Client(client), clock())
            for _ in range(times)
        ]
        return sum(asked)

    assert admitted("192.0.2.1", 9) == 4
    assert admitted("192.0.2.77", 1) == 0  # the same network
    assert admitted("198.51.100.7", 1) == 1  # the owner's
    assert admitted("2001:db8:1:2::1", 9) == 4
    assert admitted("2001:db8:1:3::1", 1) == 0
    assert admitted("2001:db8:2::1", 1) == 1
    assert sum(admitted(f"203.0.{network}.1", 4) for network in range(20)) == 10  # all together have 20


def test_a_form_of_an_outsider_that_never_ends_is_given_up(
    hosted: HostedStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "_FORM_SECONDS", 0.1)
    url = httpx.URL(hosted.hosting.origin)
    head = f"POST /sign-in/link HTTP/1.1\r\nHost: {url.netloc.decode()}\r\nOrigin: {hosted.hosting.origin}\r\n"
    body = f"Content-Type: {FORM['Content-Type']}\r\nContent-Length: 99\r\n\r\naddress="
    with socket.create_connection((url.host, url.port or 80), timeout=20) as connection:
        connection.sendall(f"{head}{body}".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    ("path", "data", "most"),
    [
        ("/sign-in/link", {"address": NOBODY}, 20),
        ("/sign-in/options", {"next": ""}, 60),
        ("/sign-in/passkey", {"credential": "{}"}, 60),
        ("/sign-in/link/guess", {"next": ""}, 60),
    ],
)
def test_a_flood_is_refused_for_an_hour_and_writes_nothing(
    hosted: HostedStudio, clock: MovedClock, path: str, data: dict[str, str], most: int
) -> None:
    with hosted.client() as client:
        answers = [client.post(path, data=data, headers=SCRIPT).status_code for _ in range(most + 2)]
        assert 429 not in answers[:most]
        assert answers[most:] == [429, 429]
        counts = fetch_column(hosted.store, "SELECT sum(times) FROM allowance")
        client.post(path, data=data)
        assert fetch_column(hosted.store, "SELECT sum(times) FROM allowance") == counts
        clock.now += timedelta(hours=2)
        assert client.post(path, data=data, headers=SCRIPT).status_code != 429


def _options(client: httpx.Client) -> dict[str, object]:
    options: dict[str, object] = client.post("/sign-in/options", headers=FORM).json()
    return options


def test_options_name_nobody_and_ask_for_the_person_to_be_verified(hosted: HostedStudio) -> None:
    with hosted.client() as client:
        options = _options(client)
    assert options["allowCredentials"] == []
    assert (options["rpId"], options["userVerification"]) == ("localhost", "required")
