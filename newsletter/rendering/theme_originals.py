"""The originals of files that a theme has copied from its base: their digests, and what has changed since."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from newsletter.errors import Finding, Place
from newsletter.rendering.theme_chain import theme_chain
from newsletter.rendering.theme_faults import theme_warning
from newsletter.rendering.theme_files import ThemeFiles
from newsletter.rendering.theme_toml import THEME_TOML, parse_theme_toml


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedFile:
    """A theme's file that replaces one of its base: both texts, and whether the original has changed since.

    The text of an original that is gone is empty. ``changed`` is None if the theme hasn't recorded the original.
    """

    name: str
    shown: str
    text: str
    original_theme: str
    original: str
    changed: bool | None

    def diff(self) -> str:
        """Return the lines that differ from the original, as ``diff -u`` shows them."""
        was, now = self.original.splitlines(keepends=True), self.text.splitlines(keepends=True)
        return "".join(unified_diff(was, now, f"{self.original_theme}/{self.name}", self.shown))


def digest_of(path: Path) -> str:
    """Return the digest of a file, the same with the line ends of any system."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()[:16]


def copied_files(root: Path, name: str) -> tuple[CopiedFile, ...]:
    """Return the files of the newsletter's theme that replace one of its base. Raise FindingsError if it's broken."""
    return tuple(_copies(theme_chain(root, name).files))


def original_findings(files: ThemeFiles) -> Iterator[Finding]:
    """Yield findings about files whose originals have changed since they were copied."""
    for copy in _copies(files):
        if copy.changed:
            verb = "has changed" if copy.original_theme else "is gone"
            of = f'the original in the theme "{copy.original_theme}"' if copy.original_theme else "the original"
            hint = "copy the changes you want, and record the original's new digest in theme.toml"
            what = f"{of} {verb} since it was copied"
            yield theme_warning("theme-original-changed", Place(path=copy.shown), what, hint)


def _copies(files: ThemeFiles) -> Iterator[CopiedFile]:
    for folder in files.chain:
        if not folder.own:
            continue
        below = files.below(folder)
        recorded = parse_theme_toml(folder)[0].originals
        for name in folder.files():
            known = recorded.get(name)
            there = below.has(name)
            if name == THEME_TOML or not (there or known):
                continue
            original = below.path(name) if there else None
            yield CopiedFile(
                name=name,
                shown=folder.shown(name),
                text=(folder.path / name).read_text(encoding="utf-8"),
                original_theme=below.folder_of(name).name if there else "",
                original=original.read_text(encoding="utf-8") if original else "",
                changed=None if known is None else original is None or digest_of(original) != known,
            )


def with_originals(text: str, digests: Mapping[str, str]) -> str:
    """Return the text of a theme.toml with these digests in its table of originals, and all else unchanged."""
    lines = text.splitlines()
    header = next((at for at, line in enumerate(lines) if line.strip() == "[originals]"), None)
    if header is None:
        lines += ["", *_COMMENT, "[originals]"]
        header = len(lines) - 1
    end = next((at for at in range(header + 1, len(lines)) if lines[at].lstrip().startswith("[")), len(lines))
    while not lines[end - 1].strip():  # new lines go above the empty ones
        end -= 1
    for name, digest in sorted(digests.items()):
        line = f'"{name}" = "{digest}"'
        same = re.compile(rf"""\s*["']{re.escape(name)}["']\s*=""")
        at = next((at for at in range(header + 1, end) if same.match(lines[at])), None)
        if at is None:
            lines.insert(end, line)
            end += 1
        else:
            lines[at] = line
    return "\n".join(lines) + "\n"


_COMMENT = (
    "# Digests of the original files at the time they were copied. A check reports originals that have changed since.",
)
