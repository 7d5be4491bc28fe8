"""Repositories whose own configuration names programs: none of them runs."""

from dataclasses import replace
from pathlib import Path

import pytest

from newsletter.git import (
    CommitOutcome,
    LeftOutReason,
    NoRepository,
    RemoteRefusedError,
    RemoteUnreachableError,
    RepositoryProgramError,
    SigningError,
    commit,
    fetch,
    file_versions,
    find_repository,
    find_upstream,
    push,
    text_at,
    tidy,
)
from newsletter.git.configuration import read_configuration
from tests.git.repositories import ADA, NOW, Checkout, checkout

HOOKS = ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "post-index-change", "reference-transaction")


@pytest.fixture
def trap(tmp_path: Path) -> Checkout:
    """A repository that names a program wherever it can; each run leaves a file in the folder ``runs``."""
    lantern = checkout(tmp_path, files={"newsletter.toml": "", "a.md": "a\n", "plain.txt": "p\n"})
    (tmp_path / "runs").mkdir()

    def program(name: str) -> str:
        return f"touch '{tmp_path}/runs/{name}'; cat"

    for name in HOOKS:
        hook = lantern.write(f"evil/{name}", f"#!/bin/sh\ntouch '{tmp_path}/runs/{name}'\n")
        hook.chmod(0o755)
        lantern.write(f".git/hooks/{name}", hook.read_text()).chmod(0o755)
    executable = lantern.write("evil/program", f"#!/bin/sh\necho $0 $@ >> '{tmp_path}/runs/program'\nexit 1\n")
    executable.chmod(0o755)
    lantern.write(".gitattributes", "*.md filter=x=y diff=d merge=m\n")
    for name, value in {
        "core.hooksPath": "evil",
        "core.fsmonitor": program("fsmonitor"),
        "core.editor": program("editor"),
        "core.pager": program("pager"),
        "core.sshCommand": program("ssh"),
        "core.alternateRefsCommand": program("alternates"),
        "filter.x=y.clean": program("clean"),
        "filter.x=y.smudge": program("smudge"),
        "filter.x=y.process": program("process"),
        "filter.x=y.required": "true",
        "diff.external": program("external"),
        "diff.d.textconv": program("textconv"),
        "diff.d.command": program("command"),
        "merge.m.driver": program("driver"),
        "alias.status": f"!{program('alias')}",
        "alias.commit": f"!{program('alias')}",
        "log.showSignature": "true",
        "gpg.program": str(executable),
        "protocol.ext.allow": "always",
        "gc.auto": "1",
        "gc.recentObjectsHook": program("gc"),
    }.items():
        lantern.git("config", name, value)
    return lantern


def runs(lantern: Checkout) -> list[str]:
    return sorted(path.name for path in (lantern.folder.parent / "runs").iterdir())


def committed(lantern: Checkout, *paths: str, hooks: bool = False) -> CommitOutcome:
    return commit(lantern.repository(), paths, message="Edit", author=ADA, now=NOW, hooks=hooks, waits=())


def test_the_trap_closes_on_plain_git(trap: Checkout) -> None:
    trap.write("plain.txt", "changed\n")
    trap.git("config", "--unset", "filter.x=y.process")
    trap.git("commit", "--quiet", "--all", "--message=Mine", check=False)
    assert {"fsmonitor", "pre-commit", "clean"} <= set(runs(trap))


def test_no_program_runs(trap: Checkout) -> None:
    trap.write("plain.txt", "changed\n")
    trap.write("new.txt", "new\n")
    trap.write("a.md", "changed\n")
    outcome = committed(trap, "plain.txt", "new.txt", "a.md")
    assert outcome.paths == ("new.txt", "plain.txt")
    assert [(left.path, left.reason) for left in outcome.left_out] == [("a.md", LeftOutReason.FILTERED)]
    repository = trap.repository()
    assert outcome.sha
    assert file_versions(repository, "plain.txt")[0].sha == outcome.sha
    assert text_at(repository, outcome.sha, "a.md") == "a\n"
    tidy(repository)
    assert runs(trap) == []


def test_hooks_and_filters_run_if_the_publisher_wants_them(trap: Checkout) -> None:
    trap.git("config", "--unset", "filter.x=y.process")
    trap.write("a.md", "changed\n")
    assert committed(trap, "a.md", hooks=True).paths == ("a.md",)
    assert {"clean", "pre-commit", "commit-msg"} <= set(runs(trap))


def test_a_signing_program_of_the_repository_is_not_run(trap: Checkout) -> None:
    trap.git("config", "commit.gpgSign", "true")
    trap.write("plain.txt", "changed\n")
    with pytest.raises(RepositoryProgramError, match=r"gpg\.program"):
        committed(trap, "plain.txt")
    assert runs(trap) == []


