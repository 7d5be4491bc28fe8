"""Which programs a repository's own configuration names, and the settings that switch them off.

Git runs filters (``filter.<name>.clean``, ``smudge``, ``process``), signing programs and credential helpers without
being asked. Those in the user's personal or the system's configuration are the user's choice. Those in the
configuration of the repository may have come with an unpacked archive, so they aren't run: git uses no filter, and
credential helpers are only the user's own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.git.process import GitProcess

_FILTER = re.compile(r"filter\.(.+)\.(?:clean|smudge|process)", re.DOTALL)
_SIGNING = re.compile(r"gpg\.(?:program|(?:openpgp|x509|ssh)\.program|ssh\.defaultkeycommand)")
_HELPER = re.compile(r"credential\.(?:.+\.)?helper", re.DOTALL)
_TLS = re.compile(r"http\.(?:.+\.)?(?:ssl|proxyssl|schannel|pinned).*", re.DOTALL)
_OWN = ("local", "worktree")  # scopes of the repository's own configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The settings that matter, each with its scope: ``(scope, name, value)``. A name's section is in lower case."""

    values: tuple[tuple[str, str, str], ...]

    def value(self, name: str) -> str | None:
        """Return a setting's value, or None if it isn't set. The repository's own settings win."""
        return next((value for _, known, value in reversed(self.values) if known == name), None)

    def switch(self, name: str) -> bool:
        """Return whether a setting is on."""
        return (self.value(name) or "false").lower() in ("true", "yes", "on", "1")

    @property
    def own_filters(self) -> frozenset[str]:
        """The names of the filters that the repository's own configuration defines."""
        names = (_FILTER.fullmatch(name) for scope, name, _ in self.values if scope in _OWN)
        return frozenset(match[1] for match in names if match)

    @property
    def own_signing_program(self) -> str:
        """The first setting of the repository's own configuration that names a signing program, or ""."""
        names = (name for scope, name, value in self.values if scope in _OWN and value)
        return next((name for name in names if _SIGNING.fullmatch(name)), "")

    @property
    def own_tidying_program(self) -> bool:
        """Whether the repository's own configuration names a program that git runs when it packs a repository."""
        return any(scope in _OWN and name == "gc.recentobjectshook" for scope, name, _ in self.values)

    @property
    def own_tls_setting(self) -> str:
        """The first setting of the repository's own configuration about certificates of remotes, or ""."""
        return next((name for scope, name, _ in self.values if scope in _OWN and _TLS.fullmatch(name)), "")

    @property
    def signs(self) -> bool:
        """Whether the user's git settings ask for signed commits."""
        return self.switch("commit.gpgsign")

    def without_own_programs(self) -> tuple[tuple[str, str], ...]:
        """Return the settings that switch off the repository's own filters."""
        return tuple(
            (f"filter.{name}.{part}", value)
            for name in sorted(self.own_filters)
            for part, value in (("clean", ""), ("smudge", ""), ("process", ""), ("required", "false"))
        )

    def trusted_helpers(self) -> tuple[tuple[str, str], ...]:
        """Return settings that replace all credential helpers by those of the user and the system."""
        helpers = ((name, value) for scope, name, value in self.values if scope not in _OWN and _HELPER.fullmatch(name))
        return (("credential.helper", ""), *helpers)


def read_configuration(git: GitProcess) -> Configuration:
    """Return the settings of git in its folder. Raise GitError."""
    output = git.run("config", "--list", "--show-scope", "-z", "--includes")
    return Configuration(values=tuple(_parsed(output.out)))


def _parsed(out: bytes) -> Iterator[tuple[str, str, str]]:
    parts = out.decode("utf-8", "surrogateescape").split("\0")
    for scope, pair in zip(parts[::2], parts[1::2], strict=False):
        name, separator, value = pair.partition("\n")
        yield scope, name, value if separator else "true"  # a name alone means true
