"""Recording what a send was made from, and rebuilding it from git."""

import json
import os
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from newsletter import composing, git
from newsletter.checks import CheckContext
from newsletter.domain.send import Send
from newsletter.domain.send_errors import NeverSentError
from newsletter.domain.send_source import SendSource
from newsletter.domain.subscriber import Subscriber
from newsletter.publishing.sends import send_source, verify_issue
from newsletter.publishing.sends.frozen_content import freeze_request
from newsletter.publishing.sends.verify_issue import UnknownSourceError
from newsletter.settings import Settings, load
from newsletter.store import Store
from tests.command_line import Run
from tests.git.repositories import Checkout
from tests.newsletter_folder import write_issue
from tests.people import WRITER

MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 5, 30, tzinfo=UTC)


@pytest.fixture
def checkout(settings: Settings, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """The newsletter's folder as a repository, with Monday's issue committed."""
    write_issue(settings.root, MONDAY, "train", "sea")
    (settings.root / ".gitignore").write_text("newsletter.db*\n.newsletter/\noutbox/\n")
    return committed(settings.root, tmp_path_factory.mktemp("home"), monkeypatch)


def committed(folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """Make a repository of a folder, and commit its files; git has no personal settings but a name."""
    made = Checkout(home, folder)
    made.set_global("user.name", "Robin Vale")
    made.set_global("user.email", "robin@lantern.example.org")
    for name in ("HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM"):
        monkeypatch.setenv(name, made.environment[name])
    made.git("init", "--quiet", "--initial-branch=main")
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message=First")
    return made


def sent(settings: Settings, store: Store) -> Send:
    """Freeze Monday's issue as its send does."""
    store.subscribers.add(Subscriber(address="ada@example.com"), now=NOW)
    composed = composing.compose(settings.root, settings.newsletter, "2026-11-23", CheckContext())
    request = freeze_request(settings, store, composed, now=NOW)
    return store.sends.freeze(
        compiled=request.compiled,
        tailor=request.tailor,
        date=NOW,
        now=NOW,
        segments=request.segments,
        provider="outbox",
        source=request.source,
    )


def source(send: Send) -> SendSource:
    assert send.source is not None
    return send.source


def verified(settings: Settings, store: Store) -> verify_issue.Verification:
    return verify_issue.verify_issue(WRITER, settings, store, "2026-11-23")


def test_a_committed_issue_is_rebuilt_from_its_commit(settings: Settings, store: Store, checkout: Checkout) -> None:
    send = sent(settings, store)
    head = checkout.git("rev-parse", "HEAD")
    assert (source(send).commit, source(send).kept, source(send).changed) == (head, head, ())
    assert set(source(send).blobs) == {
        "newsletter.toml",
        "issues/2026-11-23.md",
        "issues/entries/train.md",
        "issues/entries/sea.md",
    }
    assert store.sends.get(send.id).source == send.source
    found = verified(settings, store)
    assert (found.is_same, found.rebuilt, found.differences, found.versions) == (True, send.digest, (), {})


def test_a_kept_file_outside_the_folder_is_not_written(
    settings: Settings, store: Store, checkout: Checkout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sent(settings, store)
    outside = tmp_path / "outside.toml"
    monkeypatch.setattr(git, "kept_files", lambda *_: {str(outside): b"x"})
    refused = verified(settings, store)
    assert refused.failure == f"issue 2026-11-23 can't be rebuilt: {outside} is outside the newsletter's folder"
    assert not outside.exists()


def test_what_was_sent_uncommitted_is_rebuilt_after_everything_has_changed(
    settings: Settings, store: Store, checkout: Checkout
) -> None:
    entry = settings.root / "issues/entries/train.md"
    entry.write_text(entry.read_text().replace("Something", "Something else"))
    theme = settings.root / "templates/email/default"
    theme.mkdir(parents=True)
    (theme / "style.css").write_text("p { color: #123456; }\n")
    send = sent(load(settings.root), store)
    assert source(send).changed == ("issues/entries/train.md", "templates/email/default/style.css")
    assert source(send).is_dirty
    for folder in ("issues", "templates"):
        shutil.rmtree(settings.root / folder)
    checkout.git("commit", "--quiet", "--all", "--amend", "--message=Nothing is left")
    checkout.git("reflog", "expire", "--expire=now", "--all")
    checkout.git("gc", "--quiet", "--prune=now")
    assert verified(settings, store).is_same
    assert list(settings.root.glob("issues")) == []


def test_a_newsletter_outside_git_is_sent_all_the_same(settings: Settings, store: Store) -> None:
    write_issue(settings.root, MONDAY, "train")
    send = sent(settings, store)
    assert source(send).problem == "this folder is not in a git repository"
    assert source(send).versions == send_source.program_versions()
    with pytest.raises(UnknownSourceError, match="not kept, because this folder is not in a git repository"):
        verified(settings, store)


def test_a_failure_of_git_never_fails_a_send(
    settings: Settings, store: Store, checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error in (git.GitTimeoutError("git did not finish"), OSError("no space"), ValueError("odd")):

        def fail(*_args: object, error: Exception = error, **_more: object) -> None:
            raise error

        monkeypatch.setattr(git, "keep_files", fail)
        composed = composing.compose(settings.root, settings.newsletter, "2026-11-23", CheckContext())
        recorded = send_source.record_source(settings, composed, now=NOW)
        assert (recorded.kept, bool(recorded.problem)) == ("", True)
    monkeypatch.setenv("PATH", os.devnull)
    assert send_source.record_source(settings, composed, now=NOW).problem == "git is not installed"


def test_a_file_that_is_gone_while_the_send_begins_fails_nothing(
    settings: Settings, store: Store, checkout: Checkout
) -> None:
    composed = composing.compose(settings.root, settings.newsletter, "2026-11-23", CheckContext())
    (settings.root / "issues/entries/train.md").unlink()
    assert "train.md" in send_source.record_source(settings, composed, now=NOW).problem


def test_a_send_killed_before_it_froze_can_be_repeated(settings: Settings, store: Store, checkout: Checkout) -> None:
    composed = composing.compose(settings.root, settings.newsletter, "2026-11-23", CheckContext())
    send_source.record_source(settings, composed, now=NOW)  # killed here
    entry = settings.root / "issues/entries/train.md"
    entry.write_text(entry.read_text().replace("Something", "Something else"))
    assert source(sent(settings, store)).changed == ("issues/entries/train.md",)
    assert verified(settings, store).is_same


def test_what_differs_is_named(
    settings: Settings, store: Store, checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    composed = composing.compose(settings.root, settings.newsletter, "2026-11-23", CheckContext())
    entry = settings.root / "issues/entries/train.md"
    original, issue = entry.read_text(), settings.root / "issues/2026-11-23.md"
    entry.write_text(original.replace("Something", "Something else"))
    issue.write_text(issue.read_text().replace("subject: Issue", "subject: An issue"))
    # The files have changed after they were read and before they were kept.
    monkeypatch.setattr(composing, "compose", lambda *_: composed)
    sent(settings, store)
    found = verified(settings, store)
    assert not found.is_same
    assert {"the subject", "the HTML of train", "the text of train"} <= set(found.differences)
    assert "the HTML of sea" not in found.differences


def test_another_version_of_the_program_is_named(
    settings: Settings, store: Store, checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send_source, "version", lambda name: {"newsletter": "0.1", "nh3": "0.3"}.get(name, "1.0"))
    sent(settings, store)
    monkeypatch.undo()
    with pytest.MonkeyPatch.context() as patched:
        for name in ("HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM"):
            patched.setenv(name, checkout.environment[name])
        found = verified(settings, store)
    assert found.is_same
    assert found.versions["newsletter"] == ("0.1", send_source.program_versions()["newsletter"])


def test_an_issue_that_cannot_be_rebuilt_says_why(settings: Settings, store: Store, checkout: Checkout) -> None:
    with pytest.raises(NeverSentError):
        verified(settings, store)
    send = sent(settings, store)
    shutil.rmtree(settings.root / ".git")
    with pytest.raises(UnknownSourceError, match="not in a git repository"):
        verified(settings, store)
    checkout.git("init", "--quiet")
    with pytest.raises(UnknownSourceError, match=f"the commit {source(send).kept[:12]} is not in this git repository"):
        verified(settings, store)


def test_a_send_of_an_earlier_version_has_no_source(settings: Settings, store: Store, checkout: Checkout) -> None:
    send = sent(settings, store)
    assert SendSource.from_json({**source(send).to_json(), "later": 1}) == send.source
    with pytest.raises(UnknownSourceError, match="an earlier version"):
        verify_issue._known_source(replace(send, source=None))


def test_the_command_verifies_a_sent_issue(
    run: Run, readers: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = committed(readers, tmp_path_factory.mktemp("home"), monkeypatch)
    issue = readers / "issues/2026-11-23.md"
    issue.write_text(issue.read_text().replace("subject: ", "subject: Still "))
    assert run("send", "2026-11-23", "--yes").status == 0
    shown = run("sends", "show", "latest")
    assert (
        f"Made from  commit {made.git('rev-parse', 'HEAD')[:12]}, with changes that weren't committed" in shown.stdout
    )
    assert json.loads(run("sends", "show", "latest", "--json").stdout)["dirty"] is True
    issue.unlink()
    same = run("verify", "latest")
    assert same.status == 0
    assert "Not committed  issues/2026-11-23.md" in same.stdout
    assert "The same: these files make exactly what was sent." in same.stdout
    facts = json.loads(run("verify", "2026-11-23", "--json").stdout)
    assert (facts["same"], facts["dirty"], facts["commit"]) == (True, True, made.git("rev-parse", "HEAD"))
    assert facts["kept"] == made.git("rev-parse", "refs/newsletter/sent/2026-11-23")
    made.git("update-ref", "-d", "refs/newsletter/sent/2026-11-23")
    made.git("gc", "--quiet", "--prune=now")
    lost = run("verify", "2026-11-23")
    assert lost.status == 1
    assert "issue 2026-11-23 can't be rebuilt: the commit" in lost.stderr


def test_the_command_names_differences_and_versions(
    run: Run, readers: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed(readers, tmp_path_factory.mktemp("home"), monkeypatch)
    assert run("send", "2026-11-23", "--yes").status == 0
    rebuilt = verify_issue._rebuilt

    def changed(folder: Path, issue: str) -> object:
        composed, compiled = rebuilt(folder, issue)
        return composed, replace(compiled, preheader=("Another",))

    monkeypatch.setattr(verify_issue, "_rebuilt", changed)
    monkeypatch.setattr(verify_issue, "program_versions", lambda: {**send_source.program_versions(), "nh3": "9"})
    differs = run("verify", "2026-11-23")
    assert differs.status == 1
    assert "It differs from what was sent.\n- the preheader\n" in differs.stdout
    assert "It was sent with nh3 " in differs.stderr
