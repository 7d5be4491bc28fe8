"""Fetch from and push to the branch's remote. These are the only calls for which git may use the network.

The remote is addressed by its URL, so that nothing else from its section of the configuration applies. SSH commands and
credential helpers are the user's own and never those of the repository's configuration, and none of them may ask
questions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from newsletter.git.configuration import Configuration, read_configuration
from newsletter.git.errors import (
    GitError,
    NoUpstreamError,
    RemoteAheadError,
    RemoteRefusedError,
    RemoteUnreachableError,
    without_credentials,
)
from newsletter.git.process import GitOutput, failure
from newsletter.git.repository import Repository

PROTOCOLS = ("https", "ssh")
NETWORK_SECONDS = 90.0
_SSH = "ssh -oBatchMode=yes -oConnectTimeout=15"
_SLOW = (("http.lowSpeedLimit", "1000"), ("http.lowSpeedTime", "30"))
_OWN = ("local", "worktree")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """A branch of a remote repository. ``ref`` is its name there, ``tracking`` that of our copy.

    The URLs may contain credentials, so they aren't part of its ``repr``; ``shown_url`` contains none.
    """

    remote: str
    ref: str
    tracking: str
    url: str = field(repr=False)
    push_url: str = field(repr=False)

    @property
    def shown_url(self) -> str:
        """The URL for pages."""
        return without_credentials(self.url)


def find_upstream(repository: Repository) -> Upstream | None:
    """Return the remote branch that the current branch follows, or None if there is no remote.

    Raise NoUpstreamError if there is a remote but the branch follows none of its branches, DetachedHeadError, GitError.
    """
    git, branch = repository.git, repository.branch
    configuration = read_configuration(git)
    remote, ref = (configuration.value(f"branch.{branch}.{name}") for name in ("remote", "merge"))
    if not remote or not ref or remote == "." or not ref.startswith("refs/heads/"):
        if remote == "." or not git.run("remote").text:
            return None
        raise NoUpstreamError(branch=branch)
    if git.run("check-ref-format", ref, accept=(0, 1)).status:
        raise NoUpstreamError(branch=branch)
    url = git.run("remote", "get-url", "--", remote, accept=(0, 2, 128))
    push_url = git.run("remote", "get-url", "--push", "--", remote, accept=(0, 2, 128))
    known = git.run("for-each-ref", "--format=%(upstream)", "--", f"refs/heads/{branch}", literal=False).text
    name = ref.removeprefix("refs/heads/")
    return Upstream(
        remote=remote,
        ref=ref,
        tracking=known if known.startswith("refs/remotes/") else f"refs/remotes/{remote}/{name}",
        url=remote if url.status else url.text,
        push_url=remote if push_url.status else push_url.text,
    )


def fetch(
    repository: Repository,
    upstream: Upstream,
    *,
    protocols: Sequence[str] = PROTOCOLS,
    seconds: float = NETWORK_SECONDS,
) -> str:
    """Fetch the remote branch and return its SHA, or "" if the remote doesn't have it yet.

    Raise RemoteUnreachableError, RemoteRefusedError, GitTimeoutError or GitError.
    """
    configuration = read_configuration(repository.git)
    output = repository.git.with_settings((*_SLOW, *configuration.trusted_helpers())).run(
        "fetch", "--quiet", "--no-tags", "--no-prune", "--no-recurse-submodules", "--no-write-fetch-head", "--refmap=",
        "--upload-pack=git-upload-pack", "--", upstream.url, f"+{upstream.ref}:{upstream.tracking}",
        variables=_variables(repository, configuration, protocols),
        seconds=seconds,
        accept=range(256),
    )  # fmt: skip
    if output.status:
        if "couldn't find remote ref" in output.err:
            return ""
        raise _failure(output, upstream)
    return repository.git.run("rev-parse", "--verify", "--quiet", upstream.tracking).text


def push(
    repository: Repository,
    upstream: Upstream,
    sha: str,
    *,
    protocols: Sequence[str] = PROTOCOLS,
    hooks: bool = False,
    seconds: float = NETWORK_SECONDS,
) -> None:
    """Push a commit to the remote branch, never by force.

    Raise RemoteAheadError if the remote has commits that we lack, and the errors of ``fetch``.
    """
    configuration = read_configuration(repository.git)
    output = repository.git.with_settings((*_SLOW, *configuration.trusted_helpers())).run(
        "push", "--quiet", "--porcelain", "--no-follow-tags", "--no-signed", "--recurse-submodules=no",
        "--receive-pack=git-receive-pack", "--", upstream.push_url, f"{sha}:{upstream.ref}",
        hooks=hooks,
        variables=_variables(repository, configuration, protocols),
        seconds=seconds,
        accept=range(256),
    )  # fmt: skip
    if output.status:
        raise _failure(output, upstream)
    repository.git.run("update-ref", "--", upstream.tracking, sha)


def _variables(repository: Repository, configuration: Configuration, protocols: Sequence[str]) -> Mapping[str, str]:
    """Return the variables that open the network for one call.

    Raise RemoteRefusedError if the repository's own configuration changes how the remote's certificate is checked: with
    a proxy of its choice, it could read the user's password.
    """
    if configuration.own_tls_setting:
        raise RemoteRefusedError(
            f"the repository's own configuration sets {configuration.own_tls_setting}",
            hint="if you trust it, move the setting to your personal git configuration",
        )
    variables = {"GIT_ALLOW_PROTOCOL": ":".join(protocols), "GCM_INTERACTIVE": "never"}
    environment = repository.git.environment
    if "GIT_SSH_COMMAND" not in environment and "GIT_SSH" not in environment:
        trusted = (
            value for scope, name, value in configuration.values if name == "core.sshcommand" and scope not in _OWN
        )
        variables["GIT_SSH_COMMAND"] = ([_SSH, *trusted])[-1]
    return variables


def _failure(output: GitOutput, upstream: Upstream) -> GitError:
    text = f"{output.err}\n{output.out.decode('utf-8', 'replace')}"
    host = upstream.shown_url[:80]
    if any(sign in text for sign in ("fetch first", "non-fast-forward", "cannot lock ref", "stale info")):
        return RemoteAheadError(detail=text)
    for signs, what, hint in _REFUSALS:
        if any(sign in text for sign in signs):
            return RemoteRefusedError(what.format(host=host), hint=hint, detail=text)
    if any(sign in text for sign in _OFFLINE):
        return RemoteUnreachableError(f"{host} can't be reached", hint="it is tried again later", detail=text)
    if "Could not read from remote repository" in text:
        what = f"{host} does not let us in, or does not exist"
        return RemoteRefusedError(what, hint="check the remote's address and your access to it", detail=text)
    return failure(output)


_REFUSALS = (
    (
        ("not allowed",),
        "the address {host} is neither https nor ssh",
        "give the remote an address that begins with https:// or ssh://",
    ),
    (
        (
            "Permission denied",
            "Authentication failed",
            "could not read Username",
            "could not read Password",
            "403",
            "401",
        ),
        "{host} does not let us in",
        "store your credentials with git, or add your SSH key to the agent",
    ),
    (
        ("Host key verification failed",),
        "the identity of {host} is not known yet, or has changed",
        "connect to it once with git and check its key",
    ),
    (
        ("not found", "does not exist", "does not appear to be a git repository"),
        "there is no repository at {host}",
        "check the remote's address",
    ),
    (
        ("remote rejected", "hook declined", "protected branch", "denied"),
        "{host} does not accept what we push",
        "check the rules of the remote's branch",
    ),
)
_OFFLINE = (
    "Could not resolve",
    "Couldn't resolve",
    "Temporary failure in name resolution",
    "Connection refused",
    "Connection reset",
    "Connection timed out",
    "Operation timed out",
    "Operation too slow",
    "Network is unreachable",
    "No route to host",
    "Failed to connect",
    "unable to access",
    "unexpected disconnect",
    "early EOF",
    "hung up",
)
