"""Run the program git, with arguments and an environment that keep a hostile repository from running programs.

A repository's own configuration can name programs. These settings and variables switch them off in every call:

- hooks (``core.hooksPath``), ``core.fsmonitor``, ``core.alternateRefsCommand``, background maintenance, signatures
  in logs, editors, pagers, password prompts and ``core.sshCommand``;
- every transport: ``GIT_ALLOW_PROTOCOL`` wins over ``protocol.<name>.allow`` of the repository, unlike
  ``protocol.allow``. Only a fetch or a push allows some;
- a bare repository inside the newsletter's folder (``safe.bareRepository``, since git 2.38).

``configuration`` handles filters, signing programs and credential helpers, whose names aren't known beforehand. Aliases
can't replace git's own commands, and external diffs and text conversions are switched off where a diff is made.
The user's personal and the system's configuration are trusted.
"""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from newsletter.git.errors import GitBusyError, GitError, GitTimeoutError, SigningError

LOCAL_SECONDS = 60.0
_NO_HOOKS = ("core.hooksPath", "/dev/null")

_GRACE = 2.0  # seconds
_SETTINGS = (
    ("protocol.allow", "never"),
    ("safe.bareRepository", "explicit"),
    ("core.fsmonitor", "false"),
    ("core.alternateRefsCommand", ":"),
    ("log.showSignature", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("i18n.commitEncoding", "UTF-8"),
    ("i18n.logOutputEncoding", "UTF-8"),
)
_KEPT = ("GIT_CONFIG_", "GIT_SSH", "GIT_SSL_", "GIT_PROXY_SSL_", "GIT_CEILING_DIRECTORIES", "GIT_EXEC_PATH")
_UNKEPT = ("GIT_CONFIG_PARAMETERS", "GIT_CONFIG")
_DROPPED = ("GPG_TTY", "LANGUAGE", "SSH_ASKPASS")
_FIXED = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_ASKPASS": "",
    "SSH_ASKPASS_REQUIRE": "never",
    "GIT_EDITOR": ":",
    "GIT_SEQUENCE_EDITOR": ":",
    "GIT_PAGER": "cat",
    "GIT_ALLOW_PROTOCOL": "none",
    "LC_ALL": "C",
}
_BUSY = (".lock': File exists", "cannot lock ref", "Unable to create")
_SIGNING = ("failed to sign", "sign message", "signing failed", "gpg.ssh", "signing key", "signingkey")


@dataclass(frozen=True, slots=True, kw_only=True)
class GitOutput:
    """A finished git process: its exit status and what it printed."""

    status: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """Return the standard output without its last line break."""
        return self.out.decode("utf-8", "surrogateescape").removesuffix("\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class GitProcess:
    """Git, run in a folder. ``environment`` is this program's own; ``settings`` apply to every call."""

    folder: Path
    program: str = "git"
    environment: Mapping[str, str]
    settings: tuple[tuple[str, str], ...] = ()

    def with_settings(self, settings: Sequence[tuple[str, str]]) -> "GitProcess":
        """Return the same with more settings, whose names may come from the repository."""
        return replace(self, settings=(*self.settings, *settings))

    def run(
        self,
        *arguments: str,
        hooks: bool = False,
        literal: bool = True,
        variables: Mapping[str, str] | None = None,
        sent: bytes = b"",
        seconds: float = LOCAL_SECONDS,
        accept: Sequence[int] = (0,),
    ) -> GitOutput:
        """Run git and return what it printed. Raise GitError if its exit status isn't among ``accept``.

        ``hooks`` lets the repository's hooks run. ``sent`` is git's standard input. Paths are ``literal``, except in
        commands that don't accept that. After ``seconds``, git is ended together with the programs that it
        has started.
        """
        command = [self.program, "--no-pager", *(("--literal-pathspecs",) if literal else ())]
        for name, value in (*(() if hooks else (_NO_HOOKS,)), *_SETTINGS):
            command += ["-c", f"{name}={value}"]
        environment = _with_settings(clean_environment(self.environment), self.settings) | dict(variables or {})
        output = self._communicate([*command, *arguments], environment, sent, seconds)
        if output.status not in accept:
            raise failure(output)
        return output

    def _communicate(
        self, command: Sequence[str], environment: Mapping[str, str], sent: bytes, seconds: float
    ) -> GitOutput:
        try:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # it has no terminal, so that nothing it starts can ask questions there
            )
        except (OSError, ValueError) as err:
            raise GitError("git can't be started", hint="install git", detail=str(err)) from err
        try:
            out, err_bytes = process.communicate(sent, timeout=seconds)
        except subprocess.TimeoutExpired:
            _end(process)
            what = f"git did not finish within {seconds:.0f} seconds"
            raise GitTimeoutError(what, hint="it is tried again later") from None
        except BaseException:
            _end(process)
            raise
        return GitOutput(status=process.returncode, out=out, err=err_bytes.decode("utf-8", "replace"))


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment for git: without the variables that point it elsewhere or let it ask questions."""
    kept = {
        name: value
        for name, value in environment.items()
        if name not in _DROPPED and (not name.startswith("GIT_") or (name.startswith(_KEPT) and name not in _UNKEPT))
    }
    return {**kept, **_FIXED}


def _with_settings(environment: Mapping[str, str], settings: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the environment with more settings of git. ``-c name=value`` can't set a name with ``=`` in it."""
    try:
        count = int(environment.get("GIT_CONFIG_COUNT", ""))
    except ValueError:
        count = 0
    added = dict(environment)
    for number, (name, value) in enumerate(settings, count):
        added |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return added | ({"GIT_CONFIG_COUNT": str(count + len(settings))} if settings else {})


def failure(output: GitOutput) -> GitError:
    """Return the error for a git process that failed."""
    detail = output.err.strip() or output.out.decode("utf-8", "replace").strip()
    if any(sign in detail for sign in _BUSY) and "Permission denied" not in detail:
        return GitBusyError(detail=detail)
    if any(sign in detail for sign in _SIGNING):
        return SigningError(detail=detail)
    for sign, what, hint in _FAILURES:
        if sign in detail:
            return GitError(what, hint=hint, detail=detail)
    return GitError("git reported an error", hint="try the same with git to see more", detail=detail)


_FAILURES = (
    ("dubious ownership", "the git repository belongs to another user", "change its owner, or mark it as safe in git"),
    ("not a git repository", "this folder is not in a git repository", "create one with git"),
    ("No space left", "the disk is full", "delete something"),
    ("ermission denied", "git may not write to the repository", "change the permissions of the folder .git"),
    ("insufficient permission", "git may not write to the repository", "change the permissions of the folder .git"),
    ("would be overwritten", "changes that are not committed are in the way", "commit them, or undo them"),
    ("hook", "a hook of the repository refused the commit", "change the files as the hook asks"),
)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and those that it has started. Git removes its lock files unless it is killed outright."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=_GRACE)
            return
