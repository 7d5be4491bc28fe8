"""The send page of a team: publishers send, after they have used their passkey again; others don't see numbers."""

from pathlib import Path

from newsletter import bootstrap, settings
from newsletter.domain.people import Role
from newsletter.domain.send import SendStatus
from newsletter.domain.subscriber import Subscriber
from tests.web.preview.running_preview import morning, write_newsletter
from tests.web.studio.sending.test_send_page import JSON, PAGE, TODAY
from tests.web.studio.signed_in import hosted_studio


def test_only_publishers_who_have_used_their_passkey_send_and_all_of_them_undo(tmp_path: Path) -> None:
    root = write_newsletter(tmp_path).root
    with bootstrap.open_store(settings.load(root)) as store:
        store.subscribers.add(Subscriber(address="ada@example.com"), morning())
    with hosted_studio(root) as team:
        ledger = team.store
        soon = {"kind": "soon"}
        for role in (Role.WRITER, Role.EDITOR):
            with team.client(role) as client:
                pages = ("", "/plan", "/time?at=2026-11-23T19:00", "/checks", "/live")
                assert [client.get(f"{PAGE}{page}").status_code for page in pages] == [403] * len(pages)
                assert client.post(f"{PAGE}/start", data=soon, headers=JSON).status_code == 403
                assert client.post(f"{PAGE}/undo", data=soon).status_code == 403
        with team.client(Role.PUBLISHER, confirmed=False) as client:
            answer = client.post(f"{PAGE}/start", data=soon, headers=JSON)
            assert (answer.status_code, answer.json()["error"]["code"]) == (401, "confirmation-needed")
            assert client.post(f"{PAGE}/start", data=soon).status_code == 401  # a form: the page asks for the passkey
            assert ledger.sends.all() == []
        with team.client(Role.PUBLISHER) as client:
            assert client.post(f"{PAGE}/start", data=soon, headers=JSON).status_code == 200
        with team.client(Role.ADMIN, confirmed=False) as client:  # urgent, so no passkey is asked for
            assert client.post(f"{PAGE}/undo", data=soon, headers=JSON).status_code == 200
        send = ledger.sends.of_issue(TODAY)
        assert send is not None
        assert send.status is SendStatus.CANCELLED
        assert [(entry.act, entry.address) for entry in ledger.audit.entries(thing=f"issue {TODAY}")] == [
            ("undo-send", "ada@example.org"),
            ("schedule-send", "pia@example.org"),
        ]
