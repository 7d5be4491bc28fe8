"""Where the content of a send came from: the commit, the files and the program. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class SendSource:
    """The files that a send was made from, as git keeps them.

    ``commit`` is the last commit at the time, empty if there was none, and ``kept`` the commit whose ``tree`` has
    exactly what was sent: the same one, or one of its own if files had changes. ``prefix`` is the newsletter's folder
    in it, and ``blobs`` has the SHA of each file by its path in that folder. ``changed`` are the files with changes
    that weren't committed. ``versions`` has the versions of the program and of the libraries that its emails depend on.
    ``problem`` says why no files were kept; then there are only versions.
    """

    commit: str = ""
    kept: str = ""
    tree: str = ""
    prefix: str = ""
    blobs: Mapping[str, str] = field(default_factory=dict)
    changed: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""

    @property
    def is_dirty(self) -> bool:
        """Whether something was sent that wasn't committed."""
        return bool(self.changed)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON, which a send stores."""
        return {
            "commit": self.commit,
            "kept": self.kept,
            "tree": self.tree,
            "prefix": self.prefix,
            "blobs": dict(self.blobs),
            "changed": list(self.changed),
            "versions": dict(self.versions),
            "problem": self.problem,
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """Return what ``to_json`` made; fields that a later version has added are left out."""
        known = {name: raw[name] for name in cls.__slots__ if name in raw}
        return cls(**known | {"changed": tuple(raw.get("changed", ()))})
