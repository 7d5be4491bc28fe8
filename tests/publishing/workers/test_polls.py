"""The links of a poll in every kind of message: only those that were sent vote."""

import re
from collections.abc import Mapping
from datetime import date
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from newsletter import bootstrap
from newsletter.composing import Composed
from newsletter.domain.subscriber import Subscriber
from newsletter.errors import FindingsError, TokenError
from newsletter.publishing.build_issue import build_issue
from newsletter.publishing.proofs import mail_proof
from newsletter.publishing.rehearsal import plan_rehearsal, rehearse_issue
from newsletter.publishing.sends.send_issue import send_now
from newsletter.publishing.sends.send_preparing import compose_issue, prepare_send
from newsletter.sending import Observer
from newsletter.settings import Settings, load
from newsletter.store import Store
from newsletter.tokens import Signer
from tests.make import SECRET, WHEN
from tests.newsletter_folder import write_issue, write_settings
from tests.people import PUBLISHER

TODAY = date(2026, 11, 23)
ISSUE = TODAY.isoformat()
ANSWERS = ("yes", "не знам")
NOTE = f'Good? [Yes]({{{{ links.vote("{ANSWERS[0]}") }}}}) · [Hm]({{{{ links.vote("{ANSWERS[1]}") }}}})\n'


def write(settings: Settings, *, counting: bool = True) -> Settings:
    """Write today's issue with a poll, and return the settings."""
    write_settings(settings.root)
    if counting:
        with (settings.root / "newsletter.toml").open("a") as file:
            file.write('\n[counting]\nclicks = "aggregate"\n')
    write_issue(settings.root, TODAY, "train")
    with (settings.root / f"issues/{ISSUE}.md").open("a", encoding="utf-8") as file:
        file.write(NOTE)
    return load(settings.root)


@pytest.fixture
def polled(settings: Settings) -> tuple[Settings, Composed]:
    """The settings of a newsletter, and today's issue, which has a poll."""
    settings = write(settings)
    return settings, compose_issue(settings, ISSUE)


def votes(message: bytes) -> list[tuple[str, int, str]]:
    """Return the issue, number and token of the links that vote, the same in text and HTML."""
    parsed = message_from_bytes(message, policy=policy.default)
    found = []
    for part in parsed.iter_parts():
        assert not part.is_multipart()
        links = re.findall(r"https://news\.daily\.example/vote/([\w-]+)/(\d+)/([\w-]{48})", part.get_content())
        found.append([(issue, int(number), token) for issue, number, token in links])
    assert found[0] == found[1]
    return found[0]


def messages(folder: Path) -> Mapping[str, bytes]:
    """Return the messages in a folder by the local part of their address."""
    return {path.name.partition("@")[0]: path.read_bytes() for path in folder.glob("*.eml")}


def test_each_message_of_a_send_votes_for_its_reader(store: Store, polled: tuple[Settings, Composed]) -> None:
    settings, composed = polled
    readers = [store.subscribers.add(Subscriber(address=f"{name}@example.com"), WHEN) for name in ("ada", "ben")]
    prepared = prepare_send(PUBLISHER, settings, store, composed, today=TODAY, now=store.now())
    with bootstrap.open_send_context(settings) as context:
        send_now(PUBLISHER, settings, store, context, prepared, now=store.now(), observer=Observer())
    assert [counted.answer for counted in store.polls.counts(ISSUE)] == list(ANSWERS)
    mailed = messages(settings.outbox / ISSUE)
    for reader in readers:
        links = votes(mailed[reader.address.partition("@")[0]])
        assert [(issue, number) for issue, number, _ in links] == [(ISSUE, 1), (ISSUE, 2)]
        for issue, number, token in links:
            assert Signer(SECRET).verify_vote(issue, number, token) == reader.key


def test_the_links_of_a_rehearsal_and_of_built_files_are_not_signed(
    store: Store, polled: tuple[Settings, Composed]
) -> None:
    settings, composed = polled
    store.subscribers.add(Subscriber(address="ada@example.com"), WHEN)
    plan = plan_rehearsal(settings, store, composed, now=WHEN)
    rehearsal = rehearse_issue(settings, store, composed, plan, now=WHEN, progress=lambda _done, _all: None)
    built = build_issue(settings.newsletter, composed, composed.compiled.full)
    for message in (*messages(rehearsal.folder).values(), built["eml"]):
        assert [number for _, number, _ in votes(message)] == [1, 2]
        for issue, number, token in votes(message):
            with pytest.raises(TokenError):
                Signer(SECRET).verify_vote(issue, number, token)
    assert store.polls.counts(ISSUE) == ()


def test_the_links_of_a_proof_name_nobody(polled: tuple[Settings, Composed]) -> None:
    settings, composed = polled
    with bootstrap.open_send_context(settings) as context:
        mail_proof(context, composed, to="editor@example.com", now=WHEN)
    (message,) = (path.read_bytes() for path in settings.outbox.glob("*/*.eml"))
    keys = {Signer(SECRET).verify_vote(issue, number, token) for issue, number, token in votes(message)}
    assert {issue for issue, _, _ in votes(message)} == {f"{ISSUE}-proof"}
    assert len(keys) == 1


def test_an_issue_with_a_poll_is_not_sent_if_nothing_is_counted(settings: Settings) -> None:
    with pytest.raises(FindingsError) as caught:
        compose_issue(write(settings, counting=False), ISSUE)
    assert [finding.rule for finding in caught.value.findings] == ["poll-uncounted"]