def test_a_bare_repository_among_the_content_is_not_used(trap: Checkout) -> None:
    inner = trap.folder / "letters"
    trap.git("init", "--quiet", "--bare", str(inner))
    trap.git("--git-dir", str(inner), "config", "core.fsmonitor", f"touch '{trap.folder.parent}/runs/bare'")
    trap.write("letters/newsletter.toml", "")
    repository = Checkout(trap.folder.parent / "home", inner)
    repository.environment["GIT_CEILING_DIRECTORIES"] = str(trap.folder)
    assert isinstance(find_repository(inner, environment=repository.environment), NoRepository)
    assert runs(trap) == []


def test_a_key_that_needs_a_passphrase_fails_in_words_and_leaves_no_trace(trap: Checkout) -> None:
    trap.git("config", "--unset", "gpg.program")
    trap.set_global("commit.gpgSign", "true")
    trap.set_global("gpg.program", str(trap.folder / "evil/program"))
    trap.write("plain.txt", "changed\n")
    trap.write("new.txt", "new\n")
    config = trap.folder / ".git/config"
    staged, settings = trap.staged, config.read_bytes()
    with pytest.raises(SigningError, match="unlock your signing key"):
        committed(trap, "plain.txt", "new.txt")
    assert runs(trap) == ["program"]
    assert (trap.staged, config.read_bytes()) == (staged, settings)
    trap.write("evil/program", "#!/bin/sh\ncat > /dev/null\necho '[GNUPG:] SIG_CREATED ' >&2\necho signed\n")
    sha = committed(trap, "plain.txt", "new.txt").sha
    assert "gpgsig signed" in trap.git("cat-file", "commit", sha or "")


def test_fetching_and_pushing_use_no_program_of_the_repository(trap: Checkout) -> None:
    """The trap's remote runs a program by a transport, and its credential helper and SSH command do, too."""
    marker = f"touch '{trap.folder.parent}/runs/remote'"
    for name, value in {
        "remote.origin.url": "https://127.0.0.1:1/x",
        "remote.origin.vcs": "ext",
        "remote.origin.uploadpack": marker,
        "remote.origin.receivepack": marker,
        "branch.main.remote": "origin",
        "branch.main.merge": "refs/heads/main",
        "credential.helper": f"!{marker}; false",
        "credential.https://127.0.0.1:1.helper": f"!{marker}; false",
        f'url.ext::sh -c "{marker}".insteadOf': "https://127.0.0.1:1/",
    }.items():
        trap.git("config", name, value)
    repository = trap.repository()
    upstream = find_upstream(repository)
    assert upstream
    assert upstream.url.startswith("ext::sh")
    with pytest.raises(RemoteRefusedError, match="neither https nor ssh"):
        fetch(repository, upstream)
    with pytest.raises(RemoteRefusedError, match="neither https nor ssh"):
        push(repository, upstream, repository.head)
    for url in ("ssh://127.0.0.1:1/x", "https://127.0.0.1:1/x", "http://127.0.0.1:1/x", str(trap.folder)):
        plain = replace(upstream, url=url, push_url=url)
        trap.git("config", "--remove-section", f'url.ext::sh -c "{marker}"', check=False)
        with pytest.raises((RemoteRefusedError, RemoteUnreachableError)):
            fetch(repository, plain)
        with pytest.raises((RemoteRefusedError, RemoteUnreachableError)):
            push(repository, plain, repository.head)
    assert runs(trap) == []


def test_credential_helpers_are_the_users_own(trap: Checkout) -> None:
    trap.git("config", "credential.helper", f"!touch '{trap.folder.parent}/runs/helper'; false")
    trap.git("config", "credential.https://host.example.helper", f"!touch '{trap.folder.parent}/runs/helper'; false")
    trap.set_global("credential.https://host.example.helper", "!printf 'username=ada\\npassword=mine\\n'; true")
    git = trap.repository().git
    asked = git.with_settings(read_configuration(git).trusted_helpers()).run(
        "credential", "fill", sent=b"protocol=https\nhost=host.example\n\n"
    )
    assert "password=mine" in asked.text
    assert runs(trap) == []


@pytest.mark.parametrize("name", ["http.sslVerify", "http.https://host.example/.sslCAInfo"])
def test_the_repository_cant_change_how_certificates_are_checked(trap: Checkout, name: str) -> None:
    for setting, value in {
        "remote.origin.url": "https://127.0.0.1:1/x",
        "branch.main.remote": "origin",
        "branch.main.merge": "refs/heads/main",
        name: "false",
    }.items():
        trap.git("config", setting, value)
    upstream = find_upstream(trap.repository())
    assert upstream
    with pytest.raises(RemoteRefusedError, match=r"(?i)ssl"):
        fetch(trap.repository(), upstream)
