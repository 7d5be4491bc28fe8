"""Errors of git, in words for an editor. None of them names a command, and URLs have no user names or passwords."""

import re

from newsletter.errors import NewsletterError, printable

_LONGEST = 200  # characters
_USERINFO = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)[^/\s]*@")


def without_credentials(text: str) -> str:
    """Return a text in which URLs have neither user name nor password."""
    return _USERINFO.sub(r"\1", text)


class GitError(NewsletterError):
    """A failure of git; ``detail`` is git's own message, shortened and without credentials."""

    code = "git"

    def __init__(self, what: str, *, hint: str = "", detail: str = "") -> None:
        self.detail = printable(without_credentials(" ".join(detail.split())), _LONGEST)
        super().__init__(what, hint=hint)


class GitTimeoutError(GitError):
    """A git process that was stopped because it took too long."""

    code = "git-timeout"


class GitBusyError(GitError):
    """A repository that another git process has locked; the same call may succeed later."""

    code = "git-busy"

    def __init__(self, *, detail: str = "") -> None:
        super().__init__(
            "another program is using the git repository",
            hint="wait for it; if none is running, one was killed and left the file index.lock behind: delete that",
            detail=detail,
        )


class UnfinishedOperationError(GitError):
    """A merge, rebase, cherry-pick or revert that somebody has begun and not finished. ``operation`` names it."""

    code = "git-unfinished"

    def __init__(self, *, operation: str) -> None:
        self.operation = operation
        super().__init__(f"a {operation} is not finished in the git repository", hint="finish or abort it with git")


class DetachedHeadError(GitError):
    """A repository without a current branch, where the next checkout would hide a new commit."""

    code = "git-detached"

    def __init__(self) -> None:
        super().__init__("the git repository is not on a branch", hint="check out a branch")


class SigningError(GitError):
    """A commit that could not be signed, although the user's git settings ask for it."""

    code = "git-signing"

    def __init__(self, *, detail: str = "") -> None:
        super().__init__(
            "git could not sign the commit",
            hint="unlock your signing key, so that git can sign without asking for a passphrase",
            detail=detail,
        )


class RepositoryProgramError(GitError):
    """A program that the repository's own configuration names, and that is not run. ``setting`` is the setting."""

    code = "git-program"

    def __init__(self, what: str, *, setting: str) -> None:
        self.setting = setting
        super().__init__(
            f"{what} {setting}, a program that the repository's own configuration names",
            hint="if you trust it, move the setting to your personal git configuration, or set hooks in [studio]",
        )


class VersionNotFoundError(GitError):
    """A version in which a file doesn't exist or can't be read as text."""

    code = "git-version"


class RemoteUnreachableError(GitError):
    """A remote repository that doesn't answer; the same call may succeed later."""

    code = "git-offline"


class RemoteRefusedError(GitError):
    """A remote repository that doesn't let us in, or doesn't accept what was pushed."""

    code = "git-refused"


class RemoteAheadError(GitError):
    """A remote branch with commits that we haven't merged; they have to be fetched before ours can be pushed."""

    code = "git-ahead"

    def __init__(self, *, detail: str = "") -> None:
        super().__init__("the remote branch has newer commits", hint="fetch and merge them first", detail=detail)


class NoUpstreamError(GitError):
    """A branch that follows no branch of a remote, although there is a remote."""

    code = "git-no-upstream"

    def __init__(self, *, branch: str) -> None:
        self.branch = branch
        super().__init__(
            f"the branch {printable(branch, 80)} has no counterpart at the remote",
            hint="push it once with git, and set its upstream",
        )
